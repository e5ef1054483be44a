"""Commands about what SQL does to a database: trace; and how large that is: stats."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from seltzer.cli.flags import call_of, output_of, shadow_flags, target_flags
from seltzer.cli.group import GROUP
from seltzer.commands.stats import stats
from seltzer.commands.trace import STDIN, trace
from seltzer.errors import NotUtf8Error, Place
from seltzer.report.effects import stats_content, stats_lines, trace_content, trace_lines
from seltzer.source.checksum import with_unix_lines

_REFUSED = 1


@GROUP.command("trace")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--on", metavar="DB", help="Trace on this database, which may be thrown away; no shadow is made.")
@target_flags
@shadow_flags
def trace_command(file: Path, on: str | None, **flags: Any) -> int:
    """Show what each statement of FILE does: locks, tables rewritten or scanned, indexes built.

    FILE is - for stdin. The statements run one by one on a throw-away PostgreSQL with all migrations applied, and are
    rolled back; what cannot run inside a transaction stays in a database that --on names. Exit code 1 when PostgreSQL
    refuses a statement.
    """
    output = output_of("trace", flags)
    text = _read_stdin() if file == STDIN else None
    result = trace(call_of(flags, output), file, text, on)
    output.result(trace_content(result), trace_lines(result))
    return _REFUSED if any(effect.error is not None for effect in result.effects) else 0


@GROUP.command("stats")
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@target_flags
def stats_command(file: Path | None, **flags: Any) -> int:
    """Show how large the tables of the database are; with FILE, write that there for check --stats FILE.

    Only reads: rows as ANALYZE counted them last, bytes of tables and indexes. No row and no value is read.
    """
    output = output_of("stats", flags)
    result = stats(call_of(flags, output), file)
    output.result(stats_content(result), stats_lines(result))
    return 0


def _read_stdin() -> str:
    try:
        return with_unix_lines(sys.stdin.buffer.read()).decode()
    except UnicodeDecodeError:
        raise NotUtf8Error("is not UTF-8 text", hint="Save it as UTF-8.", place=Place(STDIN)) from None
