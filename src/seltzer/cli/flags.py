"""Flags that several commands share; those of settings are made from the table of settings."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from seltzer.cli.completing import complete_words
from seltzer.cli.output import Output
from seltzer.commands.call import Call
from seltzer.config import SETTINGS, Config, Late, NewModule, Numbering, Policy, Source, read_config
from seltzer.model import Severity
from seltzer.sql.redact import Values

if TYPE_CHECKING:
    from collections.abc import Callable

FunctionT = TypeVar("FunctionT", bound="Callable[..., Any]")

_METAVARS = {
    "migrations": "DIR",
    "database": "DB",
    "direct-database": "DB",
    "history": "SCHEMA.TABLE",
    "policy": "|".join(Policy),
    "late": "|".join(Late),
    "jobs": "N",
    "terminate-blockers": "AFTER",
    "new-module": "|".join(NewModule),
    "numbering": "|".join(Numbering),
    "stats": "FILE",
    "workload": "FILE",
    "fail-on": "|".join(Severity),
}

# Settings that a person rarely types belong into the settings file; every other has a flag.
_TARGET = ("migrations", "database", "history")
_RUN = (
    "direct-database", "history-readers",
    "policy", "lock-wait", "jobs", "late", "lock-timeout", "lock-retry-for", "terminate-blockers", "statement-timeout",
    "search-path", "role", "application", "application-version",
)  # fmt: skip

# Somebody is there to see it wait; an application that starts has a health check behind it.
_LOCK_RETRY_FOR_S = 600.0


def output_flags(function: FunctionT) -> FunctionT:
    """`--json`, `--quiet`, `--verbose`, `--no-color`."""
    for flag, short, sentence in (
        ("--no-color", None, "Never use colours (also: NO_COLOR)."),
        ("--verbose", "-v", "Say every step and statement."),
        ("--quiet", "-q", "Say errors only."),
        ("--json", None, "Print one JSON document and nothing else."),
    ):
        names = [flag, short] if short else [flag]
        function = click.option(*names, is_flag=True, help=sentence)(function)
    return function


def files_flags(function: FunctionT) -> FunctionT:
    """Which files, and how to speak; no database."""
    function = output_flags(function)
    function = _config_flag(function)
    return _setting_flags(function, ("migrations", "new-module", "numbering"))


def every_setting_flags(function: FunctionT) -> FunctionT:
    """Every setting, to see what each would be."""
    return _setting_flags(_config_flag(output_flags(function)), tuple(setting.name for setting in SETTINGS))


def _config_flag(function: FunctionT) -> FunctionT:
    return click.option("--config", metavar="FILE", type=click.Path(path_type=Path), help="The settings file to read.")(
        function
    )


def target_flags(function: FunctionT) -> FunctionT:
    """Which files and which database, and how to speak."""
    function = output_flags(function)
    return _setting_flags(_config_flag(function), _TARGET)


def shadow_flags(function: FunctionT) -> FunctionT:
    """Which server throw-away databases are made on, and how migrations run there."""
    return _setting_flags(function, ("shadow", "lock-timeout", "statement-timeout", "search-path", "role"))


def production_flags(function: FunctionT) -> FunctionT:
    """What is known of the database where migrations will run."""
    return _setting_flags(function, ("stats", "workload", "small-table", "fail-on"))


def shadow_server_flags(function: FunctionT) -> FunctionT:
    """Which private server throw-away databases are made on, and how to speak; no database."""
    return _setting_flags(_config_flag(output_flags(function)), ("migrations", "shadow", "server-version"))


def wait_flag(function: FunctionT) -> FunctionT:
    """How long to wait for the migration lock, for what takes it and runs nothing."""
    return _setting_flags(function, ("lock-wait",))


def run_flags(function: FunctionT) -> FunctionT:
    """How a run goes."""
    return _setting_flags(_values_flag(function), _RUN)


def change_flags(function: FunctionT) -> FunctionT:
    """The same for what is no start: nothing is decided about what is pending."""
    return _setting_flags(
        _values_flag(function), tuple(name for name in _RUN if name not in {"policy", "late", "jobs"})
    )


def _values_flag(function: FunctionT) -> FunctionT:
    sentence = "Show row values in errors and notices; never passwords, and never in the history."
    return click.option("--show-values", is_flag=True, help=sentence)(function)


def _setting_flags(function: FunctionT, names: tuple[str, ...]) -> FunctionT:
    for setting in reversed([item for item in SETTINGS if item.name in names]):
        default = f" [default: {setting.default}]" if setting.default else ""
        metavar = _METAVARS.get(setting.name, setting.type.name.rpartition(" ")[2].upper())
        words = complete_words(_words(setting.name))
        # Of a path the shell itself knows how it goes on.
        path = click.Path(readable=False) if setting.name == "migrations" else None
        option = click.option(
            setting.flag,
            metavar=metavar,
            type=path,
            shell_complete=None if path else words,
            help=f"{setting.sentence}{default}",
        )
        function = option(function)
    return function


def _words(name: str) -> list[str]:
    """The words that a setting takes; none where it takes any text."""
    return _METAVARS.get(name, "").split("|") if "|" in _METAVARS.get(name, "") else []


def output_of(verb: str, flags: dict[str, Any]) -> Output:
    """How a command speaks, from its flags, which are taken out."""
    no_color = flags.pop("no_color")
    return Output(
        verb=verb,
        json=flags.pop("json"),
        quiet=flags.pop("quiet"),
        verbose=flags.pop("verbose"),
        color=not no_color and not os.environ.get("NO_COLOR"),
    )


def call_of(flags: dict[str, Any], output: Output) -> Call:
    """A verb's call, from the flags that are left: those of settings, `--config` and `--show-values`."""
    values = Values.SHOWN if flags.pop("show_values", False) else Values.HIDDEN
    return Call(config_of(flags), listener=output.hear, values=values, lock_retry_for_s=_LOCK_RETRY_FOR_S)


def config_of(flags: dict[str, Any]) -> Config:
    """The settings, from the flags that are left: those of settings, and `--config`."""
    file: Path | None = flags.pop("config")
    return read_config(flags, given_as=Source.FLAG, environ=os.environ, working_folder=Path.cwd(), file=file)
