"""Hazards found and missed on labelled statements: Seltzer, which runs them, beside squawk, which reads them.

    .venv/bin/python bench/effects.py CASES_FOLDER [SQUAWK]

The folder has `base.sql`, a schema with rows, and `cases.jsonl`: a statement a line, what comes before it in its
transaction, and whether it is a hazard on PostgreSQL 16 and 18. Both tools are given a file with both.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from seltzer.claims.tracing import trace_statements
from seltzer.server import find_binaries, private_server
from seltzer.sql.statements import read_statements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seltzer.server import Server

VERSIONS = (16, 18)
SQUAWK = Path(__file__).parent / ".peers/python/bin/squawk"
# Its rules that speak of a table that is scanned, rewritten or indexed under a lock; the others are about style, about
# timeouts, or about clients that break.
LOCKING = frozenset(
    {
        "adding-field-with-default",
        "adding-foreign-key-constraint",
        "adding-not-nullable-field",
        "adding-serial-primary-key-field",
        "changing-column-type",
        "constraint-missing-not-valid",
        "disallowed-unique-constraint",
        "prefer-text-field",
        "require-concurrent-index-creation",
        "require-concurrent-reindex",
    }
)


@dataclass(slots=True)
class Score:
    """How often a tool was right about hazards."""

    found: int = 0
    missed: int = 0
    invented: int = 0

    def count(self, *, said: bool, true: bool) -> None:
        """Count one statement."""
        self.found += said and true
        self.missed += true and not said
        self.invented += said and not true

    def __str__(self) -> str:
        """Precision and recall, and what they are made of."""
        precision = self.found / (self.found + self.invented) if self.found + self.invented else 0.0
        recall = self.found / (self.found + self.missed) if self.found + self.missed else 0.0
        return f"{precision:.2f} | {recall:.2f} | {self.found} | {self.missed} | {self.invented}"


def main(folder: Path, squawk: Path) -> None:
    """Print a table row for each tool and version."""
    cases = [json.loads(line) for line in (folder / "cases.jsonl").read_text(encoding="utf-8").splitlines()]
    base = (folder / "base.sql").read_bytes()
    print("| tool | PostgreSQL | precision | recall | found | missed | invented |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for version in VERSIONS:
        chosen = [case for case in cases if str(version) in case["pg"]]
        ours, theirs = Score(), Score()
        with private_server(find_binaries(version)) as server:
            _make(server, "base", None, base)
            for case in chosen:
                true = case["pg"][str(version)]["hazard"]
                ours.count(said=_traced(server, case), true=true)
                theirs.count(said=_read(squawk, case, version), true=true)
        print(f"| seltzer trace | {version} | {ours} |")
        print(f"| squawk | {version} | {theirs} |")


def _make(server: Server, name: str, template: str | None, content: bytes) -> None:
    with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name} {f'TEMPLATE {template}' if template else ''}".encode())
    with psycopg.connect(server.url(name), autocommit=True) as conn:
        conn.execute(content)


def _text(case: dict[str, Any]) -> str:
    return f"{case['before']};\n{case['statement']};\n" if case["before"] else f"{case['statement']};\n"


def _lines(case: dict[str, Any]) -> Iterator[int]:
    """The lines of the statement itself, counted from 1."""
    first = _text(case).count("\n") - case["statement"].count("\n")
    yield from range(first, first + case["statement"].count("\n") + 1)


def _traced(server: Server, case: dict[str, Any]) -> bool:
    _make(server, "one", "base", b"SELECT 1")
    text = _text(case)
    connect = partial(psycopg.connect, server.url("one"), autocommit=True)
    lines = set(_lines(case))
    hazard = any(
        effect.hazard
        for effect in trace_statements(connect, text, read_statements(text), counts_own=True)
        if effect.line in lines
    )
    with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
        conn.execute("DROP DATABASE one WITH (FORCE)")
    return hazard


def _read(squawk: Path, case: dict[str, Any], version: int) -> bool:
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(_text(case))
        file.flush()
        command = [squawk, "--reporter=json", f"--pg-version={version}", file.name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = {line - 1 for line in _lines(case)}
    said = json.loads(done.stdout or "[]")
    return any(item["rule_name"] in LOCKING and item["line"] in lines for item in said)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else SQUAWK)  # noqa: PLR2004
