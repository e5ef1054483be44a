"""DROP, RENAME, SET SCHEMA, OWNER TO, COMMENT ON: what happens to objects of any kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postgast import pg_query_pb2 as pb

from seltzer.model import Name, NameKind
from seltzer.sql.names.extensions import members_of
from seltzer.sql.names.keys import ROW_KINDS
from seltzer.sql.names.lookup import default_schema, need_global, need_role, part_of, relation_named, type_named
from seltzer.sql.names.objects import (
    GLOBAL_KINDS,
    PART_KINDS,
    RELATION_KINDS,
    container_of,
    object_options,
)

if TYPE_CHECKING:
    from seltzer.model import Options
    from seltzer.sql.names.reading import Reading


def comment(reading: Reading, statement: pb.CommentStmt) -> None:
    """COMMENT ON."""
    _need_object(reading, statement.objtype, statement.object)


def label(reading: Reading, statement: pb.SecLabelStmt) -> None:
    """SECURITY LABEL ON."""
    _need_object(reading, statement.objtype, statement.object)


def _need_object(reading: Reading, kind: int, node: pb.Node) -> None:
    table = container_of(reading, kind, node)
    if table:
        reading.need(table)
    if kind == pb.OBJECT_COLUMN:
        reading.need_column(table, node.list.items[len(node.list.items) - 1].string.sval)
    else:
        reading.need(object_options(reading, kind, node))


def drop(reading: Reading, statement: pb.DropStmt) -> None:
    """DROP. With IF EXISTS the object is wanted, not needed: dropping it too early would leave it there."""
    kind = statement.remove_type
    need = reading.want if statement.missing_ok else reading.need
    for node in statement.objects:
        if kind in RELATION_KINDS and _drop_temporary(reading, node):
            continue
        need(container_of(reading, kind, node))
        options = object_options(reading, kind, node)
        need(options)
        _remove(reading, kind, options)
        if statement.behavior == pb.DROP_CASCADE:
            reading.grounds.cascades.update(options)


def _drop_temporary(reading: Reading, node: pb.Node) -> bool:
    items = node.list.items
    name = items[len(items) - 1].string.sval
    mine = name in reading.temporary and (len(items) == 1 or items[0].string.sval.startswith("pg_temp"))
    if mine:
        reading.temporary.discard(name)
    return mine


def _remove(reading: Reading, kind: int, options: Options) -> None:
    if kind == pb.OBJECT_SCHEMA:
        reading.remove_schema(options[0].name)
        return
    reading.remove(_one_overload(options))
    if kind == pb.OBJECT_EXTENSION:
        for member in members_of(options[0].name, default_schema(reading)):
            reading.remove((member,))


def _one_overload(options: Options) -> Options:
    """Of a function named with its argument types, only that overload."""
    typed = tuple(name for name in options if name.kind is NameKind.FUNCTION and name.part)
    return typed or options


def rename(reading: Reading, statement: pb.RenameStmt) -> None:
    """ALTER … RENAME: the old name goes, the new one comes."""
    kind, new = statement.rename_type, statement.newname
    if kind in PART_KINDS:
        _rename_part(reading, statement, PART_KINDS[kind])
    elif kind == pb.OBJECT_DOMCONSTRAINT:
        domain = object_options(reading, pb.OBJECT_DOMAIN, statement.object)
        reading.need(domain)
        _rename(reading, part_of(domain, NameKind.CONSTRAINT, statement.subname), part=new)
    elif kind in RELATION_KINDS:
        _rename_relation(reading, statement.relation, RELATION_KINDS[kind], new)
    else:
        _rename(reading, _renamed(reading, statement), name=new)


def _rename_relation(reading: Reading, written: pb.RangeVar, kind: NameKind, new: str) -> None:
    options = relation_named(reading, written.schemaname, written.relname, kind)
    if not options:
        reading.temporary.discard(written.relname)
        reading.temporary.add(new)
        return
    if kind in ROW_KINDS:
        reading.alter(options)
    _rename(reading, options, location=written.location, name=new)


def _rename(reading: Reading, options: Options, location: int = 0, **new: str) -> None:
    """Give a thing a new name, schema or part; a function named with its argument types has two names."""
    old = _one_overload(options)
    if not old:
        return
    reading.need(options, location)
    reading.rename(old, old[0]._replace(**new), location)
    if old[0].kind is NameKind.FUNCTION and old[0].part:
        reading.provide(old[0]._replace(part="")._replace(**new))


def _renamed(reading: Reading, statement: pb.RenameStmt) -> Options:
    kind = statement.rename_type
    if kind in GLOBAL_KINDS:
        name = statement.subname or statement.object.string.sval
        return (Name(GLOBAL_KINDS[kind], "", name),) if name else ()
    return object_options(reading, kind, statement.object)


def _rename_part(reading: Reading, statement: pb.RenameStmt, kind: NameKind) -> None:
    written = statement.relation
    if statement.rename_type == pb.OBJECT_ATTRIBUTE:
        table = type_named(reading, written.schemaname, written.relname)
    else:
        table = relation_named(reading, written.schemaname, written.relname)
    reading.need(table, written.location)
    if kind is NameKind.COLUMN:
        if statement.rename_type == pb.OBJECT_COLUMN:
            reading.alter(table)
        if reading.shapes.unlist_part(table, statement.subname):
            reading.shapes.list_parts(table[0], [statement.newname])
            return
    _rename(reading, part_of(table, kind, statement.subname), written.location, part=statement.newname)


def set_schema(reading: Reading, statement: pb.AlterObjectSchemaStmt) -> None:
    """ALTER … SET SCHEMA: the object goes from one schema and comes in another."""
    kind, schema = statement.object_type, statement.newschema
    need_global(reading, NameKind.SCHEMA, schema)
    options = _named(reading, kind, statement.relation, statement.object)
    if kind == pb.OBJECT_EXTENSION:
        reading.need(options)
        for name in members_of(options[0].name, schema):
            reading.provide(name)
        return
    if RELATION_KINDS.get(kind) in ROW_KINDS:
        reading.alter(options)
    _rename(reading, options, statement.relation.location, schema=schema)


def set_owner(reading: Reading, statement: pb.AlterOwnerStmt) -> None:
    """ALTER … OWNER TO."""
    reading.need(_named(reading, statement.object_type, statement.relation, statement.object))
    need_role(reading, statement.newowner)


def set_depends(reading: Reading, statement: pb.AlterObjectDependsStmt) -> None:
    """ALTER … DEPENDS ON EXTENSION."""
    reading.need(_named(reading, statement.object_type, statement.relation, statement.object))
    need_global(reading, NameKind.EXTENSION, statement.extname.sval)


def _named(reading: Reading, kind: int, relation: pb.RangeVar, node: pb.Node) -> Options:
    if relation.relname:
        kind_of_relation = RELATION_KINDS.get(kind, NameKind.TABLE)
        return relation_named(reading, relation.schemaname, relation.relname, kind_of_relation)
    return object_options(reading, kind, node)
