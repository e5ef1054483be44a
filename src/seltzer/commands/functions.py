"""The verbs as functions of the package `seltzer`: keywords are the settings, and what each verb takes besides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seltzer.commands.project import Migrations

if TYPE_CHECKING:
    import os

    from seltzer.commands.check_result import CheckResult
    from seltzer.commands.results import (
        ForgetResult,
        HistoryResult,
        NewResult,
        PlanResult,
        RevertResult,
        RunResult,
        StampResult,
        StatusResult,
    )
    from seltzer.commands.trace import TraceResult


def run_all_migrations(*, migrations: str | os.PathLike[str] | None = None, **settings: Any) -> RunResult:
    """Bring the database up to date: `Migrations(migrations).run_all(**settings)`."""
    return Migrations(migrations).run_all(**settings)


def status(*ids: str, migrations: str | os.PathLike[str] | None = None, **settings: Any) -> StatusResult:
    """Compare the files, or the named ones, with the history; changes nothing."""
    return Migrations(migrations).status(*ids, **settings)


def apply(*ids: str, migrations: str | os.PathLike[str] | None = None, **settings: Any) -> RunResult:
    """Apply everything pending, or the named migrations with what they need.

    Args:
        ids: `module/name`, `module`, `module/0002` or `module/0002..0005`; only an id brings back what is superseded.
        migrations: The migrations folder.
        settings: `reverted=True` applies what was reverted; `single_transaction=True` applies all of it or nothing;
            and any setting.
    """
    return Migrations(migrations).apply(*ids, **settings)


def revert(*ids: str, migrations: str | os.PathLike[str] | None = None, **settings: Any) -> RevertResult:
    """Revert applied migrations by their ways back, newest first; they stay reverted until they are applied by id.

    Args:
        ids: As in `apply`.
        migrations: The migrations folder.
        settings: Instead of ids `last=N`, the N that were applied last, or `to=ID`, everything applied after it;
            `with_dependents=True` reverts what needs them too, instead of refusing; and any setting.
    """
    return Migrations(migrations).revert(*ids, **settings)


def stamp(*ids: str, migrations: str | os.PathLike[str] | None = None, **settings: Any) -> StampResult:
    """Record migrations as applied without running them, for a database that has their objects already.

    Args:
        ids: As in `apply`.
        migrations: The migrations folder.
        settings: Instead of ids `everything=True`, all that is pending, or `through=ID`, all up to it;
            `as_reverted=True` records ids as reverted; `force=True` does not look for objects; and any setting.
    """
    return Migrations(migrations).stamp(*ids, **settings)


def forget(*ids: str, migrations: str | os.PathLike[str] | None = None, **settings: Any) -> ForgetResult:
    """Record that missing migrations, or all missing ones of a module, are gone for good."""
    return Migrations(migrations).forget(*ids, **settings)


def reset(*, migrations: str | os.PathLike[str] | None = None, **settings: Any) -> RunResult:
    """Drop the database with all its data, create it again, apply everything.

    Args:
        migrations: The migrations folder.
        settings: `database_name=NAME`, typed out, unless the database is an embedded one; and any setting.
    """
    return Migrations(migrations).reset(**settings)


def plan(*ids: str, migrations: str | os.PathLike[str] | None = None, **settings: Any) -> PlanResult:
    """What an apply would do, in which order and why; runs nothing."""
    return Migrations(migrations).plan(*ids, **settings)


def check(*ids: str, migrations: str | os.PathLike[str] | None = None, **settings: Any) -> CheckResult:
    """Try every claim of the migrations that are about to run, on a throw-away PostgreSQL.

    Args:
        ids: Only these; without any, what is pending on the database, or everything where there is none.
        migrations: The migrations folder.
        settings: `everything=True` checks all; `since=GIT_REF` those that differ from that revision; `only=[CLAIM, …]`
            tries only these claims; `fix=True` writes what can be written safely, in files that are applied nowhere,
            and checks that; `diff=True` has what it would write as the result's `diff`, and writes nothing;
            `accept=True` accepts what is found from now on; and any setting.
    """
    return Migrations(migrations).check(*ids, **settings)


def trace(
    file: str | os.PathLike[str] | None = None,
    *,
    sql: str | None = None,
    migrations: str | os.PathLike[str] | None = None,
    **settings: Any,
) -> TraceResult:
    """Run SQL on a throw-away PostgreSQL with all migrations applied, and say what each statement does.

    Args:
        file: A SQL file; directives at its head count.
        sql: The text itself, instead of a file.
        migrations: The migrations folder.
        settings: `on=DATABASE` tries it on a database of yours that may be thrown away, where what cannot be rolled
            back stays; and any setting.
    """
    return Migrations(migrations).trace(file, sql=sql, **settings)


def history(*ids: str, migrations: str | os.PathLike[str] | None = None, **settings: Any) -> HistoryResult:
    """The rows of the history, oldest first; `since=DATE` leaves out what is older."""
    return Migrations(migrations).history(*ids, **settings)


def new(
    module: str, name: str | None = None, *, migrations: str | os.PathLike[str] | None = None, **settings: Any
) -> NewResult:
    """Write the files of a new module, or the next numbered file of one.

    Args:
        module: The module.
        name: What the numbered file does, such as `add_email`; None makes the module.
        migrations: The migrations folder.
        settings: For a numbered file `python=True` and `down=True`; `new_module="sql"` for a module without a runner;
            and any setting.
    """
    return Migrations(migrations).new(module, name, **settings)


def renumber(id_: str, *, migrations: str | os.PathLike[str] | None = None, **settings: Any) -> NewResult:
    """Give a numbered file and its down file the next free number; refused where another of its module needs it."""
    return Migrations(migrations).renumber(id_, **settings)


def rename_module(
    old: str, new: str, *, migrations: str | os.PathLike[str] | None = None, **settings: Any
) -> NewResult:
    """Give a module another name; databases that have its migrations know them again."""
    return Migrations(migrations).rename_module(old, new, **settings)
