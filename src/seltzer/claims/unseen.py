"""What a migration does that no trigger follows: faults cannot be injected behind it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seltzer.claims.cluster import changes_server
from seltzer.db.connect import fetch
from seltzer.db.text import raw
from seltzer.source.heads import read_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seltzer.catalog.snapshot import Change
    from seltzer.claims.trial import TrialDatabase
    from seltzer.model import Migration

_KINDS = {
    "database": "the database itself",
    "event trigger": "event triggers",
    "settings": "settings of the database",
    "subscription": "subscriptions",
}
# Outside of any transaction, and without a trace in the catalog.
_OUTSIDE = re.compile(
    r"(?i)\b(?:(dblink\w*|lo_import|lo_export|pg_reload_conf|pg_create_\w+_slot|pg_drop_replication_slot)\s*\("
    r"|(alter\s+system|to\s+program)\b)"
)


@dataclass(frozen=True, slots=True)
class Unseen:
    """Counters of a database that move without a trigger.

    Attributes:
        vacuumed: How often tables were vacuumed by a command.
        large_objects: How many there are.
    """

    vacuumed: int
    large_objects: int


def read_unseen(database: TrialDatabase) -> Unseen:
    """The counters as they are."""
    query = raw(
        "SELECT (SELECT coalesce(pg_catalog.sum(s.vacuum_count), 0) FROM pg_catalog.pg_stat_all_tables AS s), "
        "(SELECT pg_catalog.count(*) FROM pg_catalog.pg_largeobject_metadata)"
    )
    with database.connect() as conn:
        (vacuumed, large_objects), *_ = fetch(conn, query)
    return Unseen(int(vacuumed), int(large_objects))


def unseen_of(migration: Migration, before: Unseen, after: Unseen, changed: Iterable[Change]) -> list[str]:
    """What it does that triggers do not follow, in words; empty when they follow all of it.

    Args:
        migration: Which.
        before: The counters before it ran.
        after: The counters after.
        changed: What it changed in the catalog.
    """
    found = [_KINDS[change.object.kind] for change in changed if change.object.kind in _KINDS]
    if after.vacuumed > before.vacuumed:
        found.append("VACUUM")
    if after.large_objects != before.large_objects:
        found.append("large objects")
    if changes_server(migration):
        found.append("roles, tablespaces or databases")
    for path in {migration.file.path, *migration.file.members}:
        found += [" ".join(each.group(each.lastindex or 0).split()) for each in _OUTSIDE.finditer(read_text(path))]
    return sorted(set(found))
