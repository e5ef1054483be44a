"""Statement by statement through all files: what exists when the last of them has run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from postgast import pg_query_pb2 as pg

from seltzer.claims.guidelines.altering import alter_table, drop, rename, set_schema
from seltzer.claims.guidelines.commenting import comment
from seltzer.claims.guidelines.making import Making, add_column, add_constraint, is_temporary, type_names, words
from seltzer.claims.guidelines.paths import schemas_in, select_path, set_path
from seltzer.claims.guidelines.schema import Index, Relation, Schema, Spot, Thing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from seltzer.claims.guidelines.files import ReadStatement, Source

_INDEXES = 1 << 6  # CREATE_TABLE_LIKE_INDEXES of parsenodes.h
# Those of the extensions btree_gist and btree_gin find equal values too: no other makes one of a plain column.
_FINDING = frozenset({"", "btree", "hash", "gist", "gin"})


def schema_of(sources: Iterable[Source], search_path: Sequence[str]) -> Schema:
    """What the files make, in their order.

    Args:
        sources: All of them, those that are not judged too.
        search_path: Where names without a schema are looked for, at the beginning of each.
    """
    schema = Schema()
    path = schemas_in(search_path) or ("public",)
    for source in sources:
        making = Making(schema, path, path)
        if source.unread:
            schema.unread.append(source.data.decode().lower())
        for statement in source.statements:
            read = _READERS.get(statement.kind)
            if read is not None:
                read(making, statement)
    return schema


def _create_table(making: Making, statement: ReadStatement) -> None:
    _create(making, statement, statement.node, "table")


def _create_foreign_table(making: Making, statement: ReadStatement) -> None:
    _create(making, statement, statement.node.base_stmt, "foreign table")


def _create(making: Making, statement: ReadStatement, node: pg.CreateStmt, kind: str) -> None:
    relation = node.relation
    if is_temporary(relation):
        making.temporary.add(relation.relname)
        return
    where = making.created(relation)
    known = making.schema.relations.get(where)
    if known is not None and node.if_not_exists and not known.elsewhere:
        return
    table = Relation(where, kind, Spot(statement, relation.location), statement)
    making.schema.relations[where] = table
    table.partitioned = node.HasField("partspec")
    if node.HasField("partbound") and node.inh_relations:
        table.parent = making.where(node.inh_relations[0].range_var)
    for item in node.table_elts:
        which = item.WhichOneof("node")
        if which == "column_def":
            add_column(making, table, item.column_def, statement)
        elif which == "constraint":
            add_constraint(making, table, item.constraint, Spot(statement, item.constraint.location))
        elif which == "table_like_clause":
            _like(making, table, item.table_like_clause)
    if known is not None and known.elsewhere:  # a file that is read before this one has added columns
        table.columns = {**known.columns, **table.columns}
        table.keys = {**known.keys, **table.keys}
        table.foreign_keys += known.foreign_keys


def _like(making: Making, table: Relation, clause: pg.TableLikeClause) -> None:
    where = making.where(clause.relation)
    model = making.schema.relations.get(where) if where is not None else None
    if not clause.options & _INDEXES:
        return
    table.guessed = model is None or model.guessed
    if model is None:
        return
    table.keys.update({f"{table.where[1]} like {name}": columns for name, columns in model.keys.items()})
    copied = [item for item in making.schema.indexes.values() if item.table == where and item.finds]
    table.keys.update({f"{table.where[1]} like {item.name}": item.columns for item in copied})
    table.primary = model.primary


def _create_table_as(making: Making, statement: ReadStatement) -> None:
    kind = "materialized view" if statement.node.objtype == pg.OBJECT_MATVIEW else "table"
    _create_opaque(making, statement, statement.node.into.rel, kind)


def _select(making: Making, statement: ReadStatement) -> None:
    node: pg.SelectStmt = statement.node
    select_path(making, node)
    while node.HasField("larg"):
        node = node.larg
    if node.HasField("into_clause"):
        _create_opaque(making, statement, node.into_clause.rel, "table")


def _create_view(making: Making, statement: ReadStatement) -> None:
    _create_opaque(making, statement, statement.node.view, "view")


def _create_opaque(making: Making, statement: ReadStatement, relation: pg.RangeVar, kind: str) -> None:
    if is_temporary(relation):
        making.temporary.add(relation.relname)
        return
    where = making.created(relation)
    known = making.schema.relations.get(where)
    if known is None or known.elsewhere:
        making.schema.relations[where] = Relation(where, kind, Spot(statement, relation.location), statement)


def _create_schema(making: Making, statement: ReadStatement) -> None:
    """What is written inside of CREATE SCHEMA goes into it."""
    node: pg.CreateSchemaStmt = statement.node
    inside = replace(making, path=(node.schemaname or node.authrole.rolename, *making.path))
    for item in node.schema_elts:
        kind = item.WhichOneof("node") or ""
        read = _READERS.get(kind)
        if read is not None:
            read(inside, statement._replace(kind=kind, node=getattr(item, kind)))


def _create_index(making: Making, statement: ReadStatement) -> None:
    node = statement.node
    table = making.where(node.relation)
    if table is None:
        return
    elements = [item.index_elem for item in node.index_params]
    leading: list[str] = []
    for element in elements:
        if not element.name:
            break
        leading.append(element.name)
    # A search for one value finds nothing in an index of some rows, unless it leaves out no more than NULL.
    partial = node.HasField("where_clause") and not _leaves_null_out(node.where_clause, leading)
    found = Index(
        node.idxname,
        table,
        tuple(leading),
        tuple(name for element in elements for name in ([element.name] if element.name else words(element.expr))),
        len(leading) == len(elements),
        bool(leading) and not partial and node.access_method in _FINDING,
        node.unique,
        Spot(statement, None),
    )
    found.called_for = (table[1], found.columns, found.parts)
    schema = making.schema
    where = (table[0], node.idxname or f" {len(schema.indexes)}")
    if not (node.if_not_exists and where in schema.indexes):
        schema.indexes[where] = found


def _leaves_null_out(clause: pg.Node, columns: list[str]) -> bool:
    """Whether a condition asks for no more than that columns of the index are not NULL."""
    if clause.WhichOneof("node") == "bool_expr":
        both = clause.bool_expr.boolop == pg.AND_EXPR
        return both and all(_leaves_null_out(item, columns) for item in clause.bool_expr.args)
    test = clause.null_test
    if clause.WhichOneof("node") != "null_test" or test.nulltesttype != pg.IS_NOT_NULL:
        return False
    return test.arg.WhichOneof("node") == "column_ref" and words(test.arg)[-1:] in [[name] for name in columns]


def _create_type(making: Making, statement: ReadStatement) -> None:
    node = statement.node
    names = [item.string.sval for item in node.type_name]
    _create_thing(making, statement, names, "type")


def _create_domain(making: Making, statement: ReadStatement) -> None:
    names = [item.string.sval for item in statement.node.domainname]
    _create_thing(making, statement, names, "domain")


def _create_composite(making: Making, statement: ReadStatement) -> None:
    relation = statement.node.typevar
    _create_thing(making, statement, [word for word in (relation.schemaname, relation.relname) if word], "type")


def _create_defined(making: Making, statement: ReadStatement) -> None:
    node: pg.DefineStmt = statement.node
    names = [item.string.sval for item in node.defnames]
    if node.kind == pg.OBJECT_TYPE and node.definition:  # without one it is a shell, which the type itself follows
        _create_thing(making, statement, names, "type")
    elif node.kind == pg.OBJECT_AGGREGATE and not names[0].startswith("pg_temp"):
        _create_thing(making, statement, names, "aggregate", _arguments(node))


def _arguments(node: pg.DefineStmt) -> tuple[str, ...]:
    """The types of an aggregate's arguments; none for those that take whole rows."""
    if node.oldstyle:
        written = (item.def_elem.arg for item in node.definition if item.def_elem.defname.lower() == "basetype")
        return type_names(item.type_name for item in written if item.WhichOneof("node") == "type_name")
    return type_names(item.function_parameter.arg_type for item in node.args[0].list.items)


def _create_function(making: Making, statement: ReadStatement) -> None:
    node = statement.node
    names = [item.string.sval for item in node.funcname]
    if names[0].startswith("pg_temp"):
        return
    arguments = type_names(
        item.function_parameter.arg_type
        for item in node.parameters
        if item.function_parameter.mode not in {pg.FUNC_PARAM_OUT, pg.FUNC_PARAM_TABLE}
    )
    _create_thing(making, statement, names, "procedure" if node.is_procedure else "function", arguments)


def _create_thing(
    making: Making, statement: ReadStatement, names: list[str], kind: str, arguments: tuple[str, ...] | None = None
) -> None:
    where = making.named(names)
    known = (item for item in making.schema.things if item.where == where and item.arguments == arguments)
    if next(known, None) is None:
        making.schema.things.append(Thing(where, kind, Spot(statement, None), arguments))


def _do(making: Making, statement: ReadStatement) -> None:
    bodies = [item.def_elem.arg.string.sval for item in statement.node.args if item.def_elem.defname == "as"]
    making.schema.unread += [body.lower() for body in bodies]


def _set(making: Making, statement: ReadStatement) -> None:
    set_path(making, statement.node)


_READERS: dict[str, Callable[[Making, ReadStatement], None]] = {
    "alter_object_schema_stmt": set_schema,
    "alter_table_stmt": alter_table,
    "comment_stmt": comment,
    "composite_type_stmt": _create_composite,
    "create_domain_stmt": _create_domain,
    "create_enum_stmt": _create_type,
    "create_foreign_table_stmt": _create_foreign_table,
    "create_function_stmt": _create_function,
    "create_range_stmt": _create_type,
    "create_schema_stmt": _create_schema,
    "create_stmt": _create_table,
    "create_table_as_stmt": _create_table_as,
    "define_stmt": _create_defined,
    "do_stmt": _do,
    "drop_stmt": drop,
    "index_stmt": _create_index,
    "rename_stmt": rename,
    "select_stmt": _select,
    "variable_set_stmt": _set,
    "view_stmt": _create_view,
}
