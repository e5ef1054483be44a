"""What the statements of a file do: for people in words of who waits for them, and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seltzer.catalog.lock_modes import blocked_by, by_strength
from seltzer.claims.production import size_words, statistics_content
from seltzer.report.screens_lines import with_facts
from seltzer.report.text import shown_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from seltzer.claims.tracing import Effect
    from seltzer.commands.stats import StatsResult
    from seltzer.commands.trace import TraceResult

_WIDTH = 90


def trace_content(result: TraceResult) -> dict[str, Any]:
    """What `trace --json` prints."""
    return {"effects": [_effect(item) for item in result.effects]}


def _effect(item: Effect) -> dict[str, Any]:
    return {
        "line": item.line,
        "statement": item.text,
        "transactional": item.transactional,
        "locks": None if item.locks is None else dict(sorted(item.locks.items())),
        "rewritten": list(item.rewritten),
        "scanned": None if item.scanned is None else list(item.scanned),
        "indexes_built": list(item.indexes_built),
        "constraints_validated": list(item.constraints_validated),
        "hazard": item.hazard,
        "duration_ms": round(item.duration_ms, 3),
        "error": item.error,
    }


@with_facts
def trace_lines(result: TraceResult) -> Iterator[str]:
    """A block a statement, and where it was tried."""
    for effect in result.effects:
        yield from _block(effect)
    if not result.effects:
        yield "no statement"
        return
    hazards = sum(effect.hazard for effect in result.effects)
    words = {0: "no hazard", 1: "1 hazard"}.get(hazards, f"{hazards} hazards")
    stays = "; what was not rolled back stays there" if result.stays else ""
    yield f"{words}; tried on {result.database}{stays}"


def stats_content(result: StatsResult) -> dict[str, Any]:
    """What `stats --json` prints, and `--stats` reads."""
    return statistics_content(result.sizes, result.queries)


@with_facts
def stats_lines(result: StatsResult) -> Iterator[str]:
    """The tables, the largest first."""
    for name, size in sorted(result.sizes.items(), key=lambda item: -item[1].total_bytes):
        rows = "rows not counted yet (ANALYZE)" if size.rows is None else f"about {size.rows:,} rows"
        yield f"{name}: {size_words(size.total_bytes)} with its indexes, {rows}"
    where = f"; written to {shown_path(result.written)}" if result.written is not None else ""
    queries = f" and {len(result.queries)} queries" if result.queries is not None else ""
    yield f"{len(result.sizes)} tables{queries} in {result.database}{where}"


def _block(effect: Effect) -> Iterator[str]:
    statement = " ".join(effect.text.split())
    shown = statement if len(statement) <= _WIDTH else f"{statement[:_WIDTH]}…"
    yield f"line {effect.line}: {shown}"
    if effect.error is not None:
        yield f"    error: {effect.error}"
    elif effect.hazard:
        yield f"    HAZARD: {_hazard_words(effect)}"
    for mode, names in by_strength(effect.locks or {}):
        yield f"    locks {_list(names)}: {mode}, blocks {blocked_by(mode)}"
    for word, names in (
        ("rewrites", effect.rewritten),
        ("scans", effect.scanned or ()),
        ("builds", effect.indexes_built),
        ("validates", effect.constraints_validated),
    ):
        if names:
            yield f"    {word} {_list(names)}"
    if not effect.transactional:
        yield "    runs outside of a transaction"
    yield ""


def _hazard_words(effect: Effect) -> str:
    """What takes long, and who waits meanwhile."""
    work = [
        f"{word} {_list(names)}"
        for word, names in (("rewrites", effect.rewritten), ("builds", effect.indexes_built))
        if names
    ]
    work = work or [f"goes through all rows of {_list(effect.worked_on)}"]
    waits = [f"{blocked_by(mode)} of {_list(names)} wait" for mode, names in by_strength(effect.hazards)]
    return f"{' and '.join(work)}, the longer the larger; meanwhile {', '.join(waits)}"


def _list(names: Sequence[str]) -> str:
    return ", ".join(names)
