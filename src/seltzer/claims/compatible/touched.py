"""What of a difference between two catalogs concerns a release that knows only the first."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from seltzer.catalog.snapshot import Change, Snapshot

RELATIONS = ("table", "partitioned table", "foreign table", "view", "materialized view")
ROUTINES = ("function", "procedure")
_COLUMN = frozenset({"type", "not null", "default", "identity", "generated", "collation"})
_RELATION = frozenset(
    {"definition", "partition key", "server", "options", "populated", "column order", "replica identity"}
)
_PARTS = frozenset({"constraint", "trigger", "rule"})
_QUIET_CONSTRAINT = frozenset({"comment", "valid", "local", "inherited from"})
_TYPES = frozenset({"domain", "type"})
_LAST_NAME = re.compile(r'(?:"(?:[^"]|"")*"|[^."]+)$')


@dataclass(slots=True)
class Touched:
    """What a migration changed, of what was there before all that is about to run.

    Attributes:
        changes: What is not as it was.
        relations: Names of relations to try, as SQL writes them.
        routines: Signatures of functions and procedures to try.
        lost: Names that are gone from the catalog: what mentions them in a body may fail.
        mentioning: Functions whose bodies mention such a name.
    """

    changes: tuple[Change, ...]
    relations: set[str] = field(default_factory=set[str])
    routines: set[str] = field(default_factory=set[str])
    lost: set[str] = field(default_factory=set[str])
    mentioning: set[str] = field(default_factory=set[str])


def touched_by(changes: Sequence[Change], before: Snapshot, earlier: Snapshot) -> Touched:
    """What is to be tried.

    Args:
        changes: The difference that a migration made.
        before: The catalog before it.
        earlier: The catalog before everything that is about to run: what came later no release knows.
    """
    partitions = _partitions(before)
    concerned = tuple(
        change for change in changes if _is_known(change, earlier) and _relation(change) not in partitions
    )
    found = Touched(concerned)
    for change in concerned:
        _take(found, change, before)
    found.mentioning = set(_mentioning(before, found.lost))
    _add_triggered(found, before, earlier)
    found.relations |= {name for name in _published(changes, before) if _was_there(earlier, RELATIONS, name)}
    found.relations |= {name for name in _without_default(changes) if _was_there(earlier, RELATIONS, name)}
    found.routines |= set(_overloaded(changes, earlier))
    found.routines |= {name for name in found.mentioning if _was_there(earlier, ROUTINES, name)}
    found.relations -= partitions
    return found


def last_name(name: str) -> str:
    """The last part of a qualified name, without quotes, and of a function without its arguments."""
    bare = name.partition("(")[0] if not name.startswith('"') else name
    match = _LAST_NAME.search(bare)
    return (match[0] if match else bare).strip('"').replace('""', '"')


def _partitions(snapshot: Snapshot) -> set[str]:
    """Partitions: what they are, their parents are; who has one dropped goes on."""
    return {name.name for kind in RELATIONS for name, it in snapshot.of_kind(kind).items() if it.get("partition bound")}


def _relation(change: Change) -> str:
    if change.object.kind in RELATIONS:
        return change.object.name
    if change.object.kind == "index":
        return str((change.before or change.after or {}).get("table") or "")
    return change.object.of


def _is_known(change: Change, earlier: Snapshot) -> bool:
    """Whether a running release knows the object, or what it is a part of."""
    if change.object in earlier.objects:
        return True
    if change.before is not None:
        return False
    owner = _relation(change)
    return bool(owner) and (_was_there(earlier, RELATIONS, owner) or _was_there(earlier, _TYPES, owner))


def _was_there(snapshot: Snapshot, kinds: Iterable[str], name: str) -> bool:
    return any(item.name == name for kind in kinds for item in snapshot.of_kind(kind))


def _take(found: Touched, change: Change, before: Snapshot) -> None:
    kind = change.object.kind
    if kind in RELATIONS:
        if change.after is None:
            found.relations.add(change.object.name)
            found.lost.add(last_name(change.object.name))
        elif change.before is not None and _RELATION & set(change.attributes):
            found.relations.add(change.object.name)
    elif kind == "column":
        _take_column(found, change, before)
    elif kind in _PARTS and not set(change.attributes or ("",)) <= _QUIET_CONSTRAINT:
        found.relations.add(change.object.of)
        _add_typed(found, before, change.object.of)
    elif kind == "index":
        if any((each or {}).get("unique") for each in (change.before, change.after)):
            found.relations.add(_relation(change))
    elif kind in ROUTINES:
        _take_routine(found, change, before)
    elif kind in _TYPES:
        found.lost |= {last_name(change.object.name)} if change.after is None else set()
        _add_typed(found, before, change.object.name)


def _published(changes: Iterable[Change], before: Snapshot) -> Iterator[str]:
    """Tables without a primary key that are published now: what has no identity takes no UPDATE then."""
    new = [change.object for change in changes if change.object.kind.startswith("publication") and change.after]
    if not new:
        return
    keyed = {str(index.get("table")) for index in before.of_kind("index").values() if index.get("primary")}
    one = {name.name for name in new if name.kind == "publication table"}
    for kind in ("table", "partitioned table"):
        names = [name.name for name in before.of_kind(kind) if name.name not in keyed]
        yield from (name for name in names if name in one or any(each.kind != "publication table" for each in new))


def _without_default(changes: Iterable[Change]) -> Iterator[str]:
    """Partitioned tables that have lost the partition for what fits nowhere else."""
    for change in changes:
        old, now = change.before or {}, change.after or {}
        if old.get("partition bound") == "DEFAULT" and not now.get("partition bound"):
            yield str(old.get("inherits") or "")


def _overloaded(changes: Iterable[Change], earlier: Snapshot) -> Iterator[str]:
    """Functions that have got a namesake: a call of theirs may be ambiguous."""
    new = {
        change.object.name.partition("(")[0]
        for change in changes
        if change.object.kind in ROUTINES and change.before is None
    }
    for kind in ROUTINES if new else ():
        yield from (name.name for name in earlier.of_kind(kind) if name.name.partition("(")[0] in new)


def _take_routine(found: Touched, change: Change, before: Snapshot) -> None:
    found.routines.add(change.object.name)
    found.lost |= {last_name(change.object.name)} if change.after is None else set()
    if change.after is None or "definition" in change.attributes:
        found.mentioning.add(change.object.name)
        _add_triggered(found, before, before)


def _take_column(found: Touched, change: Change, before: Snapshot) -> None:
    of = change.object.of
    if change.after is None:
        found.relations.add(of)
        found.lost.add(last_name(change.object.name))
    elif change.before is None:
        domains = {name.name for name in before.of_kind("domain")}
        # What is computed may fail for some row.
        value = change.after.get("generated") or "(" in str(change.after.get("default") or "")
        if change.after.get("not null") or value or change.after.get("type") in domains:
            found.relations.add(of)
    elif _COLUMN & set(change.attributes):
        found.relations.add(of)


def _add_typed(found: Touched, before: Snapshot, type_name: str) -> None:
    """The tables with columns of a type."""
    if not any(name.name == type_name for kind in _TYPES for name in before.of_kind(kind)):
        return
    for name, attributes in before.of_kind("column").items():
        if str(attributes.get("type") or "").removesuffix("[]") == type_name:
            found.relations.add(name.of)


def _mentioning(before: Snapshot, lost: Iterable[str]) -> Iterator[str]:
    words = "|".join(sorted(map(re.escape, lost), key=len, reverse=True))
    if not words:
        return
    pattern = re.compile(rf"(?<![\w$])(?:{words})(?![\w$])", re.IGNORECASE)
    for kind in ROUTINES:
        for name, attributes in before.of_kind(kind).items():
            if pattern.search(str(attributes.get("definition") or "")):
                yield name.name


def _add_triggered(found: Touched, before: Snapshot, earlier: Snapshot) -> None:
    """The tables whose triggers run such a function."""
    names = {signature.partition("(")[0] for signature in found.mentioning}
    if not names:
        return
    for name, attributes in before.of_kind("trigger").items():
        run = str(attributes.get("definition") or "").rpartition("EXECUTE FUNCTION ")[2].partition("(")[0]
        if run in names and _was_there(earlier, RELATIONS, name.of):
            found.relations.add(name.of)
