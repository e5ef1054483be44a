"""CREATE AGGREGATE, OPERATOR, CAST, COLLATION, TEXT SEARCH and the rest of what extends the language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from postgast import pg_query_pb2 as pb

from seltzer.model import Name, NameKind
from seltzer.sql.names.lookup import (
    created_named,
    need_access_method,
    need_collation,
    need_function,
    need_language,
    need_operator,
    need_type,
    routine,
    signature,
    split_name,
    words_of,
)
from seltzer.sql.names.types import create_base_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from seltzer.sql.names.reading import Reading

_AGGREGATE_FUNCTIONS = frozenset(
    ("sfunc", "finalfunc", "combinefunc", "serialfunc", "deserialfunc", "msfunc", "minvfunc", "mfinalfunc", "sfunc1")
)
_OPERATOR_FUNCTIONS = frozenset(("function", "procedure", "restrict", "join"))
_TYPE_OPTIONS = frozenset(("stype", "mstype", "basetype", "stype1", "leftarg", "rightarg"))
_TEXT_SEARCH = {
    "copy": NameKind.TEXT_SEARCH_CONFIGURATION,
    "parser": NameKind.TEXT_SEARCH_PARSER,
    "template": NameKind.TEXT_SEARCH_TEMPLATE,
}
_DEFINED: dict[int, NameKind] = {
    pb.OBJECT_TSCONFIGURATION: NameKind.TEXT_SEARCH_CONFIGURATION,
    pb.OBJECT_TSDICTIONARY: NameKind.TEXT_SEARCH_DICTIONARY,
    pb.OBJECT_TSPARSER: NameKind.TEXT_SEARCH_PARSER,
    pb.OBJECT_TSTEMPLATE: NameKind.TEXT_SEARCH_TEMPLATE,
}


def define(reading: Reading, statement: pb.DefineStmt) -> None:
    """CREATE AGGREGATE, OPERATOR, TYPE (base), COLLATION, TEXT SEARCH …."""
    reading.tolerant = reading.tolerant or statement.replace
    read = _KINDS.get(statement.kind)
    if read is not None:
        read(reading, statement)


def _aggregate(reading: Reading, statement: pb.DefineStmt) -> None:
    arguments = [item.function_parameter.arg_type for node in statement.args[:1] for item in node.list.items]
    options = {node.def_elem.defname: node.def_elem.arg.type_name for node in statement.definition}
    if statement.oldstyle and "basetype" in options:
        arguments = [options["basetype"]]
    name = created_named(reading, NameKind.FUNCTION, words_of(statement.defnames))
    for argument in arguments:
        need_type(reading, argument)
    _need_options(reading, statement.definition, _AGGREGATE_FUNCTIONS)
    reading.provide(name)
    reading.provide(name._replace(part=signature(arguments)))


def _operator(reading: Reading, statement: pb.DefineStmt) -> None:
    """CREATE OPERATOR. A commutator or negator may be made later, so it is no need."""
    _need_options(reading, statement.definition, _OPERATOR_FUNCTIONS)
    reading.provide(created_named(reading, NameKind.OPERATOR, words_of(statement.defnames)))


def _need_options(reading: Reading, definition: Iterable[pb.Node], functions: frozenset[str]) -> None:
    for node in definition:
        option = node.def_elem
        if option.defname in _TYPE_OPTIONS:
            need_type(reading, option.arg.type_name)
        elif option.defname in functions:
            need_function(reading, words_of(option.arg.type_name.names), option.location)
        elif option.defname == "sortop":
            need_operator(reading, _words_of_either(option.arg), option.location)


def _words_of_either(node: pb.Node) -> list[str]:
    kind = node.WhichOneof("node")
    if kind == "string":
        return [node.string.sval]
    return words_of(node.type_name.names if kind == "type_name" else node.list.items)


def _collation(reading: Reading, statement: pb.DefineStmt) -> None:
    for node in statement.definition:
        if node.def_elem.defname == "from":
            need_collation(reading, _words_of_either(node.def_elem.arg), node.def_elem.location)
    reading.provide(created_named(reading, NameKind.COLLATION, words_of(statement.defnames)))


def alter_collation(reading: Reading, statement: pb.AlterCollationStmt) -> None:
    """ALTER COLLATION … REFRESH VERSION."""
    need_collation(reading, words_of(statement.collname))


def _text_search(reading: Reading, statement: pb.DefineStmt) -> None:
    for node in statement.definition:
        option = node.def_elem
        words = _words_of_either(option.arg)
        if option.defname in _TEXT_SEARCH and words:
            schema, name = split_name(words)
            reading.need(reading.options(_TEXT_SEARCH[option.defname], schema, name), option.location)
        elif statement.kind in {pb.OBJECT_TSPARSER, pb.OBJECT_TSTEMPLATE} and words:
            need_function(reading, words, option.location)
    reading.provide(created_named(reading, _DEFINED[statement.kind], words_of(statement.defnames)))


_KINDS: dict[int, Callable[[Reading, Any], None]] = {
    pb.OBJECT_AGGREGATE: _aggregate,
    pb.OBJECT_OPERATOR: _operator,
    pb.OBJECT_TYPE: create_base_type,
    pb.OBJECT_COLLATION: _collation,
    **dict.fromkeys(_DEFINED, _text_search),
}


def alter_dictionary(reading: Reading, statement: pb.AlterTSDictionaryStmt) -> None:
    """ALTER TEXT SEARCH DICTIONARY."""
    schema, name = split_name(words_of(statement.dictname))
    reading.need(reading.options(NameKind.TEXT_SEARCH_DICTIONARY, schema, name))


def alter_configuration(reading: Reading, statement: pb.AlterTSConfigurationStmt) -> None:
    """ALTER TEXT SEARCH CONFIGURATION … MAPPING."""
    schema, name = split_name(words_of(statement.cfgname))
    reading.need(reading.options(NameKind.TEXT_SEARCH_CONFIGURATION, schema, name))
    for node in statement.dicts:
        schema, name = split_name(words_of(node.list.items))
        reading.need(reading.options(NameKind.TEXT_SEARCH_DICTIONARY, schema, name))


def create_cast(reading: Reading, statement: pb.CreateCastStmt) -> None:
    """CREATE CAST."""
    need_type(reading, statement.sourcetype)
    need_type(reading, statement.targettype)
    if statement.HasField("func"):
        reading.need(routine(reading, statement.func))
    reading.provide(cast_name(statement.sourcetype, statement.targettype))


def cast_name(source: pb.TypeName, target: pb.TypeName) -> Name:
    """A cast, which has no name of its own: `cast public.email AS text`."""
    return Name(NameKind.CAST, "", f"{_type_text(source)} AS {_type_text(target)}")


def _type_text(written: pb.TypeName) -> str:
    words = words_of(written.names)
    return ".".join(words[1:] if words[:1] == ["pg_catalog"] else words) + "[]" * len(written.array_bounds)


def create_conversion(reading: Reading, statement: pb.CreateConversionStmt) -> None:
    """CREATE CONVERSION."""
    need_function(reading, words_of(statement.func_name))
    reading.provide(created_named(reading, NameKind.CONVERSION, words_of(statement.conversion_name)))


def create_transform(reading: Reading, statement: pb.CreateTransformStmt) -> None:
    """CREATE TRANSFORM."""
    need_type(reading, statement.type_name)
    need_language(reading, statement.lang)
    for function in (statement.fromsql, statement.tosql):
        if len(function.objname):
            reading.need(routine(reading, function))
    reading.provide(transform_name(statement.type_name, statement.lang))


def transform_name(written: pb.TypeName, language: str) -> Name:
    """A transform, which has no name of its own: `transform hstore LANGUAGE plpython3u`."""
    return Name(NameKind.TRANSFORM, "", f"{_type_text(written)} LANGUAGE {language}")


def create_language(reading: Reading, statement: pb.CreatePLangStmt) -> None:
    """CREATE LANGUAGE."""
    for words in (statement.plhandler, statement.plinline, statement.plvalidator):
        if len(words):
            need_function(reading, words_of(words))
    reading.provide(Name(NameKind.LANGUAGE, "", statement.plname))


def create_access_method(reading: Reading, statement: pb.CreateAmStmt) -> None:
    """CREATE ACCESS METHOD."""
    need_function(reading, words_of(statement.handler_name))
    reading.provide(Name(NameKind.ACCESS_METHOD, "", statement.amname))


def create_operator_class(reading: Reading, statement: pb.CreateOpClassStmt) -> None:
    """CREATE OPERATOR CLASS, which makes a family of its name when none is written."""
    need_type(reading, statement.datatype)
    need_access_method(reading, statement.amname)
    made = created_named(reading, NameKind.OPERATOR_CLASS, words_of(statement.opclassname))
    if len(statement.opfamilyname):
        schema, name = split_name(words_of(statement.opfamilyname))
        reading.need(reading.options(NameKind.OPERATOR_FAMILY, schema, name))
    else:
        reading.provide(made._replace(kind=NameKind.OPERATOR_FAMILY))
    _need_items(reading, statement.items)
    reading.provide(made)


def create_operator_family(reading: Reading, statement: pb.CreateOpFamilyStmt) -> None:
    """CREATE OPERATOR FAMILY."""
    need_access_method(reading, statement.amname)
    reading.provide(created_named(reading, NameKind.OPERATOR_FAMILY, words_of(statement.opfamilyname)))


def alter_operator_family(reading: Reading, statement: pb.AlterOpFamilyStmt) -> None:
    """ALTER OPERATOR FAMILY."""
    schema, name = split_name(words_of(statement.opfamilyname))
    reading.need(reading.options(NameKind.OPERATOR_FAMILY, schema, name))
    if not statement.is_drop:
        _need_items(reading, statement.items)


def alter_operator(reading: Reading, statement: pb.AlterOperatorStmt) -> None:
    """ALTER OPERATOR … SET (…)."""
    need_operator(reading, words_of(statement.opername.objname))
    _need_options(reading, statement.options, _OPERATOR_FUNCTIONS)


_OPERATOR_ITEM, _FUNCTION_ITEM = 1, 2


def _need_items(reading: Reading, items: Iterable[pb.Node]) -> None:
    for node in items:
        item = node.create_op_class_item
        if item.itemtype == _OPERATOR_ITEM:
            need_operator(reading, words_of(item.name.objname))
        elif item.itemtype == _FUNCTION_ITEM:
            need_function(reading, words_of(item.name.objname))
        if item.HasField("storedtype"):
            need_type(reading, item.storedtype)
