"""Migrations that change Seltzer's own tables: what a run records of itself is not a migration's business."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.errors import Place, UnsupportedStatementError
from seltzer.sql.changed_tables import changed_tables

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from seltzer.model import Migration


def refuse_own_tables(
    migrations: Iterable[Migration], schema: str, tables: Collection[str], path: Iterable[str]
) -> None:
    """Refuse a plan in which a migration changes the history or what belongs to it; nothing has run yet.

    Args:
        migrations: What is to run.
        schema: The history's schema.
        tables: The names of Seltzer's tables in it.
        path: The run's search path.

    Raises:
        UnsupportedStatementError: There is one; file and line are named.
    """
    own = {(schema, table): f"{schema}.{table}" for table in tables} | {(schema, ""): f"the schema {schema}"}
    if schema in path:
        own |= {("", table): f"{schema}.{table}" for table in tables}
    for migration in migrations:
        for file, statements in migration.sources:
            for item in statements:
                named = any(table in item.text for table in tables) or item.kind == "drop_stmt"
                found = [own[key] for key in changed_tables(item.text) if key in own] if named else []
                if found:
                    raise UnsupportedStatementError(
                        f"{migration.id} changes {found[0]}, where Seltzer keeps what it has applied",
                        hint="Leave it out. To correct the history: seltzer stamp, seltzer revert, or seltzer reset.",
                        place=Place(file, item.line),
                        migration=migration.id,
                    )
