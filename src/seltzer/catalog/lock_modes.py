"""Lock modes of tables: in words, by strength, and what each makes others wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# From the weakest to the strongest: the words of the manual, by the name in pg_locks.
_WORDS = {
    "AccessShareLock": "ACCESS SHARE",
    "RowShareLock": "ROW SHARE",
    "RowExclusiveLock": "ROW EXCLUSIVE",
    "ShareUpdateExclusiveLock": "SHARE UPDATE EXCLUSIVE",
    "ShareLock": "SHARE",
    "ShareRowExclusiveLock": "SHARE ROW EXCLUSIVE",
    "ExclusiveLock": "EXCLUSIVE",
    "AccessExclusiveLock": "ACCESS EXCLUSIVE",
}
_STRENGTH = {mode: strength for strength, mode in enumerate(_WORDS)}
_STRONG = _STRENGTH["ShareLock"]

EXCLUSIVE = "ACCESS EXCLUSIVE"
_BLOCKS_WRITES = frozenset({"SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE"})


def strongest(modes: Iterable[str]) -> str | None:
    """The strongest of some modes, as pg_locks names them; None of none."""
    known = [mode for mode in modes if mode in _STRENGTH]
    return max(known, key=_STRENGTH.__getitem__) if known else None


def in_words(mode: str) -> str:
    """A mode as the manual writes it."""
    return _WORDS[mode]


def is_strong(modes: Iterable[str]) -> bool:
    """Whether one of the modes keeps others from writing: SHARE or stronger."""
    mode = strongest(modes)
    return mode is not None and _STRENGTH[mode] >= _STRONG


def changes_schema(modes: Iterable[str]) -> bool:
    """Whether one of the modes is one that commands on the schema take: SHARE UPDATE EXCLUSIVE or stronger."""
    mode = strongest(modes)
    return mode is not None and _STRENGTH[mode] >= _STRENGTH["ShareUpdateExclusiveLock"]


def blocked_by(words: str) -> str:
    """Who waits for a mode, of those who use a table: `reads and writes`, `writes`, or `schema changes`, or nobody."""
    if words == EXCLUSIVE:
        return "reads and writes"
    if words in _BLOCKS_WRITES:
        return "writes"
    return "schema changes" if words == "SHARE UPDATE EXCLUSIVE" else "nobody who reads or writes"


def by_strength(locks: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
    """Relations by the mode they are locked in, in words; the strongest first."""
    for mode in reversed(_WORDS.values()):
        names = sorted(name for name, found in locks.items() if found == mode)
        if names:
            yield mode, names
