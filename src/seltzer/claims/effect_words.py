"""What a hazard is called, and what is said of it: what was seen, and who would wait for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.catalog.lock_modes import blocked_by, by_strength
from seltzer.claims.production import reading_time, rewriting_time, size_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seltzer.claims.production import Sizes
    from seltzer.claims.tracing import Effect


def rule_of(effect: Effect) -> str:
    """The rule's name: `rewrite`, `index-build`, `scan`, or `long-lock` when the lock is an earlier statement's."""
    taken = effect.locks if effect.locks is not None else effect.hazards
    if all(taken.get(name) != mode for name, mode in effect.hazards.items()):
        return "long-lock"
    if effect.rewritten:
        return "rewrite"
    return "index-build" if effect.indexes_built else "scan"


def message_of(effect: Effect) -> str:
    """What is wrong, in one sentence."""
    since = ", locked by an earlier statement of the same transaction" if rule_of(effect) == "long-lock" else ""
    return f"{_work(effect)} while {_waiting(effect)}{since}"


def evidence_of(effect: Effect, major: int) -> str:
    """What was tried and seen, a fact a line."""
    lines = [f"run on PostgreSQL {major}, after everything that precedes it"]
    lines += [f"locked {mode}: {', '.join(names)}" for mode, names in by_strength(effect.hazards)]
    for word, names in (
        ("rewritten", effect.rewritten),
        ("read from beginning to end", effect.scanned or ()),
        ("built", effect.indexes_built),
        ("validated", effect.constraints_validated),
    ):
        if names:
            lines.append(f"{word}: {', '.join(names)}")
    return "\n".join(lines)


def why_of(effect: Effect, sizes: Sizes) -> str:
    """What it means in production, with the sizes of tables where they are known."""
    why = f"It takes the longer the larger {_list(effect.worked_on)} is; until its transaction ends "
    lines = [f"{why}{_blocked(effect)} wait, and everything that waits for them."]
    time = rewriting_time if effect.rewritten or effect.indexes_built else reading_time
    for name in effect.worked_on:
        if (size := sizes.get(name)) is not None:
            rows = f"{size.rows:,} rows, " if size.rows is not None else ""
            lines.append(f"{name} has {rows}{size_words(size.total_bytes)} with its indexes: {time(size)}.")
    return " ".join(lines)


def _work(effect: Effect) -> str:
    if effect.rewritten:
        return f"rewrites {_list(effect.rewritten)}"
    if effect.indexes_built:
        return f"builds {_list(effect.indexes_built)} on {_list(effect.worked_on)}"
    return f"reads all of {_list(effect.worked_on)}"


def _waiting(effect: Effect) -> str:
    said = {"reads and writes": "read or write", "writes": "write to"}
    parts = [
        f"nobody else can {said.get(blocked_by(mode), 'write to')} {_list(names)}"
        for mode, names in by_strength(effect.hazards)
    ]
    return " and ".join(parts)


def _blocked(effect: Effect) -> str:
    parts = [f"{blocked_by(mode)} of {_list(names)}" for mode, names in by_strength(effect.hazards)]
    return " and ".join(parts)


def _list(names: Sequence[str]) -> str:
    return ", ".join(names)
