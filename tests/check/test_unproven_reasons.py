"""What cannot be tried is unproven, with a reason that says what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seltzer.claims.finding import Verdict

if TYPE_CHECKING:
    from check.trials import Checked


@pytest.mark.parametrize("id_", ["shop/0001_roles", "shop/0002_users"])
def test_roles_on_a_server_that_is_not_ours(id_: str, checked: Checked) -> None:
    """No role is made there: the reason names the file that would, also for those behind it, and the way out."""
    checked.write(
        {
            "shop/0001_roles.sql": "CREATE ROLE seltzer_unproven_reader;",
            "shop/0002_users.sql": "CREATE TABLE users (id bigint PRIMARY KEY);",
        }
    )

    judgement = checked.judge(id_, "idempotent")

    assert judgement.verdict is Verdict.UNPROVEN
    assert "shop/0001_roles changes roles or the like" in judgement.evidence
    assert "shadow = embedded" in judgement.evidence
    assert "None" not in judgement.evidence
