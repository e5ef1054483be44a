"""A section for each command, from what the command line itself knows."""

from __future__ import annotations

import importlib

import click

from generated.markdown import cell, code, section, table, words
from seltzer.cli.group import GROUP

importlib.import_module("seltzer.cli.main")  # adds the commands to GROUP


def verb_sections() -> str:
    """All commands, in the order of their names."""
    return "\n".join(_section(name, command) for name, command in all_commands().items())


def all_commands() -> dict[str, click.Command]:
    """Every command by its name, whether it was loaded before or not."""
    context = click.Context(GROUP)
    found = {name: GROUP.get_command(context, name) for name in sorted(GROUP.list_commands(context))}
    return {name: command for name, command in found.items() if command is not None}


def commands_with(flag: str) -> list[str]:
    """The commands that take a flag."""
    return [name for name, command in all_commands().items() if any(flag in item.opts for item in command.params)]


def verbs_with_json() -> list[str]:
    """The commands that print a JSON document."""
    return commands_with("--json")


def _section(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=f"seltzer {name}")
    usage = command.get_usage(context).removeprefix("Usage: ")
    help_ = (words(part) for part in (command.help or "").split("\n\n"))
    flags = [_row(item, context) for item in command.params if isinstance(item, click.Option)]
    document = f"With `--json`: [the document](#json-{name})." if name in verbs_with_json() else ""
    return section(
        f"verb-{name}",
        f"`seltzer {name}`",
        code("text", " ".join(usage.split())),
        *help_,
        table(["flag", "what it says"], flags) if flags else "",
        document,
    )


def _row(option: click.Option, context: click.Context) -> list[str]:
    value = "" if option.is_flag else f" {option.make_metavar(context)}"
    return [cell(f"{', '.join(option.opts)}{value}"), words(option.help or "")]
