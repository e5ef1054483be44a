"""Commands that change what the history says: revert, stamp, forget."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from seltzer.cli.completing import complete_ids
from seltzer.cli.flags import call_of, change_flags, config_of, output_of, shadow_server_flags, target_flags, wait_flag
from seltzer.cli.group import GROUP
from seltzer.cli.output import is_terminal
from seltzer.commands import server, shadow
from seltzer.commands.reset import reset
from seltzer.commands.revert import Choice, revert
from seltzer.commands.stamp import StampChoice, forget, preview_stamp, stamp
from seltzer.report.json import (
    forget_content,
    revert_content,
    run_content,
    server_content,
    shadow_content,
    stamp_content,
)
from seltzer.report.text import forget_lines, revert_lines, run_lines, server_lines, shadow_lines, stamp_lines

if TYPE_CHECKING:
    from seltzer.cli.output import Output

# As after Ctrl-C: a person stopped it.
_DECLINED = 130


@GROUP.command("revert")
@click.argument("ids", metavar="[ID]...", nargs=-1, shell_complete=complete_ids)
@click.option("--last", type=click.IntRange(min=1), metavar="N", help="Revert the N that were applied last.")
@click.option("--to", metavar="ID", shell_complete=complete_ids, help="Revert everything that was applied after ID.")
@click.option("--with-dependents", is_flag=True, help="Revert what needs them too, instead of refusing.")
@target_flags
@change_flags
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
@click.argument("ids", metavar="[ID]...", nargs=-1, shell_complete=complete_ids)
@click.option("--all", "everything", is_flag=True, help="Stamp everything that is pending.")
@click.option(
    "--through",
    metavar="ID",
    shell_complete=complete_ids,
    help="Stamp what is pending up to ID, in the order of the plan.",
)
@click.option("--as", "as_", type=click.Choice(["applied", "reverted"]), default="applied", help="What to record.")
@click.option("--force", is_flag=True, help="Stamp although objects are not in the database.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@target_flags
@wait_flag
def stamp_command(  # noqa: PLR0913  # one argument a flag
    ids: tuple[str, ...], through: str | None, as_: str, *, everything: bool, force: bool, yes: bool, **flags: Any
) -> int:
    """Record migrations as applied without running them, for a database that has their objects already."""
    output = output_of("stamp", flags)
    if sum((bool(ids), everything, through is not None)) != 1:
        raise click.UsageError("say what to stamp: ids, --all, or --through ID")
    if as_ == "reverted" and not ids:
        raise click.UsageError("--as reverted is for ids: name them")
    choice = StampChoice(ids, everything, through, as_ == "reverted", force)
    call = call_of(flags, output)
    if not yes and not _agreed(output, preview_stamp(call, choice).stamped, as_):
        return _DECLINED
    result = stamp(call, choice)
    output.result(stamp_content(result), stamp_lines(result))
    return 0


@GROUP.command("forget")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@target_flags
@wait_flag
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
@change_flags
def reset_command(database_name: str | None, *, yes: bool, **flags: Any) -> int:
    """Drop the database, create it again, apply everything; all data in it is lost.

    Only for an embedded database, or with its name typed out. Refused while other sessions use it. Owner, encoding and
    locale stay, and so does what ALTER DATABASE, GRANT and COMMENT ON have said of the database itself.
    """
    output = output_of("reset", flags)
    call = call_of(flags, output)
    asks = not yes and database_name is None and not output.json and is_terminal(sys.stdin)
    if asks and not _confirmed("All data in the embedded database will be lost.", "nothing was dropped"):
        return _DECLINED
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


@GROUP.command("shadow")
@click.argument("action", type=click.Choice(["start", "stop", "status"]))
@shadow_server_flags
def shadow_command(action: str, **flags: Any) -> int:
    """Start, stop or show the private PostgreSQL on which migrations are tried.

    One a user and major version. It starts by itself when it is needed and ends when nobody has used it for 15 minutes.
    """
    output = output_of("shadow", flags)
    result = {"start": shadow.start, "stop": shadow.stop, "status": shadow.status}[action](config_of(flags))
    output.result(shadow_content(result), shadow_lines(result))
    return 0


def _agreed(output: Output, ids: tuple[str, ...], as_: str) -> bool:
    """Show what would be recorded and ask, on a terminal; elsewhere nobody can answer, and `--yes` is needed.

    Raises:
        click.UsageError: There is no terminal.
    """
    if not ids:
        return True
    what = f"record {len(ids)} as {as_} without running {'it' if len(ids) == 1 else 'them'}"
    if output.json or not is_terminal(sys.stdin):
        raise click.UsageError(f"would {what}: {', '.join(ids)}; say --yes to do it")
    for id_ in ids:
        click.echo(f"  {id_}", err=True)
    return _confirmed(f"This will {what}.", "nothing was recorded")


def _confirmed(what: str, otherwise: str) -> bool:
    answer = click.confirm(f"{what} Go on?", err=True)
    if not answer:
        click.echo(otherwise, err=True)
    return answer
