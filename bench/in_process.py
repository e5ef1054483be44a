"""Run by the measured interpreter: a start with nothing to do, in process, beside a bare connect; prints JSON.

usage: in_process.py MIGRATIONS URL TIMES
"""

from __future__ import annotations

import json
import statistics
import sys
import time

import psycopg

import seltzer


def main(migrations: str, url: str, times: int) -> None:
    connects: list[float] = []
    starts: list[float] = []
    for number in range(times + 3):
        begun = time.perf_counter()
        psycopg.connect(url, autocommit=True).close()
        between = time.perf_counter()
        result = seltzer.run_all_migrations(migrations=migrations, database=url)
        ended = time.perf_counter()
        if result.applied:
            raise SystemExit("there was something to do")
        if number >= 3:  # noqa: PLR2004  # the first turns import what is left to import
            connects.append(between - begun)
            starts.append(ended - between)
    print(json.dumps({"connect_s": statistics.median(connects), "start_s": statistics.median(starts)}))


main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
