"""Foreign keys that are there before and after, and do less for the release that relies on them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seltzer.claims.compatible.breaks import SPEAKS, WARNING, Break
from seltzer.claims.compatible.touched import last_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from seltzer.catalog.snapshot import Change

_KEY = re.compile(r"(?P<key>FOREIGN KEY .*? REFERENCES .*?\))(?= |$)(?P<rest>.*)")
_ACTION = re.compile(r"ON (?P<event>DELETE|UPDATE) (?P<action>CASCADE|SET NULL|SET DEFAULT)")


def weaker_references(changes: Sequence[Change]) -> Iterator[Break]:
    """Foreign keys that no longer delete or change what refers, or no longer wait for the end of a transaction."""
    constraints = [change for change in changes if change.object.kind == "constraint"]
    old = dict(_keys(constraints, "before"))
    for (table, key), (name, rest) in _keys(constraints, "after"):
        if (table, key) not in old:
            continue
        _, former = old[table, key]
        kept = {match["event"] for match in _ACTION.finditer(rest)}
        lost = [match for match in _ACTION.finditer(former) if match["event"] not in kept]
        words = (last_name(name), last_name(table))
        evidence = (f"before: {key}{former}", f"after: {key}{rest}")
        for match in lost:
            message = f"foreign key {name} of {table} has no ON {match['event']} {match['action']} any more"
            why = f"{SPEAKS}: its {match['event']} of a row that others refer to is refused meanwhile."
            yield Break("reference-added", WARNING, words, message, evidence, why)
        for word in ("INITIALLY DEFERRED", "DEFERRABLE"):
            if _has(former, word) and not _has(rest, word):
                message = f"foreign key {name} of {table} is not {word} any more: rows have to come in order"
                why = f"{SPEAKS}: where it writes the row that refers before the other, it fails meanwhile."
                yield Break("reference-added", WARNING, words, message, evidence, why)
                break


def _has(rest: str, word: str) -> bool:
    return word in rest.replace("NOT DEFERRABLE", "")


def _keys(changes: Sequence[Change], side: str) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    for change in changes:
        attributes: Mapping[str, object] = (change.before if side == "before" else change.after) or {}
        match = _KEY.match(str(attributes.get("definition") or ""))
        if match is not None:
            yield (change.object.of, match["key"]), (change.object.name, match["rest"])
