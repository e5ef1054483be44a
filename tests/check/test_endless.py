"""A migration that goes on for ever does not keep a check, and a check that is stopped leaves nothing at work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from seltzer.claims.finding import Verdict
from seltzer.errors import ShadowError

if TYPE_CHECKING:
    from check.trials import Checked

FILES = {
    "core/create_tables.sql": "CREATE TABLE IF NOT EXISTS core (id int);",
    "core/0001_sleep.sql": "SELECT pg_sleep(100000);",
}
_PATIENCE_S = 60.0


def at_work(checked: Checked) -> int:
    """How many sessions sleep in databases of checks."""
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname LIKE 'seltzer_shadow%' AND query LIKE '%pg_sleep(1000%'"
    )
    with psycopg.connect(checked.server.url("postgres")) as conn:
        (count,) = conn.execute(f"{query} AND state = 'active'").fetchone() or (0,)
        return count


def wait_for(checked: Checked, wanted: bool) -> None:  # noqa: FBT001  # which of the two states
    """Wait until some sleep, or none."""
    deadline = time.monotonic() + _PATIENCE_S
    while bool(at_work(checked)) is not wanted:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_what_goes_on_for_ever_is_unproven(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its sessions are ended when it was tried long enough; nothing that this caused is taken for its own fault."""
    monkeypatch.setattr("seltzer.claims.lab.PATIENCE", timedelta(seconds=1))
    result = checked.write(FILES).check("core/0001")
    tried = [item for item in result.judgements if item.claim not in {"guidelines", "documented"}]

    assert {item.verdict for item in tried} <= {Verdict.UNPROVEN, Verdict.NOT_APPLICABLE}
    assert any("still at work" in item.evidence for item in tried)
    wait_for(checked, wanted=False)


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["int", "term"])
def test_a_signal_ends_a_check(checked: Checked, sent: signal.Signals, code: int) -> None:
    """Soon, with the exit code of the signal, and with all that it had begun."""
    checked.write(FILES)
    process = subprocess.Popen(
        [sys.executable, "-m", "seltzer", "check", "core/0001", "--shadow", checked.server.url("postgres")],
        cwd=checked.root,
        env={**os.environ, "XDG_CACHE_HOME": str(checked.root / "cache")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(checked, wanted=True)
    process.send_signal(sent)
    _, said = process.communicate(timeout=_PATIENCE_S)

    assert process.returncode == code, said
    wait_for(checked, wanted=False)


def test_a_shadow_that_goes_away_is_an_error(checked: Checked) -> None:
    """Nothing is said of migrations then: what was seen may be its end, and a pipeline must not take it for proof."""
    text = (
        "SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity AS a "
        "WHERE a.application_name = 'seltzer shadow' AND a.pid <> pg_backend_pid();"
    )

    with pytest.raises(ShadowError, match="the shadow went away"):
        checked.write({"core/0001_end.sql": text}).check(only="idempotent")
