"""What a statement creates and what it drops: kinds and names, whatever the grammar has for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from postgast import pg_query_pb2 as pg

from seltzer.claims.guidelines.altering import definition
from seltzer.claims.guidelines.making import is_temporary, type_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from seltzer.claims.guidelines.files import ReadStatement

_TEMPORARY = "pg_temp"
_UNSAID = frozenset({"", None})
_RELATIONS = frozenset({"TABLE", "FOREIGN TABLE", "MATERIALIZED VIEW", "VIEW"})
_ROUTINES = frozenset({"FUNCTION", "PROCEDURE", "AGGREGATE"})
_PARTS = frozenset({"TRIGGER", "RULE", "POLICY"})
# What else than a relation something can go with.
_OWNERS = {"USER MAPPING FOR": frozenset({"SERVER"}), "VALUE": frozenset({"TYPE"})}
KINDS = {
    pg.OBJECT_TABLE: "TABLE",
    pg.OBJECT_FOREIGN_TABLE: "FOREIGN TABLE",
    pg.OBJECT_MATVIEW: "MATERIALIZED VIEW",
    pg.OBJECT_VIEW: "VIEW",
    pg.OBJECT_INDEX: "INDEX",
    pg.OBJECT_SEQUENCE: "SEQUENCE",
    pg.OBJECT_SCHEMA: "SCHEMA",
    pg.OBJECT_EXTENSION: "EXTENSION",
    pg.OBJECT_STATISTIC_EXT: "STATISTICS",
    pg.OBJECT_COLLATION: "COLLATION",
    pg.OBJECT_FOREIGN_SERVER: "SERVER",
    pg.OBJECT_TYPE: "TYPE",
    pg.OBJECT_DOMAIN: "DOMAIN",
    pg.OBJECT_FUNCTION: "FUNCTION",
    pg.OBJECT_PROCEDURE: "PROCEDURE",
    pg.OBJECT_ROUTINE: "ROUTINE",
    pg.OBJECT_AGGREGATE: "AGGREGATE",
    pg.OBJECT_TRIGGER: "TRIGGER",
    pg.OBJECT_RULE: "RULE",
    pg.OBJECT_POLICY: "POLICY",
    pg.OBJECT_LANGUAGE: "LANGUAGE",
    pg.OBJECT_TRANSFORM: "TRANSFORM FOR",
    pg.OBJECT_COLUMN: "COLUMN",
    pg.OBJECT_TABCONSTRAINT: "CONSTRAINT",
}


class Named(NamedTuple):
    """An object that a statement creates or drops.

    Attributes:
        kind: The words for it.
        name: Its own name.
        schema: The schema that is written before it; `pg_temp` for what ends with the session.
        owner: What it goes with: the table of an index, trigger or column, the server of a user mapping, the type of a
            value.
        arguments: The types of a routine's arguments, where they are written.
    """

    kind: str
    name: str
    schema: str = ""
    owner: str = ""
    arguments: tuple[str, ...] | None = None

    @property
    def temporary(self) -> bool:
        """Whether it ends with the session."""
        return self.schema.startswith(_TEMPORARY)

    def goes_with(self, dropped: Named) -> bool:
        """Whether it is gone after something was dropped."""
        if dropped.kind == "SCHEMA":
            return dropped.name == (self.name if self.kind == "SCHEMA" else self.schema)
        if self.owner and dropped.name == self.owner:
            return dropped.kind in _OWNERS.get(self.kind, _RELATIONS)
        return self.is_same(dropped)

    def is_same(self, other: Named) -> bool:
        """Whether other words for an object may mean this one."""
        ours = (self.schema, self.owner, self.arguments)
        theirs = (other.schema, other.owner, other.arguments)
        said = [pair for pair in zip(ours, theirs, strict=True) if _UNSAID.isdisjoint(pair)]
        if self.name != other.name or any(one != two for one, two in said):
            return False
        return self.kind == other.kind or (self.kind in _ROUTINES and other.kind == "ROUTINE")


def created_by(statement: ReadStatement) -> Iterator[Named]:
    """What a statement creates, gives another name, or adds to a table."""
    created = _CREATED.get(statement.kind)
    found = created(statement.node) if created is not None else None
    if found is not None:
        yield found
    elif statement.kind == "alter_table_stmt":
        yield from _added(statement.node)


def dropped_by(statement: ReadStatement) -> Iterator[Named]:
    """What a statement drops, guarded or not."""
    node = statement.node
    if statement.kind == "drop_stmt":
        yield from _dropped(node)
    elif statement.kind == "drop_user_mapping_stmt":
        yield _user_mapping(node)
    elif statement.kind == "alter_table_stmt":
        for item in node.cmds:
            command = item.alter_table_cmd
            if command.subtype == pg.AT_DropColumn:
                yield _on("COLUMN", command.name, node.relation)
            elif command.subtype == pg.AT_DropConstraint:
                yield _on("CONSTRAINT", command.name, node.relation)


def _added(node: pg.AlterTableStmt) -> Iterator[Named]:
    for item in node.cmds:
        change = definition(item.alter_table_cmd)
        if item.alter_table_cmd.subtype == pg.AT_AddColumn:
            yield _on("COLUMN", change.column_def.colname, node.relation)
        elif item.alter_table_cmd.subtype == pg.AT_AddConstraint and change.constraint.conname:
            yield _on("CONSTRAINT", change.constraint.conname, node.relation)


def _dropped(node: pg.DropStmt) -> Iterator[Named]:
    kind = KINDS.get(node.remove_type, "")
    for item in node.objects:
        words = ["", "", *words_of(item)]
        if kind in _PARTS:  # the words before its own name are its table's
            yield Named(kind, words[-1], words[-3], words[-2])
        elif item.WhichOneof("node") == "object_with_args":
            given = item.object_with_args
            types = None if given.args_unspecified else type_names(one.type_name for one in given.objargs)
            yield Named(kind, words[-1], words[-2], "", types)
        else:
            yield Named(kind, words[-1], words[-2])


def words_of(item: pg.Node) -> list[str]:
    """The dotted name of what a DROP or COMMENT names; none for a cast, which has none."""
    which = item.WhichOneof("node")
    if which == "string":
        return [item.string.sval]
    if which == "type_name":
        return [word.string.sval for word in item.type_name.names]
    if which == "object_with_args":
        return [word.string.sval for word in item.object_with_args.objname]
    parts = item.list.items
    if parts and parts[0].WhichOneof("node") == "type_name":  # a cast from it to another, or a transform
        return words_of(parts[0]) if parts[-1].WhichOneof("node") == "string" else [""]
    return [part.string.sval for part in parts]


def _relation(kind: str, relation: pg.RangeVar) -> Named:
    return Named(kind, relation.relname, _TEMPORARY if is_temporary(relation) else relation.schemaname)


def _on(kind: str, name: str, relation: pg.RangeVar) -> Named:
    return Named(kind, name, relation.schemaname, relation.relname)


def _called(kind: str, names: Sequence[pg.Node], arguments: tuple[str, ...] | None = None) -> Named:
    words = ["", "", *(item.string.sval for item in names)]
    return Named(kind, words[-1], words[-2], "", arguments)


def _table_as(node: pg.CreateTableAsStmt) -> Named:
    return _relation("MATERIALIZED VIEW" if node.objtype == pg.OBJECT_MATVIEW else "TABLE", node.into.rel)


def _select_into(node: pg.SelectStmt) -> Named | None:
    return _relation("TABLE", node.into_clause.rel) if node.HasField("into_clause") else None


def _function(node: pg.CreateFunctionStmt) -> Named:
    given = [item.function_parameter for item in node.parameters]
    types = type_names(item.arg_type for item in given if item.mode not in {pg.FUNC_PARAM_OUT, pg.FUNC_PARAM_TABLE})
    return _called("PROCEDURE" if node.is_procedure else "FUNCTION", node.funcname, types)


def _defined(node: pg.DefineStmt) -> Named | None:
    return _called(KINDS[node.kind], node.defnames) if node.kind in KINDS else None


def _user_mapping(node: pg.CreateUserMappingStmt | pg.DropUserMappingStmt) -> Named:
    return Named("USER MAPPING FOR", node.user.rolename or "CURRENT_USER", owner=node.servername)


def _renamed(node: pg.RenameStmt) -> Named | None:
    kind = KINDS.get(node.rename_type)
    if kind is None:
        return None
    owner = node.relation.relname if kind in {*_PARTS, "COLUMN", "CONSTRAINT"} else ""
    return Named(kind, node.newname, node.relation.schemaname, owner)


def _value(node: pg.AlterEnumStmt) -> Named:
    return Named("VALUE", node.new_val, owner=node.type_name[-1].string.sval)


_CREATED: dict[str, Callable[[Any], Named | None]] = {
    "alter_enum_stmt": _value,
    "composite_type_stmt": lambda node: _relation("TYPE", node.typevar),
    "create_domain_stmt": lambda node: _called("DOMAIN", node.domainname),
    "create_enum_stmt": lambda node: _called("TYPE", node.type_name),
    "create_extension_stmt": lambda node: Named("EXTENSION", node.extname),
    "create_foreign_server_stmt": lambda node: Named("SERVER", node.servername),
    "create_foreign_table_stmt": lambda node: _relation("FOREIGN TABLE", node.base_stmt.relation),
    "create_function_stmt": _function,
    "create_plang_stmt": lambda node: Named("LANGUAGE", node.plname),
    "create_policy_stmt": lambda node: _on("POLICY", node.policy_name, node.table),
    "create_range_stmt": lambda node: _called("TYPE", node.type_name),
    "create_schema_stmt": lambda node: Named("SCHEMA", node.schemaname or node.authrole.rolename),
    "create_seq_stmt": lambda node: _relation("SEQUENCE", node.sequence),
    "create_stats_stmt": lambda node: _called("STATISTICS", node.defnames),
    "create_stmt": lambda node: _relation("TABLE", node.relation),
    "create_table_as_stmt": _table_as,
    "create_transform_stmt": lambda node: _called("TRANSFORM FOR", node.type_name.names),
    "create_trig_stmt": lambda node: _on("TRIGGER", node.trigname, node.relation),
    "create_user_mapping_stmt": _user_mapping,
    "define_stmt": _defined,
    "index_stmt": lambda node: _on("INDEX", node.idxname, node.relation),
    "rename_stmt": _renamed,
    "rule_stmt": lambda node: _on("RULE", node.rulename, node.relation),
    "select_stmt": _select_into,
    "view_stmt": lambda node: _relation("VIEW", node.view),
}
