"""Passwords and keys in files that everybody with the repository can read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seltzer.claims.finding import Severity
from seltzer.claims.guidelines.rule import Found, source_rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from postgast.pg_query_pb2 import Node

    from seltzer.claims.guidelines.files import ReadStatement, Source
    from seltzer.claims.guidelines.settings import GuidelineSettings

# What the keys of well-known services look like, and the heads of private ones.
_SHAPES = re.compile(
    rb"""(?x)
    (?P<aws> \b(?:AKIA|ASIA)[0-9A-Z]{16}\b )
    | (?P<github> \b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,})\b )
    | (?P<gitlab> \bglpat-[A-Za-z0-9_-]{20}\b )
    | (?P<slack> \bxox[abprs]-[A-Za-z0-9-]{10,} )
    | (?P<stripe> \b[rs]k_live_[A-Za-z0-9]{20,}\b )
    | (?P<google> \bAIza[A-Za-z0-9_-]{35}\b )
    | (?P<private_key> -----BEGIN\x20(?:[A-Z0-9]+\x20)*PRIVATE\x20KEY----- )
    | (?P<url> \b[A-Za-z][A-Za-z0-9+.-]*://[^\s:/@'"?\#]*:(?P<password>[^\s@/'"]+)@[\w\[] )
    """
)
_LOOKS = {
    "aws": "an access key of AWS",
    "github": "a token of GitHub",
    "gitlab": "a token of GitLab",
    "slack": "a token of Slack",
    "stripe": "a live key of Stripe",
    "google": "a key of Google",
    "private_key": "a private key",
    "url": "a URL with a password",
}
_CHEAP = (b"AKIA", b"ASIA", b"gh", b"glpat-", b"xox", b"k_live_", b"AIza", b"PRIVATE KEY", b"://")
# What a person or a program fills in later.
_BLANK = re.compile(r"""(?ix) [$%:{<\[].* | .*\{\{.* | [*.x…-]+ | (?:your[_-]?)?(?:pass|passwd|password|pw|secret) """)
_FILLED_IN = re.compile(r"(?s)\s*|[*.…]+|<.*>|\$\{.*\}|.*\{\{.*\}\}.*|%\(\w+\)s|%s|:'?\w+'?|SCRAM-SHA-256\$.*")
_CONNINFO = re.compile(r"""(?i)\bpassword\s*=\s*(?:'((?:[^'\\]|\\.)*)'|([^\s']+))""")
_OPTIONS = frozenset({"password", "passwd", "secret", "secret_access_key", "api_key", "token"})
_CLAUSE = re.compile(r"(?i)\s+(?:(?:un)?encrypted\s+)?password\s+(?:e|u&)?'(?:[^']|'')*'")
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


@source_rule("secret-in-sql", Severity.ERROR)
def secret_in_sql(source: Source, settings: GuidelineSettings) -> Iterator[Found]:
    """A password or key stands in a migration.

    Everybody with the repository, its backups and its images has it, and for ever: a commit that takes it out
    leaves it in the history. It has to be changed where it is used. Let the operator set it (psql's command
    `password`), or a program that reads it from where secrets are kept; a SCRAM-SHA-256 verifier is no finding.

    Bad:
        CREATE ROLE reporting LOGIN PASSWORD 'tr0ub4dor';

    Good:
        CREATE ROLE reporting LOGIN;
    """
    del settings
    said: set[int] = set()
    for statement in source.statements:
        if statement.kind in _OWNERS and (what := _literal(statement)):
            said.add(source.line_of(statement.start))
            message = f"{_OWNERS[statement.kind]} has {what} in it"
            yield _found(source, statement.start, message, _without(statement))
    if not any(word in source.data for word in _CHEAP):
        return
    for match in _SHAPES.finditer(source.data):
        kind = match.lastgroup if match.lastgroup != "password" else "url"
        line = source.line_of(match.start())
        if kind is not None and line not in said and not _is_example(match):
            yield _found(source, match.start(), f"{_LOOKS[kind]} stands in the file", None)


def _found(source: Source, byte: int, message: str, fix: str | None) -> Found:
    return Found(source, byte, message, "It is not shown here; it has to be changed where it is used.", fix)


def _is_example(match: re.Match[bytes]) -> bool:
    password = match["password"]
    if password is None:
        return b"EXAMPLE" in match[0] or len(set(match[0])) < 10  # noqa: PLR2004  # AKIAXXXXXXXXXXXXXXXX
    return _BLANK.fullmatch(password.decode(errors="replace")) is not None


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
        if item.def_elem.defname.lower() in _OPTIONS:
            yield item.def_elem.arg.string.sval


def _without(statement: ReadStatement) -> str | None:
    """The statement without its password, where that leaves one."""
    if not statement.kind.endswith("role_stmt"):
        return None
    text = _CLAUSE.sub("", statement.text)
    left = [item for item in statement.node.options if item.def_elem.defname != "password"]
    return f"{text};" if left or statement.kind.startswith("create") else None
