"""The garbage collector, held still; by itself, because a check of texts brings no plan with it."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator


@contextmanager
def without_collection() -> Generator[None]:
    """Keep the garbage collector still: thousands of files make a million objects, none of them garbage."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
