"""Each claim is missed: a defect that it refutes is refuted by nothing else once it is switched off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seltzer.claims.finding import Verdict, proven
from seltzer.claims.names import CLAIMS
from seltzer.claims.registry import TRIED
from seltzer.commands.guidelines import TEXT_CLAIMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from check.trials import Checked
    from seltzer.claims.finding import Judgement
    from seltzer.claims.trial import Trial

USERS = {"users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY, email text, age int);"}

# For each claim the file with one thing wrong, and what it was in the last commit, where that counts.
LOG = "users/log.sql"
DEFECTS: Mapping[str, tuple[str, str, str]] = {
    "idempotent": ("users/0001_name.sql", "", "ALTER TABLE users ADD COLUMN name text;"),
    "atomic": (
        "users/0001_name.sql",
        "",
        "CREATE TABLE IF NOT EXISTS a (x int);\nCOMMIT;\nCREATE TABLE IF NOT EXISTS b (x int);",
    ),
    "reversible": ("users/0001_name.sql", "", "ALTER TABLE users ADD COLUMN IF NOT EXISTS name text;"),
    "survives-rows": ("users/0001_name.sql", "", "ALTER TABLE users ALTER COLUMN email SET NOT NULL;"),
    "converges": (LOG, "CREATE TABLE IF NOT EXISTS log (a int);", "CREATE TABLE IF NOT EXISTS log (a int, b int);"),
    "effects": ("users/0001_name.sql", "", "CREATE INDEX IF NOT EXISTS idx_users_email ON users (email);"),
    "traffic": (
        "users/0001_name.sql",
        "",
        "SET LOCAL lock_timeout = '1min';\nALTER TABLE users ADD COLUMN IF NOT EXISTS name text;",
    ),
    "backward-compatible": ("users/0001_name.sql", "", "ALTER TABLE users DROP COLUMN IF EXISTS email;"),
}
DOWN = {"users/0001_name.down.sql": "ALTER TABLE users DROP COLUMN name, ADD COLUMN nick text;"}


def refute(checked: Checked, claim: str) -> None:
    """Write the claim's defect and insist that the claim refutes it."""
    name, former, now = DEFECTS[claim]
    checked.write({**USERS, **({name: former} if former else {})}).commit()
    checked.write({name: now, **(DOWN if claim == "reversible" else {})})
    migration = name.removesuffix(".sql")

    assert checked.judge(migration, claim).verdict is Verdict.REFUTED


def test_every_claim_is_here() -> None:
    """Whoever adds a claim adds what it alone refutes."""
    assert set(DEFECTS) == set(CLAIMS) - TEXT_CLAIMS


@pytest.mark.parametrize("claim", DEFECTS)
def test_a_claim_refutes_its_defect(checked: Checked, claim: str) -> None:
    """What the next test switches off is on."""
    refute(checked, claim)


@pytest.mark.parametrize("claim", DEFECTS)
def test_a_claim_that_is_switched_off_is_missed(checked: Checked, claim: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same test fails when the claim believes everything."""

    def believe(trial: Trial) -> Judgement:
        return proven(claim, trial.id, "believed")

    believing = {**TRIED, claim: believe}
    monkeypatch.setattr("seltzer.claims.registry.TRIED", believing)

    with pytest.raises(AssertionError):
        refute(checked, claim)
