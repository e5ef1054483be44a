"""The plan of a run: the pending migrations in the order in which they will be applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.model import FIRST_DAY, FileState, Plan, Reason, Step
from seltzer.planning.graph import IN_ITS_MODULE, base_key, declared_edges, module_edges
from seltzer.planning.inferred import inferred_edges
from seltzer.planning.order import in_order

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from seltzer.model import Edge, Migration
    from seltzer.planning.states import FileStatus


def make_plan(
    pending: Sequence[tuple[FileStatus, Migration]], known: Mapping[str, Path], only: Collection[str] | None = None
) -> Plan:
    """Order the pending migrations.

    Args:
        pending: Each with its status.
        known: Every id that the files or the history have, with its file.
        only: The ids that were asked for, which bring what they need with them; None plans everything.

    Raises:
        RingError: They wait for each other.
        UnknownMigrationError: A `depends-on` names something that is not there.
    """
    migrations = [migration for _, migration in pending]
    reverted = frozenset(status.file.id for status, _ in pending if status.state is FileState.REVERTED)
    changed = {migration.id for status, migration in pending if status.row is not None and status.row.state} - reverted
    keys = {item.id: base_key(item) for item in migrations}
    migrations.sort(key=lambda item: keys[item.id])
    inferred = inferred_edges(migrations, list(known))
    edges = [*module_edges(migrations, frozenset(changed)), *declared_edges(migrations, known), *inferred.edges]
    order, kept = in_order(keys, edges, inferred.choices)
    before: dict[str, list[Edge]] = {}
    for edge in kept:
        before.setdefault(edge.after, []).append(edge)
    if only is not None:
        # A first day is what all numbered files of its module need, whether their text says so or not.
        left_out = {id_ for id_ in reverted if id_.partition("/")[2] not in FIRST_DAY}
        wanted = _with_needs(only, before, left_out)
        order = [item for item in order if item in wanted]
        before = {after: [edge for edge in edges if edge.before in wanted] for after, edges in before.items()}
    by_id = {migration.id: (status, migration) for status, migration in pending}
    return Plan(tuple(_step(*by_id[id_], tuple(before.get(id_, ()))) for id_ in order))


def order_of(migrations: Sequence[Migration], known: Mapping[str, Path]) -> list[str]:
    """The ids of migrations in the order in which they would be applied to an empty database.

    Raises:
        RingError: They wait for each other.
    """
    ordered = sorted(migrations, key=base_key)
    inferred = inferred_edges(ordered, list(known))
    edges = [*module_edges(ordered, frozenset()), *declared_edges(ordered, known), *inferred.edges]
    return in_order({item.id: base_key(item) for item in ordered}, edges, inferred.choices)[0]


def _with_needs(only: Collection[str], before: Mapping[str, Sequence[Edge]], reverted: Collection[str]) -> set[str]:
    """The ids that were asked for and what they need.

    What was reverted comes back where it is needed, not where it only stands before others in its module; what stands
    before it comes along all the same.
    """
    wanted, passed = set[str](), set[str]()
    waiting = [(id_, True) for id_ in only]
    while waiting:
        item, comes = waiting.pop()
        seen = wanted if comes else passed
        if item in seen:
            continue
        seen.add(item)
        for edge in before.get(item, ()):
            in_order_only = edge.because == IN_ITS_MODULE
            if not edge.soft and (comes or in_order_only):
                waiting.append((edge.before, not (in_order_only and edge.before in reverted)))
    return wanted


DONE_STATES = frozenset({FileState.APPLIED, FileState.STAMPED})


def _step(status: FileStatus, migration: Migration, edges: tuple[Edge, ...]) -> Step:
    row = status.row
    former = row.id if row is not None and row.state else None
    return Step(migration, _reason(status), status.generation + 1, edges, former=former)


def _reason(status: FileStatus) -> Reason:
    if status.state is FileState.FAILED or (status.row is not None and status.row.failed):
        return Reason.FAILED
    if status.late:
        return Reason.LATE
    if status.state in DONE_STATES:
        return Reason.NEEDED
    return Reason.CHANGED if status.row is not None and status.row.state else Reason.NEW
