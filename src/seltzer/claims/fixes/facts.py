"""What the catalog says of the tables that a statement names: what a recipe has to know and no text says."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Any

import postgast
import psycopg
from postgast import pg_query_pb2 as pg

from seltzer.claims.fixes.writing import quoted
from seltzer.db.connect import execute, fetch
from seltzer.db.text import compose, literal, raw
from seltzer.sql.tokens import scan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from seltzer.claims.fixes.writing import Written


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key of one column: its name, how PostgreSQL writes it, and the bare names of what refers."""

    name: str
    definition: str
    schema: str = ""
    table: str = ""
    column: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes:
        name: Its name.
        type: As PostgreSQL writes it.
        not_null: Whether it refuses NULL.
        default: The expression; None without one.
        identity: `a` (always), `d` (by default) or empty.
        generated: Whether its values are computed.
        sequence: The one that goes with it, of an identity or a serial.
        used: Whether something besides indexes, keys and its default speaks of it.
        keys: The foreign keys of this column alone.
        referring: Those that refer to it.
    """

    name: str
    type: str
    not_null: bool
    default: str | None
    identity: str
    generated: bool
    sequence: str | None
    used: bool
    keys: tuple[ForeignKey, ...] = ()
    referring: tuple[ForeignKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Index:
    """An index: `kind` is `p`, `u` or `x` where it is a constraint's."""

    name: str
    unique: bool
    definition: str
    kind: str | None
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition: its bare name, its schema and itself as written; whether it is the default, or has partitions."""

    bare: str
    schema: str
    name: str
    is_default: bool
    is_partitioned: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A table, view or materialized view, by the catalog's letter for its kind."""

    kind: str
    columns: tuple[Column, ...] = ()
    indexes: tuple[Index, ...] = ()
    partitions: tuple[Partition, ...] = ()

    def column(self, name: str) -> Column | None:
        """The column of that name."""
        return next((item for item in self.columns if item.name == name), None)

    @property
    def key(self) -> str | None:
        """The column that is the primary key; None where it has several, or there is none."""
        columns = [item.columns for item in self.indexes if item.kind == "p"]
        return columns[0][0] if columns and len(columns[0]) == 1 else None


@dataclass(frozen=True, slots=True)
class Attached:
    """What a partition comes to.

    Attributes:
        bound: The condition that each of its rows has to satisfy.
        has_default: Whether there is a default partition, whose rows must not be its.
        indexes: Those that PostgreSQL would build on it.
    """

    bound: str
    has_default: bool
    indexes: tuple[Index, ...]


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain: the type below it that is none, whether it takes no NULL, its checks as PostgreSQL writes them."""

    base: str
    not_null: bool
    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the database before a statement.

    Attributes:
        major: The server's major version.
        tables: What it names, by schema (or empty) and name as it writes them.
        attached: What an ATTACH PARTITION, or a CREATE TABLE … PARTITION OF, would come to.
        domain: The type of the column that it adds, where that is a domain.
        virtual: The same with a virtual column instead of a stored one, where the server takes that.
    """

    major: int
    tables: Mapping[tuple[str, str], Table] = field(default_factory=dict[tuple[str, str], Table])
    attached: Attached | None = None
    domain: Domain | None = None
    virtual: str | None = None

    def table(self, relation: pg.RangeVar) -> Table | None:
        """What a name stands for; None when that is not known."""
        return self.tables.get((relation.schemaname, relation.relname))


_TABLE, _DOMAIN = (
    resources.files(__package__ or "").joinpath(name).read_text(encoding="utf-8")
    for name in ("facts.sql", "domain.sql")
)
# Since then a generated column need not be stored.
_VIRTUAL_SINCE = 18


def read_facts(conn: psycopg.Connection[Any], written: Written) -> Facts:
    """What there is to know before a statement.

    Args:
        conn: An idle connection to a database that may be thrown away, with the search path of the statement.
        written: The statement.
    """
    relations = {(item.schemaname, item.relname) for item in relations_of(written.tree)}
    found = {key: table for key in sorted(relations) if (table := _read_table(conn, *key)) is not None}
    major = conn.info.server_version // 10000
    return Facts(major, found, _attached(conn, written), _domain(conn, written), _virtual(conn, written, major))


def relations_of(tree: pg.Node) -> Iterator[pg.RangeVar]:
    """The relations that a statement names."""
    yield from (node for _, node in postgast.walk(tree) if isinstance(node, pg.RangeVar))
    if tree.WhichOneof("node") == "drop_stmt":
        yield from dropped_relations(tree.drop_stmt)


def dropped_relations(statement: pg.DropStmt) -> Iterator[pg.RangeVar]:
    """What a DROP names, as far as it can be in a schema."""
    for item in statement.objects:
        names = [word.string.sval for word in item.list.items]
        if names:
            yield pg.RangeVar(schemaname=names[-2] if len(names) > 1 else "", relname=names[-1])


def _read_table(conn: psycopg.Connection[Any], schema: str, name: str) -> Table | None:
    full = f"{quoted(schema)}.{quoted(name)}" if schema else quoted(name)
    rows = conn.execute(_TABLE.encode(), {"name": full}).fetchall()
    return _table(rows[0][0]) if rows else None


def _table(said: dict[str, Any]) -> Table:
    columns = (
        Column(
            **item
            | {
                "generated": bool(item["generated"]),
                "keys": tuple(ForeignKey(**key) for key in item["keys"]),
                "referring": tuple(ForeignKey(**key) for key in item["referring"]),
            }
        )
        for item in said["columns"]
    )
    parts = (
        Partition(
            item["name"],
            quoted(item["schema"]),
            f"{quoted(item['schema'])}.{quoted(item['name'])}",
            item["default"],
            item["kind"] == "p",
        )
        for item in said["partitions"]
    )
    return Table(said["kind"], tuple(columns), tuple(_index(item) for item in said["indexes"]), tuple(parts))


def _index(said: dict[str, Any]) -> Index:
    return Index(said["name"], said["unique"], said["definition"], said["kind"], tuple(said["columns"]))


def _attached(conn: psycopg.Connection[Any], written: Written) -> Attached | None:
    """Try it, look, and take it back."""
    names = attaching(written)
    if names is None:
        return None
    parent, child = names
    before = _read_table(conn, child.schemaname, child.relname)
    try:
        _try(conn, written.data)
        after = _read_table(conn, child.schemaname, child.relname)
        above = _read_table(conn, parent.schemaname, parent.relname)
        has_default = above is not None and any(item.is_default for item in above.partitions)
        known = {item.name for item in before.indexes} if before else set[str]()
        made = tuple(item for item in after.indexes if item.name not in known) if after else ()
        return Attached(_condition(conn, written.relation(child)), has_default, made)
    except psycopg.Error:
        return None
    finally:
        execute(conn, raw("ROLLBACK"))


def _domain(conn: psycopg.Connection[Any], written: Written) -> Domain | None:
    column = added_column(written)
    if column is None:
        return None
    name = ".".join(quoted(item.string.sval) for item in column.type_name.names)
    rows = conn.execute(_DOMAIN.encode(), {"name": name}).fetchall()
    return Domain(rows[0][0], rows[0][1], tuple(rows[0][2])) if rows else None


def _virtual(conn: psycopg.Connection[Any], written: Written, major: int) -> str | None:
    """The statement with VIRTUAL instead of STORED, if the server takes it: that is tried, and taken back."""
    column = added_column(written)
    stored = [item for item in column.constraints if item.constraint.contype == pg.CONSTR_GENERATED] if column else []
    tokens = scan(written.data.decode())
    if not stored or major < _VIRTUAL_SINCE or tokens is None or tokens.texts[-1] != b"stored":
        return None
    text = f"{written.between(0, tokens.starts[-1])} VIRTUAL"
    try:
        _try(conn, text.encode())
    except psycopg.Error:
        return None
    else:
        return text
    finally:
        execute(conn, raw("ROLLBACK"))


def _try(conn: psycopg.Connection[Any], statement: bytes) -> None:
    execute(conn, raw("BEGIN"))
    conn.execute(statement, prepare=False)


def added_column(written: Written) -> pg.ColumnDef | None:
    """The column that a statement adds, if that is all it does."""
    if written.tree.WhichOneof("node") != "alter_table_stmt" or len(written.tree.alter_table_stmt.cmds) != 1:
        return None
    command = written.tree.alter_table_stmt.cmds[0].alter_table_cmd
    return getattr(command, "def").column_def if command.subtype == pg.AT_AddColumn else None


def _condition(conn: psycopg.Connection[Any], table: str) -> str:
    query = "SELECT pg_catalog.pg_get_partition_constraintdef(pg_catalog.to_regclass({name}))"
    return str(fetch(conn, compose(query, name=literal(table)))[0][0])


def attaching(written: Written) -> tuple[pg.RangeVar, pg.RangeVar] | None:
    """The partitioned table and the partition of a statement that makes one of it."""
    tree = written.tree
    if tree.WhichOneof("node") == "create_stmt" and tree.create_stmt.HasField("partbound"):
        return tree.create_stmt.inh_relations[0].range_var, tree.create_stmt.relation
    if tree.WhichOneof("node") != "alter_table_stmt" or len(tree.alter_table_stmt.cmds) != 1:
        return None
    command = tree.alter_table_stmt.cmds[0].alter_table_cmd
    if command.subtype != pg.AT_AttachPartition:
        return None
    return tree.alter_table_stmt.relation, getattr(command, "def").partition_cmd.name
