"""What a statement did, from how things stood before and after it and from what the server said meanwhile."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seltzer.catalog.lock_modes import EXCLUSIVE, in_words, is_strong, strongest
from seltzer.catalog.relations import TABLES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from seltzer.catalog.relations import Picture

# What the server says at DEBUG1 in English; the names in it have no schema.
_VERIFYING = re.compile(r'verifying table "(?P<name>.*)"')
_REWRITING = re.compile(r'rewriting table "(?P<name>.*)"')
_BUILDING = re.compile(r'building index ".*" on table "(?P<name>.*)" (?:serially|with request for .*)')
_VALIDATING = re.compile(r'validating foreign key constraint "(?P<name>.*)"')

_SEQUENCE = "S"


@dataclass(frozen=True, slots=True)
class Observed:
    """What was seen of one statement; relations by their names before it.

    Attributes:
        locks: The strongest mode newly taken on each relation that was there, in the manual's words.
        rewritten: Tables and sequences whose file is another.
        scanned: Tables that were read from beginning to end.
        indexes_built: Indexes with a file of their own that was not there; new ones by their new names.
        constraints_validated: `schema.table.constraint` that every row was checked for.
        worked_on: Tables that were there, with work that takes the longer the larger they are.
        hazards: Tables that others could not write to, or not even read, during such work, with the mode that was held.
    """

    locks: Mapping[str, str]
    rewritten: tuple[str, ...] = ()
    scanned: tuple[str, ...] = ()
    indexes_built: tuple[str, ...] = ()
    constraints_validated: tuple[str, ...] = ()
    worked_on: tuple[str, ...] = ()
    hazards: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Look:
    """Two pictures and what was said between them.

    Attributes:
        before: The picture before the statement.
        after: The one after it.
        said: The server's messages at DEBUG1.
        known: OIDs of the relations that count: those that were there before the whole plan.
        reads_rows: Whether the statement is one that reads or changes rows, rather than the schema.
        own: OIDs of those that an earlier statement of the same file made: nobody waits for them.
        empty: OIDs of those among them that have no rows, and of tables that were emptied: nothing takes long there.
        by_key: OIDs of those that were read as a whole only because they are small.
    """

    before: Picture
    after: Picture
    said: Collection[str]
    known: Collection[int]
    reads_rows: bool = False
    own: Collection[int] = ()
    empty: Collection[int] = ()
    by_key: Collection[int] = ()

    @property
    def replaced(self) -> frozenset[int]:
        """OIDs of the tables and sequences, of those that count, whose file is another."""
        return frozenset(_rewritten(self))


def observe(look: Look) -> Observed:
    """What a statement did to relations that were there before."""
    locks = _new_locks(look)
    rewritten = _rewritten(look)
    scanned = {oid for oid, count in look.after.scans.items() if count > look.before.scans.get(oid, 0)}
    built = _built(look)
    told = _tables_said(look)
    heavy = {oid for oid in rewritten if look.before.relations[oid].kind in TABLES}
    heavy |= {table for table in built.values() if table in look.known} | told
    seen = {oid for oid in scanned if oid in look.known and oid in look.before.relations}
    long = seen - {*look.by_key}
    return Observed(
        locks={look.before.relations[oid].name: in_words(mode) for oid, mode in locks.items()},
        rewritten=_names(look, rewritten),
        scanned=_names(look, seen),
        indexes_built=tuple(
            sorted(look.after.relations[oid].name for oid, table in built.items() if table in look.known)
        ),
        constraints_validated=_validated(look, heavy | seen),
        worked_on=_names(look, heavy | long),
        hazards={look.before.relations[oid].name: _held(look, oid) for oid in sorted(_hazards(look, heavy, long))},
    )


def _hazards(look: Look, heavy: Iterable[int], seen: Iterable[int]) -> set[int]:
    """Tables with long work on them, or locked ACCESS EXCLUSIVE since before it, that somebody waits for.

    A scan that nothing but the counters tell of is long work when the statement is one that reads rows, or when it
    took the lock itself: the DEFAULT partition, say, is read under the lock that a new partition takes on it.
    """
    heavy, seen = {*heavy} - {*look.empty}, {*seen} - {*look.empty}
    held = {oid: modes for oid, modes in look.after.locks.items() if oid in look.known}
    found = {oid for oid in heavy if is_strong(held.get(oid, ()))}
    for oid in seen:
        modes = held.get(oid, frozenset()) if look.reads_rows else _newly(look, oid)
        if is_strong(modes):
            found.add(oid)
    if heavy or (look.reads_rows and seen) or found:
        found |= {oid for oid in _exclusive_before(look) if look.before.relations[oid].kind in {*TABLES, "p"}}
    return found


def _held(look: Look, oid: int) -> str:
    """The strongest mode on a table, whichever statement of the transaction took it."""
    mode = strongest(look.after.locks.get(oid, ()))
    return in_words(mode) if mode is not None else EXCLUSIVE


def _exclusive_before(look: Look) -> set[int]:
    return {
        oid
        for oid, modes in look.before.locks.items()
        if "AccessExclusiveLock" in modes and oid in look.known and oid in look.before.relations and oid not in look.own
    }


def _new_locks(look: Look) -> dict[int, str]:
    found: dict[int, str] = {}
    for oid in look.after.locks:
        mode = strongest(_newly(look, oid))
        if mode is not None and oid in look.known and oid in look.before.relations:
            found[oid] = mode
    return found


def _newly(look: Look, oid: int) -> frozenset[str]:
    return look.after.locks.get(oid, frozenset()) - look.before.locks.get(oid, frozenset())


def _rewritten(look: Look) -> set[int]:
    return {
        oid
        for oid, relation in look.before.relations.items()
        if relation.kind in {*TABLES, _SEQUENCE}
        and oid in look.known
        and oid in look.after.relations
        and look.after.relations[oid].file != relation.file
    }


def _built(look: Look) -> dict[int, int]:
    """Indexes that have a file that nothing had before, with their tables.

    A new OID alone proves nothing: a wider varchar makes the entry of its index anew, and keeps the file.
    """
    files = look.before.files
    return {
        oid: relation.table
        for oid, relation in look.after.relations.items()
        if relation.kind == "i" and relation.table is not None and relation.file and relation.file not in files
    }


def rebuilt_unseen(look: Look) -> tuple[str, ...]:
    """Tables of which an index got a new file in its place although no lock on the table was seen.

    The server gives an index another file under its old OID only while it is locked ACCESS EXCLUSIVE; one that is
    rebuilt CONCURRENTLY has a new OID.
    """
    tables = {
        relation.table
        for oid, relation in look.before.relations.items()
        if relation.table in look.known
        and oid in look.after.relations
        and relation.file != look.after.relations[oid].file
        and relation.table not in look.after.locks
    }
    return _names(look, (table for table in tables if table is not None))


def _tables_said(look: Look) -> set[int]:
    """The tables that the server said it went through."""
    names = {match["name"] for text in look.said for match in _matches(text)}
    found = {
        oid
        for oid, relation in look.before.relations.items()
        if relation.bare in names and relation.kind in TABLES and oid in look.known
    }
    # Of tables with one name in several schemas, the one that was locked is meant.
    found = {oid for oid in found if oid in look.after.locks or not look.after.locks}
    keys = {match["name"] for text in look.said if (match := _VALIDATING.fullmatch(text))}
    return found | {
        constraint.table
        for constraint in look.after.constraints.values()
        if constraint.bare in keys
        and constraint.table in look.known
        and constraint.table in look.after.locks
        and look.after.relations[constraint.table].kind in TABLES
    }


def _matches(text: str) -> list[re.Match[str]]:
    return [match for pattern in (_VERIFYING, _REWRITING, _BUILDING) if (match := pattern.fullmatch(text))]


def _validated(look: Look, worked_on: Collection[int]) -> tuple[str, ...]:
    """Constraints that are valid now and were not, of tables whose rows were gone through."""
    return tuple(
        sorted(
            f"{look.before.relations[constraint.table].name}.{constraint.name}"
            for oid, constraint in look.after.constraints.items()
            if oid not in look.before.constraints and constraint.table in worked_on
        )
    )


def _names(look: Look, oids: Iterable[int]) -> tuple[str, ...]:
    return tuple(sorted(look.before.relations[oid].name for oid in oids))
