"""What is shown of a private server's log has nothing of the sessions in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seltzer.errors import ServerStartError
from seltzer.server.binaries import Binaries
from seltzer.server.cluster import Cluster, ensure_running

if TYPE_CHECKING:
    from pathlib import Path

# As PostgreSQL writes it: a record is one line, and more of it begins with a tab.
LOG = r"""LOG:  database system was interrupted
LOG:  statement: INSERT INTO users VALUES ('canary')
\tcanary
ERROR:  duplicate key value violates unique constraint "canary"
DETAIL:  Key (email)=(canary) already exists.
CONTEXT:  SQL statement "INSERT INTO users VALUES ('canary')
\tcanary"
STATEMENT:  ALTER ROLE app
\tPASSWORD 'canary'
LOG:  server process (PID 5) was terminated by signal 9: Killed
DETAIL:  Failed process was running: INSERT INTO users VALUES ('canary');
LOG:  duration: 5 ms  execute s: INSERT canary
DETAIL:  parameters: $1 = 'canary'
FATAL:  could not write to file
DETAIL:  No space left on device.
HINT:  Free some.
"""


@pytest.mark.parametrize("before", ["", f"STATEMENT:  SELECT\n\t'{'canary ' * 300}\n"], ids=["whole", "cut"])
def test_the_end_of_the_log_is_without_statements_and_rows(tmp_path: Path, before: str) -> None:
    """The server's own reasons stay, with their details."""
    program = tmp_path / "bin" / "initdb"
    program.parent.mkdir()
    text = (before + LOG).replace("\\t", "\t")
    program.write_text(f"#!/bin/sh\ncat <<'EOF'\n{text}EOF\nexit 1\n", encoding="utf-8")
    program.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()

    with pytest.raises(ServerStartError) as caught:
        ensure_running(Cluster(home, Binaries(program.parent, 18), None), {})

    detail = caught.value.detail or ""
    assert "canary" not in detail
    for kept in ("was terminated by signal 9", "FATAL:  could not write", "No space left", "Free some"):
        assert kept in detail
