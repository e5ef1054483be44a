"""A check's result to render: an error, a warning, remarks, what could not be tried, locks, and hostile text."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seltzer.claims.finding import Finding, Judgement, judged, not_applicable, proven, unproven
from seltzer.claims.tracing import Effect
from seltzer.commands.check_result import CheckResult
from seltzer.model import Severity

if TYPE_CHECKING:
    from pathlib import Path

UNIQUE = """-- One account an address.
CREATE UNIQUE INDEX idx_users_email ON users (email);
COMMENT ON INDEX idx_users_email IS 'one account an address';
"""
HOSTILE = "</style><script>alert(1)</script> ::error::x ```` | @team \x1b[31m %0A <b>&amp;\x00"

_PROVEN = {
    "idempotent": "run twice: the second run changed nothing",
    "atomic": "a fault after each of 2 statements, and a killed connection: nothing was left behind",
    "survives-rows": "40 rows in each of 2 tables: none was lost or changed",
    "converges": "an empty database and one with the old files end the same",
    "backward-compatible": "no query of the running release fails on the new schema",
    "guidelines": "12 rules",
}


def wrote(folder: Path) -> Path:
    """A repository with the file that findings point at."""
    (folder / ".git").mkdir(exist_ok=True)
    path = folder / "migrations/users/0001_unique_email.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(UNIQUE, encoding="utf-8")
    return path


def blocking(file: Path) -> Finding:
    """An error with everything that a finding can have."""
    return Finding(
        claim="effects",
        rule="index-not-concurrently",
        severity=Severity.ERROR,
        id="users/0001_unique_email",
        file=file,
        line=2,
        message="CREATE UNIQUE INDEX stops every write to public.users for as long as it takes to read the table",
        evidence="traced on a clone: the statement took SHARE on public.users\nscanned: public.users\n"
        "indexes built: public.idx_users_email",
        why="With 41,000,000 rows (3.2 GB) about 25 s go by in which no INSERT, UPDATE or DELETE gets through.",
        fix="-- seltzer: transaction = off\nCREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS idx_users_email\n"
        "    ON users (email);",
    )


def repeated(file: Path) -> Finding:
    """A warning without a line and without SQL to write."""
    return Finding(
        claim="idempotent",
        rule="idempotent",
        severity=Severity.WARNING,
        id="users/0001_unique_email",
        file=file,
        line=None,
        message='the second run fails: relation "idx_users_email" already exists',
        evidence="run twice on one clone",
        why="A run that was cut off cannot be started again.",
    )


def bare(file: Path, column: str) -> Finding:
    """A remark."""
    return Finding(
        claim="documented",
        rule="undocumented-column",
        severity=Severity.INFO,
        id="users/create_tables",
        file=file,
        line=1,
        message=f"the column public.users.{column} has no comment",
        evidence="read from the catalog after the migration",
        why="Who meets the column in a query has to ask somebody what it holds.",
        fix=f"COMMENT ON COLUMN users.{column} IS '…';",
    )


def hostile(file: Path) -> Finding:
    """A finding whose every text tries to be more than text."""
    return Finding("guidelines", "bad<rule", Severity.ERROR, "a/<b>", file, 1, HOSTILE, HOSTILE, HOSTILE, HOSTILE)


def effects() -> tuple[Effect, ...]:
    """What the statements of the migration did."""
    users = "public.users"
    return (
        Effect(
            2,
            "CREATE UNIQUE INDEX idx_users_email ON users (email)",
            transactional=True,
            locks={users: "SHARE"},
            scanned=(users,),
            indexes_built=("public.idx_users_email",),
            hazards={users: "SHARE"},
            duration_ms=3.4,
        ),
        Effect(
            3,
            "ALTER TABLE users ADD COLUMN note text REFERENCES accounts",
            transactional=True,
            locks={users: "ACCESS EXCLUSIVE", "public.accounts": "SHARE ROW EXCLUSIVE"},
        ),
        Effect(
            4,
            "CREATE INDEX idx_users_note ON users (note)",
            transactional=True,
            locks={},
            indexes_built=("public.idx_users_note",),
            hazards={users: "ACCESS EXCLUSIVE"},
        ),
        Effect(5, "VACUUM users", transactional=False, locks=None, scanned=None, error="out of <memory>"),
    )


def checked(folder: Path) -> CheckResult:
    """Two migrations, every claim of theirs."""
    file = wrote(folder)
    first, second = "users/create_tables", "users/0001_unique_email"
    remarks = tuple(bare(file.with_name("create_tables.sql"), name) for name in ("id", "email"))
    found = judged("effects", second, (blocking(file),), "2 statements traced")
    judgements = [
        *(proven(name, first, words) for name, words in _PROVEN.items()),
        judged("documented", first, remarks, "3 objects"),
        not_applicable("reversible", first, "there is no way back: no create_tables.down.sql"),
        *(proven(name, second, words) for name, words in _PROVEN.items() if name != "idempotent"),
        judged("idempotent", second, (repeated(file),), ""),
        replace(found, effects=effects()),
        unproven("traffic", second, "the shadow lacks the extension postgis"),
    ]
    return result_of(*judgements)


def result_of(*judgements: Judgement) -> CheckResult:
    """What a check of these came to."""
    return CheckResult(judgements, "PostgreSQL 18.1, embedded", 2140)
