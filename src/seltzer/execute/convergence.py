"""A changed `create_tables.sql` must not be skipped silently.

`CREATE TABLE IF NOT EXISTS` on a table that exists does nothing, whatever the text says. Where PostgreSQL skips a
statement that is new in the file, the object is compared with the text before the commit.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seltzer.db.history import read_recorded
from seltzer.db.text import compose, identifier, literal
from seltzer.errors import NotConvergedError, Place
from seltzer.source.names import next_number
from seltzer.source.read import place_of
from seltzer.sql.tables import DeclaredColumn, DeclaredConstraint, DeclaredTable, read_table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from seltzer.db.message import Wire
    from seltzer.execute.context import Run
    from seltzer.model import Statement, Step


def known_statements(run: Run, step: Step) -> frozenset[str]:
    """The fingerprints of what was last applied of a migration; none when its row cannot say."""
    if step.former is None:
        return frozenset()
    return read_recorded(run.session.connection(), run.table, step.former).statements or frozenset()


def refuse_unconverged(wire: Wire, step: Step, source: tuple[Path, str], statements: Iterable[Statement]) -> None:
    """Compare the tables of a first day with its text, once it has run and before anything says that it did.

    The server's own word that it skipped a statement is not asked for: a file or role can silence it.

    Args:
        wire: The migration's open transaction, or any session for a runner with a connection of its own.
        step: What is being applied.
        source: The file and its text.
        statements: Those of it that are new since it was last applied.

    Raises:
        NotConvergedError: A table lacks a column or a constraint that the text has.
    """
    for statement in statements:
        table = read_table(statement.text)
        if table is None:
            continue
        lacks = _missing_part(wire, table)
        if lacks is not None:
            raise _not_converged(step, place_of(*source, statement.offset + lacks.offset), table, lacks)


_COLUMNS = (
    "SELECT a.attname, CASE WHEN a.attnotnull THEN 'n' ELSE '' END FROM pg_catalog.pg_attribute AS a "
    "WHERE a.attrelid = pg_catalog.to_regclass({relation}) AND a.attnum > 0 AND NOT a.attisdropped"
)
_CONSTRAINTS = (
    "SELECT c.contype, c.conname, (SELECT pg_catalog.string_agg(a.attname, ',') FROM pg_catalog.pg_attribute AS a "
    "WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)), "
    "(SELECT f.relname FROM pg_catalog.pg_class AS f WHERE f.oid = c.confrelid) FROM pg_catalog.pg_constraint AS c "
    "WHERE c.conrelid = pg_catalog.to_regclass({relation})"
)


def _missing_part(wire: Wire, table: DeclaredTable) -> DeclaredColumn | DeclaredConstraint | None:
    """The first part of the text that the table lacks; None when it has all of them."""
    relation = literal(_quoted(table))
    found = wire.ask(compose(_COLUMNS, relation=relation))[0]
    if not found:
        return None  # not there, or in a schema that the search path does not name any more: nothing to compare
    columns = {row[0] for row in found}
    present = [("n", "", frozenset({row[0] or ""}), "") for row in found if row[1] == "n"]
    for column in table.columns:
        if column.name not in columns:
            return column
    present += [
        (row[0] or "", row[1] or "", frozenset((row[2] or "").split(",")) - {""}, row[3] or "")
        for row in wire.ask(compose(_CONSTRAINTS, relation=relation))[0]
    ]
    # Named ones first: an unnamed one must not take the place of a named one.
    for constraint in sorted(table.constraints, key=lambda item: not item.name):
        found_at = next((at for at, item in enumerate(present) if constraint.matches(*item)), None)
        if found_at is None:
            return constraint
        del present[found_at]  # two checks of one column need two
    return None


def _quoted(table: DeclaredTable) -> str:
    parts = [table.schema, table.name] if table.schema else [table.name]
    return identifier(*parts)


def _not_converged(
    step: Step, place: Place, table: DeclaredTable, part: DeclaredColumn | DeclaredConstraint
) -> NotConvergedError:
    file = step.migration.file
    label = part.label if isinstance(part, DeclaredConstraint) else f"column {part.name!r}"
    word = part.name if isinstance(part, DeclaredColumn) else label
    name = "_".join(["add", *re.findall(r"[a-z0-9]+", word.lower())])
    new = f"{file.module}/{next_number(file.path.parent)}_{name}.sql"
    return NotConvergedError(
        f"table {table.name!r} exists and lacks {label}: CREATE TABLE IF NOT EXISTS did nothing",
        hint=f"Put {place.file.name} back as it was, and write {new} with:\n  {part.alter}",
        place=place,
        migration=file.id,
        rolled_back=True,
    )
