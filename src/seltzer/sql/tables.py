"""What a CREATE TABLE declares, part by part, each with the ALTER TABLE that would add it to a table that lacks it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import postgast
from google.protobuf.message import DecodeError
from postgast import pg_query_pb2 as pg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postgast.pg_query_pb2 import ColumnDef, Constraint, CreateStmt, Node, RangeVar

# pg_constraint.contype of each sort of constraint.
_LETTERS = {
    pg.CONSTR_PRIMARY: "p",
    pg.CONSTR_UNIQUE: "u",
    pg.CONSTR_FOREIGN: "f",
    pg.CONSTR_CHECK: "c",
    pg.CONSTR_EXCLUSION: "x",
    pg.CONSTR_NOTNULL: "n",
}
_WORDS = {"p": "PRIMARY KEY", "u": "UNIQUE", "f": "FOREIGN KEY", "c": "CHECK", "x": "EXCLUDE", "n": "NOT NULL"}


@dataclass(frozen=True, slots=True)
class DeclaredColumn:
    """A column: its name, its first character in the statement, and the command that adds it."""

    name: str
    offset: int
    alter: str


@dataclass(frozen=True, slots=True)
class DeclaredConstraint:
    """A constraint of a table or of one of its columns.

    Attributes:
        letter: pg_constraint's contype.
        name: Its name; empty when PostgreSQL chooses one.
        columns: The columns it speaks of.
        refers_to: The table that a foreign key refers to; empty for the others.
        offset: Its first character in the statement.
        alter: The command that adds it.
        column: The column it is written at, whose own command has it too; empty for one of the table's.
    """

    letter: str
    name: str
    columns: frozenset[str]
    refers_to: str
    offset: int
    alter: str
    column: str = ""

    @property
    def label(self) -> str:
        """How a person would call it."""
        word = _WORDS[self.letter]
        return f"constraint {self.name!r}" if self.name else f"{word} ({', '.join(sorted(self.columns))})"

    def matches(self, letter: str, name: str, columns: frozenset[str], refers_to: str) -> bool:
        """Whether a constraint of the catalog is this one: by its name, else by its sort, columns and other table."""
        if self.name and self.letter != "n":  # before 18 a NOT NULL had no name of its own
            return name == self.name
        return (letter, columns, refers_to) == (self.letter, self.columns, self.refers_to)


@dataclass(frozen=True, slots=True)
class DeclaredTable:
    """A CREATE TABLE in parts; `schema` is empty when it is not written."""

    schema: str
    name: str
    columns: tuple[DeclaredColumn, ...]
    constraints: tuple[DeclaredConstraint, ...]


def read_table(text: str) -> DeclaredTable | None:
    """The parts of one CREATE TABLE statement; None when `text` is something else."""
    try:
        tree = postgast.parse(text)
    except (postgast.PgQueryError, DecodeError):
        return None
    if len(tree.stmts) != 1 or tree.stmts[0].stmt.WhichOneof("node") != "create_stmt":
        return None
    statement = tree.stmts[0].stmt.create_stmt
    offsets = _Offsets(text)
    columns = [item.column_def for item in statement.table_elts if item.WhichOneof("node") == "column_def"]
    return DeclaredTable(
        statement.relation.schemaname,
        statement.relation.relname,
        tuple(
            DeclaredColumn(item.colname, offsets.of(item.location), _add_column(statement.relation, item))
            for item in columns
        ),
        tuple(_constraints(statement, columns, offsets)),
    )


class _Offsets:
    """Byte positions of the tree as characters of the text."""

    def __init__(self, text: str) -> None:
        self._data = text.encode()

    def of(self, byte: int) -> int:
        return len(self._data[: max(byte, 0)].decode(errors="ignore"))


def _constraints(statement: CreateStmt, columns: list[ColumnDef], offsets: _Offsets) -> Iterator[DeclaredConstraint]:
    for column in columns:
        for item in column.constraints:
            yield from _constraint(statement.relation, item.constraint, (column.colname,), offsets)
    for item in statement.table_elts:
        if item.WhichOneof("node") == "constraint":
            yield from _constraint(statement.relation, item.constraint, (), offsets)


def _constraint(
    relation: RangeVar, found: Constraint, own: tuple[str, ...], offsets: _Offsets
) -> Iterator[DeclaredConstraint]:
    letter = _LETTERS.get(found.contype)
    if letter is None:
        return
    written = found.fk_attrs if letter == "f" else found.keys
    columns = frozenset(item.string.sval for item in written) or frozenset(own)
    if letter == "c":
        columns = frozenset(_column_names(found.raw_expr))
    if letter == "x":
        columns = frozenset(item.list.items[0].index_elem.name for item in found.exclusions) - {""}
    yield DeclaredConstraint(
        letter,
        found.conname,
        columns,
        found.pktable.relname if letter == "f" else "",
        offsets.of(found.location),
        _add_constraint(relation, found, own),
        own[0] if own else "",
    )


def _column_names(expression: Node) -> Iterator[str]:
    """The columns that an expression speaks of."""
    for _, node in postgast.walk(expression):
        if isinstance(node, pg.ColumnRef) and node.fields:
            yield node.fields[-1].string.sval


def _alter(relation: RangeVar) -> tuple[pg.ParseResult, pg.AlterTableCmd]:
    tree = pg.ParseResult()
    statement = tree.stmts.add().stmt.alter_table_stmt
    statement.relation.CopyFrom(relation)
    statement.objtype = pg.OBJECT_TABLE
    command = statement.cmds.add().alter_table_cmd
    command.behavior = pg.DROP_RESTRICT
    return tree, command


def _definition(command: pg.AlterTableCmd) -> Node:
    return getattr(command, "def")


def _add_column(relation: RangeVar, column: ColumnDef) -> str:
    tree, command = _alter(relation)
    command.subtype = pg.AT_AddColumn
    command.missing_ok = True
    _definition(command).column_def.CopyFrom(column)
    return postgast.deparse(tree) + ";"


def _add_constraint(relation: RangeVar, found: Constraint, own: tuple[str, ...]) -> str:
    tree, command = _alter(relation)
    if found.contype == pg.CONSTR_NOTNULL and own:
        command.subtype = pg.AT_SetNotNull
        command.name = own[0]
        return postgast.deparse(tree) + ";"
    command.subtype = pg.AT_AddConstraint
    constraint = _definition(command).constraint
    constraint.CopyFrom(found)
    for name in own:
        # A column's own constraint does not name the column; a table's has to.
        target = constraint.fk_attrs if found.contype == pg.CONSTR_FOREIGN else constraint.keys
        if found.contype != pg.CONSTR_CHECK:
            target.add().string.sval = name
    return postgast.deparse(tree) + ";"
