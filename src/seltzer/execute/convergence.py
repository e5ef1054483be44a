"""A changed `create_tables.sql` must not be skipped silently.

`CREATE TABLE IF NOT EXISTS` on a table that exists does nothing, whatever the text says. Where PostgreSQL skips a
statement that is new in the file, the object is compared with the text before the commit.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seltzer.db.history import read_recorded
from seltzer.db.message import Refusal
from seltzer.db.text import compose, identifier, literal
from seltzer.errors import AppliedMeanwhileError, NotConvergedError, Place, StatementError
from seltzer.execute.transaction import OpenTransaction
from seltzer.source.names import next_number
from seltzer.source.read import place_of
from seltzer.sql.tables import DeclaredColumn, DeclaredConstraint, DeclaredTable, read_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from seltzer.db.message import Wire
    from seltzer.execute.context import Run
    from seltzer.model import Statement, Step
    from seltzer.sql.shape import OneTransaction


def known_statements(run: Run, step: Step) -> frozenset[str]:
    """The fingerprints of what was last applied of a migration; none when its row cannot say."""
    if step.former is None:
        return frozenset()
    return read_recorded(run.session.connection(), run.table, step.former).statements or frozenset()


SKIPPED = frozenset({"42703", "42P01", "42704", "42P10", "42830"})
"""What PostgreSQL says of a later statement that needs what was skipped: a column, a sequence, a key is not there."""


def send_watched(
    run: Run, opened: OpenTransaction, source: tuple[Path, str], shape: OneTransaction, known: frozenset[str]
) -> None:
    """Run a changed first day in its transaction, and look there at what `IF NOT EXISTS` skipped.

    Args:
        run: The run.
        opened: The transaction.
        source: The file and its text.
        shape: What of it is sent.
        known: The fingerprints of what was last applied.

    Raises:
        StatementError: PostgreSQL refused a statement; everything was rolled back.
        NotConvergedError: A table lacks what the text has, whether or not a later statement failed for that.
    """
    news = [item for item in shape.statements if item.fingerprint not in known]
    try:
        opened.send(source[0], shape.body, shape.statements)
    except StatementError as error:
        refused = shape.statements[opened.refused or 0 :][:1]
        if error.sqlstate in SKIPPED and refused:
            before = shape.body[: refused[0].offset]
            _refuse_unconverged_before(run, opened.step, source, before, news)
        raise
    refuse_unconverged(opened.wire, opened.step, source, news)


def _refuse_unconverged_before(
    run: Run, step: Step, source: tuple[Path, str], before: str, news: Iterable[Statement]
) -> None:
    """Compare where a statement was refused: in a failed transaction nobody can look, so `before` runs once more."""
    try:
        again = OpenTransaction(run, step, last=True)
        try:
            again.wire.send(before)
            refuse_unconverged(again.wire, step, source, news)
        finally:
            again.roll_back()
    except (Refusal, StatementError, AppliedMeanwhileError):
        return  # what PostgreSQL refused at first is told


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
    tables = ((item, read_table(item.text)) for item in statements)
    lacks = [(item, table, list(_missing_parts(wire, table))) for item, table in tables if table is not None]
    lacks = [found for found in lacks if found[2]]
    if lacks:
        statement, table, parts = lacks[0]
        place = place_of(*source, statement.offset + parts[0].offset)
        raise _not_converged(step, place, table, parts, [part.alter for found in lacks for part in found[2]])


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


def _missing_parts(wire: Wire, table: DeclaredTable) -> Iterator[DeclaredColumn | DeclaredConstraint]:
    """What of the text the table lacks: its columns, each with the constraints written at it, then the others."""
    relation = literal(_quoted(table))
    found = wire.ask(compose(_COLUMNS, relation=relation))[0]
    if not found:
        return  # not there, or in a schema that the search path does not name any more: nothing to compare
    missing = [column for column in table.columns if column.name not in {row[0] for row in found}]
    yield from missing
    present = [("n", "", frozenset({row[0] or ""}), "") for row in found if row[1] == "n"]
    present += [
        (row[0] or "", row[1] or "", frozenset((row[2] or "").split(",")) - {""}, row[3] or "")
        for row in wire.ask(compose(_CONSTRAINTS, relation=relation))[0]
    ]
    added = {column.name for column in missing}
    # Named ones first: an unnamed one must not take the place of a named one.
    for constraint in sorted(table.constraints, key=lambda item: not item.name):
        if constraint.column in added:
            continue  # the command that adds the column has it
        found_at = next((at for at, item in enumerate(present) if constraint.matches(*item)), None)
        if found_at is None:
            yield constraint
        else:
            del present[found_at]  # two checks of one column need two


def _quoted(table: DeclaredTable) -> str:
    parts = [table.schema, table.name] if table.schema else [table.name]
    return identifier(*parts)


def _not_converged(
    step: Step,
    place: Place,
    table: DeclaredTable,
    parts: list[DeclaredColumn | DeclaredConstraint],
    alters: list[str],
) -> NotConvergedError:
    file, part = step.migration.file, parts[0]
    labels = [_label(item) for item in parts]
    word = part.name if isinstance(part, DeclaredColumn) else part.label
    name = "_".join(["add", *re.findall(r"[a-z0-9]+", word.lower())])
    new = f"{file.module}/{next_number(file.path.parent)}_{name}.sql"
    commands = "".join(f"\n  {alter}" for alter in alters)
    return NotConvergedError(
        f"table {table.name!r} exists and lacks {', '.join(labels)}: CREATE TABLE IF NOT EXISTS did nothing",
        hint=f"Put {place.file.name} back as it was, and write {new} with:{commands}",
        place=place,
        migration=file.id,
        rolled_back=True,
    )


def _label(part: DeclaredColumn | DeclaredConstraint) -> str:
    return part.label if isinstance(part, DeclaredConstraint) else f"column {part.name!r}"
