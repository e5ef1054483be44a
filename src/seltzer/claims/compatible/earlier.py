"""What a running release knows: the catalog before everything that is about to run, and what became of it since."""

from __future__ import annotations

import re
from itertools import dropwhile
from typing import TYPE_CHECKING, NamedTuple

from seltzer.catalog.snapshot import ObjectName, Snapshot
from seltzer.claims.compatible.touched import last_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seltzer.claims.trial import Trial
    from seltzer.model import Name

_TABLES = ("table", "partitioned table")


class Earlier(NamedTuple):
    """What a release knows.

    Attributes:
        snapshot: It; tables behind views of their former names are in it under the names that they have now.
        behind: Those names: a release writes to such a table and does not name it.
    """

    snapshot: Snapshot
    behind: frozenset[str]


def known_earlier(trial: Trial, before: Snapshot) -> Earlier:
    """What was there before all that is judged, and what others made since, which are in its midst and not judged.

    Args:
        trial: The migration.
        before: The catalog before it.
    """
    earlier = trial.lab.snapshot_before_plan()
    cases = dropwhile(lambda case: not case.judged, trial.lab.cases[: trial.index])
    names = [case.step.migration.names for case in cases if not case.judged]
    made = {_made(name) for each in names if each is not None for name in each.provides}
    more = {name: it for name, it in before.objects.items() if made and not made.isdisjoint(_bare(name))}
    behind = dict(_behind_views(before, earlier))
    for now, then in behind.items():
        more |= {_moved(name, then, now): it for name, it in earlier.objects.items() if then in {name.name, name.of}}
    return Earlier(Snapshot({**more, **earlier.objects}) if more else earlier, frozenset(behind))


def _made(name: Name) -> str:
    """A table with all its parts, or the one part."""
    part = "" if name.part.startswith("(") else name.part
    return f"{name.schema}.{name.name}.{part}".removesuffix(".")


def _bare(name: ObjectName) -> tuple[str, ...]:
    """An object, and what it is a part of."""
    parts = [name.of] if name.of else []
    return tuple(each.partition("(")[0].replace('"', "") for each in (*parts, ".".join((*parts, name.name))))


def _behind_views(before: Snapshot, earlier: Snapshot) -> Iterator[tuple[str, str]]:
    """Tables that have got another name, and the names by which views stand for them now."""
    for view, attributes in before.of_kind("view").items():
        if not any(ObjectName(kind, view.name) in earlier.objects for kind in _TABLES):
            continue
        definition = str(attributes.get("definition") or "")
        for table in (name for kind in _TABLES for name in before.of_kind(kind) if name not in earlier.objects):
            if re.search(rf"(?<![\w$]){re.escape(last_name(table.name))}(?![\w$])", definition):
                yield table.name, view.name


def _moved(name: ObjectName, then: str, now: str) -> ObjectName:
    return name._replace(of=now) if name.of == then else name._replace(name=now)
