"""The next database is made while a test uses the last one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, NamedTuple

from seltzer.errors import SeltzerError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from concurrent.futures import Future
    from contextlib import AbstractContextManager
    from typing import Self

    from seltzer.shadow import Clone


class _Made(NamedTuple):
    clone: Clone
    end: ExitStack


class Ahead:
    """Clones of one state."""

    def __init__(self, source: Callable[[], AbstractContextManager[Clone]], spare: int = 1) -> None:
        """Let `source` make each of them.

        Args:
            source: Makes one.
            spare: How many are made ahead, one at most.
        """
        self._source = source
        self._spare = spare
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="seltzer-clone")
        self._next: Future[_Made] | None = None
        self._asked = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Drop the one that nobody asked for."""
        if self._next is not None and self._next.exception() is None:
            self._next.result().end.close()
        self._thread.shutdown()

    @contextmanager
    def clone(self) -> Generator[Clone]:
        """Have a clone while the block runs.

        Raises:
            SeltzerError: The state cannot be made, or the server went away.
        """
        made = self._taken() or self._make()
        with made.end:
            self._asked += 1
            if self._spare and self._asked > 1 and self._next is None:  # who asks once may never ask again
                self._next = self._thread.submit(self._make)
            yield made.clone

    def _taken(self) -> _Made | None:
        future, self._next = self._next, None
        try:
            return future.result() if future is not None else None
        except SeltzerError:
            return None  # what was wrong then is told if it still is

    def _make(self) -> _Made:
        with ExitStack() as end:
            clone = end.enter_context(self._source())
            return _Made(clone, end.pop_all())
        raise AssertionError  # an exit stack of ours swallows nothing
