"""The SQL of Seltzer's own tables. Every name in it is qualified: no search path can change what it means."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import LiteralString, cast

from seltzer.db.text import Sql, compose, identifier, literal

FORMAT = 1

# Unit and record separators: they part the fields of a row and the two sorts of rows, and no field can hold them.
FIELD = "\x1f"
OLDER = "\x1e"


class HistoryTable:
    """The qualified name of a history table, and of what belongs to it.

    Attributes:
        schema: Its schema.
        table: Its own name.
        history: Both, quoted.
        progress_table: The name of the table of unfinished steps beside it.
        progress: That with the schema, quoted.
        lease_table: The name of the table that says who runs, where a pooler keeps sessions from holding a lock.
        lease: That with the schema, quoted.
    """

    def __init__(self, schema: str, table: str) -> None:
        self.schema = schema
        self.table = table
        self.history = identifier(schema, table)
        self.progress_table = "progress" if table == "history" else f"{table}_progress"
        self.progress = identifier(schema, self.progress_table)
        self.lease_table = "lease" if table == "history" else f"{table}_lease"
        self.lease = identifier(schema, self.lease_table)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all tables of ours in the schema."""
        return self.table, self.progress_table, self.lease_table

    def __str__(self) -> str:
        """`schema.table`."""
        return f"{self.schema}.{self.table}"

    def lock_key(self) -> int:
        """The key of the migration lock: a signed 64-bit number made from the name."""
        return _key(f"seltzer:{self}")

    def id_key(self, migration: str) -> int:
        """The key of the lock on one id."""
        return _key(f"seltzer:{self}:{migration}")

    def lease_key(self, holder: str) -> int:
        """The key of the lock that every transaction of a lease's holder shares."""
        return _key(f"seltzer:{self}::{holder}")

    def creation_key(self) -> int:
        """The key of the lock under which the tables are created where nothing else keeps others away."""
        return _key(f"seltzer:{self}:")


def _key(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big", signed=True)


@cache
def statement(name: str) -> LiteralString:
    """One of the longer statements, which lie in files of their own; its comments stay at home."""
    text = (Path(__file__).parent / "statements" / f"{name}.sql").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("--")]
    return cast("LiteralString", "\n".join(lines))


def read_statement(table: HistoryTable, digest: str) -> Sql:
    """The one statement of a start.

    Args:
        table: The history.
        digest: `expected_digest` of the files: where it is the server's too, no rows come back.
    """
    rows = compose(
        statement("rows"),
        history=table.history,
        field=literal(FIELD),
        older=literal(OLDER),
        digest=literal(digest),
    )
    return compose(
        statement("read"),
        schema=literal(table.schema),
        table=literal(table.table),
        rows=literal(rows),
    )


def expected_digest(entries: list[tuple[str, str]]) -> str:
    """The digest of a history in which each id is applied with its checksum and nothing else is known."""
    text = ";".join(f"{id_}={checksum}" for id_, checksum in sorted(entries, key=lambda entry: entry[0].encode()))
    return hashlib.sha256(text.encode()).hexdigest()
