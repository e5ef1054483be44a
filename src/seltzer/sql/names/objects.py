"""What COMMENT ON, DROP, RENAME, OWNER TO and GRANT name: any kind of object, each written its own way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postgast import pg_query_pb2 as pb

from seltzer.model import Name, NameKind
from seltzer.sql.names.lookup import part_of, relation_named, routine, split_name, type_named, words_of
from seltzer.sql.names.operators import cast_name, transform_name

if TYPE_CHECKING:
    from seltzer.model import Options
    from seltzer.sql.names.reading import Reading

RELATION_KINDS: dict[int, NameKind] = {
    pb.OBJECT_TABLE: NameKind.TABLE,
    pb.OBJECT_VIEW: NameKind.VIEW,
    pb.OBJECT_MATVIEW: NameKind.MATERIALIZED_VIEW,
    pb.OBJECT_INDEX: NameKind.INDEX,
    pb.OBJECT_SEQUENCE: NameKind.SEQUENCE,
    pb.OBJECT_FOREIGN_TABLE: NameKind.FOREIGN_TABLE,
}

PART_KINDS: dict[int, NameKind] = {
    pb.OBJECT_COLUMN: NameKind.COLUMN,
    pb.OBJECT_ATTRIBUTE: NameKind.COLUMN,
    pb.OBJECT_TABCONSTRAINT: NameKind.CONSTRAINT,
    pb.OBJECT_TRIGGER: NameKind.TRIGGER,
    pb.OBJECT_RULE: NameKind.RULE,
    pb.OBJECT_POLICY: NameKind.POLICY,
}

ROUTINE_KINDS = frozenset((pb.OBJECT_FUNCTION, pb.OBJECT_PROCEDURE, pb.OBJECT_ROUTINE, pb.OBJECT_AGGREGATE))

TYPE_KINDS = frozenset((pb.OBJECT_TYPE, pb.OBJECT_DOMAIN))

GLOBAL_KINDS: dict[int, NameKind] = {
    pb.OBJECT_SCHEMA: NameKind.SCHEMA,
    pb.OBJECT_EXTENSION: NameKind.EXTENSION,
    pb.OBJECT_ROLE: NameKind.ROLE,
    pb.OBJECT_LANGUAGE: NameKind.LANGUAGE,
    pb.OBJECT_ACCESS_METHOD: NameKind.ACCESS_METHOD,
    pb.OBJECT_FDW: NameKind.FOREIGN_DATA_WRAPPER,
    pb.OBJECT_FOREIGN_SERVER: NameKind.SERVER,
    pb.OBJECT_EVENT_TRIGGER: NameKind.EVENT_TRIGGER,
    pb.OBJECT_PUBLICATION: NameKind.PUBLICATION,
    pb.OBJECT_SUBSCRIPTION: NameKind.SUBSCRIPTION,
}

NAMED_KINDS: dict[int, NameKind] = {
    pb.OBJECT_COLLATION: NameKind.COLLATION,
    pb.OBJECT_CONVERSION: NameKind.CONVERSION,
    pb.OBJECT_STATISTIC_EXT: NameKind.STATISTICS,
    pb.OBJECT_TSCONFIGURATION: NameKind.TEXT_SEARCH_CONFIGURATION,
    pb.OBJECT_TSDICTIONARY: NameKind.TEXT_SEARCH_DICTIONARY,
    pb.OBJECT_TSPARSER: NameKind.TEXT_SEARCH_PARSER,
    pb.OBJECT_TSTEMPLATE: NameKind.TEXT_SEARCH_TEMPLATE,
}

_OF_METHOD: dict[int, NameKind] = {
    pb.OBJECT_OPCLASS: NameKind.OPERATOR_CLASS,
    pb.OBJECT_OPFAMILY: NameKind.OPERATOR_FAMILY,
}


def object_options(reading: Reading, kind: int, node: pb.Node) -> Options:
    """What an object's name can stand for; nothing for a temporary one, PostgreSQL's own, or no object of ours."""
    if kind in ROUTINE_KINDS:
        return routine(reading, node.object_with_args)
    if kind in GLOBAL_KINDS:
        name = node.string.sval
        return (Name(GLOBAL_KINDS[kind], "", name),) if name else ()
    if kind in TYPE_KINDS:
        names = node.type_name.names if node.WhichOneof("node") == "type_name" else node.list.items
        return type_named(reading, *split_name(words_of(names)))
    if kind == pb.OBJECT_OPERATOR:
        schema, name = split_name(words_of(node.object_with_args.objname))
        return reading.options(NameKind.OPERATOR, schema, name)
    return _listed(reading, kind, node)


def container_of(reading: Reading, kind: int, node: pb.Node) -> Options:
    """The table or domain that the object is a part of; nothing for what is no part."""
    if kind in PART_KINDS:
        return relation_named(reading, *split_name(words_of(node.list.items)[:-1]))
    if kind == pb.OBJECT_DOMCONSTRAINT and len(node.list.items):
        return type_named(reading, *split_name(words_of(node.list.items[0].type_name.names)))
    return ()


def _listed(reading: Reading, kind: int, node: pb.Node) -> Options:
    """An object written as a list: the words of its name, two types, a method and a name."""
    items = node.list.items
    words = words_of(items)
    if not words:
        return ()
    if kind == pb.OBJECT_CAST:
        return (cast_name(items[0].type_name, items[1].type_name),)
    if kind == pb.OBJECT_TRANSFORM:
        return (transform_name(items[0].type_name, words[1]),)
    if kind in RELATION_KINDS:
        return relation_named(reading, *split_name(words), RELATION_KINDS[kind])
    part = NameKind.CONSTRAINT if kind == pb.OBJECT_DOMCONSTRAINT else PART_KINDS.get(kind)
    if part is not None:
        return part_of(container_of(reading, kind, node), part, words[-1])
    found = NAMED_KINDS.get(kind) or _OF_METHOD.get(kind)
    return reading.options(found, *split_name(words[1:] if kind in _OF_METHOD else words)) if found else ()
