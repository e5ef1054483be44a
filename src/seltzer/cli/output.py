"""Where a command's words go: data to stdout, everything for people to stderr; with --json one document, always."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TextIO

import click

from seltzer.report.json import document, error_content
from seltzer.report.text import error_lines, event_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from seltzer.errors import SeltzerError
    from seltzer.events import Event

# What a verb's document has besides `error` when it failed before it knew anything.
_EMPTY: dict[str, dict[str, Any]] = {
    "status": {"state": None, "database": None, "migrations": [], "run": None},
    "apply": {"state": None, "applied": [], "duration_ms": None},
    "plan": {"state": None, "database": None, "steps": []},
    "revert": {"state": None, "reverted": [], "duration_ms": None},
    "stamp": {"state": None, "stamped": []},
    "forget": {"forgotten": []},
    "reset": {"state": None, "applied": [], "duration_ms": None},
    "server": {"running": None, "url": None, "data": None},
    "new": {"files": []},
    "renumber": {"files": []},
    "rename-module": {"files": []},
    "settings": {"settings": []},
    "history": {"rows": []},
    "init": {"written": [], "kept": []},
}


@dataclass(frozen=True, slots=True)
class Output:
    """How one command speaks.

    Attributes:
        verb: The command.
        json: One JSON document on stdout, nothing else.
        quiet: Errors only.
        verbose: Every step and statement.
        color: Whether colours may be used.
        known: What the verb's document already has, for a failure.
    """

    verb: str
    json: bool = False
    quiet: bool = False
    verbose: bool = False
    color: bool = True
    known: dict[str, Any] = field(default_factory=dict[str, Any])

    def hear(self, event: Event) -> None:
        """Tell an event of a run."""
        if self.quiet:
            return
        line = event_line(event, verbose=self.verbose)
        if line is not None:
            self._print(line, sys.stderr)

    def result(self, content: dict[str, Any], lines: Iterable[str]) -> None:
        """Print a verb's result."""
        if self.json:
            self._print(document(content), sys.stdout)
        elif not self.quiet:
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
        for index, line in enumerate(error_lines(error)):
            self._print(self._painted(line) if index == 0 or line.startswith("hint:") else line, sys.stderr)

    def _painted(self, line: str) -> str:
        word, colon, rest = line.partition(":")
        if not self.color or not sys.stderr.isatty():
            return line
        return click.style(word + colon, fg="red" if word == "error" else "cyan", bold=True) + rest

    def _print(self, text: str, file: TextIO) -> None:
        print(text, file=file, flush=True)  # the one place that prints


def output_of_arguments(arguments: Sequence[str]) -> Output:
    """How to speak, known before the arguments are parsed: even an unknown flag is told in the form asked for."""
    verb = next((word for word in arguments if not word.startswith("-")), "")
    return Output(
        verb=verb,
        json="--json" in arguments,
        quiet="--quiet" in arguments or "-q" in arguments,
        verbose="--verbose" in arguments or "-v" in arguments,
        color="--no-color" not in arguments and not os.environ.get("NO_COLOR"),
    )
