"""Transaction blocks that a file opens and does not end, or ends and did not open: no run does what psql would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.errors import Place, UnsupportedStatementError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seltzer.model import Migration, Statement


def refuse_loose_blocks(migrations: Iterable[Migration]) -> None:
    """Refuse a plan with a migration whose ROLLBACK undoes nothing, or whose BEGIN nothing ends; nothing has run yet.

    A COMMIT outside of a block is let pass: it asks for what happens anyway.

    Raises:
        UnsupportedStatementError: There is one; file and line are named.
    """
    for migration in migrations:
        opened: Statement | None = None
        for item in migration.statements or ():
            if item.control == "rollback" and opened is None:
                raise _refused(
                    migration,
                    item,
                    f"{item.text.split()[0].upper()} stands outside of BEGIN … COMMIT: it would undo nothing of what "
                    "stands before it",
                    "Take it out, or write BEGIN; before what it is to undo.",
                )
            if item.control == "begin":
                opened = opened or item
            elif item.control == "chain":
                opened = item if opened is not None else None
            elif item.control in {"commit", "rollback"}:
                opened = None
        if opened is not None:
            raise _refused(
                migration,
                opened,
                "the transaction that this opens is never ended: psql would roll it back at the end of the file",
                "Write COMMIT; at its end, or take BEGIN out: a migration runs in a transaction anyway.",
            )


def _refused(migration: Migration, item: Statement, message: str, hint: str) -> UnsupportedStatementError:
    return UnsupportedStatementError(message, hint=hint, place=Place(migration.path, item.line), migration=migration.id)
