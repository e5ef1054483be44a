"""What the user's Python does to a database: pictures that triggers of the server take while it works.

Its statements are its own, whichever driver sends them. An event trigger looks before and after each command on the
schema, statement triggers look after each change of rows of a table that was there.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString, NamedTuple, cast

from seltzer.catalog.effects import Look, observe
from seltzer.catalog.relations import Picture, Relation, take_picture
from seltzer.claims.tracing import Effect
from seltzer.db.connect import execute, fetch
from seltzer.db.tables import ensure_tables
from seltzer.db.text import Sql, raw

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from seltzer.claims.trial import TrialDatabase

_SEEN = (
    "SELECT s.pid, s.xid, s.kind, s.what, s.relations, s.locks, s.scans FROM seltzer_trace.seen AS s ORDER BY s.number"
)
_NO_LINE = 0


class _Seen(NamedTuple):
    """A picture, in which transaction it was taken, and at what."""

    transaction: tuple[int, str]
    kind: str
    what: str
    picture: Picture


def trace_code(db: TrialDatabase, made: Collection[str]) -> tuple[Effect, ...]:
    """Apply a migration as a run would, and say what its commands did; their line is 0, their text the command's name.

    Args:
        db: A database as it is before the migration.
        made: Relations that count as made by the plan.

    Raises:
        SeltzerError: The migration failed.
        psycopg.Error: The role may not make event triggers.
    """
    with db.connect() as conn:
        ensure_tables(conn, db.conditions.table)  # ours are no part of the migration
        relations = take_picture(conn).relations
        own = db.conditions.table.schema
        known = frozenset(
            oid
            for oid, relation in relations.items()
            if relation.name not in made and not relation.name.startswith(f"{own}.")
        )
        execute(conn, _script())
    db.apply()
    with db.connect() as conn:
        return tuple(_effects([_read(row) for row in fetch(conn, raw(_SEEN))], known))


def _effects(pictures: Sequence[_Seen], known: frozenset[int]) -> Iterator[Effect]:
    last: dict[tuple[int, str], Picture] = {}
    for seen in pictures:
        # The first change of rows of a transaction has no picture before it: what holds a lock then is itself.
        before = last.get(seen.transaction) or Picture(seen.picture.relations, {}, {}, seen.picture.scans)
        last[seen.transaction] = seen.picture
        look = Look(before, seen.picture, (), known, reads_rows=True)
        observed = observe(look)
        if observed.hazards or (seen.kind != "start" and observed.locks):
            yield Effect(
                line=_NO_LINE,
                text=seen.what,
                transactional=True,
                locks=observed.locks,
                rewritten=observed.rewritten,
                scanned=observed.scanned,
                indexes_built=observed.indexes_built,
                hazards=observed.hazards,
                worked_on=observed.worked_on,
            )


def _read(row: tuple[Any, ...]) -> _Seen:
    pid, xid, kind, what, relations, locks, scans = row
    held: dict[int, set[str]] = {}
    for oid, mode in locks:
        held.setdefault(oid, set()).add(mode)
    picture = Picture(
        {item[0]: Relation(*item[1:]) for item in relations},
        {},
        {oid: frozenset(modes) for oid, modes in held.items()},
        dict(scans),
    )
    return _Seen((pid, xid), kind, what, picture)


@cache
def _script() -> Sql:
    text = (Path(__file__).parent / "statements" / "trace.sql").read_text(encoding="utf-8")
    return raw(cast("LiteralString", text))
