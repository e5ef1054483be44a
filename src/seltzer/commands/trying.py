"""What trials need of a call: how migrations are applied to a shadow, on which server, and what production is like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.claims.applying import Conditions
from seltzer.claims.cluster import changes_server
from seltzer.claims.lab import Lab
from seltzer.claims.production import Production, read_statistics_file
from seltzer.claims.sole import SoleLab
from seltzer.claims.workload import read_workload
from seltzer.db.history_sql import HistoryTable
from seltzer.shadow import Whose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seltzer.claims.lab import Case
    from seltzer.commands.call import Call
    from seltzer.config.values import HistoryName
    from seltzer.shadow import Shadow


def lab_on(shadow: Shadow, conditions: Conditions, cases: Sequence[Case]) -> Lab:
    """Where migrations are tried; one state at a time on a server that only this block has."""
    return (SoleLab if shadow.whose is Whose.OWN else Lab)(shadow, conditions, cases)


def whose_server(cases: Sequence[Case]) -> Whose:
    """Roles and the like belong to all databases of a server: who changes them has a server alone."""
    return Whose.OWN if any(changes_server(case.step.migration) for case in cases) else Whose.SHARED


def production_of(call: Call) -> Production:
    """What is known of the database where migrations will run.

    Raises:
        InvalidSettingError: The file of the setting `stats` is none that `seltzer stats` wrote, or that of `workload`
            has no queries.
    """
    config = call.config
    sizes = read_statistics_file(config.stats) if config.stats is not None else {}
    workload = read_workload(config.workload) if config.workload is not None else ()
    return Production(sizes, config.small_table, workload)


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
