"""Commands that change what the history says: revert, stamp, forget."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from seltzer.cli.flags import call_of, config_of, output_of, run_flags, target_flags
from seltzer.cli.group import GROUP
from seltzer.commands import server
from seltzer.commands.reset import reset
from seltzer.commands.revert import Choice, revert
from seltzer.commands.stamp import StampChoice, forget, preview_stamp, stamp
from seltzer.report.json import forget_content, revert_content, run_content, server_content, stamp_content
from seltzer.report.text import forget_lines, revert_lines, run_lines, server_lines, stamp_lines

if TYPE_CHECKING:
    from seltzer.cli.output import Output


@GROUP.command("revert")
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--last", type=click.IntRange(min=1), metavar="N", help="Revert the N that were applied last.")
@click.option("--to", metavar="ID", help="Revert everything that was applied after ID.")
@click.option("--with-dependents", is_flag=True, help="Revert what needs them too, instead of refusing.")
@target_flags
@run_flags
def revert_command(
    ids: tuple[str, ...], last: int | None, to: str | None, *, with_dependents: bool, **flags: Any
) -> int:
    """Revert applied migrations by their down files, newest first.

    Refuses, before it touches anything, what has no way back and what other applied migrations need. A reverted
    migration stays reverted until `seltzer apply ID` or `seltzer apply --reverted`.
    """
    output = output_of("revert", flags)
    if sum((bool(ids), last is not None, to is not None)) != 1:
        raise click.UsageError("say what to revert: ids, --last N, or --to ID")
    result = revert(call_of(flags, output), Choice(ids, last, to, with_dependents))
    output.result(revert_content(result), revert_lines(result))
    return 0


@GROUP.command("stamp")
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Stamp everything that is pending.")
@click.option("--through", metavar="ID", help="Stamp what is pending up to ID, in the order of the plan.")
@click.option("--as", "as_", type=click.Choice(["applied", "reverted"]), default="applied", help="What to record.")
@click.option("--force", is_flag=True, help="Stamp although objects are not in the database.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@target_flags
def stamp_command(  # noqa: PLR0913  # one argument a flag
    ids: tuple[str, ...], through: str | None, as_: str, *, everything: bool, force: bool, yes: bool, **flags: Any
) -> int:
    """Record migrations as applied without running them, for a database that has their objects already."""
    output = output_of("stamp", flags)
    if sum((bool(ids), everything, through is not None)) != 1:
        raise click.UsageError("say what to stamp: ids, --all, or --through ID")
    choice = StampChoice(ids, everything, through, as_ == "reverted", force)
    call = call_of(flags, output)
    if not yes:
        would = preview_stamp(call, choice)
        _ask(output, f"record {len(would.stamped)} as {as_}, without running them: {', '.join(would.stamped)}")
    result = stamp(call, choice)
    output.result(stamp_content(result), stamp_lines(result))
    return 0


@GROUP.command("forget")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@target_flags
def forget_command(ids: tuple[str, ...], **flags: Any) -> int:
    """Record that missing migrations are gone for good; an ID is module/name or a whole module."""
    output = output_of("forget", flags)
    result = forget(call_of(flags, output), ids)
    output.result(forget_content(result), forget_lines(result))
    return 0


@GROUP.command("reset")
@click.option("--database-name", metavar="NAME", help="The database's name, typed out; not needed for an embedded one.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@target_flags
@run_flags
def reset_command(database_name: str | None, *, yes: bool, **flags: Any) -> int:
    """Drop the database, create it again, apply everything; all data in it is lost.

    Only for an embedded database, or with its name typed out. Refused while other sessions use it.
    """
    output = output_of("reset", flags)
    call = call_of(flags, output)
    if not yes and database_name is None and not output.json and sys.stdin.isatty():
        click.confirm("All data in the database will be lost. Go on?", abort=True, err=True)
    result = reset(call, database_name)
    output.result(run_content(result), run_lines(result))
    return 0


@GROUP.command("server")
@click.argument("action", type=click.Choice(["start", "stop", "status"]))
@target_flags
def server_command(action: str, **flags: Any) -> int:
    """Start, stop or show the project's private PostgreSQL (database = "embedded")."""
    output = output_of("server", flags)
    result = {"start": server.start, "stop": server.stop, "status": server.status}[action](config_of(flags))
    output.result(server_content(result), server_lines(result))
    return 0


def _ask(output: Output, question: str) -> None:
    """Ask on a terminal; elsewhere nobody can answer, and `--yes` is needed.

    Raises:
        click.UsageError: There is no terminal.
        click.Abort: The answer was no.
    """
    if output.json or not sys.stdin.isatty():
        raise click.UsageError(f"would {question}; say --yes to do it")
    click.confirm(f"This will {question}. Go on?", abort=True, err=True)
