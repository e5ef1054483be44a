"""Which migration is at work in this thread or task: a run inside a run would wait for itself."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from seltzer.errors import NestedRunError

if TYPE_CHECKING:
    from collections.abc import Generator

_active: ContextVar[str | None] = ContextVar("seltzer_migration", default=None)


@contextmanager
def at_work(migration: str) -> Generator[None]:
    """Say that `migration` is running while the block runs."""
    token = _active.set(migration)
    try:
        yield
    finally:
        _active.reset(token)


def is_at_work() -> bool:
    """Whether a migration is running in this thread or task."""
    return _active.get() is not None


def refuse_nested() -> None:
    """Refuse a run that a migration starts.

    Raises:
        NestedRunError: A migration is at work here.
    """
    migration = _active.get()
    if migration is not None:
        raise NestedRunError(
            f"{migration} started a run of its own inside the run, which would wait for itself",
            hint="Let a migration do its own work only; say with depends-on what has to run before it.",
            migration=migration,
        )
