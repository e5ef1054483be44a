"""What people read while a run waits."""

from __future__ import annotations

import pytest

from seltzer.events import Blocker, StatementBlocked
from seltzer.report.text_events import event_line


@pytest.mark.parametrize(
    ("blockers", "expected"),
    [
        (
            (Blocker(12, "app", "psql", "idle in transaction", 63.4, "SELECT *"),),
            "m/0001_a waits for backend 12 (app, psql, idle in transaction for 63 s): SELECT * (2 s)",
        ),
        ((Blocker(12, "app", "", "active", None, ""),), "m/0001_a waits for backend 12 (app, active) (2 s)"),
        ((Blocker(12, "app", "psql", "", None, ""),), "m/0001_a waits for backend 12 (app, psql) (2 s)"),
        (
            (Blocker(12, "a", "", "active", None, ""), Blocker(13, "b", "", "active", None, "")),
            "m/0001_a waits for backend 12 (a, active); backend 13 (b, active) (2 s)",
        ),
        (
            (Blocker(0, "app", "", "prepared transaction", 63.4, "", "o'clock"),),
            (
                "m/0001_a waits for prepared transaction 'o''clock' (app, for 63 s), which COMMIT PREPARED 'o''clock' "
                "or ROLLBACK PREPARED 'o''clock' ends (2 s)"
            ),
        ),
    ],
    ids=["all of it", "no transaction", "hidden", "two", "prepared"],
)
def test_who_is_in_the_way(blockers: tuple[Blocker, ...], expected: str) -> None:
    """As much as the role may see, without gaps for what it may not."""
    assert event_line(StatementBlocked("m/0001_a", 2.3, blockers), verbose=False) == expected
