"""Where a command's words go: data to stdout, everything for people to stderr; with --json one document, always."""

from __future__ import annotations

import importlib
import os
import sys
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TextIO

import click

from seltzer.report.json import document, error_content
from seltzer.report.screens_lines import Lines
from seltzer.report.text import error_lines
from seltzer.report.text_events import event_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from seltzer.errors import SeltzerError
    from seltzer.events import Event
    from seltzer.report.screens import Screen
    from seltzer.report.screens_bar import Bar

# What a verb's document has besides `error` when it failed before it knew anything.
_EMPTY: dict[str, dict[str, Any]] = {
    "status": {"state": None, "database": None, "migrations": [], "run": None, "stop": None},
    "apply": {"state": None, "applied": [], "duration_ms": None},
    "plan": {"state": None, "database": None, "steps": []},
    "revert": {"state": None, "reverted": [], "duration_ms": None},
    "stamp": {"state": None, "stamped": []},
    "forget": {"forgotten": []},
    "reset": {"state": None, "applied": [], "duration_ms": None},
    "server": {"running": None, "url": None, "data": None},
    "shadow": {"servers": []},
    "new": {"files": []},
    "renumber": {"files": []},
    "rename-module": {"files": []},
    "settings": {"settings": []},
    "rules": {"rules": []},
    "completion": {"shell": None, "script": None},
    "history": {"rows": []},
    "check": {"findings": [], "claims": [], "fixed": []},
    "trace": {"effects": []},
    "stats": {"version": None, "tables": []},
    "init": {"written": [], "kept": []},
}

# What the bar says that a verb does; the others apply.
_DOING = {"check": "checking", "revert": "reverting"}

_STDOUT, _STDERR = 1, 2

# Terminals that have no colours and cannot move their cursor; the empty one is not set at all.
_DUMB = {"", "dumb", "unknown"}


class UnwrittenOutputError(OSError):
    """The result could not be written to stdout: its disk is full."""


@dataclass(slots=True)
class Output:
    """How one command speaks.

    Attributes:
        verb: The command.
        json: One JSON document on stdout, nothing else.
        quiet: Errors only.
        verbose: Every step and statement.
        color: Whether colours may be used.
        known: What the verb's document already has, for a failure.
        bar: What a run shows at the foot of a terminal; None before it says anything.
    """

    verb: str
    json: bool = False
    quiet: bool = False
    verbose: bool = False
    color: bool = True
    known: dict[str, Any] = field(default_factory=dict[str, Any])
    bar: Bar | None = field(default=None, repr=False)

    def hear(self, event: Event) -> None:
        """Tell an event of a run."""
        if self.quiet:
            return
        line = event_line(event, verbose=self.verbose)
        if not self.json and is_terminal(sys.stderr) and _moves():
            self._on_bar(event, line)
        elif line is not None:
            self._print(line, sys.stderr)

    def _on_bar(self, event: Event, line: str | None) -> None:
        if self.bar is None:
            self.bar = self._screen(sys.stderr).bar(_DOING.get(self.verb, "applying"))
            # However the command ends, by a signal too: first the bar goes, then its error is told.
            click.get_current_context().call_on_close(self.bar.close)
        self.bar.hear(event, line)

    def result(self, content: dict[str, Any], lines: Iterable[str]) -> None:
        """Print a verb's result."""
        if self.bar is not None:
            self.bar.close()
        if self.json:
            self._print(document(content), sys.stdout)
        elif self.quiet:
            return
        elif isinstance(lines, Lines) and is_terminal(sys.stdout):
            self._screen(sys.stdout).show(lines)
        else:
            for line in lines:
                self._print(line, sys.stdout)

    def fail(self, error: SeltzerError) -> None:
        """Print an error: in the verb's own document, or as lines on stderr."""
        if self.json:
            content = {**_EMPTY.get(self.verb, {}), "error": error_content(error)}
            for key in ("applied", "reverted"):
                if key in content:
                    content[key] = list(error.applied)
            if "state" in content:
                content["state"] = error.state
            self._print(document(content), sys.stdout)
            return
        if is_terminal(sys.stderr):
            self._screen(sys.stderr).fail(error)
            return
        for line in error_lines(error):
            self._print(line, sys.stderr)

    def _screen(self, file: TextIO) -> Screen:
        # rich costs 60 ms, more than all of a start with nothing to do: only a stream that is a terminal loads it.
        screens = importlib.import_module("seltzer.report.screens")
        screen: Screen = screens.Screen(file, color=self.color and _moves(), moves=_moves())
        return screen

    def _print(self, text: str, file: TextIO) -> None:
        try:
            print(_writable(text, file), file=file, flush=True)  # the one place that prints
        except OSError as error:
            # `seltzer … | head`: the reader has gone. A run is not ended by that, nor its exit code changed.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, file.fileno())
            os.close(nowhere)
            if file is sys.stdout and not isinstance(error, BrokenPipeError):
                raise UnwrittenOutputError(error.errno, error.strerror) from None


def _writable(text: str, file: TextIO | None) -> str:
    """A text as a stream can have it: some locales have no `…` and no `ü`; None stands for one that was closed."""
    encoding = (file.encoding if file is not None else None) or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody sits before a stream; None stands for one that was closed before the process began."""
    return stream is not None and stream.isatty()


def _moves() -> bool:
    return os.environ.get("TERM", "").lower() not in _DUMB


def keep_stdout_for_results() -> None:
    """Let only results of ours go where the process's stdout goes; call it once, when a program starts.

    What else writes to file descriptor 1, such as a migration's child process or C code, writes to stderr from now on,
    and does so until the process has ended. Where either of the two is closed, nothing changes.
    """
    before = sys.stdout
    try:
        if before.fileno() != _STDOUT or sys.stderr.fileno() != _STDERR:
            return
        kept = os.dup(_STDOUT)  # children do not inherit this one
    except (AttributeError, OSError):
        return
    os.dup2(_STDERR, _STDOUT)
    sys.stdout = open(kept, "w", encoding=before.encoding, errors=before.errors)  # noqa: PTH123, SIM115  # as long as the process


def output_of_arguments(arguments: Sequence[str]) -> Output:
    """How to speak, known before the arguments are parsed: even an unknown flag is told in the form asked for."""
    verb = next((word for word in arguments if not word.startswith("-")), "")
    return Output(
        verb=verb,
        json="--json" in arguments or "--format=json" in arguments or ("--format", "json") in pairwise(arguments),
        quiet="--quiet" in arguments or "-q" in arguments,
        verbose="--verbose" in arguments or "-v" in arguments,
        color="--no-color" not in arguments and not os.environ.get("NO_COLOR"),
    )
