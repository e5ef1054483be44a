"""The command `seltzer`: flags in, a verb called, its result printed, an exit code out."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click

from seltzer.cli.group import GROUP
from seltzer.cli.output import Output, UnwrittenOutputError, output_of_arguments
from seltzer.errors import (
    InterruptedRunError,
    SeltzerError,
    SettingsError,
    TerminatedRunError,
    UnreadableFileError,
    UsageError,
)
from seltzer.execute.signals import Terminated, interruption_raises, termination_raises
from seltzer.sql.redact import without_passwords


def main(arguments: list[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: Without the program's name; None takes the process's own.

    Returns:
        The exit code: 0 done, 1 refused by PostgreSQL or a migration, 2 wrong files, settings or flags, 3 pending,
        4 files and database disagree, 5 a wait ran out, 130 and 143 signals.
    """
    given = sys.argv[1:] if arguments is None else arguments
    output = output_of_arguments(given)
    try:
        with interruption_raises(), termination_raises():
            result = GROUP.main(given, prog_name="seltzer", standalone_mode=False)
    except SeltzerError as error:
        output.fail(_without_passwords(error))
        return error.exit_code
    except (click.Abort, KeyboardInterrupt) as stop:
        kind = TerminatedRunError if isinstance(stop.__cause__ or stop, Terminated) else InterruptedRunError
        output.fail(kind("stopped", hint="Nothing was running; start again."))
        return kind.exit_code
    except click.ClickException as error:
        _tell_usage(output, error)
        return SettingsError.exit_code
    except OSError as error:
        return _tell_system(output, error)
    return result if isinstance(result, int) else 0


def _tell_system(output: Output, error: OSError) -> int:
    if isinstance(error, BrokenPipeError):
        # `seltzer --help | head`: the reader has gone, nobody is left to tell.
        sys.stderr.close()
        return 0
    if isinstance(error, UnwrittenOutputError):
        output = replace(output, json=False)
        told = UnreadableFileError(
            f"the result cannot be written to stdout: {(error.strerror or '').lower()}",
            hint="What the command did is done: see seltzer status.",
        )
    elif _is_somewhere():
        raise error
    else:
        told = SettingsError("the working directory is not there any more", hint="cd into the project.")
    output.fail(told)
    return told.exit_code


def _is_somewhere() -> bool:
    try:
        Path.cwd()
    except FileNotFoundError:
        return False
    return True


def _tell_usage(output: Output, error: click.ClickException) -> None:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)  # no verb at all asks for the help
    elif isinstance(error, click.UsageError):
        output.fail(_usage_error(error))
    else:
        output.fail(SettingsError(without_passwords(error.format_message())))


def _usage_error(error: click.UsageError) -> UsageError:
    where = f"{error.ctx.command_path} " if error.ctx else "seltzer "
    return UsageError(without_passwords(error.format_message()), hint=f"See: {where}--help")


def _without_passwords(error: SeltzerError) -> SeltzerError:
    """An error without the URL of a database that was typed where an id or a name belongs."""
    message = without_passwords(error.message)
    if message != error.message:
        error.message, error.hint = message, None  # the hint has what is most like it
    if error.place is not None:
        error.place = replace(error.place, file=Path(without_passwords(str(error.place.file))))
    return error


__all__ = ["Output", "main"]
