"""The commands: each parses its flags, calls its verb and prints the result."""

from __future__ import annotations

from typing import Any

import click

from seltzer.cli.completing import complete_ids
from seltzer.cli.flags import call_of, output_of, run_flags, target_flags
from seltzer.cli.group import GROUP
from seltzer.commands.start import run_all, verb
from seltzer.config import Policy
from seltzer.planning.states import PENDING
from seltzer.report.json import history_content, plan_content, run_content, status_content
from seltzer.report.text import (
    history_lines,
    plan_lines,
    plan_sql_lines,
    run_lines,
    status_lines,
)

_PENDING, _DISAGREE = 3, 4


@GROUP.command("status")
@click.argument("ids", metavar="[ID]...", nargs=-1, shell_complete=complete_ids)
@target_flags
@click.option("--all", "everything", is_flag=True, help="A line for every migration.")
@click.option("--exit-code", is_flag=True, help="Exit with 3 when something is pending, with 4 when nothing may run.")
def status_command(ids: tuple[str, ...], *, everything: bool, exit_code: bool, **flags: Any) -> int:
    """Show what is applied and what is pending, or the named migrations; changes nothing.

    An ID is module/name, module, module/0002 or module/0002..0005. With --exit-code, pending is one of those named.
    """
    output = output_of("status", flags)
    result = verb("status")(call_of(flags, output), ids)
    named = bool(ids)
    output.result(status_content(result), status_lines(result, everything=everything or named, named=named))
    if not exit_code:
        return 0
    if result.stop is not None:
        return result.stop.exit_code
    return _PENDING if any(item.state in PENDING for item in result.migrations) else 0


@GROUP.command("apply")
@click.argument("ids", metavar="[ID]...", nargs=-1, shell_complete=complete_ids)
@click.option("--reverted", is_flag=True, help="Apply what was reverted.")
@click.option("--single-transaction", is_flag=True, help="All in one transaction, or nothing.")
@target_flags
@run_flags
def apply_command(ids: tuple[str, ...], *, reverted: bool, single_transaction: bool, **flags: Any) -> int:
    """Apply everything that is pending, or the named migrations with what they need.

    An ID is module/name, module, module/0002 or module/0002..0005. Only an ID brings back what was reverted, or what a
    newer release has superseded.
    """
    output = output_of("apply", flags)
    call = call_of(flags, output)
    if reverted and ids:
        raise click.UsageError("--reverted names all that was reverted: leave the ids out")
    if single_transaction and not ids and call.config.policy is not Policy.APPLY:
        raise click.UsageError(f"--single-transaction applies, and the policy is {call.config.policy}: one of the two")
    if reverted:
        result = verb("apply", "apply_reverted")(call, together=single_transaction)
    elif not ids and not single_transaction:
        result = run_all(call)  # what a start of the application does: it loads no more than it needs
    else:
        result = verb("apply")(call, ids, together=single_transaction)
    output.result(run_content(result), run_lines(result))
    return 0


@GROUP.command("plan")
@click.argument("ids", metavar="[ID]...", nargs=-1, shell_complete=complete_ids)
@target_flags
@click.option("--all", "everything", is_flag=True, help="Plan for an empty database; needs none.")
@click.option("--sql", "as_sql", is_flag=True, help="Print the SQL of all steps in order.")
def plan_command(ids: tuple[str, ...], *, everything: bool, as_sql: bool, **flags: Any) -> int:
    """Show what an apply would do, in which order and why; runs nothing.

    Nobody numbers modules: what a migration creates, needs and drops is read from its SQL, and the order follows.
    """
    output = output_of("plan", flags)
    call = call_of(flags, output)
    made = verb("plan", "plan_from_nothing" if everything else "plan")(call, ids)
    output.result(plan_content(made), plan_sql_lines(made) if as_sql else plan_lines(made))
    return 0


@GROUP.command("history")
@click.argument("ids", metavar="[ID]...", nargs=-1, shell_complete=complete_ids)
@click.option("--since", metavar="DATE", help="Only what ended since then: 2026-10-28, or 2026-10-28T14:30 in UTC.")
@target_flags
def history_command(ids: tuple[str, ...], since: str | None, **flags: Any) -> int:
    """Show what was applied, reverted, stamped and failed, newest last."""
    output = output_of("history", flags)
    try:
        moment = None if since is None else verb("history", "moment_of")(since)
    except ValueError:
        raise click.UsageError(f"{since!r} is no date: write 2026-10-28, or 2026-10-28T14:30") from None
    result = verb("history")(call_of(flags, output), ids, moment)
    output.result(history_content(result), history_lines(result))
    return 0
