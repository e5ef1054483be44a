"""What the catalog says of relations and functions: their names may change, their OIDs show which is which."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from psycopg.rows import tuple_row

from seltzer.db.text import identifier

if TYPE_CHECKING:
    from collections.abc import Collection

    import psycopg

    from seltzer.db.text import Sql

_TABLES = frozenset({"r", "p"})


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes:
        number: Its number in its relation, which a new name does not change.
        name: Its name.
        type: Its type as SQL, qualified.
        type_oid: The same by OID, without its modifier.
        not_null: Whether it takes no NULL.
        fills: Whether it gets a value where an INSERT leaves it out.
        identity: `a` for ALWAYS, `d` for BY DEFAULT, empty for none.
        generated: `s`, `v`, or empty for an ordinary column.
    """

    number: int
    name: str
    type: str
    type_oid: int
    not_null: bool
    fills: bool
    identity: str
    generated: str

    @property
    def writable(self) -> bool:
        """Whether an INSERT may give it a value."""
        return not self.generated and self.identity != "a"


@dataclass(frozen=True, slots=True)
class Key:
    """A unique index or an exclusion constraint.

    Attributes:
        name: The index.
        unique: Whether it is the former.
        plain: Whether it is unique over whole columns, for all rows.
        parts: Its columns and expressions as SQL, in order.
        condition: Of a partial index which rows are in it; empty for all.
        arbiter: Whether ON CONFLICT can be about it: a deferrable one cannot.
        nulls_alike: Whether one NULL is like another.
        columns: What it depends on, columns of expressions and conditions among them.
    """

    name: str
    unique: bool
    plain: bool
    parts: tuple[str, ...]
    condition: str
    arbiter: bool
    nulls_alike: bool
    columns: tuple[str, ...]

    @property
    def keeps(self) -> tuple[object, ...]:
        """What it keeps from being alike, whatever its name is."""
        return self.unique, self.nulls_alike, frozenset(self.parts), self.condition


@dataclass(frozen=True, slots=True)
class Relation:
    """A table, view, materialized view or foreign table.

    Attributes:
        oid: Its OID.
        kind: As in `pg_class.relkind`.
        schema: Its schema.
        name: Its name.
        columns: In order.
        keys: What keeps rows from being alike.
        foreign_keys: Its own.
        grants: Who besides its owner may read and write it, and what of that as GRANT says it; empty is PUBLIC.
    """

    oid: int
    kind: str
    schema: str
    name: str
    columns: tuple[Column, ...]
    keys: tuple[Key, ...]
    foreign_keys: tuple[str, ...]
    grants: tuple[tuple[str, str], ...]

    @property
    def quoted(self) -> Sql:
        """Its name as SQL."""
        return identifier(self.schema, self.name)

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that were given rights on it."""
        return tuple(role for role, _ in self.grants if role)

    @property
    def is_table(self) -> bool:
        """Whether rows can be put into it that stay in this database."""
        return self.kind in _TABLES

    def __str__(self) -> str:
        """`public.users`."""
        return f"{self.schema}.{self.name}"

    def column(self, name: str) -> Column | None:
        """The column of a name."""
        return next((item for item in self.columns if item.name == name), None)

    def numbered(self, number: int) -> Column | None:
        """The column of a number."""
        return next((item for item in self.columns if item.number == number), None)


@dataclass(frozen=True, slots=True)
class Function:
    """A function or procedure.

    Attributes:
        signature: Name and argument types, as the catalog's snapshot has them.
        oid: Its OID.
        is_procedure: Whether it is called with CALL.
        schema: Its schema.
        name: Its name.
        arguments: The types of what it is given.
        defaults: How many of the last ones may be left out.
        variadic: Whether it takes as many as one likes.
        returns_set: Whether it answers with any number of rows.
        names: The names of what it is given; empty where one has none.
    """

    signature: str
    oid: int
    is_procedure: bool
    schema: str
    name: str
    arguments: tuple[str, ...]
    defaults: int
    variadic: bool
    returns_set: bool
    names: tuple[str, ...]

    @property
    def quoted(self) -> Sql:
        """Its name as SQL."""
        return identifier(self.schema, self.name)


def read_relations(
    conn: psycopg.Connection[Any], names: Collection[str], oids: Collection[int] = ()
) -> tuple[Relation, ...]:
    """Relations by name as SQL writes it, or by OID; those that are not there are left out."""
    return tuple(
        Relation(
            oid,
            kind,
            schema,
            name,
            tuple(Column(*column) for column in columns),
            tuple(_key(*key) for key in keys),
            tuple(foreign_keys),
            tuple((role, rights) for role, rights in grants),
        )
        for oid, kind, schema, name, columns, keys, foreign_keys, grants in _rows(conn, "relations.sql", names, oids)
    )


def read_functions(
    conn: psycopg.Connection[Any], signatures: Collection[str], oids: Collection[int] = ()
) -> tuple[Function, ...]:
    """Functions by signature or by OID; those that are not there, and those that only triggers call, are left out."""
    return tuple(
        Function(signature, oid, kind == "p", schema, name, tuple(arguments), defaults, variadic, is_set, tuple(names_))
        for signature, oid, kind, schema, name, arguments, defaults, variadic, is_set, names_ in _rows(
            conn, "functions.sql", signatures, oids
        )
    )


def _key(*said: Any) -> Key:
    name, unique, plain, parts, condition, arbiter, nulls_alike, columns = said
    return Key(name, unique, plain, tuple(parts), condition, arbiter, nulls_alike, tuple(columns))


def statement_file(name: str) -> str:
    """SQL that has a file of its own beside this one."""
    return files("seltzer.claims.compatible").joinpath(name).read_text("utf-8")


def _rows(
    conn: psycopg.Connection[Any], name: str, names: Collection[str], oids: Collection[int]
) -> list[tuple[Any, ...]]:
    """The rows of a query, in which every name is qualified."""
    with conn.transaction(), conn.cursor(row_factory=tuple_row) as cursor:
        cursor.execute("SELECT pg_catalog.set_config('search_path', '', true)")
        values = {"names": list(names), "oids": list(oids)}
        return cursor.execute(statement_file(name).encode(), values).fetchall()
