"""Run by the measured interpreter: read and order a folder of migrations; prints JSON.

usage: planning.py MIGRATIONS
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
from pathlib import Path

from seltzer.planning.plan import order_of
from seltzer.source.discover import discover
from seltzer.source.read import read_migration


def main(folder: str) -> None:
    gc.disable()  # as the command does
    begun = time.process_time()
    files = discover(Path(folder))
    migrations = [read_migration(file) for file in files]
    read = time.process_time()
    order = order_of(migrations, {file.id: file.path for file in files})
    ordered = time.process_time()
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"count": len(order), "read_s": read - begun, "order_s": ordered - read, "peak_mib": peak_mib}))


main(sys.argv[1])
