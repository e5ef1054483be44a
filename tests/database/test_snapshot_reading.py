"""What a snapshot is: the schema and nothing else, read in one message, equal for databases that were built alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from database.snapshot_cases import BASE
from seltzer.catalog.snapshot import ObjectName, difference, read_snapshot

if TYPE_CHECKING:
    from support import Database


def test_databases_that_were_built_alike_have_equal_snapshots(database: Database) -> None:
    """Whatever was there before, and whichever OIDs things were given."""
    schema = BASE.replace("snapshot_reader", "CURRENT_USER")
    with database.connect() as conn:
        conn.execute(schema.encode())
        first = read_snapshot(conn)
        conn.execute("DROP SCHEMA public CASCADE; DROP SCHEMA s CASCADE; DROP FOREIGN DATA WRAPPER w CASCADE")
        conn.execute("DROP PUBLICATION pub; CREATE SCHEMA public AUTHORIZATION pg_database_owner")
        conn.execute("GRANT USAGE ON SCHEMA public TO PUBLIC; COMMENT ON SCHEMA public IS 'standard public schema'")
        conn.execute(schema.encode())

        assert [str(item) for item in difference(first, read_snapshot(conn))] == []
        assert read_snapshot(conn) == first


def test_a_snapshot_is_read_in_one_message_that_leaves_no_trace(database: Database) -> None:
    """However often; the session's settings are as they were."""
    with database.connect() as conn:
        conn.execute("SET search_path = pg_temp, public; SET DateStyle = 'German'")
        before = conn.execute("SELECT name, setting FROM pg_settings ORDER BY name").fetchall()
        snapshots = [read_snapshot(conn) for _ in range(7)]

        assert conn.execute("SELECT name, setting FROM pg_settings ORDER BY name").fetchall() == before
        assert all(item == snapshots[0] for item in snapshots)


def test_how_a_session_writes_things_is_no_difference(database: Database) -> None:
    """Styles of dates, the search path, quotes around names."""
    with database.connect() as conn:
        conn.execute("CREATE TABLE t (d date DEFAULT '2026-01-31', i interval DEFAULT '1 day', f float DEFAULT 0.1)")
        first = read_snapshot(conn)
        conn.execute("SET DateStyle = 'German'; SET IntervalStyle = 'iso_8601'; SET extra_float_digits = -5")
        conn.execute("SET search_path = public; SET quote_all_identifiers = on")

        assert difference(first, read_snapshot(conn)) == ()


def test_schemas_that_are_to_be_left_out_are(database: Database) -> None:
    """With everything in them."""
    with database.connect() as conn:
        empty = read_snapshot(conn)
        conn.execute("CREATE SCHEMA h; CREATE TABLE h.t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, d text)")
        conn.execute("CREATE VIEW h.v AS SELECT 1 AS x; CREATE FUNCTION h.f() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        conn.execute("COMMENT ON TABLE h.t IS 'x'; CREATE TYPE h.e AS ENUM ('a')")

        assert read_snapshot(conn, without=("h",)) == empty


def test_members_of_an_extension_are_left_out(database: Database) -> None:
    """The extension with its version stands for them; dropped from it, they stand for themselves."""
    with database.connect() as conn:
        before = read_snapshot(conn)
        conn.execute("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TABLE t (x int PRIMARY KEY)")
        conn.execute(
            "CREATE TYPE e AS ENUM ('a'); CREATE DOMAIN d AS int CHECK (VALUE > 0);"
            "CREATE OPERATOR FAMILY fam USING btree"
        )
        things = ("FUNCTION f()", "TABLE t", "TYPE e", "DOMAIN d", "OPERATOR FAMILY fam USING btree")
        for thing in things:
            conn.execute(f"ALTER EXTENSION plpgsql ADD {thing}".encode())

        assert [str(item) for item in difference(before, read_snapshot(conn))] == []

        conn.execute("ALTER EXTENSION plpgsql DROP TABLE t")
        assert "table public.t is new" in {str(item) for item in difference(before, read_snapshot(conn))}


def test_temporary_tables_are_no_schema(database: Database) -> None:
    """Neither one's own nor another session's."""
    with database.connect() as conn, database.connect() as other:
        before = read_snapshot(conn)
        conn.execute("CREATE TEMP TABLE t (x int PRIMARY KEY)")
        other.execute("CREATE TEMP TABLE u (x serial)")

        assert read_snapshot(conn) == before


def test_objects_have_attributes_by_name(database: Database) -> None:
    """For those who want to know what became of which."""
    with database.connect() as conn:
        conn.execute("CREATE TABLE t (a int NOT NULL, b text); COMMENT ON COLUMN t.a IS 'x'")
        before = read_snapshot(conn)
        conn.execute("ALTER TABLE t ALTER a TYPE bigint, ALTER a DROP NOT NULL")
        after = read_snapshot(conn)

    column = before.objects[ObjectName("column", "a", "public.t")]
    assert (column["type"], column["not null"], column["comment"]) == ("integer", True, "x")
    assert ObjectName("column", "b", "public.t") in before.of_kind("column")
    (change, *_) = difference(before, after)
    assert change.attributes == ("type", "not null")
    assert str(change) == "column public.t.a: type integer → bigint; no longer not null"


def test_column_order_can_be_left_out(database: Database) -> None:
    """What was dropped and made again stands last."""
    with database.connect() as conn:
        conn.execute("CREATE TABLE t (a int, b text)")
        before = read_snapshot(conn)
        conn.execute("ALTER TABLE t DROP a; ALTER TABLE t ADD a int")
        after = read_snapshot(conn)

    assert [str(item) for item in difference(before, after)] == ["table public.t: column order a, b → b, a"]
    assert difference(before.without_column_order(), after.without_column_order()) == ()


@pytest.mark.parametrize("secret", ["password", "pw"])
def test_no_password_is_in_a_snapshot(database: Database, secret: str) -> None:
    """What a user mapping holds is compared by its digest; what a subscription connects with is not read."""
    with database.connect() as conn:
        conn.execute("CREATE FOREIGN DATA WRAPPER w; CREATE SERVER far FOREIGN DATA WRAPPER w")
        conn.execute(f"CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS ({secret} 'hunter2-a')".encode())
        conn.execute(
            "CREATE SUBSCRIPTION sub CONNECTION 'host=x password=hunter2-b' PUBLICATION y WITH (connect = false)"
        )
        text = str(read_snapshot(conn).objects)
        conn.execute("ALTER SUBSCRIPTION sub SET (slot_name = NONE); DROP SUBSCRIPTION sub")

    assert "hunter2" not in text
    assert "user mapping" in text
