"""`check`: every claim of the migrations that are about to run, tried on a shadow; the database is only looked at."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seltzer.claims.applying import Conditions
from seltzer.claims.cluster import changes_server
from seltzer.claims.judging import judge_all
from seltzer.claims.lab import Case, Lab
from seltzer.claims.production import Production, read_statistics_file
from seltzer.claims.registry import TRIED, chosen_claims
from seltzer.claims.sole import SoleLab
from seltzer.commands.check_result import CheckResult
from seltzer.commands.earlier import Earlier
from seltzer.commands.planning import Planner, without_collection
from seltzer.commands.start import Call, FileLooks, Look, look, open_target
from seltzer.db.history import Reading
from seltzer.db.history_sql import HistoryTable
from seltzer.errors import ConnectionFailedError, NotConfiguredError
from seltzer.planning.selection import resolve
from seltzer.planning.states import survey
from seltzer.shadow import Whose, open_shadow
from seltzer.source.discover import discover

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seltzer.config.values import HistoryName
    from seltzer.model import MigrationFile, Plan
    from seltzer.shadow import Shadow


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be checked.

    Attributes:
        ids: Only these, in the forms of `planning.selection`; empty chooses by the database.
        everything: All migrations, whatever a database has.
        since: Those whose files differ from this Git revision's.
        only: Only these claims; empty tries all.
    """

    ids: tuple[str, ...] = ()
    everything: bool = False
    since: str | None = None
    only: tuple[str, ...] = ()


def check(call: Call, asked: Asked) -> CheckResult:
    """Try the claims of migrations on a shadow.

    Raises:
        FilesError: The files are wrong.
        UnknownMigrationError: An id is none.
        ServerStartError: There is no shadow to try them on.
    """
    started = time.monotonic()
    files = discover(call.config.migrations)
    looked, major = _look(call, files, wanted=not (asked.ids or asked.everything or asked.since))
    cases = _cases(call, files, looked, asked)
    names = chosen_claims(asked.only)
    production = _production_of(call)
    if not any(case.judged for case in cases):
        return CheckResult((), "", _since(started))
    with open_shadow(call.config, major, whose=_whose(cases), warn=lambda words: call.warn([words])) as shadow:
        with closing(_lab(shadow, conditions_of(call), cases)) as lab:
            lab.production = production
            judged = [item for group in judge_all(lab, {name: TRIED[name] for name in names}) for item in group]
        return CheckResult(tuple(judged), shadow.said, _since(started))


def _lab(shadow: Shadow, conditions: Conditions, cases: Sequence[Case]) -> Lab:
    return (SoleLab if shadow.whose is Whose.OWN else Lab)(shadow, conditions, cases)


def _whose(cases: Sequence[Case]) -> Whose:
    """Roles and the like belong to all databases of a server: who changes them has a server alone."""
    return Whose.OWN if any(changes_server(case.step.migration) for case in cases) else Whose.SHARED


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def _look(call: Call, files: tuple[MigrationFile, ...], *, wanted: bool) -> tuple[Look | None, int | None]:
    """What the database has, and its major version; without one, or where none can be reached, neither."""
    try:
        with open_target(call) as target:
            major = target.conn.info.server_version // 10000
            return (look(call, target, files) if wanted else None), major
    except (NotConfiguredError, ConnectionFailedError) as error:
        if wanted and isinstance(error, ConnectionFailedError):
            call.warn([f"{error.message}; everything is checked, as for an empty database"])
        return None, None


def _cases(call: Call, files: tuple[MigrationFile, ...], looked: Look | None, asked: Asked) -> list[Case]:
    """The steps that make the states, and which of them are judged."""
    everything = plan_from_nothing(call, files)
    earlier = Earlier(call.config.migrations, files, call.config.search_path or ("public",))
    with without_collection():
        if asked.since and not asked.ids and not asked.everything:
            return earlier.since(everything, asked.since)
        if asked.ids or asked.everything:
            return earlier.uncommitted(everything, _chosen(files, asked))
        if looked is None:
            return earlier.uncommitted(everything, {file.id for file in files})
        return earlier.recorded(everything, Planner(call).plan(looked, None), looked.found)


def plan_from_nothing(call: Call, files: tuple[MigrationFile, ...]) -> Plan:
    """All migrations, as an empty database would meet them.

    Raises:
        FilesError: A file is wrong, or migrations wait for each other.
    """
    reading = Reading(exists=False, same=False, rows={}, read_only="")
    nothing = Look(files, reading, survey(files, {}, FileLooks()))
    with without_collection():
        return Planner(call).plan(nothing, None)


def _chosen(files: tuple[MigrationFile, ...], asked: Asked) -> set[str]:
    known = [file.id for file in files]
    if asked.everything:
        return set(known)
    return {id_ for reference in asked.ids for id_ in resolve(reference, known)}


def _production_of(call: Call) -> Production:
    """What is known of the database where migrations will run.

    Raises:
        InvalidSettingError: The file of the setting `stats` is none that `seltzer stats` wrote.
    """
    config = call.config
    sizes = read_statistics_file(config.stats) if config.stats is not None else {}
    return Production(sizes, config.small_table)


def conditions_of(call: Call) -> Conditions:
    """How migrations are applied to a shadow."""
    config = call.config
    return Conditions(
        folder=config.migrations,
        table=_table(config.history),
        lock_timeout=config.lock_timeout,
        statement_timeout=config.statement_timeout,
        search_path=config.search_path,
        role=config.role,
    )


def _table(name: HistoryName) -> HistoryTable:
    """The history of a shadow: its schema is left out of what is compared, so it must not be one of the migrations'."""
    return HistoryTable("seltzer" if name.schema == "public" else name.schema, name.table)
