"""From words in the tree to names: tables, types, functions, and whatever else can be written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.model import Name, NameKind
from seltzer.sql.names.builtin import ACCESS_METHODS, COLLATIONS, LANGUAGES, OPERATORS, TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from postgast import pg_query_pb2 as pb

    from seltzer.model import Options
    from seltzer.sql.names.reading import Reading

_TEMPORARY = "t"
_NAMED_ROLE = 1
_IDENTIFIER_BYTES = 63


def words_of(nodes: Sequence[pb.Node]) -> list[str]:
    """The words of a dotted name."""
    # Nearly every name is one word, and starting to iterate takes twice as long as an index.
    count = len(nodes)
    return [nodes[0].string.sval] if count == 1 else [node.string.sval for node in nodes] if count else []


def split_name(words: Sequence[str]) -> tuple[str, str]:
    """Schema, empty if none is written, and name; a database's name before them says nothing."""
    return (words[-2] if len(words) > 1 else ""), (words[-1] if words else "")


def relation(reading: Reading, written: pb.RangeVar) -> Options:
    """What a table's name as it is written can stand for; nothing for a temporary one."""
    return relation_named(reading, written.schemaname, written.relname)


def relation_named(reading: Reading, schema: str, name: str, kind: NameKind = NameKind.TABLE) -> Options:
    """The same, from words."""
    if not schema and name in reading.temporary:
        return ()
    return reading.options(kind, schema, name)


def part_of(table: Options, kind: NameKind, part: str) -> Options:
    """A column, constraint, trigger of whatever a table's name can stand for."""
    return tuple([Name(kind, name.schema, name.name, part) for name in table])


def need_relation(reading: Reading, written: pb.RangeVar) -> Options:
    """Note the need of a table, view, sequence or index."""
    options = relation(reading, written)
    if options:
        reading.need(options, written.location)
    return options


def need_columns(reading: Reading, table: Options, columns: Iterable[pb.Node], location: int = 0) -> None:
    """Note the need of columns from a written list."""
    if table:
        for column in columns:
            reading.need_column(table, column.string.sval, location)


def created(reading: Reading, kind: NameKind, written: pb.RangeVar) -> Name | None:
    """The name of a relation that the statement creates; None for a temporary one, which is from now on hidden."""
    schema = written.schemaname
    if written.relpersistence == _TEMPORARY or schema.startswith("pg_temp"):
        reading.temporary.add(written.relname)
        return None
    return Name(kind, schema or default_schema(reading), written.relname)


def created_named(reading: Reading, kind: NameKind, words: Sequence[str], part: str = "") -> Name:
    """The name of anything else that the statement creates."""
    schema, name = split_name(words)
    return Name(kind, schema or default_schema(reading), name, part)


def default_schema(reading: Reading) -> str:
    """Where an unqualified new name goes."""
    return reading.path[0] if reading.path else ""


def need_type(reading: Reading, written: pb.TypeName) -> Options:
    """Note the need of a type; nothing for one of PostgreSQL's own."""
    names = written.names
    count = len(names)
    if count == 0:
        return ()
    word = names[0].string.sval
    if count == 1:
        if word in TYPES:
            return ()
        options = type_named(reading, "", word)
    elif written.pct_type:
        _need_column_type(reading, words_of(names), written.location)
        return ()
    elif word == "pg_catalog":
        return ()
    else:
        options = type_named(reading, *split_name(words_of(names)))
    reading.need(options, written.location)
    return options


def _need_column_type(reading: Reading, words: list[str], location: int) -> None:
    table = relation_named(reading, *split_name(words[:-1]))
    reading.need(table, location)
    reading.need_column(table, words[-1], location)


def type_named(reading: Reading, schema: str, name: str) -> Options:
    """What a type's name can stand for; nothing for PostgreSQL's own and for the rows of a temporary table."""
    if not schema and (name in TYPES or name in reading.temporary or (name.startswith("_") and name[1:] in TYPES)):
        return ()
    return reading.options(NameKind.TYPE, schema, name)


def need_function(reading: Reading, words: Sequence[str], location: int = 0) -> None:
    """Note the need of a function by name alone."""
    schema, name = split_name(words)
    reading.need(reading.options(NameKind.FUNCTION, schema, name), location)


def signature(types: Iterable[pb.TypeName]) -> str:
    """A function's argument types as they tell overloads apart: `(int4,text[])`."""
    return f"({','.join([_spelled(written) for written in types])})"


def _spelled(written: pb.TypeName) -> str:
    words = words_of(written.names)
    if written.pct_type:
        return ".".join(words) + "%type"
    return "".join(words[-1:]) + "[]" * len(written.array_bounds)


def routine(reading: Reading, written: pb.ObjectWithArgs) -> Options:
    """A function named with its argument types: that one, or else any of its name."""
    schema, name = split_name(words_of(written.objname))
    options = reading.options(NameKind.FUNCTION, schema, name)
    if written.args_unspecified:
        return options
    types = signature(node.type_name for node in written.objargs)
    return part_of(options, NameKind.FUNCTION, types) + options


def need_operator(reading: Reading, words: Sequence[str], location: int = 0) -> None:
    """Note the need of an operator that is not one of PostgreSQL's."""
    schema, name = split_name(words)
    if name and (schema or name not in OPERATORS):
        reading.need(reading.options(NameKind.OPERATOR, schema, name), location)


def need_collation(reading: Reading, words: Sequence[str], location: int = 0) -> None:
    """Note the need of a collation that is not one of PostgreSQL's."""
    schema, name = split_name(words)
    if name and name not in COLLATIONS:
        reading.need(reading.options(NameKind.COLLATION, schema, name), location)


def need_operator_class(reading: Reading, words: Sequence[str], location: int = 0) -> None:
    """Note the need of an operator class that is written out."""
    if words:
        schema, name = split_name(words)
        reading.need(reading.options(NameKind.OPERATOR_CLASS, schema, name), location)


def need_access_method(reading: Reading, name: str) -> None:
    """Note the need of an access method that is not one of PostgreSQL's."""
    if name and name not in ACCESS_METHODS:
        need_global(reading, NameKind.ACCESS_METHOD, name)


def need_language(reading: Reading, name: str) -> None:
    """Note the need of a language that is not one of PostgreSQL's."""
    if name and name.lower() not in LANGUAGES:
        need_global(reading, NameKind.LANGUAGE, name)


def need_global(reading: Reading, kind: NameKind, name: str, location: int = 0) -> None:
    """Note the need of something that is in no schema; every database has PostgreSQL's schemas, and `public`."""
    if name and not (kind is NameKind.SCHEMA and (name == "public" or name.startswith("pg_"))):
        reading.need((Name(kind, "", name),), location)


def need_role(reading: Reading, written: pb.RoleSpec) -> None:
    """Note the need of a role that is named; PostgreSQL's own begin with `pg_`."""
    if written.roletype == _NAMED_ROLE and not written.rolename.startswith("pg_"):
        need_global(reading, NameKind.ROLE, written.rolename, written.location)


def need_roles(reading: Reading, written: Iterable[pb.Node]) -> None:
    """The same, for a list of roles."""
    for node in written:
        need_role(reading, node.role_spec)


def generated_name(table: str, columns: str, label: str) -> str:
    """The name that PostgreSQL gives to what was given none: `users_email_key`, cut to 63 bytes as it cuts."""
    room = _IDENTIFIER_BYTES - len(label) - 1 - (1 if columns else 0)
    if len(table) + len(columns) > room:
        # PostgreSQL shortens the longer of the two, byte by byte.
        shorter = min(len(table), len(columns), room // 2)
        first, second = (shorter, room - shorter) if len(table) <= len(columns) else (room - shorter, shorter)
        table, columns = table[:first], columns[:second]
    return f"{table}_{columns}_{label}" if columns else f"{table}_{label}"
