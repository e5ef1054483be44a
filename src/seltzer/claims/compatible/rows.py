"""Statements with rows: those that the old schema took are sent to the new one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psycopg

from seltzer.claims.compatible.refusals import Refusal, break_of
from seltzer.claims.compatible.samples import read_samples, statements_of
from seltzer.claims.compatible.sending import make_room, nothing_done, refuses_trials, run_each, undone

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from seltzer.claims.compatible.breaks import Break, Known, Sides
    from seltzer.claims.compatible.samples import Row, Sent
    from seltzer.claims.compatible.sending import Answer

_GROUPS_OF_ROWS = frozenset({"row", "minimal", "two"})
_LATER_GROUPS = frozenset({"change", "delete", "update", "role"})


@dataclass(slots=True)
class Tried:
    """What came of the rows.

    Attributes:
        breaks: What was accepted before and refused after.
        untried: Tables of which no row was found, or that could not be emptied, and why.
        rows: How many statements were accepted before.
    """

    breaks: list[Break] = field(default_factory=list["Break"])
    untried: dict[str, str] = field(default_factory=dict[str, str])
    rows: int = 0


def try_rows(sides: Sides, tables: Sequence[Known]) -> Tried:
    """Send what a release could send about each of some tables."""
    tried = Tried()
    samples = read_samples(sides.before, sides.conditions, [known.before for known in tables]) if tables else {}
    for known in tables:
        rows = samples.get(known.before.oid, [])
        if not rows:
            tried.untried[str(known.before)] = "no row was found for it"
            continue
        try:
            refusals = list(_refusals(sides, known, rows, tried))
        except psycopg.Error as error:
            if not refuses_trials(error):
                raise
            tried.untried[str(known.before)] = f"SQLSTATE {error.sqlstate}"
            continue
        tried.breaks += [found for refusal in refusals if (found := break_of(known, refusal)) is not None]
    return tried


def _refusals(sides: Sides, known: Known, rows: Sequence[Row], tried: Tried) -> Iterator[Refusal]:
    before, now = known.before, known.now
    there = known.table_now
    if now is None or there is None:
        return
    changed = [item.name for item in before.columns if (new := now.column(item.name)) is not None and new != item]
    every = {column.name for column in before.columns}
    first = {(sent.group, sent.subject, sent.at): sent for sent in statements_of(known, rows, every, changed)}
    # What is refused for a name that is gone is told once; these leave it out.
    left = {column.name for column in now.columns if not column.generated} & every
    second = {(sent.group, sent.subject, sent.at): sent for sent in statements_of(known, rows, left, changed)}
    both = [key for key in first if key in second]
    answers = _sent(sides, known, [first[key] for key in both], after=False)
    accepted = [(key, answer) for key, answer in zip(both, answers, strict=True) if answer.accepted]
    tried.rows += len(accepted)
    now_sent = [second[key] for key, _ in accepted]
    answered = zip((answer for _, answer in accepted), _sent(sides, known, now_sent, after=True), strict=True)
    yield from _grouped(now_sent, [nothing_done(*each) for each in answered])
    new_keys = [name for name in there.foreign_keys if name not in before.foreign_keys]
    if new_keys:
        alone = [sent for sent in now_sent if sent.group == "row"]
        answers = _sent(sides, known, alone, after=True, kept=new_keys)
        yield from (item for item in _grouped(alone, answers) if item.answer.state == "23503")


def _sent(
    sides: Sides, known: Known, statements: Sequence[Sent], *, after: bool, kept: Sequence[str] = ()
) -> list[Answer]:
    conn = sides.after if after else sides.before
    table = known.table_now if after and known.table_now is not None else known.before
    with undone(conn, sides.conditions):
        make_room(conn, table, kept)
        return run_each(conn, [item.sql for item in statements], [item.first for item in statements])


def _grouped(statements: Sequence[Sent], answers: Sequence[Answer]) -> Iterator[Refusal]:
    """One refusal for each reason, the plainest statement first."""
    groups: dict[tuple[str, str], list[tuple[Sent, Answer]]] = {}
    for sent, answer in zip(statements, answers, strict=True):
        groups.setdefault((sent.group, sent.subject), []).append((sent, answer))
    told: dict[tuple[str, str, str], Refusal] = {}
    failing: set[str] = set()
    for (group, subject), items in groups.items():
        refused = [(sent, answer) for sent, answer in items if not answer.accepted]
        if not refused or (group in _LATER_GROUPS and "row" in failing) or (group == "update" and "change" in failing):
            continue
        if len(refused) == len(items):
            failing.add("row" if group in _GROUPS_OF_ROWS else group)
        for sent, answer in refused:
            # A trigger that refuses every UPDATE is told once, whatever the column is.
            which = answer.constraint or answer.column or (answer.said if group == "update" else subject)
            reason = (answer.state, which, group if group == "value" else "")
            told.setdefault(reason, Refusal(sent, answer, every=len(refused) == len(items)))
            if group in _GROUPS_OF_ROWS and len(refused) == len(items) and not told[reason].every:
                told[reason] = Refusal(sent, answer, every=True)
    yield from told.values()
