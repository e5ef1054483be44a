"""Commands that only touch files: init, new, renumber, rename-module; and settings, completion, which touch nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
from click.shell_completion import get_completion_class

from seltzer.cli.completing import complete_ids, complete_modules
from seltzer.cli.flags import config_of, every_setting_flags, files_flags, output_flags, output_of
from seltzer.cli.group import GROUP
from seltzer.commands.init import init
from seltzer.commands.new import NewFile, new_file, new_module
from seltzer.commands.rename import rename_module, renumber
from seltzer.commands.settings import with_databases
from seltzer.config import SETTINGS, NewModule
from seltzer.report.json import files_content, init_content, settings_content
from seltzer.report.text import files_lines, init_lines, settings_lines


@GROUP.command("init")
@click.argument("folder", metavar="[DIR]", default="migrations", type=click.Path(path_type=Path))
@output_flags
def init_command(folder: Path, **flags: Any) -> int:
    """Make a migrations package in DIR (default: migrations).

    Writes DIR/__init__.py with run_all_migrations, and [tool.seltzer] into the pyproject.toml if there is one. Needs no
    database, changes no file that is there already.
    """
    output = output_of("init", flags)
    result = init(folder.absolute())
    output.result(init_content(result), init_lines(result))
    return 0


@GROUP.command("new")
@click.argument("module", shell_complete=complete_modules)
@click.argument("name", required=False)
@click.option("--sql", "sql_only", is_flag=True, help="For a new module: only create_tables.sql, no runner.")
@click.option("--python", is_flag=True, help="For a numbered file: Python with apply(conn).")
@click.option("--down", is_flag=True, help="For a numbered file: with a way back.")
@files_flags
def new_command(module: str, name: str | None, *, sql_only: bool, python: bool, down: bool, **flags: Any) -> int:
    """Write a new MODULE, or its next numbered file NAME.

    NAME says what the file does: add_email begins with the column.
    """
    output = output_of("new", flags)
    config = config_of(flags)
    if name is None:
        if python or down:
            raise click.UsageError("--python and --down are for a numbered file: seltzer new MODULE NAME")
        result = new_module(config, module, NewModule.SQL if sql_only else None)
    else:
        if sql_only:
            raise click.UsageError("--sql is for a new module: seltzer new MODULE --sql")
        result = new_file(config, module, NewFile(name, python, down))
    output.result(files_content(result), files_lines("wrote", result))
    return 0


@GROUP.command("renumber")
@click.argument("id_", metavar="ID", shell_complete=complete_ids)
@files_flags
def renumber_command(id_: str, **flags: Any) -> int:
    """Give a numbered file the next free number, its down file too.

    A line in the file says what it was called, so that databases that have it already know it again.
    """
    output = output_of("renumber", flags)
    result = renumber(config_of(flags), id_)
    output.result(files_content(result), files_lines("renamed to", result))
    return 0


@GROUP.command("rename-module")
@click.argument("old", shell_complete=complete_modules)
@click.argument("new")
@files_flags
def rename_module_command(old: str, new: str, **flags: Any) -> int:
    """Give the module OLD the name NEW; its files say what they were called, directives that name it follow."""
    output = output_of("rename-module", flags)
    result = rename_module(config_of(flags), old, new)
    output.result(files_content(result), files_lines("changed", result))
    return 0


@GROUP.command("settings")
@every_setting_flags
def settings_command(**flags: Any) -> int:
    """Show every setting with its value and where it came from."""
    output = output_of("settings", flags)
    config = with_databases(config_of(flags), os.environ)
    output.result(settings_content(SETTINGS, config), settings_lines(SETTINGS, config))
    return 0


@GROUP.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@output_flags
def completion_command(shell: str, **flags: Any) -> int:
    """Print the script that completes commands and flags in a shell.

    For bash: seltzer completion bash > ~/.local/share/bash-completion/completions/seltzer
    """
    output = output_of("completion", flags)
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"no completion for {shell}")
    script = kind(GROUP, {}, "seltzer", "_SELTZER_COMPLETE").source()
    output.result({"shell": shell, "script": script}, script.splitlines())
    return 0
