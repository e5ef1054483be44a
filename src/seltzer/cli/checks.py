"""Commands that try migrations on a shadow: check."""

from __future__ import annotations

from typing import Any

import click

from seltzer.claims.names import CLAIMS
from seltzer.cli.completing import complete_ids
from seltzer.cli.flags import call_of, output_of, production_flags, shadow_flags, target_flags
from seltzer.cli.formats import Report, failures_told, format_flags, tell_check
from seltzer.cli.group import GROUP
from seltzer.commands.check import Asked, check
from seltzer.commands.checked import Fixing
from seltzer.errors import UsageError
from seltzer.report.formats import Format

_REFUTED = 3


@GROUP.command("check")
@click.argument("ids", metavar="[ID]...", nargs=-1, shell_complete=complete_ids)
@click.option("--all", "everything", is_flag=True, help="Check every migration, whatever the database has.")
@click.option("--since", metavar="GIT_REF", help="Check those whose files differ from this Git revision's.")
@click.option("--only", metavar="CLAIM", multiple=True, type=click.Choice(CLAIMS), help="Only this claim; repeatable.")
@click.option("--accept", is_flag=True, help="Accept what is found: it is not told again, only what is new is.")
@click.option("--fix", is_flag=True, help="Write what can be written safely, in files that are applied nowhere.")
@click.option("--diff", is_flag=True, help="Show what --fix would write, and write nothing.")
@format_flags
@target_flags
@shadow_flags
@production_flags
def check_command(  # noqa: PLR0913  # what to check, by keyword
    ids: tuple[str, ...],
    since: str | None,
    only: tuple[str, ...],
    *,
    everything: bool,
    accept: bool,
    fix: bool,
    diff: bool,
    form: str,
    reports: tuple[Report, ...],
    **flags: Any,
) -> int:
    """Try every claim of the migrations that are about to run, on a throw-away PostgreSQL.

    Checked is what is pending on the database, or everything where none is configured or reachable; the database is
    only looked at. Exit code 3 when a claim is refuted by an error, or by what --fail-on says.
    """
    output = output_of("check", flags)
    output.json = output.json or form == Format.JSON
    if diff and (output.json or form != Format.TEXT or reports):
        raise UsageError("--diff prints a diff and nothing else", hint="Leave out --json, --format and --report.")
    if accept and (fix or diff):
        raise UsageError("--accept takes what --fix would write for right", hint="Fix first, then accept what is left.")
    fixing = Fixing.SHOWN if diff else Fixing.WRITTEN if fix else Fixing.NOT
    with failures_told(output, form=Format(form), reports=reports):
        result = check(call_of(flags, output), Asked(ids, everything, since, only, accept, fixing))
    if result.diff is not None:
        output.result({}, result.diff)
        return _REFUTED if result.diff or result.failed else 0
    tell_check(output, result, form=Format(form), reports=reports)
    return _REFUTED if result.failed else 0
