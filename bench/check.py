"""How long a check takes: of texts beside squawk, of the example, of one new migration behind 200 applied ones.

.venv/bin/python bench/check.py [RUNS]
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from work import table_sql, write

EXAMPLE = Path(__file__).parents[1] / "examples/internal_api"
SQUAWK = Path(__file__).parent / ".peers/python/bin/squawk"
MODULES = 1000
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


class Spent(NamedTuple):
    """What a whole process took, in seconds; the processor's time is that of all its threads."""

    wall: float
    cpu: float


def main() -> None:
    """Print the tables."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as scratch:
        environment = {**os.environ, "XDG_CACHE_HOME": scratch, "PYTHONPYCACHEPREFIX": f"{scratch}/bytecode"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # who has installed it does not compile it at each start
        texts(Path(scratch) / "texts", environment, runs)
        print("| what | median s | slowest s | claims |\n|---|--:|--:|--:|")
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


def texts(folder: Path, environment: dict[str, str], runs: int) -> None:
    """`check --only guidelines` of 1,000 modules for the first time and unchanged, and squawk on the same texts.

    They take turns. The fastest run counts: whatever else the machine does only adds.
    """
    for number in range(MODULES):
        write(folder / f"migrations/m{number:05d}/create_tables.sql", table_sql(number))
    files = sorted(str(path) for path in folder.glob("migrations/*/*.sql"))
    ours = ["seltzer", "check", "--all", "--only", "guidelines", "--json"]
    spent(ours, folder, environment)  # makes the byte code
    seen: dict[str, list[Spent]] = {}
    for number in range(runs):
        fresh = {**environment, "XDG_CACHE_HOME": f"{folder}/cache-{number}"}
        seen.setdefault("seltzer, the first time", []).append(spent(ours, folder, fresh))
        seen.setdefault("seltzer, nothing changed", []).append(spent(ours, folder, fresh))
        if SQUAWK.exists():
            seen.setdefault("squawk", []).append(spent([str(SQUAWK), *files], folder, fresh))
    print(f"| {MODULES:,} modules, texts only | wall s | CPU s |\n|---|--:|--:|")
    for what, times in seen.items():
        print(f"| {what} | {min(item.wall for item in times):.2f} | {min(item.cpu for item in times):.2f} |")
    print(flush=True)


def spent(command: list[str], folder: Path, environment: dict[str, str]) -> Spent:
    """What a process took."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, cwd=folder, env=path(environment), capture_output=True, check=False)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Spent(wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)


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
