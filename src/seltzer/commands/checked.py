"""Which migrations a check judges, and what is there before them: said by ids, by Git, or by the database.

This file imports inside functions: a check of texts needs no plan and no database, and must not pay for them.
"""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from seltzer.commands.collection import without_collection
from seltzer.errors import ConnectionFailedError, NotConfiguredError
from seltzer.planning.selection import resolve

if TYPE_CHECKING:
    from seltzer.claims.lab import Case
    from seltzer.commands.call import Call
    from seltzer.commands.start import Look
    from seltzer.model import MigrationFile, Plan


class Fixing(Enum):
    """What happens to findings that a program can settle."""

    NOT = "not"
    SHOWN = "shown"
    WRITTEN = "written"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be checked.

    Attributes:
        ids: Only these, in the forms of `planning.selection`; empty chooses by the database.
        everything: All migrations, whatever a database has.
        since: Those whose files differ from this Git revision's.
        only: Only these claims; empty tries all.
        accept: Whether what is found is accepted from now on.
        fixing: Whether files are written as they should be, or that is only shown.
    """

    ids: tuple[str, ...] = ()
    everything: bool = False
    since: str | None = None
    only: tuple[str, ...] = ()
    accept: bool = False
    fixing: Fixing = Fixing.NOT

    @property
    def by_database(self) -> bool:
        """Whether the database decides: what is pending there is judged."""
        return not (self.ids or self.everything or self.since)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The files, and what the database said of them.

    Attributes:
        call: The settings.
        asked: What is to be checked.
        files: All migrations.
        looked: What the database has, where that decides; None without one.
        major: The version of the database's server; None when it is not known.
    """

    call: Call
    asked: Asked
    files: tuple[MigrationFile, ...]
    looked: Look | None
    major: int | None

    def ids(self) -> set[str]:
        """The migrations that are judged, found without a plan where that goes."""
        if self.asked.since and not (self.asked.ids or self.asked.everything):
            return {case.step.migration.id for case in self.cases() if case.judged}
        if self.looked is not None:
            return {item.file.id for item in self.looked.found.pending()} if self.looked.found is not None else set()
        known = [file.id for file in self.files]
        if not self.asked.ids:
            return set(known)
        return {id_ for reference in self.asked.ids for id_ in resolve(reference, known)}

    def cases(self) -> list[Case]:
        """The steps that make the states, and which of them are judged.

        Raises:
            FilesError: A file is wrong, or migrations wait for each other.
            UsageError: There is no such revision.
        """
        from seltzer.commands.earlier import Earlier  # noqa: PLC0415  # brings everything that tries
        from seltzer.commands.planning import Planner  # noqa: PLC0415

        everything = plan_from_nothing(self.call, self.files)
        path = self.call.config.search_path or ("public",)
        earlier = Earlier(self.call.config.migrations, self.files, path)
        with without_collection():
            if self.asked.since and not (self.asked.ids or self.asked.everything):
                return earlier.since(everything, self.asked.since)
            if self.looked is None:
                return earlier.uncommitted(everything, self.ids())
            return earlier.recorded(everything, Planner(self.call).plan(self.looked, None), self.looked.found)


def choose(call: Call, asked: Asked, files: tuple[MigrationFile, ...], *, wants_version: bool) -> Chosen:
    """Look at the database, if there is one and it is needed.

    Args:
        call: The settings.
        asked: What is to be checked.
        files: All migrations.
        wants_version: Whether the version of its server is needed.
    """
    if not wants_version and not (asked.by_database and _may_have_database(call)):
        return Chosen(call, asked, files, None, None)
    from seltzer.commands.start import look, open_target  # noqa: PLC0415  # brings psycopg

    try:
        with open_target(call) as target:
            major = target.conn.info.server_version // 10000
            return Chosen(call, asked, files, look(call, target, files) if asked.by_database else None, major)
    except (NotConfiguredError, ConnectionFailedError) as error:
        if asked.by_database and isinstance(error, ConnectionFailedError):
            call.warn([f"{error.message}; everything is checked, as for an empty database"])
        return Chosen(call, asked, files, None, None)


def _may_have_database(call: Call) -> bool:
    """False only where no database can be configured, whichever way: to look for one brings psycopg."""
    config = call.config
    if call.connection is not None or config.database is not None:
        return True
    if any(name == "DATABASE_URL" or name.startswith("PG") for name in os.environ):
        return True
    # `shared.config` of the application, in the project or anywhere else that Python looks.
    in_project = any((config.root / name).exists() for name in ("shared", "shared.py"))
    return in_project or importlib.util.find_spec("shared") is not None


def plan_from_nothing(call: Call, files: tuple[MigrationFile, ...]) -> Plan:
    """All migrations, as an empty database would meet them.

    Raises:
        FilesError: A file is wrong, or migrations wait for each other.
    """
    from seltzer.commands.planning import Planner  # noqa: PLC0415  # brings the parser and psycopg
    from seltzer.commands.start import FileLooks, Look  # noqa: PLC0415
    from seltzer.db.history import Reading  # noqa: PLC0415
    from seltzer.planning.states import survey  # noqa: PLC0415

    reading = Reading(exists=False, same=False, rows={}, read_only="")
    nothing = Look(files, reading, survey(files, {}, FileLooks()))
    with without_collection():
        return Planner(call).plan(nothing, None)
