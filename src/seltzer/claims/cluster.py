"""What belongs to all databases of a server at once: roles, tablespaces, databases, settings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seltzer.source.heads import read_text
from seltzer.sql.tokens import scan

if TYPE_CHECKING:
    from pathlib import Path

    from seltzer.model import Migration

# From the text: it stands in DO blocks and in Python more often than not. One word too many only costs a server.
_OF_THE_SERVER = re.compile(
    r"\b(create|alter|drop|reassign)\s+(role|user|group|tablespace|database|owned|system)\b", re.IGNORECASE
)
# What is granted ON something belongs to the database.
_MEMBERSHIP = re.compile(r"\b(grant|revoke)\s+(?:(?!\bon\b)[\w\", ])+\s+(to|from)\s+\w", re.IGNORECASE)
_SUBSCRIPTION = re.compile(
    r"\bcreate\s+subscription\b(?!(?:(?!;).)*\bconnect\s*=\s*'?(?:false|off|no|0)\b)|\balter\s+subscription\b(?:(?!;).)*"
    r"\b(?:refresh|enable)\b",
    re.IGNORECASE | re.DOTALL,
)
_WORDS = re.compile(r"\b(role|user|group|tablespace|database|owned|system|grant|revoke)\b", re.IGNORECASE)
_BODY = re.compile(rb"(\$\w*\$)(.*)\1", re.DOTALL)


def changes_server(migration: Migration) -> bool:
    """Whether a migration may change what all databases of its server share."""
    return any(_names_it(path) for path in {migration.file.path, *migration.file.members})


def subscribes(migration: Migration) -> bool:
    """Whether it makes the server connect to another one, where it would leave a replication slot."""
    texts = ((path, read_text(path)) for path in {migration.file.path, *migration.file.members})
    return any(sql_subscribes(text) if path.suffix == ".sql" else _SUBSCRIPTION.search(text) for path, text in texts)


def sql_subscribes(text: str) -> bool:
    """The same of SQL."""
    return "subscription" in text.lower() and _SUBSCRIPTION.search(_without_comments(text)) is not None


def sql_changes_server(text: str) -> bool:
    """Whether SQL may change what all databases of its server share; comments speak of users and of what is granted."""
    return _WORDS.search(text) is not None and _is_meant(_without_comments(text))


def _names_it(path: Path) -> bool:
    text = read_text(path)
    return sql_changes_server(text) if path.suffix == ".sql" else _is_meant(text)


def _is_meant(text: str) -> bool:
    return _OF_THE_SERVER.search(text) is not None or _MEMBERSHIP.search(text) is not None


def _without_comments(text: str) -> str:
    """The tokens of SQL, and those of the bodies in it; what cannot be scanned stays as it is."""
    tokens = scan(text)
    if tokens is None:
        return text
    bodies = ((token, _BODY.fullmatch(token)) for token in tokens.texts)
    return " ".join(_without_comments(body[2].decode()) if body else token.decode() for token, body in bodies)
