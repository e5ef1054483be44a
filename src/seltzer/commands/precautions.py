"""What a person should know before something runs, and what stops nothing."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any

from seltzer.db.connect import fetch
from seltzer.db.text import compose, literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import psycopg

    from seltzer.db.history_sql import HistoryTable
    from seltzer.model import MigrationFile

_NAMED = 3


def open_to_others(folder: Path, files: Sequence[MigrationFile]) -> Iterator[str]:
    """A warning if others than its owner can write a file that is about to run, or the folder that it is in.

    A group counts as others, unless it is the owner's own: many systems give each user a group of the same number.
    """
    modules = dict.fromkeys(os.path.dirname(file.path) for file in files)  # noqa: PTH120  # a third of the time
    members = (str(path) for file in files for path in (*file.members, *((file.down,) if file.down else ())))
    found = [path for path in dict.fromkeys((str(folder), *modules, *members)) if _writable_by_others(path)]
    if found:
        more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        shown = ", ".join(found[:_NAMED])
        yield (
            f"others than their owner can write {shown}{more}: whoever can write a migration has the rights of the "
            f"role that applies it (chmod -R go-w {folder})"
        )


def _writable_by_others(path: str) -> bool:
    try:
        found = os.stat(path)  # noqa: PTH116  # as above
    except OSError:
        return False
    if found.st_mode & stat.S_IWOTH:
        # In a folder with the sticky bit nobody can replace another's file.
        return not (stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX)
    return bool(found.st_mode & stat.S_IWGRP) and found.st_gid != found.st_uid


def published(conn: psycopg.Connection[Any], table: HistoryTable) -> Iterable[str]:
    """A warning for each publication that the history is in: a subscriber would take these rows for its own."""
    query = compose(
        "SELECT DISTINCT pubname FROM pg_catalog.pg_publication_tables "
        "WHERE schemaname = {schema} AND tablename = {table} ORDER BY 1",
        schema=literal(table.schema),
        table=literal(table.table),
    )
    for (name,) in fetch(conn, query):
        yield (
            f"the publication {name} contains the history {table}: a subscriber that applies its own migrations would "
            "meet rows of this server; leave the schema out of the publication"
        )
