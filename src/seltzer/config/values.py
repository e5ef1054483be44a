"""The types that settings have: what is legal, and how a text, a TOML value or a Python object becomes one."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from seltzer.sql.passwords import password_spans

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import StrEnum

_MS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
MOST_JOBS = 64
PRIVATE_SHADOWS = ("embedded", "local")
"""The words for a shadow on a private server."""

_DURATION = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?) ?(ms|s|min|h|d)?")
_LONGEST_MS = 2**31 - 1  # what PostgreSQL's own timeouts can hold
_LONGEST_NAME_BYTES = 63
_NAME_IN_LIST = re.compile(r'\s*(?:"((?:[^"]|"")+)"|([^\s",]+))\s*(,|\Z)')
_HISTORY_PART = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_SERVER_VERSIONS = {"16": 16, "18": 18}
_NAME_PATTERN = re.compile(r"(?:[\w$]|\{table\})*\{columns\}(?:[\w$]|\{table\})*")
_PLAIN_TYPES = ("builtins", "datetime")


class HistoryName(NamedTuple):
    """Where the history table is."""

    schema: str
    table: str

    def __str__(self) -> str:
        """`seltzer.history`, as it is written in a settings file."""
        return f"{self.schema}.{self.table}"


class ValueType(NamedTuple):
    """A type of setting.

    A tuple, like the other parts of the table: a start with nothing to do makes them all, and needs no more.

    Attributes:
        name: With its article, to follow "is not": `a duration`.
        legal: One sentence that says what can be written, unit included.
        read: Makes the value of what was given; the path is the folder that a relative path starts from.
            Raises ValueError for what is not legal.
        text: The value as it would be written in a settings file.
    """

    name: str
    legal: str
    read: Callable[[object, Path], Any]
    text: Callable[[Any], str] = str


def choice(values: type[StrEnum]) -> ValueType:
    """The type of a setting that is one of a few words."""
    words = ", ".join(values)

    def read(given: object, _folder: Path) -> StrEnum:
        return values(_text_of(given).lower())

    return ValueType(f"one of {words}", f"One of {words}.", read)


def shown(given: object) -> str:
    """A value that is not legal, for a message: shortened, and hidden where it could be a connection text."""
    text = repr(given)
    if "://" in text or "@" in text or "password" in text.lower():
        return "(not shown, it could hold a password)"
    return text if len(text) <= 60 else f"{text[:57]}…"  # noqa: PLR2004  # about what a line of a message has room for


def _text_of(given: object) -> str:
    """Text without blanks around it: not empty, one that PostgreSQL and the file system can take, and no database."""
    text = given.strip() if isinstance(given, str) else ""
    if not text or not text.isprintable() or any(password_spans(text)):
        raise ValueError
    return text


def _read_text(given: object, _folder: Path) -> str:
    return _text_of(given)


def _read_path(given: object, folder: Path) -> Path:
    path: object = os.fspath(cast("os.PathLike[str]", given)) if isinstance(given, os.PathLike) else given
    if not isinstance(path, str) or not path.strip() or "\0" in path or any(password_spans(path)):
        raise ValueError  # a URL in the wrong place would be shown as a path that is not there
    return Path(os.path.normpath(folder / path))


def _read_folder(given: object, folder: Path) -> Path:
    # `Migrations(__file__)` is written in the package's own `__init__.py`: a file stands for its folder.
    path = _read_path(given, folder)
    return path.parent if path.suffix in {".py", ".pyc"} else path


def _read_database(given: object, _folder: Path) -> object:
    # Which form it has is decided when a database is needed: it takes psycopg to read one.
    if isinstance(given, str) and given.strip():
        return given.strip()
    if type(given).__module__ in _PLAIN_TYPES and not callable(given):
        raise ValueError
    return given


def _hidden(_value: object) -> str:
    return "(set)"


def _shadow_text(value: object) -> str:
    return str(value) if value in PRIVATE_SHADOWS else _hidden(value)


def _read_duration(given: object, _folder: Path) -> timedelta:
    ms = round(_milliseconds(given), 3)
    if not (ms == 0 or 1 <= ms <= _LONGEST_MS):
        raise ValueError
    return timedelta(milliseconds=round(ms))


def _milliseconds(given: object) -> float:
    if isinstance(given, timedelta):
        return given / timedelta(milliseconds=1)
    if isinstance(given, int | float) and not isinstance(given, bool):
        return min(given, _LONGEST_MS) * 1000.0  # seconds; an integer may be too long for a float
    match = _DURATION.fullmatch(_text_of(given))
    if match is None:
        raise ValueError
    return float(match[1]) * _MS[match[2] or "s"]


def _duration_text(value: timedelta) -> str:
    ms = value // timedelta(milliseconds=1)
    unit = next((unit for unit in reversed(_MS) if ms and ms % _MS[unit] == 0), None)
    return f"{ms // _MS[unit]}{unit}" if unit else "0"


def _read_name(given: object, _folder: Path) -> str:
    return _checked_name(_text_of(given))


def _checked_name(name: object) -> str:
    if not isinstance(name, str) or not name or "\0" in name or len(name.encode()) > _LONGEST_NAME_BYTES:
        raise ValueError
    return name


def _read_names(given: object, _folder: Path) -> tuple[str, ...]:
    if isinstance(given, str):
        return _split_names(given)
    if not isinstance(given, list | tuple):
        raise ValueError  # noqa: TRY004  # a value of the wrong type is one that is not legal
    return tuple(_checked_name(name) for name in cast("list[object]", given))


def _split_names(text: str) -> tuple[str, ...]:
    """Names between commas, read as PostgreSQL reads `search_path`: in lower case unless they are quoted."""
    names: list[str] = []
    position, more = 0, bool(text.strip())
    while more:
        match = _NAME_IN_LIST.match(text, position)
        if match is None:
            raise ValueError
        quoted, plain, comma = match.groups()
        names.append(_checked_name(quoted.replace('""', '"') if quoted else _folded(plain)))
        position, more = match.end(), comma == ","
    return tuple(names)


def _folded(name: str) -> str:
    # PostgreSQL leaves letters beyond ASCII as they are in a multi-byte encoding.
    return "".join(letter.lower() if letter.isascii() else letter for letter in name)


def _names_text(names: tuple[str, ...]) -> str:
    return ", ".join(name if _is_plain(name) else '"{}"'.format(name.replace('"', '""')) for name in names)


def _is_plain(name: str) -> bool:
    match = _NAME_IN_LIST.fullmatch(name)
    return match is not None and match[2] == name == _folded(name)


def _read_history(given: object, _folder: Path) -> HistoryName:
    schema, _, table = str(given).strip().partition(".")
    name = HistoryName(schema, table)
    legal = all(_HISTORY_PART.fullmatch(part) for part in name)
    if not legal or name.schema.startswith("pg_") or name.schema == "information_schema":
        raise ValueError
    return name


def _read_version(given: object, _folder: Path) -> int:
    version = _SERVER_VERSIONS.get(str(given).strip())
    if version is None:
        raise ValueError
    return version


TEXT = ValueType("a text", "A text on one line, not empty.", _read_text)
PATH = ValueType(
    "a path",
    "A path; a relative one starts from the folder of the file it stands in, else from the working directory.",
    _read_path,
)
FOLDER = ValueType(
    "a folder",
    "A folder; a relative one starts from the folder of the file it stands in, else from the working directory.",
    _read_folder,
)
DATABASE = ValueType(
    "a database",
    "A libpq URL or keyword string, an SQLAlchemy URL, `embedded`, `embedded:DIR`, or `module:attribute`.",
    _read_database,
    _hidden,
)
SHADOW = ValueType(
    "a server for shadows",
    "`embedded`, `local` for an installation of this machine, or any form of a database: there each shadow is a "
    "database of its own.",
    _read_database,
    _shadow_text,
)
DURATION = ValueType(
    "a duration",
    "A number with its unit: 250ms, 2s, 10min, 1h, 1d. Without a unit it is seconds; the longest is 24d.",
    _read_duration,
    _duration_text,
)
NAME = ValueType("a name", "A name as PostgreSQL stores it, at most 63 bytes.", _read_name)
NAMES = ValueType(
    "a list of names",
    'A list of names, or a text with commas between them: app, public, "Mixed Case".',
    _read_names,
    _names_text,
)
HISTORY = ValueType(
    "a schema and a table",
    "schema.table, each of lower-case letters, digits and underscores, at most 63, no schema of PostgreSQL's own.",
    _read_history,
)


def _read_jobs(given: object, _folder: Path) -> int:
    text = str(given).strip()
    # More connections than this a server seldom has to give.
    if isinstance(given, bool) or not text.isascii() or not text.isdecimal() or not 1 <= int(text[:4]) <= MOST_JOBS:
        raise ValueError
    return int(text)


def _read_pattern(given: object, _folder: Path) -> str:
    text = _text_of(given)
    try:
        re.compile(text)
    except re.error:
        raise ValueError from None
    return text


def _read_name_patterns(given: object, _folder: Path) -> tuple[str, ...]:
    items = given.split(",") if isinstance(given, str) else given
    if not isinstance(items, list | tuple) or not items:
        raise ValueError
    texts = tuple(_text_of(item) for item in cast("list[object]", items))
    if not all(_NAME_PATTERN.fullmatch(text) for text in texts):
        raise ValueError
    return texts


PATTERN = ValueType("a pattern", "A regular expression.", _read_pattern)
NAME_PATTERNS = ValueType(
    "a list of name patterns",
    "Names with `{columns}` in them, and `{table}` if they like, or a text with commas between them: "
    "idx_{table}_{columns}, uq_{table}_{columns}.",
    _read_name_patterns,
    ", ".join,
)
JOBS = ValueType("a number", f"A whole number from 1 to {MOST_JOBS}.", _read_jobs)
VERSION = ValueType("a version of the server", "16 or 18.", _read_version)
