"""What changes what is there: ALTER TABLE, DROP, RENAME, SET SCHEMA."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postgast import pg_query_pb2 as pg

from seltzer.claims.guidelines.making import Making, add_column, add_constraint, family_of, type_names
from seltzer.claims.guidelines.schema import Relation, Spot, Where

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seltzer.claims.guidelines.files import ReadStatement

_RELATIONS = {pg.OBJECT_TABLE, pg.OBJECT_VIEW, pg.OBJECT_MATVIEW, pg.OBJECT_FOREIGN_TABLE}
_TYPES = {pg.OBJECT_TYPE, pg.OBJECT_DOMAIN}
_ROUTINES = {pg.OBJECT_FUNCTION, pg.OBJECT_PROCEDURE, pg.OBJECT_ROUTINE, pg.OBJECT_AGGREGATE}
ROUTINE_KINDS = frozenset({"function", "procedure", "aggregate"})
TYPE_KINDS = frozenset({"type", "domain"})


def alter_table(making: Making, statement: ReadStatement) -> None:
    """ALTER TABLE, command by command."""
    table = making.relation(statement.node.relation) or _from_elsewhere(making, statement)
    for item in statement.node.cmds:
        command = item.alter_table_cmd
        change = definition(command)
        if command.subtype in {pg.AT_AttachPartition, pg.AT_DetachPartition}:
            child = making.relation(change.partition_cmd.name)
            if child is not None:
                attached = command.subtype == pg.AT_AttachPartition
                child.parent = making.where(statement.node.relation) if attached else None
        elif table is not None:
            _alter(making, table, command, statement)


def _from_elsewhere(making: Making, statement: ReadStatement) -> Relation | None:
    """A table that no file has made so far and that gets columns here: those are known from their first day."""
    node: pg.AlterTableStmt = statement.node
    where = making.where(node.relation)
    adds = any(item.alter_table_cmd.subtype == pg.AT_AddColumn for item in node.cmds)
    if where is None or not adds or node.objtype != pg.OBJECT_TABLE:
        return None
    table = Relation(where, "table", Spot(statement, node.relation.location), statement, guessed=True, elsewhere=True)
    making.schema.relations[where] = table
    return table


def _alter(making: Making, table: Relation, command: pg.AlterTableCmd, statement: ReadStatement) -> None:
    kind, change = command.subtype, definition(command)
    if kind == pg.AT_AddColumn:
        add_column(making, table, change.column_def, statement)
    elif kind == pg.AT_AddConstraint:
        add_constraint(making, table, change.constraint, Spot(statement, change.constraint.location))
    elif kind == pg.AT_DropColumn:
        _drop_column(making, table, command.name)
    elif kind == pg.AT_DropConstraint:
        if table.keys.pop(command.name, None) == table.primary:
            table.primary = ()
        table.released.update(name for item in table.foreign_keys if item.name == command.name for name in item.columns)
        table.foreign_keys = [item for item in table.foreign_keys if item.name != command.name]
    elif kind == pg.AT_AlterColumnType and command.name in table.columns:
        table.columns[command.name].type = family_of(change.column_def.type_name)


def _drop_column(making: Making, table: Relation, name: str) -> None:
    table.columns.pop(name, None)
    table.keys = {key: columns for key, columns in table.keys.items() if name not in columns}
    table.foreign_keys = [item for item in table.foreign_keys if name not in item.columns]
    if name in table.primary:
        table.primary = ()
    indexes = making.schema.indexes
    for where in [where for where, item in indexes.items() if item.table == table.where and name in item.parts]:
        del indexes[where]


def definition(command: pg.AlterTableCmd) -> pg.Node:
    """What a command of ALTER TABLE is about; its field has the name of a keyword of Python's."""
    found: pg.Node = getattr(command, "def")
    return found


def drop(making: Making, statement: ReadStatement) -> None:
    """DROP of whatever is known."""
    node = statement.node
    schema = making.schema
    for item in node.objects:
        if node.remove_type in _RELATIONS:
            _drop_relation(making, making.named(_words(item)))
        elif node.remove_type == pg.OBJECT_INDEX:
            schema.indexes.pop(_index_named(making, _words(item)), None)
        elif node.remove_type in _TYPES:
            where = making.named([word.string.sval for word in item.type_name.names])
            schema.things = [one for one in schema.things if one.where != where or one.kind not in TYPE_KINDS]
        elif node.remove_type in _ROUTINES:
            _drop_routine(making, item.object_with_args)
        elif node.remove_type == pg.OBJECT_SCHEMA:
            _drop_schema(making, item.string.sval)


def _words(item: pg.Node) -> list[str]:
    return [word.string.sval for word in item.list.items]


def _index_named(making: Making, words: Sequence[str]) -> Where:
    if len(words) > 1:
        return (words[-2], words[-1])
    known = making.schema.indexes
    return next(((word, words[0]) for word in making.path if (word, words[0]) in known), (making.path[0], words[0]))


def _drop_relation(making: Making, where: Where) -> None:
    schema = making.schema
    schema.relations.pop(where, None)
    schema.indexes = {key: item for key, item in schema.indexes.items() if item.table != where}
    for table in schema.relations.values():
        table.foreign_keys = [item for item in table.foreign_keys if item.target != where]


def _drop_routine(making: Making, named: pg.ObjectWithArgs) -> None:
    where = making.named([word.string.sval for word in named.objname])
    types = None if named.args_unspecified else type_names(item.type_name for item in named.objargs)
    making.schema.things = [
        one
        for one in making.schema.things
        if one.where != where
        or one.kind not in ROUTINE_KINDS
        or (types is not None and one.arguments not in {types, None})
    ]


def _drop_schema(making: Making, name: str) -> None:
    schema = making.schema
    for where in [where for where in schema.relations if where[0] == name]:
        _drop_relation(making, where)
    schema.things = [item for item in schema.things if item.where[0] != name]


def rename(making: Making, statement: ReadStatement) -> None:
    """RENAME of tables, columns, indexes, constraints, types, routines and schemas."""
    node: pg.RenameStmt = statement.node
    if node.rename_type in _RELATIONS and node.relation.relname:
        where = making.where(node.relation)
        if where is not None and where not in making.schema.relations:
            _rename_index(making, where, statement)  # ALTER TABLE renames an index too
        elif where is not None:
            _move(making, where, (where[0], node.newname), Spot(statement, None))
    elif node.rename_type == pg.OBJECT_INDEX:
        words = [word for word in (node.relation.schemaname, node.relation.relname) if word]
        _rename_index(making, _index_named(making, words), statement)
    elif node.rename_type == pg.OBJECT_COLUMN:
        table = making.relation(node.relation)
        if table is not None:
            _rename_column(making, table, node.subname, node.newname, statement)
    elif node.rename_type == pg.OBJECT_TABCONSTRAINT:
        table = making.relation(node.relation)
        if table is not None:
            _rename_constraint(table, node.subname, node.newname)
    else:
        _rename_thing(making, node)


def _rename_schema(making: Making, old: str, new: str) -> None:
    for where in [where for where in making.schema.relations if where[0] == old]:
        _move(making, where, (new, where[1]), making.schema.relations[where].spot)
    for item in making.schema.things:
        if item.where[0] == old:
            item.where = (new, item.where[1])


def _rename_index(making: Making, where: Where, statement: ReadStatement) -> None:
    found = making.schema.indexes.pop(where, None)
    if found is not None:
        found.name, found.spot = statement.node.newname, Spot(statement, None)
        found.called_for = (found.table[1], found.columns, found.parts)
        making.schema.indexes[where[0], found.name] = found


def _move(making: Making, old: Where, new: Where, spot: Spot) -> None:
    schema = making.schema
    table = schema.relations.pop(old, None)
    if table is None:
        return
    table.where = new
    if old[1] != new[1]:
        table.spot = spot
    schema.relations[new] = table
    for where, index in list(schema.indexes.items()):
        if index.table == old:
            index.table = new
            schema.indexes[new[0], where[1]] = schema.indexes.pop(where)
    for other in schema.relations.values():
        other.parent = new if other.parent == old else other.parent
        for key in other.foreign_keys:
            key.target = new if key.target == old else key.target


def _rename_column(making: Making, table: Relation, old: str, new: str, statement: ReadStatement) -> None:
    def renamed(columns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(new if name == old else name for name in columns)

    column = table.columns.pop(old, None)
    if column is None:
        return
    column.name, column.spot = new, Spot(statement, None)
    table.columns[new] = column
    table.primary = renamed(table.primary)
    table.keys = {name: renamed(columns) for name, columns in table.keys.items()}
    for index in making.schema.indexes.values():
        if index.table == table.where:
            index.columns, index.parts = renamed(index.columns), renamed(index.parts)
    for other in making.schema.relations.values():
        for key in other.foreign_keys:
            if other is table:
                key.columns = renamed(key.columns)
            if key.target == table.where:
                key.target_columns = renamed(key.target_columns)


def _rename_constraint(table: Relation, old: str, new: str) -> None:
    if old in table.keys:
        table.keys[new] = table.keys.pop(old)
    for key in table.foreign_keys:
        key.name = new if key.name == old else key.name


def _rename_thing(making: Making, node: pg.RenameStmt) -> None:
    if node.rename_type == pg.OBJECT_SCHEMA:
        _rename_schema(making, node.subname, node.newname)
    if node.rename_type not in _TYPES | _ROUTINES:
        return
    routine = node.rename_type in _ROUTINES
    listed = node.object.object_with_args.objname if routine else node.object.list.items
    where = making.named([word.string.sval for word in listed])
    for item in making.schema.things:
        if item.where == where and (item.kind in ROUTINE_KINDS) == routine:
            item.where = (where[0], node.newname)


def set_schema(making: Making, statement: ReadStatement) -> None:
    """ALTER … SET SCHEMA."""
    node = statement.node
    if node.object_type in _RELATIONS:
        where = making.where(node.relation)
        if where is not None:
            _move(making, where, (node.newschema, where[1]), Spot(statement, None))
    elif node.object_type in _TYPES | _ROUTINES:
        routine = node.object_type in _ROUTINES
        listed = node.object.object_with_args.objname if routine else node.object.list.items
        old = making.named([word.string.sval for word in listed])
        for item in making.schema.things:
            if item.where == old and (item.kind in ROUTINE_KINDS) == routine:
                item.where = (node.newschema, old[1])
