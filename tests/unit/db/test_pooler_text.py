"""The SQL that gives a pooler's session back, and that a lease is looked at with."""

from __future__ import annotations

from seltzer.db.history_sql import HistoryTable
from seltzer.db.lease import LOST, Lease
from seltzer.db.lease_row import tag_of
from seltzer.db.pooler import drop_temporary, put_back

HOLDER = "7d5b2a3e-0000-4000-8000-000000000000"


def test_what_was_found_is_put_back_by_name() -> None:
    """Each setting gets its own value, quoted; what was not found gets the server's."""
    text = put_back([("search_path", '"$user", public', '""'), ("app.motto", "it's \\n", "")])

    assert "CASE s.name WHEN 'search_path' THEN '\"$user\", public'" in text
    assert "WHEN 'app.motto' THEN  E'it''s \\\\n' END" in text
    assert text.startswith("SELECT pg_catalog.set_config(s.name, CASE")


def test_where_nothing_was_found_everything_is_the_servers() -> None:
    """NULL is what `set_config` takes for that."""
    assert put_back([]).startswith("SELECT pg_catalog.set_config(s.name, NULL, false) FROM pg_catalog.pg_settings")


def test_only_what_a_migration_made_is_dropped() -> None:
    """By kind, and by a name that cannot mean anything but a temporary object."""
    before = [("1", "r", "others")]
    now = [*before, ("2", "r", '"My table"'), ("3", "v", "v"), ("4", "S", "s")]

    assert drop_temporary(before, now) == [
        'DROP TABLE IF EXISTS pg_temp."My table" CASCADE',
        "DROP VIEW IF EXISTS pg_temp.v CASCADE",
        "DROP SEQUENCE IF EXISTS pg_temp.s CASCADE",
    ]
    assert drop_temporary(before, before) == []


def test_the_last_look_locks_the_key_and_the_first_one_nothing() -> None:
    """Both name the holder, and say what a refusal is recognised by."""
    lease = Lease(HistoryTable("ops", "log"), HOLDER)

    assert lease.check() == lease.look().replace(f"'{HOLDER}')", f"'{HOLDER}' FOR KEY SHARE)")
    for text in (lease.look(), lease.check()):
        assert '"ops"."log_lease"' in text
        assert f"'{LOST}'" in text


def test_two_histories_and_two_holders_have_keys_of_their_own() -> None:
    """A run of another history, or another run, is nobody's former holder."""
    tables = [HistoryTable("seltzer", "history"), HistoryTable("seltzer", "other")]
    keys = [table.lease_key(holder) for table in tables for holder in (HOLDER, HOLDER.replace("7", "8"))]

    assert len({*keys, *(table.lock_key() for table in tables), *(table.creation_key() for table in tables)}) == 8


def test_a_statement_alone_begins_with_its_holder() -> None:
    """`take_lease.sql` looks for the very same comment."""
    assert Lease(HistoryTable("seltzer", "history"), HOLDER).tag() == f"{tag_of(HOLDER)} "
    assert tag_of(HOLDER) == f"/* seltzer lease {HOLDER} */"
