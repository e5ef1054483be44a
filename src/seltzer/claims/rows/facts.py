"""What the catalog says of the tables that are to be filled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from psycopg.rows import tuple_row

from seltzer.db.text import Sql, identifier

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    import psycopg


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes:
        name: Its name.
        type: Its type's OID.
        typmod: The modifier of its type; -1 for none.
        type_text: Type and modifier as SQL.
        not_null: Whether it takes no NULL.
        default: Its default as SQL; None without one.
        identity: `a` for ALWAYS, `d` for BY DEFAULT, empty for none.
        generated: What it is generated from, as SQL; None for an ordinary column.
    """

    name: str
    type: int
    typmod: int
    type_text: str
    not_null: bool
    default: str | None
    identity: str
    generated: str | None

    @property
    def counts(self) -> bool:
        """Whether a sequence gives its values."""
        return bool(self.identity) or (self.default or "").startswith(("nextval(", "pg_catalog.nextval("))


@dataclass(frozen=True, slots=True)
class Check:
    """A CHECK, or the bounds of a partition: an expression over some columns."""

    name: str
    columns: tuple[str, ...]
    expression: str


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key: its columns, and the table and columns they refer to.

    Attributes:
        name: Its name.
        columns: Its columns.
        table: The OID of the table they refer to.
        refers_to: The columns there.
        full: Whether it is MATCH FULL.
        acts: Whether rows are deleted or changed with those they refer to.
    """

    name: str
    columns: tuple[str, ...]
    table: int
    refers_to: tuple[str, ...]
    full: bool
    acts: bool


@dataclass(frozen=True, slots=True)
class Loose:
    """A constraint that is NOT VALID: rows from before it may break it.

    Attributes:
        name: Its name.
        foreign: Whether it is a foreign key; else a CHECK.
        columns: Its columns.
        definition: It, as SQL.
    """

    name: str
    foreign: bool
    columns: tuple[str, ...]
    definition: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table that can hold rows: plain, or a partition that is not partitioned itself.

    Attributes:
        oid: Its OID.
        schema: Its schema.
        name: Its name.
        root: The table that rows go in by: itself, or the partitioned table at the top.
        into: That table, quoted.
        columns: Its columns.
        checks: Its CHECKs, and its bounds as a partition.
        foreign_keys: Its foreign keys.
        uniques: The columns of each unique index and exclusion constraint.
        bodies: What its triggers run.
        loose: Its constraints that are NOT VALID.
    """

    oid: int
    schema: str
    name: str
    root: int
    into: Sql
    columns: tuple[Column, ...]
    checks: tuple[Check, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    uniques: tuple[tuple[str, ...], ...] = ()
    bodies: str = ""
    loose: tuple[Loose, ...] = ()

    def __str__(self) -> str:
        """`public.users`."""
        return f"{self.schema}.{self.name}"

    @property
    def quoted(self) -> Sql:
        """Its name as SQL."""
        return identifier(self.schema, self.name)

    def column(self, name: str) -> Column:
        """The column of a name."""
        return next(item for item in self.columns if item.name == name)

    def nullable(self, names: Iterable[str]) -> bool:
        """Whether each of these columns takes NULL."""
        return not any(self.column(name).not_null for name in names)


@dataclass(frozen=True, slots=True)
class Type:
    """A type.

    Attributes:
        name: Its name.
        builtin: Whether it is PostgreSQL's own.
        kind: `b` base, `e` enum, `d` domain, `c` composite, `r` range, `m` multirange.
        category: PostgreSQL's category, `S` for strings.
        element: The type of an array's elements; 0 for no array.
        base: What a domain is made of; 0 for no domain.
        base_typmod: That type's modifier.
        not_null: Whether a domain takes no NULL.
        subtype: What a range is made of; 0 for no range.
        labels: Of an enum.
        checks: Of a domain, as SQL.
        parts: Type and modifier of each attribute of a composite type.
    """

    name: str
    builtin: bool
    kind: str
    category: str
    element: int
    base: int
    base_typmod: int
    not_null: bool
    subtype: int
    labels: tuple[str, ...]
    checks: str
    parts: tuple[tuple[int, int], ...]


def read_tables(conn: psycopg.Connection[Any], without: Collection[str]) -> tuple[list[Table], dict[int, Type]]:
    """The tables that can hold rows, those of some schemas left out, and all types.

    Args:
        conn: A connection.
        without: Schemas whose tables nobody asks for.
    """
    found = _rows(conn, "tables.sql", {"without": list(without)})
    types = {row[0]: _type(row) for row in _rows(conn, "types.sql", {})}
    every = {"tables": [row[0] for row in found]}
    columns: dict[int, list[Column]] = {}
    for oid, *rest in _rows(conn, "columns.sql", every):
        column = Column(*rest)
        domain = types.get(column.type)
        columns.setdefault(oid, []).append(
            replace(column, not_null=True) if domain is not None and _refuses_null(domain, types) else column
        )
    names = {row[0]: identifier(row[1], row[2]) for row in found}
    tables = {
        oid: Table(
            oid, schema, name, root, names.get(root, names[oid]), tuple(columns.get(root, ())), bodies=body or ""
        )
        for oid, schema, name, root, _, body, kind in found
        if kind == "r"
    }
    bounds = {row[0]: row[4] for row in found if row[4]}
    _add_constraints(tables, bounds, _rows(conn, "constraints.sql", every))
    for oid, keys, expressions in _rows(conn, "uniques.sql", every):
        if oid in tables:
            names = tuple(item.name for item in tables[oid].columns)
            key = (*keys, *mentioned_names(expressions or "", names))
            tables[oid] = replace(tables[oid], uniques=(*tables[oid].uniques, key))
    return list(tables.values()), types


def _add_constraints(tables: dict[int, Table], bounds: Mapping[int, str], rows: Iterable[tuple[Any, ...]]) -> None:
    for oid, expression in bounds.items():
        if oid in tables:
            names = tuple(item.name for item in tables[oid].columns)
            mentioned = tuple(mentioned_names(expression, names))
            tables[oid] = replace(tables[oid], checks=(Check("the bounds of the partition", mentioned, expression),))
    for oid, kind, name, keys, expression, target, target_keys, match, acts, valid, definition in rows:
        table = tables.get(oid)
        if table is None or "NOT ENFORCED" in definition:
            continue
        if kind == "c":
            table = replace(table, checks=(*table.checks, Check(name, tuple(keys), expression)))
        else:
            key = ForeignKey(name, tuple(keys), target, tuple(target_keys), match == "f", acts)
            table = replace(table, foreign_keys=(*table.foreign_keys, key))
        if not valid:
            table = replace(table, loose=(*table.loose, Loose(name, kind == "f", tuple(keys), definition)))
        tables[oid] = table


def mentioned_names(expression: str, names: Iterable[str]) -> Iterable[str]:
    """Those of some column names that an expression of PostgreSQL's own writing has in it."""
    for name in names:
        quoted = identifier(name)
        plain = name.isidentifier() and name == name.lower()
        if quoted in expression or (plain and name in _words(expression)):
            yield name


def _words(expression: str) -> frozenset[str]:
    return frozenset("".join(c if c.isalnum() or c == "_" else " " for c in expression).split())


def _refuses_null(found: Type, types: Mapping[int, Type]) -> bool:
    while found.kind == "d":
        if found.not_null:
            return True
        found = types[found.base]
    return False


def _type(row: tuple[Any, ...]) -> Type:
    name, builtin, kind, category, element, base, base_typmod, not_null, subtype, labels, checks, parts = row[1:]
    return Type(
        name=name,
        builtin=builtin,
        kind=kind,
        category=category,
        element=element,
        base=base,
        base_typmod=base_typmod,
        not_null=not_null,
        subtype=subtype,
        labels=tuple(labels or ()),
        checks=checks or "",
        parts=tuple((oid, mod) for oid, mod in parts or ()),
    )


def statement_file(name: str) -> str:
    """SQL that has a file of its own beside this one."""
    return files("seltzer.claims.rows").joinpath(name).read_text("utf-8")


def _rows(conn: psycopg.Connection[Any], name: str, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
    with conn.cursor(row_factory=tuple_row) as cursor:
        return cursor.execute(statement_file(name).encode(), values or None).fetchall()
