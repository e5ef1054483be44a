"""Which of the pending migrations has to run before which: edges between migrations, never between modules."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from seltzer.model import CREATE_TABLES, Edge, Kind
from seltzer.planning.selection import resolve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from seltzer.model import Migration


def declared_edges(migrations: Sequence[Migration], known: Mapping[str, Path]) -> Iterator[Edge]:
    """The edges that `depends-on` asks for.

    Args:
        migrations: What is pending.
        known: Every id that the files or the history have, with its file where it has one.

    Raises:
        UnknownMigrationError: A directive names something that neither has.
    """
    pending = {item.id: item for item in migrations}
    for item in migrations:
        for reference in item.directives.depends_on:
            place = (item.file.path, item.directives.lines.get("depends-on", 1))
            for target in resolve(reference, list(known), place):
                if target in pending and target != item.id:
                    before = pending[target]
                    soft = "/" not in reference and rank(before) == _LAST
                    yield Edge(target, item.id, "declared", soft=soft, place=place)


IN_ITS_MODULE = "order in the module"
_FIRST, _MIDDLE, _LAST = 0, 1, 2


def rank(item: Migration) -> int:
    """0 for a module's first day (`create_tables.sql` or a runner), 1 for versioned, 2 for other repeatables."""
    if item.file.kind is Kind.RUNNER or item.file.name == CREATE_TABLES:
        return _FIRST
    return _MIDDLE if item.file.kind is Kind.VERSIONED else _LAST


def base_key(item: Migration) -> tuple[int, str, int, str]:
    """Where a migration stands among those that nothing else orders: rank, module, number, name."""
    return rank(item), item.file.module, item.file.number or 0, item.file.name


def is_repeatable(item: Migration) -> bool:
    """Whether it is a view, function or grant that follows the numbered files."""
    return rank(item) == _LAST


def module_edges(migrations: Sequence[Migration], changed: frozenset[str]) -> Iterator[Edge]:
    """The order inside each module: first day, numbered files one after the other, then the rest.

    Args:
        migrations: What is pending.
        changed: Ids that were applied before with other content: a changed first day follows its numbered files.
    """
    modules: dict[str, list[Migration]] = {}
    for item in migrations:
        modules.setdefault(item.file.module, []).append(item)
    for items in modules.values():
        numbered = sorted((item for item in items if rank(item) == _MIDDLE), key=lambda item: item.file.number or 0)
        for before, after in pairwise(numbered):
            yield Edge(before.id, after.id, IN_ITS_MODULE)
        for item in items:
            if rank(item) == _FIRST and item.id in changed:
                yield from _after_last(numbered, item)
            elif rank(item) == _FIRST and numbered:
                yield Edge(item.id, numbered[0].id, IN_ITS_MODULE)
            elif rank(item) == _LAST:
                yield from _after_last(numbered, item)
                for first in items:
                    if rank(first) == _FIRST:
                        yield Edge(first.id, item.id, IN_ITS_MODULE, soft=True, weak=True)


def _after_last(numbered: list[Migration], item: Migration) -> Iterator[Edge]:
    if numbered:
        yield Edge(numbered[-1].id, item.id, IN_ITS_MODULE, soft=True, weak=True)
