"""How large tables are where migrations will run: the file that `seltzer stats` writes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from seltzer.catalog.statistics import TableSize
from seltzer.errors import InvalidSettingError, Place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from seltzer.catalog.statistics import QueryStatistics
    from seltzer.claims.workload import Query

VERSION = 1

Sizes: TypeAlias = "Mapping[str, TableSize]"


@dataclass(frozen=True, slots=True)
class Production:
    """What is known of the database where migrations will run.

    Attributes:
        sizes: How large its tables are, by name; empty when that is not known.
        small_table_bytes: Below this, with its indexes, a table makes nobody wait long.
        workload: The queries that a running release sends; empty when they are not known.
    """

    sizes: Sizes = field(default_factory=dict[str, TableSize])
    small_table_bytes: int = 0
    workload: tuple[Query, ...] = ()


# What a server with ordinary disks does at least: read, and write anew with all indexes.
_READ_BYTES_PER_S = 100_000_000
_WRITTEN_BYTES_PER_S = 30_000_000
_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_STEP = 1024
_MINUTE_S, _HOUR_S = 60, 3600


def statistics_content(sizes: Sizes, queries: Sequence[QueryStatistics] | None = None) -> dict[str, Any]:
    """The content of the file; queries where pg_stat_statements can be read."""
    tables = [
        {
            "name": name,
            "rows": size.rows,
            "bytes": size.size_bytes,
            "indexes": [{"name": index, "bytes": size_bytes} for index, size_bytes in size.indexes.items()],
        }
        for name, size in sizes.items()
    ]
    told = [{"query": query.text, "calls": query.calls} for query in queries or ()]
    return {"version": VERSION, "tables": tables, "queries": None if queries is None else told}


def read_statistics_file(path: Path) -> dict[str, TableSize]:
    """The sizes in a file.

    Raises:
        InvalidSettingError: It is not there, or `seltzer stats` did not write it.
    """
    try:
        content = json.loads(path.read_bytes())
        if content["version"] != VERSION:
            raise ValueError  # noqa: TRY301  # as wrong as a file without a version
        return {str(table["name"]): _size(table) for table in content["tables"]}
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
    except (ValueError, KeyError, TypeError, AttributeError):
        reason = f"is not what seltzer stats writes (version {VERSION})"
    raise InvalidSettingError(
        f"the file of stats: {reason}", hint="Write it anew: seltzer stats FILE", place=Place(path)
    )


def _size(table: Mapping[str, Any]) -> TableSize:
    indexes = {str(index["name"]): int(index["bytes"]) for index in table["indexes"]}
    return TableSize(None if table["rows"] is None else int(table["rows"]), int(table["bytes"]), indexes)


def reading_time(size: TableSize) -> str:
    """About how long a scan takes, in words."""
    return _duration(size.size_bytes / _READ_BYTES_PER_S)


def rewriting_time(size: TableSize) -> str:
    """About how long it takes to write a table anew with all its indexes, or to build one, in words."""
    return _duration(size.total_bytes / _WRITTEN_BYTES_PER_S)


def size_words(size_bytes: int) -> str:
    """Bytes as a person would say them."""
    amount, unit = float(size_bytes), 0
    while amount >= _STEP and unit < len(_UNITS) - 1:
        amount, unit = amount / _STEP, unit + 1
    return f"{amount:.0f} {_UNITS[unit]}"


def _duration(seconds: float) -> str:
    if seconds < 1:
        return "under 1 s"
    if seconds < 2 * _MINUTE_S:
        return f"about {seconds:.0f} s"
    return f"about {seconds / _MINUTE_S:.0f} min" if seconds < 2 * _HOUR_S else f"about {seconds / _HOUR_S:.0f} h"
