"""Passwords and keys in files that everybody with the repository can read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seltzer.claims.guidelines.rule import Found, source_rule
from seltzer.model import Severity
from seltzer.sql.secret_shapes import HINTS, LOOKS, secret_shapes
from seltzer.sql.secret_texts import is_filled_in_later, secret_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from postgast.pg_query_pb2 import Node

    from seltzer.claims.guidelines.files import ReadStatement, Source
    from seltzer.claims.guidelines.settings import GuidelineSettings

_URL = re.compile(r"""\b[A-Za-z][A-Za-z0-9+.-]*://[^\s:/@'"?#]*:([^\s@/'"]+)@[\w\[]""")
_FILLED_IN = re.compile(r"(?s)\s*|[*.…]+|<.*>|\$\{.*\}|.*\{\{.*\}\}.*|%\(\w+\)s|%s|:'?\w+'?|SCRAM-SHA-256\$.*")
_CONNINFO = re.compile(r"""(?i)\bpassword\s*=\s*(?:'((?:[^'\\]|\\.)*)'|([^\s']+))""")
_FEWEST_LETTERS = 10
_OPTIONS = re.compile(
    r"(?i)(?:\w+_)?(?:password|passwd|passphrase|secret|secret_access_key|secret_key|api_?key|token|private_key)"
)
_CLAUSE = re.compile(r"(?i)\s+(?:(?:un)?encrypted\s+)?password\s+(?:e|u&)?'(?:[^']|'')*'")
RULE = "secret-in-sql"
_OWNERS = {
    "create_role_stmt": "CREATE ROLE",
    "alter_role_stmt": "ALTER ROLE",
    "create_subscription_stmt": "CREATE SUBSCRIPTION",
    "alter_subscription_stmt": "ALTER SUBSCRIPTION",
    "create_foreign_server_stmt": "CREATE SERVER",
    "alter_foreign_server_stmt": "ALTER SERVER",
    "create_user_mapping_stmt": "CREATE USER MAPPING",
    "alter_user_mapping_stmt": "ALTER USER MAPPING",
}


@source_rule(RULE, Severity.ERROR)
def secret_in_sql(source: Source, settings: GuidelineSettings) -> Iterator[Found]:
    """A password or key stands in a migration.

    Everybody with the repository, its backups and its images has it, and for ever: a commit that takes it out
    leaves it in the history. It has to be changed where it is used. Let the operator set it (psql's command
    `password`), or a program that reads it from where secrets are kept; a SCRAM-SHA-256 verifier is no finding.
    All of a file is searched: blocks and bodies, comments, Python, and the down file.

    Bad:
        CREATE ROLE reporting LOGIN PASSWORD 'tr0ub4dor';

    Good:
        CREATE ROLE reporting LOGIN;
    """
    del settings
    said: list[range] = []
    for statement in source.statements:
        if statement.kind in _OWNERS and (what := _literal(statement)):
            said.append(range(statement.start, statement.end))
            message = f"{_OWNERS[statement.kind]} has {what} in it"
            yield _found(source, statement.start, message, _without(statement))
    text = source.data.decode()
    for place, what in sorted(_seen(text)):
        byte = len(text[:place].encode())
        if not any(byte in span for span in said):
            yield _found(source, byte, f"{what} stands in the file", None)


def _seen(text: str) -> Iterator[tuple[int, str]]:
    """Where a text has a secret by its look alone, and what it is."""
    if "://" in text:
        for match in _URL.finditer(text):
            if not is_filled_in_later(match[1]):
                yield match.start(), "a URL with a password"
    for match in secret_shapes().finditer(text) if any(hint in text for hint in HINTS) else ():
        # AKIAIOSFODNN7EXAMPLE of the manual, AKIAXXXXXXXXXXXXXXXX of a template
        if "EXAMPLE" not in match[0] and len(set(match[0])) >= _FEWEST_LETTERS:
            yield match.start(), LOOKS[match.lastgroup or ""]
    yield from ((found.secret[0], found.what) for found in secret_texts(text))


def _found(source: Source, byte: int, message: str, fix: str | None) -> Found:
    return Found(source, byte, message, "It is not shown here; it has to be changed where it is used.", fix)


def _literal(statement: ReadStatement) -> str:
    """What a statement has in clear, in words; empty for nothing."""
    node, kind = statement.node, statement.kind
    if kind.endswith("role_stmt"):
        texts = [item.def_elem.arg.string.sval for item in node.options if item.def_elem.defname == "password"]
        return "a password" if any(_FILLED_IN.fullmatch(text) is None for text in texts) else ""
    if kind.endswith("subscription_stmt"):
        return "a password" if _in_conninfo(node.conninfo) else ""
    return "a secret" if any(_FILLED_IN.fullmatch(text) is None for text in _secrets(node.options)) else ""


def _in_conninfo(text: str) -> bool:
    match = _CONNINFO.search(text)
    return match is not None and _FILLED_IN.fullmatch(match[1] or match[2] or "") is None


def _secrets(options: Iterable[Node]) -> Iterator[str]:
    for item in options:
        if _OPTIONS.fullmatch(item.def_elem.defname):
            yield item.def_elem.arg.string.sval


def _without(statement: ReadStatement) -> str | None:
    """The statement without its password, where that leaves one."""
    if not statement.kind.endswith("role_stmt"):
        return None
    text = _CLAUSE.sub("", statement.text)
    left = [item for item in statement.node.options if item.def_elem.defname != "password"]
    return f"{text};" if left or statement.kind.startswith("create") else None
