"""What belongs to all databases of a server at once: roles, tablespaces, databases."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seltzer.source.heads import read_text

if TYPE_CHECKING:
    from seltzer.model import Migration

# From the text: it stands in DO blocks and in Python more often than not. One word too many only costs a server.
_OF_THE_SERVER = re.compile(
    r"\b(create|alter|drop|reassign)\s+(role|user|group|tablespace|database|owned)\b", re.IGNORECASE
)
# What is granted ON something belongs to the database.
_MEMBERSHIP = re.compile(r"\b(grant|revoke)\s+(?:(?!\bon\b)[\w\", ])+\s+(to|from)\s+\w", re.IGNORECASE)


def changes_server(migration: Migration) -> bool:
    """Whether a migration may change what all databases of its server share."""
    paths = {migration.file.path, *migration.file.members}
    return any(_OF_THE_SERVER.search(text) or _MEMBERSHIP.search(text) for text in map(read_text, paths))
