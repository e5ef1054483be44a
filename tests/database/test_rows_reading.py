"""Counts and digests of rows: equal exactly when the rows are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seltzer.catalog.rows import read_rows, rows_difference

if TYPE_CHECKING:
    from support import Database

_TABLES = """
CREATE TABLE t (a int, b text, f float8, d timestamptz DEFAULT '2026-01-31 12:00Z');
INSERT INTO t VALUES (1, 'x', 0.1), (2, NULL, 0.2), (2, NULL, 0.2), (3, '', 'NaN');
CREATE TABLE parted (a int) PARTITION BY RANGE (a);
CREATE TABLE low PARTITION OF parted FOR VALUES FROM (0) TO (10);
CREATE TABLE high PARTITION OF parted FOR VALUES FROM (10) TO (20);
INSERT INTO parted VALUES (1), (11);
CREATE MATERIALIZED VIEW m AS SELECT a FROM t;
CREATE MATERIALIZED VIEW never AS SELECT a FROM t WITH NO DATA;
CREATE TABLE nothing ();
INSERT INTO nothing DEFAULT VALUES;
CREATE SCHEMA h; CREATE TABLE h.log (line text); INSERT INTO h.log VALUES ('x');
"""


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE t SET b = 'y' WHERE a = 1", "public.t: 4 rows, not with the same values"),
        ("UPDATE t SET b = '' WHERE b IS NULL", "public.t: 4 rows, not with the same values"),
        ("UPDATE t SET b = NULL WHERE a = 3", "public.t: 4 rows, not with the same values"),
        (
            "UPDATE t SET f = f + 1e-17 WHERE a = 1; UPDATE t SET f = 0.30000000000000004 WHERE a = 2",
            "public.t: 4 rows",
        ),
        ("UPDATE t SET a = CASE a WHEN 1 THEN 2 ELSE 1 END WHERE a < 3", "public.t: 4 rows"),
        ("DELETE FROM t WHERE a = 3", "public.t: 4 → 3 rows"),
        ("INSERT INTO t SELECT * FROM t", "public.t: 4 → 8 rows"),
        ("UPDATE t SET b = 'z' WHERE a = 2", "public.t: 4 rows, not with the same values"),
        ("UPDATE parted SET a = 12 WHERE a = 1", "public.high: 1 → 2 rows"),
        ("INSERT INTO nothing DEFAULT VALUES", "public.nothing: 1 → 2 rows"),
        ("DELETE FROM t WHERE a = 3; REFRESH MATERIALIZED VIEW m", "public.m: 4 → 3 rows"),
        ("CREATE TABLE new (x int); INSERT INTO new VALUES (1)", "public.new: 0 → 1 rows"),
        ("DROP TABLE nothing", "public.nothing: 1 → 0 rows"),
    ],
)
def test_what_changes_rows_is_seen(database: Database, statement: str, said: str) -> None:
    """By the table's name and numbers; never by a value."""
    with database.connect() as conn:
        conn.execute(_TABLES.encode())
        before = read_rows(conn)
        conn.execute(statement.encode())

        lines = rows_difference(before, read_rows(conn))

    assert any(line.startswith(said) for line in lines), lines


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE c AS SELECT * FROM t; DELETE FROM t; INSERT INTO t SELECT * FROM c ORDER BY a DESC; DROP TABLE c",
        "ALTER TABLE t ADD c text; UPDATE t SET c = b; ALTER TABLE t DROP b; ALTER TABLE t RENAME c TO b",
        "VACUUM FULL t",
        "SET DateStyle = 'German'; SET TimeZone = 'Asia/Tokyo'; SET extra_float_digits = -5; SET bytea_output = escape",
        "ALTER TABLE parted DETACH PARTITION low",
        "REFRESH MATERIALIZED VIEW m",
        "CREATE TABLE empty (x int)",
        "UPDATE h.log SET line = 'y'",
        "UPDATE t SET b = b",
    ],
)
def test_what_changes_no_row_is_no_difference(database: Database, statement: str) -> None:
    """The order of rows and of columns, how a session writes values, what is in a schema that is left out."""
    with database.connect() as conn:
        conn.execute(_TABLES.encode())
        before = read_rows(conn, without=("h",))
        for part in statement.split("; "):
            conn.execute(part.encode())

        assert rows_difference(before, read_rows(conn, without=("h",))) == ()


def test_no_value_of_a_row_leaves_the_server(database: Database) -> None:
    """Nor is it in what is said of it."""
    with database.connect() as conn:
        conn.execute("CREATE TABLE t (b text); INSERT INTO t VALUES ('hunter2')")

        assert "hunter2" not in repr(read_rows(conn))
        assert read_rows(conn).tables["public.t"].number == 1
