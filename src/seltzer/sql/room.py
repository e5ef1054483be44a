"""Room on the stack for the parser: it goes down one level for each of ten thousand chained operators.

A C stack that runs over ends the process, and no error says so. A thread of one's own can have as much as it wants;
memory that it does not touch costs nothing.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

ResultT = TypeVar("ResultT")

# Shorter text cannot be deep enough to matter on the smallest default stack (512 KiB, macOS's threads).
_SHORT = 8192
_STACK_BYTES = 512 << 20
_ONE_AT_A_TIME = threading.Lock()


def with_room(function: Callable[[str], ResultT], text: str) -> ResultT:
    """Call `function(text)`, in a thread with a large stack when the text is long.

    Raises whatever the function raises.
    """
    if len(text) < _SHORT:
        return function(text)
    results: list[ResultT] = []
    errors: list[BaseException] = []

    def call() -> None:
        try:
            results.append(function(text))
        except BaseException as error:  # noqa: BLE001  # raised again in the caller's thread
            errors.append(error)

    with _ONE_AT_A_TIME:  # the size of new stacks is one setting for the whole process
        before = threading.stack_size(_STACK_BYTES)
        try:
            thread = threading.Thread(target=call, name="seltzer-parser")
            thread.start()
        finally:
            threading.stack_size(before)
    thread.join()
    if errors:
        raise errors[0]
    return results[0]
