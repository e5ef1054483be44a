"""Another type of a column: a column of that type beside it, kept the same by a trigger, filled, and swapped in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from seltzer.claims.fixes.batches import fill_file, sync_trigger, trigger_function
from seltzer.claims.fixes.constraints import NOT_NULL_CONSTRAINTS_SINCE, constraint_files, not_null_files
from seltzer.claims.fixes.indexes import OUTSIDE
from seltzer.claims.fixes.recipe import File, Recipe
from seltzer.claims.fixes.writing import made_name, of_new_row, quoted, schema_of
from seltzer.sql.tokens import scan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postgast.pg_query_pb2 import AlterTableCmd, ColumnDef, RangeVar

    from seltzer.claims.fixes.facts import Column, Facts, Index, Table
    from seltzer.claims.fixes.writing import Written

_SHORTER = re.compile(r"(?i)(?:varchar|character varying)\s*\((\d+)\)")
_TEXTS = re.compile(r"(?:text|character varying(?:\((\d+)\))?)")
_ORDINARY_TABLE = "r"
_KEY = re.compile(r"FOREIGN KEY \(.+?\) (?P<other>REFERENCES .+?\(.+?\))(?P<rest>.*)")
# A key that is not validated, or names its columns again.
_UNKNOWN = re.compile(r"NOT VALID|NOT ENFORCED|SET (?:NULL|DEFAULT) \(|PERIOD")
_LONGEST = 55  # what is put behind the name has to fit in


def change_type(written: Written, relation: RangeVar, command: AlterTableCmd, facts: Facts) -> Recipe | None:
    """A shorter text is a check; any other type that has to be written anew is another column."""
    table = facts.table(relation)
    column = table.column(command.name) if table is not None else None
    definition = getattr(command, "def").column_def
    if table is None or column is None:
        return None
    end = _place_of_using(written, definition)
    type_ = written.between(definition.type_name.location, end).rstrip("; \n")
    name = written.relation(relation)
    shorter, now = _SHORTER.fullmatch(type_), _TEXTS.fullmatch(column.type)
    if shorter and now and end is None and now[1] and int(now[1]) <= int(shorter[1]):
        return None  # nothing is written anew
    if shorter and now and end is None:
        text = f"CHECK (length({quoted(column.name)}) <= {shorter[1]})"
        constraint = made_name([relation.relname, column.name, "length"])
        by_hand = f"the column would stay {column.type}, with a check of its length"
        return Recipe(constraint_files(name, constraint, text), by_hand)
    values = _values(written, definition, end) if end is not None else None
    keys = (*column.keys, *column.referring)
    if _is_spoken_of(table, column) or (keys and values) or any(_UNKNOWN.search(key.definition) for key in keys):
        return None
    return Recipe(tuple(_Swap(name, relation, column, _Wanted(type_, values), facts).files()))


def _is_spoken_of(table: Table, column: Column) -> bool:
    """Whether others speak of it in words that would have to be written anew."""
    return (
        table.kind != _ORDINARY_TABLE
        or len(column.name.encode()) > _LONGEST
        or column.used
        or column.generated
        or not _are_plain(table, column)
    )


def _place_of_using(written: Written, definition: ColumnDef) -> int | None:
    """The byte of the word that the expression for the new values stands behind."""
    tokens = scan(written.data.decode()) if definition.HasField("raw_default") else None
    spots = zip(tokens.texts, tokens.starts, strict=True) if tokens is not None else ()
    return next((at for text, at in spots if text == b"using" and at > definition.type_name.location), None)


def _values(written: Written, definition: ColumnDef, using: int) -> _Values:
    at = using + len("using")
    at += len(written.data[at:]) - len(written.data[at:].lstrip())
    text = written.between(at).rstrip("; \n")
    return _Values(text, of_new_row(definition.raw_default, text, at))


def _are_plain(table: Table, column: Column) -> bool:
    """Whether its indexes can be told in words that name columns and nothing else."""
    return all(_plain_list(item) for item in table.indexes if column.name in item.columns)


def _plain_list(index: Index) -> bool:
    listed = ", ".join(quoted(name) for name in index.columns)
    return index.kind in {None, "p", "u"} and index.definition.endswith(f" USING btree ({listed})")


class _Values(NamedTuple):
    """What stands behind USING: as it was written, and of a trigger's new row."""

    of_table: str
    of_row: str


class _Wanted(NamedTuple):
    """The new type, and where its values come from unless they are the old ones."""

    type: str
    values: _Values | None


class _Swap:
    """The files that put a column of another type in the place of one."""

    def __init__(self, table: str, relation: RangeVar, column: Column, wanted: _Wanted, facts: Facts) -> None:
        known = facts.table(relation)
        self.table, self.bare, self.schema = table, relation.relname, schema_of(relation)
        self.column, self.type, self.major = column, wanted.type, facts.major
        self.key = known.key if known is not None else None
        self.indexes = [item for item in known.indexes if column.name in item.columns] if known is not None else []
        self.old, self.new = quoted(column.name), made_name([column.name, "new"])
        self.values = wanted.values or _Values(self.old, f"new.{self.old}")
        self.gone = made_name([column.name, "old"])
        self.function = f"{self.schema}{made_name([self.bare, column.name, 'sync'])}"
        self.trigger = made_name([column.name, "sync"])

    def files(self) -> Iterator[File]:
        """All of them, in their order."""
        yield from self._filled()
        if self.column.not_null:
            yield from not_null_files(self.table, self.bare, f"{self.column.name}_new", self.major)
        for index in self.indexes:
            listed = ", ".join(self.new if name == self.column.name else quoted(name) for name in index.columns)
            unique = "UNIQUE " if index.unique else ""
            text = f"CREATE {unique}INDEX CONCURRENTLY IF NOT EXISTS {self._beside(index)} ON {self.table} ({listed})"
            yield File((text,), OUTSIDE, "index")
        for table, name, definition in self._keys():
            yield from constraint_files(table, made_name([name, "new"]), definition)
        yield File(tuple(self._swap()), "in one transaction, and in a moment", "swap")
        drop = f"ALTER TABLE {self.table} DROP COLUMN IF EXISTS {self.gone}"
        yield File((drop,), "when the new type has proven itself", "drop")

    def _filled(self) -> Iterator[File]:
        """The new column, what keeps it the same, and its values for the rows that are there."""
        body = f"BEGIN new.{self.new} := {self.values.of_row}; RETURN new; END"
        statements = (
            f"ALTER TABLE {self.table} ADD COLUMN IF NOT EXISTS {self.new} {self.type}",
            trigger_function(self.function, body),
            sync_trigger(self.table, self.trigger, self.function),
        )
        yield File(statements, "the trigger keeps both the same", "column")
        is_copy = self.values.of_table == self.old
        empty = f"{self.new} IS NULL AND {self.old} IS NOT NULL" if is_copy else f"{self.new} IS NULL"
        # The key of the batches is not the column that is written.
        yield fill_file(self.table, self.key, f"{self.new} = {self.values.of_table}", empty)

    def _keys(self) -> Iterator[tuple[str, str, str]]:
        """The foreign keys of the new column, and those to it: table, name, definition."""
        for key in self.column.keys:
            match = _KEY.fullmatch(key.definition)
            if match is not None:
                yield self.table, key.name, f"FOREIGN KEY ({self.new}) {match['other']}{match['rest']}"
        for key in self.column.referring:
            match = _KEY.fullmatch(key.definition)
            if match is not None:
                own = f"FOREIGN KEY ({quoted(key.column)}) REFERENCES {self.table} ({self.new}){match['rest']}"
                yield f"{quoted(key.schema)}.{quoted(key.table)}", key.name, own

    def _beside(self, index: Index) -> str:
        return made_name([index.name, "new"])

    def _swap(self) -> Iterator[str]:
        for table, name, _ in self._keys():
            yield f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {quoted(name)}"
        yield f"DROP TRIGGER IF EXISTS {self.trigger} ON {self.table}"
        yield f"DROP FUNCTION IF EXISTS {self.function}()"
        for index in self.indexes:
            if index.kind is not None:
                yield f"ALTER TABLE {self.table} DROP CONSTRAINT IF EXISTS {made_name([index.name])}"
            else:
                yield f"DROP INDEX IF EXISTS {self.schema}{made_name([index.name])}"
        yield from self._filling()
        yield f"ALTER TABLE {self.table} RENAME COLUMN {self.old} TO {self.gone}"
        yield f"ALTER TABLE {self.table} RENAME COLUMN {self.new} TO {self.old}"
        if self.column.not_null:
            yield f"ALTER TABLE {self.table} ALTER COLUMN {self.gone} DROP NOT NULL"
            if self.major >= NOT_NULL_CONSTRAINTS_SINCE:
                made = made_name([self.bare, f"{self.column.name}_new", "not_null"])
                own = made_name([self.bare, self.column.name, "not_null"])
                yield f"ALTER TABLE {self.table} RENAME CONSTRAINT {made} TO {own}"
        for index in self.indexes:
            name, made = made_name([index.name]), self._beside(index)
            if index.kind is not None:
                kind = "PRIMARY KEY" if index.kind == "p" else "UNIQUE"
                yield f"ALTER TABLE {self.table} ADD CONSTRAINT {name} {kind} USING INDEX {made}"
            else:
                yield f"ALTER INDEX IF EXISTS {self.schema}{made} RENAME TO {name}"
        for table, name, _ in self._keys():
            yield f"ALTER TABLE {table} RENAME CONSTRAINT {made_name([name, 'new'])} TO {quoted(name)}"

    def _filling(self) -> Iterator[str]:
        """What gives it values: a default with its sequence, or an identity whose sequence goes on where it was."""
        column, alter = self.column, f"ALTER TABLE {self.table} ALTER COLUMN"
        if column.identity:
            always = "ALWAYS" if column.identity == "a" else "BY DEFAULT"
            table = self.table.replace("'", "''")
            old, new = (name.replace("'", "''") for name in (column.name, f"{column.name}_new"))
            yield (
                f"DO $swap$ DECLARE next bigint := nextval(pg_get_serial_sequence('{table}', '{old}')); BEGIN "
                f"{alter} {self.old} DROP IDENTITY; {alter} {self.new} SET NOT NULL; "
                f"{alter} {self.new} ADD GENERATED {always} AS IDENTITY (SEQUENCE NAME {column.sequence}); "
                f"PERFORM setval(pg_get_serial_sequence('{table}', '{new}'), next, false); END $swap$"
            )
        elif column.default is not None:
            yield f"{alter} {self.new} SET DEFAULT {column.default}"
            if column.sequence is not None:
                yield f"ALTER SEQUENCE {column.sequence} OWNED BY {self.table}.{self.new}"
            yield f"{alter} {self.old} DROP DEFAULT"
