"""Values to try for a column: ordinary ones first, then what lies at the edges of its type."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

from seltzer.claims.rows.learned import NO_HINTS, NOTHING, Hints, Learned, learn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seltzer.claims.rows.facts import Type

# Edges that stay clear of overflow when a migration multiplies them by a hundred, but fit into no narrower type.
_PLAIN: dict[str, tuple[str, ...]] = {
    "int2": ("1", "2", "0", "-1", "180"),
    "int4": ("1", "2", "0", "-1", "7", "40000"),
    "int8": ("1", "2", "0", "-1", "7", "3000000000"),
    "float4": ("1.5", "0", "-2.25", "100"),
    "float8": ("1.5", "0", "-2.25", "0.1", "0.10000000001", "12345678.9"),
    "money": ("1.50", "0", "-2.25", "12345.67"),
    "bool": ("true", "false"),
    "uuid": ("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "00000000-0000-0000-0000-000000000000"),
    "date": ("2024-02-29", "1969-12-31", "2038-01-20", "2024-03-01"),
    "time": ("12:30:15.5", "00:00:00", "23:59:59.999999"),
    "timetz": ("12:30:15.5+00", "00:00:00+00", "23:59:59.999999+02"),
    "timestamp": ("2024-02-29 12:30:15.123456", "2024-02-29 23:59:59.5", "1969-12-31 00:00:00", "2024-02-29 12:30:15"),
    "timestamptz": (
        "2024-02-29 12:30:15.123456+00",
        "2024-02-29 23:59:59.5+00",
        "1969-12-31 00:00:00+00",
        "2024-02-29 12:30:15+00",
    ),
    "interval": ("1 day", "0", "-1 hour", "1 mon 2 days 03:04:05.678"),
    "json": ('{"a": 1, "name": "x", "tags": ["b"]}', "{}", "[]", "null"),
    "jsonb": ('{"a": 1, "name": "x", "tags": ["b"]}', "{}", "[]", "null"),
    "jsonpath": ("$.a", "$"),
    "xml": ("<a>1</a>", "<a/>"),
    "bytea": ("\\x00ff", "\\x", "\\x6162"),
    "inet": ("192.0.2.1", "2001:db8::1", "10.0.0.0/8"),
    "cidr": ("192.0.2.0/24", "2001:db8::/32"),
    "macaddr": ("08:00:2b:01:02:03",),
    "macaddr8": ("08:00:2b:01:02:03:04:05",),
    "point": ("(1,2)", "(0,0)"),
    "line": ("{1,2,3}",),
    "lseg": ("[(0,0),(1,1)]",),
    "box": ("(1,1),(0,0)",),
    "path": ("[(0,0),(1,1)]", "((0,0),(1,1),(1,0))"),
    "polygon": ("((0,0),(1,1),(1,0))",),
    "circle": ("<(0,0),1>",),
    "tsvector": ("'a':1 'b':2", ""),
    "tsquery": ("'a' & 'b'", ""),
    "oid": ("1", "0", "4000000000"),
    "xid": ("3",),
    "xid8": ("3",),
    "cid": ("1",),
    "tid": ("(0,1)",),
    "pg_lsn": ("0/16B3748",),
    "txid_snapshot": ("10:20:10,14,15",),
    "pg_snapshot": ("10:20:10,14,15",),
    "regclass": ("pg_catalog.pg_class",),
    "regproc": ("pg_catalog.now",),
    "regprocedure": ("pg_catalog.now()",),
    "regoper": ("pg_catalog.||/",),
    "regoperator": ("pg_catalog.+(integer,integer)",),
    "regtype": ("pg_catalog.int4",),
    "regnamespace": ("pg_catalog",),
    "regrole": ("pg_monitor",),
    "regconfig": ("pg_catalog.simple",),
    "regdictionary": ("pg_catalog.simple",),
    "regcollation": ('pg_catalog."C"',),
    "name": ("a", "A"),
    "char": ("a", "b"),
    "refcursor": ("a",),
}
_TEXTS = ("some words", "Some Words", "a", "", " padded ", "it's Größe", "1", "2024-02-29")
_ANYTHING = ("1", "a", "", "{}", "(1,1)", "POINT(0 0)", "2024-01-01", "a=>1", "a.b")
_NUMBERS = frozenset({"int2", "int4", "int8", "numeric", "float4", "float8", "money", "oid"})
_STRINGS = frozenset({"text", "varchar", "bpchar", "citext", "name", "char"})
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(.*)", re.DOTALL)
# PostgreSQL adds the size of a header to the modifiers of texts and numbers.
_HEADER = 4
_LONGEST_ARRAY = 20
_LONG, _MEDIUM, _FEW, _DEEPEST = 1200, 300, 4, 6


class Candidates:
    """Values for each type of a database.

    Attributes:
        hints: What a migration says of rows.
    """

    def __init__(self, types: Mapping[int, Type], hints: Hints = NO_HINTS) -> None:
        self._types = types
        self.hints = hints

    def of(  # noqa: PLR0911  # one kind of type after the other
        self, oid: int, typmod: int, learned: Learned = NOTHING, depth: int = 0
    ) -> tuple[str, ...]:
        """Values to try for a type, as PostgreSQL reads them; NULL is not among them."""
        found = self._types.get(oid)
        if found is None or depth > _DEEPEST:
            return ()
        if found.kind == "d":
            return self.of(found.base, found.base_typmod, _joined(learned, found.checks), depth + 1)
        if found.kind == "e":
            return found.labels[:12]
        if found.kind == "c":
            return self._rows(found, depth)
        if found.subtype:
            return self._ranges(found, depth)
        if found.element and found.category == "A":
            return self._arrays(found, typmod, learned, depth)
        return _distinct(*_base(found, typmod, learned))

    def kind_of(self, oid: int) -> str:
        """The name of a built-in type, domains looked through; empty for every other."""
        found = self._types.get(oid)
        while found is not None and found.kind == "d":
            found = self._types.get(found.base)
        if found is None or found.kind != "b":
            return ""
        return found.name if found.builtin or found.name in _STRINGS else ""

    def _rows(self, found: Type, depth: int) -> tuple[str, ...]:
        parts = [self.of(oid, mod, NOTHING, depth + 1) or ("",) for oid, mod in found.parts]
        made = ["(" + ",".join(_quoted(values[n % len(values)]) for values in parts) + ")" for n in range(4)]
        return _distinct(*made, "(" + "," * (len(parts) - 1) + ")")

    def _ranges(self, found: Type, depth: int) -> tuple[str, ...]:
        low = self._bounds(found.subtype, depth)
        made = [f"[{low[n]},{low[n + 1]})" for n in range(0, len(low) - 1, 2)]
        if found.kind == "m":
            return ("{" + ",".join(made[:2]) + "}", *("{" + item + "}" for item in made), "{}")
        return (*made, f"[{low[-1]},)", "empty", f"(,{low[0]})")

    def _bounds(self, oid: int, depth: int) -> list[str]:
        kind = self.kind_of(oid)
        if kind in _NUMBERS:
            return [str(10 * n) for n in range(1, 34)]
        if kind in {"date", "timestamp", "timestamptz"}:
            zone = "+00" if kind == "timestamptz" else ""
            return [f"{date(2024, 1, 1) + timedelta(days=n)}{zone}" for n in range(1, 34)]
        values = sorted(self.of(oid, -1, NOTHING, depth + 1))
        return [_quoted(value) for value in values] if len(values) > 1 else ["1", "2"]

    def _arrays(self, found: Type, typmod: int, learned: Learned, depth: int) -> tuple[str, ...]:
        values = [_quoted(value) for value in self.of(found.element, typmod, learned, depth + 1)][:_FEW]
        if not values:
            return ("{}",)
        lengths = sorted(
            {near for n in learned.lengths if n <= _LONGEST_ARRAY for near in (n - 1, n, n + 1) if near > 0}
        )
        made = ["{" + ",".join((values * n)[:n]) + "}" for n in (1, 2, *lengths)]
        texts = ["{" + _quoted(text) + "}" for text in learned.texts]
        return _distinct(*made, *texts, "{}", "{NULL}")


def _joined(learned: Learned, checks: str) -> Learned:
    from_domain = learn(checks)
    return Learned(
        (*learned.numbers, *from_domain.numbers),
        (*learned.texts, *from_domain.texts),
        (*learned.samples, *from_domain.samples),
    )


def _distinct(*values: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _quoted(value: str) -> str:
    """A value inside an array, a range or a row."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _base(  # noqa: PLR0911  # one type after the other
    found: Type, typmod: int, learned: Learned
) -> tuple[str, ...]:
    name = found.name
    if name in _STRINGS or found.category == "S":
        return _strings(name, typmod, learned)
    if name == "numeric":
        return (*_numerics(typmod), *_near(learned))
    if name in _NUMBERS:
        return (*_PLAIN[name], *_near(learned))
    if name in {"bit", "varbit"}:
        size = typmod if typmod > 0 else 4
        return ("1" * size, "0" * size, ("10" * size)[:size])
    if name in {"json", "jsonb"}:
        return (*_PLAIN[name], *_documents(learned))
    if name == "bytea":
        return (*_PLAIN[name], *("\\x" + "61" * near for n in learned.lengths for near in (n, n - 1, n + 1)))
    if name in {"vector", "halfvec"}:
        size = typmod if typmod > 0 else 3
        return ("[" + ",".join(["1"] * size) + "]", "[" + ",".join(["0.5"] * size) + "]")
    if name in _PLAIN:
        return (*_PLAIN[name], *_days(learned))
    return (*learned.texts, *learned.samples, *_ANYTHING)


def _strings(name: str, typmod: int, learned: Learned) -> tuple[str, ...]:
    most = typmod - _HEADER if typmod > _HEADER else {"name": 63, "char": 1}.get(name, _LONG)
    ends = ("a", "b", "A", "1")
    texts = [*learned.texts, *learned.samples]
    sized = [(text + end * n)[:n] for n in _around(learned.lengths) for text in ("", *texts[:8]) for end in ("a", "1")]
    sized += [(end * n)[: max(n - len(text), 0)] + text for n in learned.lengths for text in texts[:8] for end in ends]
    long = min(most, _LONG)
    # Two that only their last character tells apart: whoever cuts them makes them equal.
    pair = ["x" * (long - 1) + "a", "x" * (long - 1) + "b"]
    medium = ["x" * (_MEDIUM - 1) + "a", "x" * (_MEDIUM - 1) + "b"] if most > _MEDIUM else []
    plain = [value for value in _TEXTS if len(value) <= most]
    varied = [changed for text in texts for changed in (text.upper(), text.lower(), text)]
    found = (*texts, *plain, *pair, *medium, *varied, *sized)
    return tuple(value for value in found if len(value) <= max(most, _LONG) and (typmod < 0 or len(value) <= most))


def _around(lengths: tuple[int, ...]) -> list[int]:
    return [near for n in lengths for near in (n, n - 1, n + 1) if near >= 0]


def _numerics(typmod: int) -> tuple[str, ...]:
    if typmod < _HEADER:
        return ("1.5", "2", "0", "-1.25", "12345.678", "12345.679")
    precision, scale = (typmod - _HEADER) >> 16 & 0xFFFF, (typmod - _HEADER) & 0x7FF
    whole = "9" * max(min(precision - scale - 1, 7), 0) or "0"
    if scale == 0:
        return ("1", "2", "0", "-1", whole)
    edge = [f"{whole}.{'0' * (scale - 1)}{end}" for end in ("1", "2")]
    return ("0.5", "1", "0", "-0.5", *edge)[0 if precision > scale else 2 :]


def _near(learned: Learned) -> tuple[str, ...]:
    """The numbers of an expression, and what lies beside them."""
    found: list[str] = []
    for number in learned.numbers:
        if "." in number:
            found += [number, number[:-1] + "1", str(float(number) + 1), str(float(number) - 1)]
        else:
            found += [number, str(int(number) + 1), str(int(number) - 1)]
    return tuple(found)


def _days(learned: Learned) -> tuple[str, ...]:
    """The days of an expression, and those around."""
    found: list[str] = []
    for text in learned.texts:
        match = _DATE.match(text)
        found.append(text)
        if match is not None:
            year, month, day, rest = match.groups()
            try:
                at = date(int(year), int(month), int(day))
                found += [f"{at + timedelta(days=n)}{rest}" for n in (1, -1, 7)]
            except (ValueError, OverflowError):
                continue
    return tuple(found)


def _documents(learned: Learned) -> tuple[str, ...]:
    keys = [text for text in learned.texts if text not in {"object", "array", "string", "number"}]
    values = ('"x"', "1", "true", "[]", "{}", "null", *(f'"{text}"' for text in keys))
    return tuple("{" + ", ".join(f"{_quoted(key)}: {value}" for key in keys) + "}" for value in values) if keys else ()
