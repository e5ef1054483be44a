"""Names inside string constants: `nextval('s.q')`, `'t'::regclass`, `'happy'::mood`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seltzer.model import NameKind
from seltzer.sql.names.builtin import SPELLINGS
from seltzer.sql.names.lookup import need_collation, need_function, need_global, part_of, relation_named, type_named

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from postgast import pg_query_pb2 as pb

    from seltzer.model import Options
    from seltzer.sql.names.reading import Reading

# A label of an enum is a name, and no longer than one.
_LONGEST_LABEL = 63

_WORD = re.compile(r'\s*(?:"((?:[^"]|"")+)"|([^\W\d][\w$]*))\s*')


def identifiers_of(text: str) -> list[str]:
    """The words of a dotted name in a string, folded as PostgreSQL folds them; none when it is no name."""
    words: list[str] = []
    at = 0
    while found := _WORD.match(text, at):
        quoted, plain = found.groups()
        words.append(quoted.replace('""', '"') if quoted else plain.lower())
        at = found.end()
        if at == len(text):
            return words
        if text[at] != ".":
            return []
        at += 1
    return []


def read_cast_constant(reading: Reading, written: pb.TypeName, options: Options, arg: pb.Node) -> None:
    """Read `'…'::regclass` and its kind, and `'…'::mood`, where the constant may be a label of an enum."""
    kind = arg.WhichOneof("node")
    if kind == "a_const":
        if options:
            need_label(reading, options, arg)
        else:
            names = written.names
            read = _REGISTERED.get(names[len(names) - 1].string.sval) if len(names) else None
            text = _text_of(arg) if read else ""
            if read and text:
                read(reading, text, arg.a_const.location)
    elif kind == "a_array_expr" and options:
        for element in arg.a_array_expr.elements:
            need_label(reading, options, element)


def need_label(reading: Reading, enum: Options, node: pb.Node) -> None:
    """Note the need of the label that a constant of a user's type may be."""
    text = _text_of(node)
    if text and len(text) <= _LONGEST_LABEL and enum and not reading.has(enum[0]):
        reading.need(part_of(enum, NameKind.TYPE, text), node.a_const.location)


def read_constant_argument(reading: Reading, function: str, args: Sequence[pb.Node]) -> None:
    """Read the constant argument of a function that takes a name: `nextval('s.q')`."""
    found = _FUNCTIONS.get(function)
    if found is None:
        return
    fewest, read = found
    text = _text_of(args[0]) if len(args) >= fewest else ""
    if text:
        read(reading, text, args[0].a_const.location)


def _text_of(node: pb.Node) -> str:
    return node.a_const.sval.sval if node.WhichOneof("node") == "a_const" else ""


def _in_schema(kind: NameKind) -> Callable[[Reading, str, int], None]:
    def read(reading: Reading, text: str, location: int) -> None:
        words = identifiers_of(text)
        if words:
            schema = words[-2] if len(words) > 1 else ""
            reading.need(reading.options(kind, schema, words[-1]), location)

    return read


def _global(kind: NameKind) -> Callable[[Reading, str, int], None]:
    def read(reading: Reading, text: str, location: int) -> None:
        words = identifiers_of(text)
        if len(words) == 1:
            need_global(reading, kind, words[0], location)

    return read


def _relation(reading: Reading, text: str, location: int) -> None:
    words = identifiers_of(text)
    if words:
        reading.need(relation_named(reading, words[-2] if len(words) > 1 else "", words[-1]), location)


def _function(reading: Reading, text: str, location: int) -> None:
    words = identifiers_of(text.partition("(")[0])
    if words:
        need_function(reading, words, location)


def _type(reading: Reading, text: str, location: int) -> None:
    words = identifiers_of(text.partition("(")[0].partition("[")[0])
    if words and not (len(words) == 1 and words[0] in SPELLINGS):
        reading.need(type_named(reading, words[-2] if len(words) > 1 else "", words[-1]), location)


def _collation(reading: Reading, text: str, location: int) -> None:
    need_collation(reading, identifiers_of(text), location)


read_configuration = _in_schema(NameKind.TEXT_SEARCH_CONFIGURATION)
_dictionary = _in_schema(NameKind.TEXT_SEARCH_DICTIONARY)

_REGISTERED: dict[str, Callable[[Reading, str, int], None]] = {
    "regclass": _relation,
    "regproc": _function,
    "regprocedure": _function,
    "regtype": _type,
    "regnamespace": _global(NameKind.SCHEMA),
    "regrole": _global(NameKind.ROLE),
    "regcollation": _collation,
    "regconfig": read_configuration,
    "regdictionary": _dictionary,
}

# Functions whose first argument is a name, with the fewest arguments that make it one.
_FUNCTIONS: dict[str, tuple[int, Callable[[Reading, str, int], None]]] = {
    "nextval": (1, _relation),
    "currval": (1, _relation),
    "setval": (2, _relation),
    "pg_get_serial_sequence": (2, _relation),
    "to_tsvector": (2, read_configuration),
    "to_tsquery": (2, read_configuration),
    "plainto_tsquery": (2, read_configuration),
    "phraseto_tsquery": (2, read_configuration),
    "websearch_to_tsquery": (2, read_configuration),
    "ts_headline": (3, read_configuration),
    "ts_lexize": (2, _dictionary),
    # Of extensions whose arguments are regclass.
    "create_hypertable": (2, _relation),
    "create_distributed_table": (2, _relation),
    "create_reference_table": (1, _relation),
}
