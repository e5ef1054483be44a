"""A database that was built before it had a history: running everything again on it would fail half-way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seltzer.catalog.objects import existing
from seltzer.errors import BuiltWithoutHistoryError, Place
from seltzer.model import Kind, Name

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from seltzer.model import Migration


def refuse_built_without_history(conn: psycopg.Connection[Any], pending: Sequence[Migration]) -> None:
    """Stop when an object that only a versioned migration provides exists; to be asked when the history is empty.

    What a repeatable or a runner provides may exist: those are written to be run again.

    Raises:
        BuiltWithoutHistoryError: There is such an object.
    """
    provided = _provided(pending, versioned=True)
    for name in _provided(pending, versioned=False):
        provided.pop(name, None)
    found = existing(conn, provided)
    if found:
        name, migration = min(((name, provided[name]) for name in found), key=lambda pair: (pair[1].id, pair[0]))
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        raise BuiltWithoutHistoryError(
            f"the history is empty, but {name}, which {migration.id} provides, exists{more}",
            hint="Is it the right database? If these migrations ran here before, record them without running them: "
            "seltzer stamp --all",
            place=Place(migration.file.path),
            migration=migration.id,
        )


def _provided(pending: Sequence[Migration], *, versioned: bool) -> dict[Name, Migration]:
    return {
        name: item
        for item in pending
        if (item.file.kind is Kind.VERSIONED) is versioned and item.names is not None
        for name in item.names.provides
    }
