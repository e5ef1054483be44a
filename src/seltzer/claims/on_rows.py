"""Claims tried where there are rows: the tables that a migration touches are filled once, and every trial has a copy.

On empty tables an UPDATE does nothing, and everything can be said of nothing.
"""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import wraps
from typing import TYPE_CHECKING, Any

from seltzer.claims.finding import Verdict
from seltzer.claims.own_failure import is_own_failure
from seltzer.claims.said import read_said
from seltzer.claims.touching import existing_tables
from seltzer.claims.trial import Trial, TrialDatabase
from seltzer.claims.with_rows import WRITES, Scene, set_scene
from seltzer.errors import SeltzerError, TrialError

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    import psycopg

    from seltzer.claims.finding import Judgement
    from seltzer.claims.judging import Judge

_SHOWN = 5
_FAILS = "the migration fails on its rows: see survives-rows"
_ALONE = "what changes roles and the like is tried without rows"


@dataclass(frozen=True, slots=True)
class Stage:
    """What a migration's claims are tried on.

    Attributes:
        scene: The tables and their rows; None where none were made.
        filled: The trial whose database before the migration has the rows; None where there are none.
        trial: The one to try claims with: that, or one without rows when the migration fails on them.
        words: What there is to say of the rows, for the evidence.
        untried: Tables whose rows the migration changes and that have none, each with the reason.
    """

    scene: Scene | None
    filled: Trial | None
    trial: Trial
    words: str
    untried: str


class _FilledTrial(Trial):
    """A trial on databases whose tables are filled."""

    def __init__(self, trial: Trial, before: str, after: str | None = None) -> None:
        super().__init__(trial.lab, trial.index)
        self._before, self._after = before, after

    @contextmanager
    def _database(self, count: int) -> Generator[TrialDatabase]:
        """A copy of the state with rows before the migration, or of that after it."""
        name = self._before if count == self.index or self._after is None else self._after
        with (
            self.lab.clone_of(name) as made,
            closing(TrialDatabase(self.lab, self.step, made.parameters)) as database,
        ):
            yield database


def on_rows(judge: Judge) -> Judge:
    """A claim's judge, given a trial whose tables have rows; what it proves it says of them."""

    @wraps(judge)
    def judge_on_rows(trial: Trial) -> Judgement:
        stage = stage_of(trial)
        found = judge(stage.trial)
        if found.verdict is Verdict.REFUTED and stage.words:
            told = [
                replace(item, evidence=f"{item.evidence}\n{stage.words}") if " rows" in item.evidence else item
                for item in found.findings
            ]
            return replace(found, findings=tuple(told))
        if found.verdict is not Verdict.PROVEN:
            return found
        if stage.untried:
            words = f"its changes of rows were not tried: no rows in {stage.untried}"
            return replace(found, verdict=Verdict.UNPROVEN, evidence=words)
        return replace(found, evidence="; ".join(filter(None, [found.evidence, stage.words])))

    return judge_on_rows


def stage_of(trial: Trial) -> Stage:
    """What the claims of a migration are tried on, made once.

    Raises:
        SeltzerError: It could not be made.
    """
    with trial.staging:
        if trial.stage is None:
            trial.stage = _without_rows(trial) if trial.lab.alone else _made(trial)
        return trial.stage


def _without_rows(trial: Trial) -> Stage:
    with trial.database() as database:
        tables = existing_tables(database.conn, database.conditions)
        scene = Scene.of_nothing(tables)
        untried = _untried(database.conn, trial, scene, dict.fromkeys(tables, _ALONE)) if tables else ""
    return Stage(None, None, trial, "", untried)


def _made(trial: Trial) -> Stage:
    lab = trial.lab
    with lab.copy(trial.index) as before, closing(TrialDatabase(lab, trial.step, before.parameters)) as database:
        with database.connect() as conn:
            scene = set_scene(conn, trial)
            empty = _missing(scene)
            untried = _untried(conn, trial, scene, empty)
        if not any(scene.filled.rows.values()):
            return Stage(scene, None, trial, _no_rows(scene, empty), untried)
    filled = _FilledTrial(trial, before.name)
    with (
        lab.copy(trial.index, before.name) as after,
        closing(TrialDatabase(lab, trial.step, after.parameters)) as database,
    ):
        if _fails(database):
            failed = dict.fromkeys(scene.existing if scene.wanted is None else scene.wanted, _FAILS)
            untried = _untried(database.conn, trial, scene, failed)
            return Stage(scene, filled, trial, "no rows: it fails on filled tables (survives-rows)", untried)
    words = "; ".join(filter(None, [_filled(scene), _no_rows(scene, empty)]))
    return Stage(scene, filled, _FilledTrial(trial, before.name, after.name), words, untried)


def _fails(database: TrialDatabase) -> bool:
    """Apply it on rows; whether it fails for reasons of its own."""
    try:
        database.apply()
    except SeltzerError as error:
        if isinstance(error, TrialError) or not is_own_failure(error):
            raise
        return True
    return False


def _missing(scene: Scene) -> dict[int, str]:
    """Why a table that the migration touches has no rows, by its OID."""
    return {oid: why for oid, why in scene.filled.empty.items() if scene.wanted is None or oid in scene.wanted}


def _untried(conn: psycopg.Connection[Any], trial: Trial, scene: Scene, empty: Mapping[int, str]) -> str:
    """Those of these tables whose rows the migration says that it changes."""
    if not empty:
        return ""
    said = read_said(conn, trial.step.migration)
    modes = scene.touched.modes if scene.touched is not None else None
    found = [
        f"{scene.existing[oid]} ({why})"
        for oid, why in sorted(empty.items())
        if oid in scene.existing
        and (modes is None or WRITES in modes.get(oid, ()))
        and said.changes_rows([scene.existing[oid].name])
    ]
    return "; ".join(_few(found))


def _no_rows(scene: Scene, empty: Mapping[int, str]) -> str:
    names = [str(scene.existing[oid]) for oid in sorted(empty) if oid in scene.existing]
    return f"no rows in {', '.join(_few(names))}, which could not be filled" if names else ""


def _filled(scene: Scene) -> str:
    rows = {oid: count for oid, count in sorted(scene.filled.rows.items()) if count}
    asked = [scene.filled.names[oid] for oid in rows if scene.wanted is None or oid in scene.wanted]
    return f"tried on rows made up for {', '.join(_few(asked or [scene.filled.names[oid] for oid in rows]))}"


def _few(names: list[str]) -> list[str]:
    rest = len(names) - _SHOWN
    return [*names[:_SHOWN], f"{rest} more"] if rest > 0 else names
