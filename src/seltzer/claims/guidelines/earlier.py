"""What a file has done before a statement: what it dropped can be created, what it created can be dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.claims.guidelines.creating import Named, created_by, dropped_by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seltzer.claims.guidelines.files import ReadStatement


def is_dropped_before(statement: ReadStatement, created: Named) -> bool:
    """Whether the file drops an object, or what it is in or on, before the statement creates it.

    One ALTER TABLE drops before it adds, in whichever order that is written.
    """
    last = statement.number + 1 if created.kind == "COLUMN" else statement.number
    earlier = statement.source.statements[:last]
    return any(created.goes_with(dropped) for item in earlier for dropped in dropped_by(item))


def is_made_before(statement: ReadStatement, dropped: Named) -> bool:
    """Whether the file makes an object itself before the statement drops it."""
    return any(made.is_same(dropped) for made in _made_before(statement))


def ends_with_session(statement: ReadStatement, created: Named) -> bool:
    """Whether an object, or what it is on, is one that the file has made for its own session."""
    if created.temporary:
        return True
    if not created.owner or created.schema:
        return False
    return any(made.temporary and made.name == created.owner for made in _made_before(statement))


def _made_before(statement: ReadStatement) -> Iterator[Named]:
    for item in statement.source.statements[: statement.number]:
        yield from created_by(item)
