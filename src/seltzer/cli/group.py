"""The command `seltzer` itself, which the files beside this one add their commands to."""

from __future__ import annotations

import click

from seltzer.version import __version__


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 refused by PostgreSQL or a migration, 2 wrong files, settings or flags, 3 pending, "
    "4 files and database disagree, 5 a wait ran out.",
)
@click.version_option(__version__, message="seltzer %(version)s")
def GROUP() -> None:  # noqa: N802  # click makes the object of it that `main` runs
    """PostgreSQL migrations for Python applications: one folder a module, applied when the application starts.

    A first day: seltzer init, write migrations/users/create_tables.sql, seltzer apply --database embedded.
    """
