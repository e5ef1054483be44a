"""What tables and indexes are called, and how long a name may be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seltzer.claims.guidelines.rewriting import MOST_BYTES, cut, index_name, plain_name, snake_case, with_name
from seltzer.claims.guidelines.rule import Found, schema_rule, source_rule
from seltzer.claims.guidelines.schema import Index, Schema, quoted, written
from seltzer.model import Severity
from seltzer.sql.tokens import scan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seltzer.claims.guidelines.files import ReadStatement, Source
    from seltzer.claims.guidelines.settings import GuidelineSettings

_COLUMNS = "{columns}"
# What stands before a name is looked at: a search that begins anew at each letter of a word takes three times as long.
_LONG = re.compile(rb'"(?:[^"]|""){64,}"|(?<![A-Za-z0-9_$\x80-\xff])[A-Za-z_\x80-\xff][A-Za-z0-9_$\x80-\xff]{63,}')
# Behind U& PostgreSQL reads these as one letter; another sign in their place, after UESCAPE, is not looked for.
_ESCAPE = re.compile(r"\\(?:\\|([0-9A-Fa-f]{4})|\+([0-9A-Fa-f]{6}))")


@schema_rule("table-name", Severity.WARNING)
def table_name(schema: Schema, settings: GuidelineSettings) -> Iterator[Found]:
    """A table is not called lowercase_with_underscores.

    A name with capitals, blanks or hyphens has to stand in double quotes in every query ever written; without them
    PostgreSQL looks for another table. The setting `table-name-pattern` is the regular expression that the whole name
    has to match.

    Bad:
        CREATE TABLE IF NOT EXISTS "UserAccounts" (id bigint PRIMARY KEY);

    Good:
        CREATE TABLE IF NOT EXISTS user_accounts (id bigint PRIMARY KEY);
    """
    pattern = re.compile(settings.table_name_pattern)
    for table in schema.tables():
        name = table.where[1]
        if not table.elsewhere and pattern.fullmatch(name) is None:
            better = snake_case(name)
            fitting = pattern.fullmatch(better) is not None
            yield Found(
                table.spot.statement.source,
                table.spot.byte,
                f"table {quoted(name)} does not match {settings.table_name_pattern}",
                f"The pattern of table names is {settings.table_name_pattern} (setting table-name-pattern).",
                with_name(table.spot.statement, name, better) if fitting else None,
            )


@schema_rule("index-name", Severity.WARNING)
def index_names(schema: Schema, settings: GuidelineSettings) -> Iterator[Found]:
    """An index is not called idx_table_column.

    Errors, plans and monitoring name the index and not its columns: who reads `idx_users_email` at night knows
    where to look. Names begin with the pattern: the columns of the index in their order, or the first of them; more
    may follow. The setting `index-name-pattern` has the patterns, `{table}` and `{columns}` in them. Indexes of
    constraints are called as PostgreSQL calls them.

    Bad:
        CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY, email text);
        CREATE INDEX IF NOT EXISTS users_by_email ON users (email);

    Good:
        CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY, email text);
        CREATE INDEX IF NOT EXISTS idx_users_email ON users (email);
    """
    for index in schema.indexes.values():
        patterns = settings.index_name_patterns
        if index.name and not any(_fits(index, pattern) for pattern in patterns):
            better = index_name(patterns[0], index.table[1], index.parts)
            creates = index.spot.statement.kind == "index_stmt"
            rename = f"ALTER INDEX IF EXISTS {written((index.table[0], index.name))} RENAME TO {quoted(better)};"
            yield Found(
                index.spot.statement.source,
                index.spot.byte,
                f"index {quoted(index.name)} should be called {quoted(better)}",
                f"It is on {index.table[1]} ({', '.join(index.parts)}); the pattern is {patterns[0]}.",
                with_name(index.spot.statement, index.name, better) if creates else rename,
            )


def _fits(index: Index, pattern: str) -> bool:
    # What a file named well is not named badly because a later one gave its column another name.
    for table, columns, parts in ((index.table[1], index.columns, index.parts), index.called_for):
        for spelled in (str, str.lower, plain_name):
            names = spelled(table), tuple(map(spelled, columns)), tuple(map(spelled, parts))
            if _fits_as(index, pattern, *names):
                return True
    return False


def _fits_as(index: Index, pattern: str, table: str, columns: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    head, marked, tail = pattern.partition(_COLUMNS)
    head, tail = head.format(table=table), tail.format(table=table)
    whole = f"{head}{'_'.join(parts)}{tail}"
    if len(whole.encode()) > MOST_BYTES:
        return index.name.startswith(cut(head))
    if not marked:
        return index.name == head
    if not index.plain:
        return index.name.startswith(head) and index.name.endswith(tail)
    names = [f"{head}{'_'.join(columns[:count])}{tail}" for count in range(1, len(columns) + 1)]
    return any(index.name == name or (not tail and index.name.startswith(f"{name}_")) for name in names)


@source_rule("long-identifier", Severity.WARNING)
def long_identifier(source: Source, settings: GuidelineSettings) -> Iterator[Found]:
    """A name has more than 63 bytes, and PostgreSQL cuts it off.

    The server says so in a notice that nobody reads. Two long names that begin alike become the same one: the
    second CREATE … IF NOT EXISTS is skipped, and what compares the name in the code with the one in the catalog
    never finds it.

    Bad:
        CREATE TABLE IF NOT EXISTS measurements_of_the_temperature_in_the_northern_warehouse_building (id bigint);

    Good:
        CREATE TABLE IF NOT EXISTS northern_warehouse_temperatures (id bigint);
    """
    del settings
    if source.unread or not _may_be_long(source.data) or _LONG.search(source.data) is None:
        return
    for statement in source.statements:
        data = source.data[statement.start : statement.end]
        tokens = scan(data.decode()) if _LONG.search(data) is not None else None
        for start, end in zip(tokens.starts, tokens.ends, strict=True) if tokens is not None else ():
            name = _identifier(data[start:end])
            if name is not None and len(name.encode()) > MOST_BYTES:
                yield _too_long(statement, name, start, end)


def _may_be_long(data: bytes) -> bool:
    """Whether a text has a long word, or names with blanks; a search for names takes three times as long."""
    return b'"' in data or max(map(len, data.split()), default=0) > MOST_BYTES


def _identifier(token: bytes) -> str | None:
    escaped = token[:2] in {b"U&", b"u&"}
    token = token[2:] if escaped else token
    if _LONG.fullmatch(token) is None:
        return None
    text = token.decode()
    if not text.startswith('"'):
        return text.lower()
    name = text[1:-1].replace('""', '"')
    if not escaped:
        return name
    # A letter beyond the first 65,536 may be written as two halves.
    return _ESCAPE.sub(_letter, name).encode("utf-16", "surrogatepass").decode("utf-16")


def _letter(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2]
    return chr(int(code, 16)) if code else "\\"


def _too_long(statement: ReadStatement, name: str, start: int, end: int) -> Found:
    data = statement.text.encode()
    kept = quoted(cut(name))
    return Found(
        statement.source,
        statement.start + start,
        f"{name} has {len(name.encode())} bytes; PostgreSQL keeps {MOST_BYTES} of them",
        f"It becomes {kept}.",
        (data[:start] + kept.encode() + data[end:]).decode() + ";",
    )
