"""Types: enums and their labels, composite types, domains, ranges, base types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.model import Name, NameKind
from seltzer.sql.names.columns import Owner, read_constraint
from seltzer.sql.names.expressions import read_expression
from seltzer.sql.names.keyed import provide_part
from seltzer.sql.names.lookup import (
    created,
    created_named,
    need_collation,
    need_function,
    need_operator_class,
    need_type,
    part_of,
    split_name,
    type_named,
    words_of,
)
from seltzer.sql.names.queries import read_pending
from seltzer.sql.names.scope import Scope

if TYPE_CHECKING:
    from postgast import pg_query_pb2 as pb

    from seltzer.sql.names.reading import Reading

_SUPPORT_FUNCTIONS = frozenset(
    ("input", "output", "receive", "send", "typmod_in", "typmod_out", "analyze", "subscript")
)


def create_enum(reading: Reading, statement: pb.CreateEnumStmt) -> None:
    """CREATE TYPE … AS ENUM."""
    made = created_named(reading, NameKind.TYPE, words_of(statement.type_name))
    reading.provide(made)
    reading.shapes.list_parts(made, words_of(statement.vals))


def alter_enum(reading: Reading, statement: pb.AlterEnumStmt) -> None:
    """ALTER TYPE … ADD VALUE and RENAME VALUE."""
    enum = type_named(reading, *split_name(words_of(statement.type_name)))
    reading.need(enum)
    for label in (statement.new_val_neighbor, statement.old_val):
        if label and not (enum and reading.has(enum[0])):
            reading.need(part_of(enum, NameKind.TYPE, label))
    if statement.old_val and not reading.shapes.unlist_part(enum, statement.old_val):
        reading.remove(part_of(enum, NameKind.TYPE, statement.old_val))
    provide_part(reading, enum, NameKind.TYPE, statement.new_val)


def create_composite(reading: Reading, statement: pb.CompositeTypeStmt) -> None:
    """CREATE TYPE … AS (…)."""
    made = created(reading, NameKind.TYPE, statement.typevar)
    columns = [node.column_def for node in statement.coldeflist]
    if made:
        reading.provide(made, statement.typevar.location)
        reading.shapes.list_parts(made, [column.colname for column in columns])
    for column in columns:
        need_type(reading, column.type_name)
        need_collation(reading, words_of(column.coll_clause.collname))


def create_range(reading: Reading, statement: pb.CreateRangeStmt) -> None:
    """CREATE TYPE … AS RANGE, which makes a multirange type and two functions beside it."""
    made = created_named(reading, NameKind.TYPE, words_of(statement.type_name))
    options = {node.def_elem.defname: node.def_elem.arg.type_name for node in statement.params}
    several = (
        split_name(words_of(options["multirange_type_name"].names))[1] if "multirange_type_name" in options else ""
    )
    if not several:
        before, found, after = made.name.rpartition("range")
        several = f"{before}multirange{after}" if found else f"{made.name}_multirange"
    for name in (made.name, several):
        reading.provide(made._replace(name=name))
        reading.provide(Name(NameKind.FUNCTION, made.schema, name))
    if "subtype" in options:
        need_type(reading, options["subtype"])
    for word in ("subtype_diff", "canonical"):
        if word in options:
            need_function(reading, words_of(options[word].names), options[word].location)
    if "subtype_opclass" in options:
        need_operator_class(reading, words_of(options["subtype_opclass"].names))
    if "collation" in options:
        need_collation(reading, words_of(options["collation"].names))


def create_base_type(reading: Reading, statement: pb.DefineStmt) -> None:
    """CREATE TYPE with its functions in C, or a shell of one."""
    reading.provide(created_named(reading, NameKind.TYPE, words_of(statement.defnames)))
    for node in statement.definition:
        option = node.def_elem
        if option.defname in _SUPPORT_FUNCTIONS:
            need_function(reading, words_of(option.arg.type_name.names), option.location)
        elif option.defname in {"like", "element"}:
            need_type(reading, option.arg.type_name)


def alter_type(reading: Reading, statement: pb.AlterTypeStmt) -> None:
    """ALTER TYPE … SET (…)."""
    reading.need(type_named(reading, *split_name(words_of(statement.type_name))))
    for node in statement.options:
        if node.def_elem.defname in _SUPPORT_FUNCTIONS:
            need_function(reading, words_of(node.def_elem.arg.type_name.names), node.def_elem.location)


def create_domain(reading: Reading, statement: pb.CreateDomainStmt) -> None:
    """CREATE DOMAIN."""
    need_type(reading, statement.type_name)
    made = created_named(reading, NameKind.TYPE, words_of(statement.domainname))
    reading.provide(made)
    for node in statement.constraints:
        read_constraint(reading, Owner((made,), Scope()), node.constraint)
    need_collation(reading, words_of(statement.coll_clause.collname), statement.coll_clause.location)
    read_pending(reading)


def alter_domain(reading: Reading, statement: pb.AlterDomainStmt) -> None:
    """ALTER DOMAIN."""
    domain = type_named(reading, *split_name(words_of(statement.type_name)))
    reading.need(domain)
    definition = getattr(statement, "def")
    constraint = part_of(domain, NameKind.CONSTRAINT, statement.name)
    if definition.WhichOneof("node") == "constraint":
        read_constraint(reading, Owner(domain, Scope()), definition.constraint)
    else:
        read_expression(reading, definition, Scope())
    if statement.subtype == "X":
        (reading.want if statement.missing_ok else reading.need)(constraint)
        reading.remove(constraint)
    elif statement.name:
        reading.need(constraint)
    read_pending(reading)
