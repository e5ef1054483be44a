"""Commands that try migrations on a shadow: check."""

from __future__ import annotations

from typing import Any

import click

from seltzer.claims.names import CLAIMS
from seltzer.cli.completing import complete_ids
from seltzer.cli.flags import call_of, output_of, production_flags, shadow_flags, target_flags
from seltzer.cli.group import GROUP
from seltzer.commands.check import Asked, check
from seltzer.report.checks import check_content, check_lines

_REFUTED = 3


@GROUP.command("check")
@click.argument("ids", metavar="[ID]...", nargs=-1, shell_complete=complete_ids)
@click.option("--all", "everything", is_flag=True, help="Check every migration, whatever the database has.")
@click.option("--since", metavar="GIT_REF", help="Check those whose files differ from this Git revision's.")
@click.option("--only", metavar="CLAIM", multiple=True, type=click.Choice(CLAIMS), help="Only this claim; repeatable.")
@target_flags
@shadow_flags
@production_flags
def check_command(
    ids: tuple[str, ...], since: str | None, only: tuple[str, ...], *, everything: bool, **flags: Any
) -> int:
    """Try every claim of the migrations that are about to run, on a throw-away PostgreSQL.

    Checked is what is pending on the database, or everything where none is configured or reachable; the database is
    only looked at. Exit code 3 when a claim is refuted by an error.
    """
    output = output_of("check", flags)
    result = check(call_of(flags, output), Asked(ids, everything, since, only))
    output.result(check_content(result), check_lines(result, verbose=output.verbose))
    return _REFUTED if result.failed else 0
