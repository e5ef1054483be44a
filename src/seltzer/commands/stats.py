"""`stats`: how large the tables of the configured database are, and which queries it is asked, for a check."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seltzer.catalog.statistics import QueryStatistics, read_queries, read_table_sizes
from seltzer.claims.production import statistics_content
from seltzer.commands.start import open_target
from seltzer.db.connect import describe
from seltzer.errors import Place, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from seltzer.catalog.statistics import TableSize
    from seltzer.commands.call import Call


@dataclass(frozen=True, slots=True)
class StatsResult:
    """The tables of a database.

    Attributes:
        database: `user@host:port/name`.
        sizes: By qualified name.
        written: The file that they were written to; None without one.
        queries: Those that it is asked, without constants; None where pg_stat_statements cannot be read.
    """

    database: str
    sizes: Mapping[str, TableSize]
    written: Path | None
    queries: Sequence[QueryStatistics] | None = None


def stats(call: Call, file: Path | None = None) -> StatsResult:
    """Read the sizes of all tables in a read-only transaction; with a file, write them there.

    Raises:
        NotConfiguredError: No database is configured.
        ConnectionFailedError: It cannot be reached.
        UnreadableFileError: The file cannot be written.
    """
    with open_target(call) as target:
        with target.conn.transaction():
            target.conn.execute("SET TRANSACTION READ ONLY")
            sizes = read_table_sizes(target.conn)
            queries = _without_values(read_queries(target.conn))
        database = describe(target.conn)
    if file is not None:
        _write(file, statistics_content(sizes, queries))
    return StatsResult(database, sizes, file, queries)


def _without_values(queries: Sequence[QueryStatistics] | None) -> list[QueryStatistics] | None:
    """Only what can be prepared: pg_stat_statements takes the constants out of that, and leaves them in the rest."""
    if queries is None:
        return None
    from seltzer.claims.workload import normalised_query  # noqa: PLC0415  # brings the parser

    return [QueryStatistics(text, query.calls) for query in queries if (text := normalised_query(query.text))]


def _write(file: Path, content: Mapping[str, Any]) -> None:
    try:
        file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise UnreadableFileError(
            f"cannot be written: {(error.strerror or '').lower()}",
            hint="Name a file in a folder that you can write to.",
            place=Place(file),
        ) from None
