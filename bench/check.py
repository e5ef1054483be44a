"""How long a check takes: one new migration behind 200 applied ones, and the example on a machine that never checked.

.venv/bin/python bench/check.py [RUNS]
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from work import write

EXAMPLE = Path(__file__).parents[1] / "examples/internal_api"
BEHIND = 200
_TABLE = """\
CREATE TABLE IF NOT EXISTS {name} (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  amount numeric(10, 2) DEFAULT 0 CHECK (amount >= 0),
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS idx_{name}_name ON {name} (name);
COMMENT ON TABLE {name} IS 'One of many.';
"""
NEW = {
    "a column": "ALTER TABLE t005 ADD COLUMN IF NOT EXISTS note text;\n",
    "an index that blocks": "CREATE INDEX IF NOT EXISTS idx_t005_amount ON t005 (amount);\n",
    "a backfill": "UPDATE t005 SET amount = 0 WHERE amount IS NULL;\n",
}


def main() -> None:
    """Print the table."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print("| what | median s | slowest s | claims |\n|---|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as scratch:
        environment = {**os.environ, "XDG_CACHE_HOME": scratch}
        report("the example, first run", [check(EXAMPLE, environment, "--all")])
        report("the example, again", [check(EXAMPLE, environment, "--all")])
        for what, text in NEW.items():
            folder = Path(scratch) / what.replace(" ", "-")
            for number in range(BEHIND):
                write(folder / f"migrations/t{number:03}/create_tables.sql", _TABLE.format(name=f"t{number:03}"))
            write(folder / "migrations/t005/0001_new.sql", text)
            check(folder, environment, "t005/0001")  # makes the state of the 200
            report(f"{what}, behind {BEHIND}", [check(folder, environment, "t005/0001") for _ in range(runs)])
        subprocess.run(["seltzer", "shadow", "stop"], env=path(environment), capture_output=True, check=True)


def check(folder: Path, environment: dict[str, str], *arguments: str) -> tuple[float, int]:
    """Seconds of a whole process, and how many claims it judged."""
    started = time.perf_counter()
    command = ["seltzer", "check", *arguments, "--json"]
    done = subprocess.run(command, cwd=folder, env=path(environment), capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    return seconds, len(json.loads(done.stdout)["claims"])


def path(environment: dict[str, str]) -> dict[str, str]:
    """An environment that finds this installation's command first."""
    return {**environment, "PATH": os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])}


def report(what: str, seen: list[tuple[float, int]]) -> None:
    """Print a line."""
    seconds = [item for item, _ in seen]
    print(f"| {what} | {statistics.median(seconds):.2f} | {max(seconds):.2f} | {seen[0][1]} |", flush=True)


if __name__ == "__main__":
    main()
