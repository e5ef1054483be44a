"""What a shadow lacks that a migration asks for: its failure there says nothing about the migration."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seltzer.errors import SeltzerError

# PostgreSQL's own words, in English: a shadow's lc_messages is C.
_LACKING = (
    (re.compile(r'extension "([^"]+)" is not available'), "the extension {0}"),
    (re.compile(r'could not open extension control file ".*/([^/"]+)\.control"'), "the extension {0}"),
    (re.compile(r'could not access file "([^"]+)"'), "the library {0}"),
    (re.compile(r'role "([^"]+)" does not exist'), "the role {0}"),
    (re.compile(r'tablespace "([^"]+)" does not exist'), "the tablespace {0}"),
    (re.compile(r'collation "([^"]+)" for encoding .* does not exist'), "the collation {0}"),
    (re.compile(r"ICU is not supported in this build"), "ICU"),
    (re.compile(r"unsupported XML feature"), "libxml"),
    (re.compile(r'language "([^"]+)" does not exist'), "the language {0}"),
    (re.compile(r'access method "([^"]+)" does not exist'), "the access method {0}"),
    (re.compile(r'foreign-data wrapper "([^"]+)" does not exist'), "the foreign-data wrapper {0}"),
    (re.compile(r'unrecognized configuration parameter "([^"]+)"'), "the setting {0}"),
    (re.compile(r"must be loaded via .?shared_preload_libraries"), "a library in shared_preload_libraries"),
    (re.compile(r'(?:"?wal_level"? (?:>=|to be)|WAL level not sufficient)'), "a higher wal_level"),
    (re.compile(r"max_replication_slots"), "replication slots"),
)


def what_lacks(error: SeltzerError) -> str | None:
    """What the shadow does not have, by the server's own words; None when that is not why it failed."""
    said = f"{error.message}\n{error.detail or ''}"
    for pattern, words in _LACKING:
        found = pattern.search(said)
        if found is not None:
            return words.format(*found.groups())
    return None
