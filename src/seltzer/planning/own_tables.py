"""Migrations that change Seltzer's own tables: what a run records of itself is not a migration's business."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.errors import Place, UnsupportedStatementError
from seltzer.sql.changed_tables import changed_tables
from seltzer.sql.code_targets import code_targets

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from seltzer.model import Migration, Statement

    Code = Callable[[Migration], Iterable[tuple[Place, str]]]


def refuse_own_tables(
    migrations: Iterable[Migration], schema: str, tables: Collection[str], path: Iterable[str], code: Code
) -> None:
    """Refuse a plan in which a migration changes the history or what belongs to it; nothing has run yet.

    Args:
        migrations: What is to run.
        schema: The history's schema.
        tables: The names of Seltzer's tables in it.
        path: The run's search path.
        code: What else a migration may send: texts that are no statements yet, each with its place.

    Raises:
        UnsupportedStatementError: There is one; file and line are named.
    """
    own = {(schema, table): f"{schema}.{table}" for table in tables} | {(schema, ""): f"the schema {schema}"}
    if schema in path:
        own |= {("", table): f"{schema}.{table}" for table in tables}
    names = {name.lower() for name in (schema, *tables)}
    for migration in migrations:
        for place, targets in _targets(migration, names, code):
            found = [own[key] for key in targets if key in own]
            if found:
                raise UnsupportedStatementError(
                    f"{migration.id} changes {found[0]}, where Seltzer keeps what it has applied",
                    hint="Leave it out. To correct the history: seltzer stamp, seltzer revert, or seltzer reset.",
                    place=place,
                    migration=migration.id,
                )


def _targets(
    migration: Migration, names: Collection[str], code: Code
) -> Iterator[tuple[Place, Iterable[tuple[str, str]]]]:
    """What each statement or text of a migration changes, if it has one of the names in it."""
    for file, statements in migration.sources:
        for item in statements:
            text = item.text.lower()
            if any(name in text for name in names):
                yield Place(file, item.line), _changed(item)
    if migration.statements is None:
        for place, text in code(migration):
            if any(name in text.lower() for name in names):
                yield place, code_targets(text)


def _changed(statement: Statement) -> Iterable[tuple[str, str]]:
    return code_targets(statement.text) if statement.kind == "do_stmt" else changed_tables(statement.text)
