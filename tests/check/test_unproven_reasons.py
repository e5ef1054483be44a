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


def test_settings_of_a_server_that_is_not_ours(checked: Checked) -> None:
    """ALTER SYSTEM would be read by whoever restarts that server."""
    checked.write({"shop/0001_setting.sql": "ALTER SYSTEM SET work_mem = '5MB';"})

    judgement = checked.judge("shop/0001_setting", "atomic")

    assert judgement.verdict is Verdict.UNPROVEN
    assert "shadow = embedded" in judgement.evidence


_SUBSCRIPTION = "CREATE SUBSCRIPTION s CONNECTION 'host=192.0.2.1 connect_timeout=1' PUBLICATION p"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (f"{_SUBSCRIPTION};", Verdict.UNPROVEN),
        (f"{_SUBSCRIPTION} WITH (connect = false, slot_name = NONE); -- another\n", Verdict.REFUTED),
        (f"DO $$ BEGIN EXECUTE $a${_SUBSCRIPTION}$a$; END $$;", Verdict.UNPROVEN),
        ("CREATE TABLE subscription (id bigint); -- create subscription later\n", Verdict.REFUTED),
    ],
    ids=["connects", "does not", "in a body", "none"],
)
def test_a_subscription_connects_nowhere(checked: Checked, text: str, verdict: Verdict) -> None:
    """The shadow would leave a slot on the publisher; one that does not connect is tried, and cannot be made twice."""
    found = checked.write({"shop/0001_s.sql": text}).judge("shop/0001_s", "idempotent")

    assert found.verdict is verdict, found
    if verdict is Verdict.UNPROVEN:
        assert found.evidence == "shop/0001_s subscribes to a publication: the shadow would connect to that server"


def test_a_shadow_that_does_not_replicate(checked: Checked) -> None:
    """That it has no replication slots says nothing about the migration."""
    text = "SELECT pg_catalog.pg_create_logical_replication_slot('seltzer_unproven', 'pgoutput');"

    judgement = checked.write({"shop/0001_slot.sql": text}).judge("shop/0001_slot", "idempotent")

    assert (judgement.verdict, judgement.evidence) == (Verdict.UNPROVEN, "the shadow lacks a higher wal_level")


@pytest.mark.parametrize(
    "text",
    [
        "-- Grant permission to app to read; create user later\nCREATE TABLE users (id bigint PRIMARY KEY);",
        "/* drop role */ CREATE TABLE users (id bigint PRIMARY KEY);",
        "DO $$ BEGIN\n  -- create user\n  CREATE TABLE users (id bigint PRIMARY KEY);\nEND $$;",
        "GRANT /* to all */ SELECT ON ALL TABLES IN SCHEMA public TO pg_monitor;",
    ],
)
def test_comments_make_no_roles(text: str, checked: Checked) -> None:
    """A comment that speaks of users costs nobody a verdict."""
    checked.write({"shop/0001_users.sql": text})

    assert checked.judge("shop/0001_users", "atomic").verdict is Verdict.PROVEN


@pytest.mark.parametrize(
    "text",
    [
        "DO $$ BEGIN /* if it is not there */ CREATE ROLE seltzer_unproven_reader; END $$;",
        "DO $$ BEGIN EXECUTE 'create role seltzer_unproven_reader'; END $$;",
        "SELECT '--'; GRANT pg_monitor\n  -- for the dashboards\n  TO CURRENT_USER;",
        "DO $a$ BEGIN EXECUTE $b$CREATE/**/ROLE seltzer_unproven_reader$b$; END $a$;",
    ],
)
def test_roles_between_comments(text: str, checked: Checked) -> None:
    """What stands beside a comment, in a body or behind one in a string is met all the same."""
    checked.write({"shop/0001_roles.sql": text})

    assert checked.judge("shop/0001_roles", "atomic").verdict is Verdict.UNPROVEN
