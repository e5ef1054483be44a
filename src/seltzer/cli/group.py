"""The command `seltzer` itself, which the files beside this one add their commands to."""

from __future__ import annotations

import importlib

import click

from seltzer.version import __version__

# Each command's file is loaded when the command is wanted: a start in a shell script pays for its own verb only.
_HOMES = {
    "init": "files",
    "status": "commands",
    "plan": "commands",
    "apply": "commands",
    "history": "commands",
    "revert": "changes",
    "stamp": "changes",
    "forget": "changes",
    "reset": "changes",
    "check": "checks",
    "trace": "effects",
    "stats": "effects",
    "server": "changes",
    "shadow": "changes",
    "new": "files",
    "renumber": "files",
    "rename-module": "files",
    "settings": "files",
    "rules": "rules",
    "completion": "files",
}


class _Commands(click.Group):
    """The commands, loaded one file at a time."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, whether it is loaded or not."""
        del ctx
        return sorted(_HOMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command by its name, from its file."""
        home = _HOMES.get(cmd_name)
        if home is not None and cmd_name not in self.commands:
            importlib.import_module(f"seltzer.cli.{home}")
        return super().get_command(ctx, cmd_name)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 refused by PostgreSQL or a migration, 2 wrong files, settings or flags, 3 pending, "
    "4 files and database disagree, 5 a wait ran out.",
)
@click.version_option(__version__, message="seltzer %(version)s")
def GROUP() -> None:  # noqa: N802  # click makes the object of it that `main` runs
    """PostgreSQL migrations for Python applications: one folder a module, applied when the application starts.

    A first day: seltzer init, write migrations/users/create_tables.sql, seltzer apply --database embedded.
    """
