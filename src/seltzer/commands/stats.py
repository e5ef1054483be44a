"""`stats`: how large the tables of the configured database are, for a check that says how long others would wait."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seltzer.catalog.statistics import read_table_sizes
from seltzer.claims.production import statistics_content
from seltzer.commands.start import open_target
from seltzer.db.connect import describe
from seltzer.errors import Place, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Mapping
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
    """

    database: str
    sizes: Mapping[str, TableSize]
    written: Path | None


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
        database = describe(target.conn)
    if file is not None:
        _write(file, sizes)
    return StatsResult(database, sizes, file)


def _write(file: Path, sizes: Mapping[str, TableSize]) -> None:
    try:
        file.write_text(json.dumps(statistics_content(sizes), indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise UnreadableFileError(
            f"cannot be written: {(error.strerror or '').lower()}",
            hint="Name a file in a folder that you can write to.",
            place=Place(file),
        ) from None
