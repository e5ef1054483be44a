"""Rows for any table: every constraint satisfied, and as awkward as it allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seltzer.claims.rows import Filled, Wanted, fill_tables

if TYPE_CHECKING:
    from support import Database

_TYPES = """
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN positive AS integer CHECK (value > 0);
CREATE DOMAIN few AS positive CHECK (value < 100);
CREATE DOMAIN email AS text NOT NULL CHECK (value ~* '^[a-z0-9._]+@[a-z]+\\.[a-z]{2,4}$');
CREATE TYPE pair AS (a integer, b text);
CREATE FUNCTION only_special() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN IF NEW.kind <> 'special' THEN RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$;
CREATE FUNCTION make_five() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.x := 5; RETURN NEW; END $$;
"""
_AWKWARD = {
    "checks over columns": "CREATE TABLE t (status text NOT NULL CHECK (status IN ('new', 'paid')), paid timestamp, "
    "qty integer CHECK (qty BETWEEN 5 AND 9), CHECK ((status = 'paid') = (paid IS NOT NULL)))",
    "a regular expression": "CREATE TABLE t (s text NOT NULL CHECK (s ~ '^\\d{4}-[A-F0-9]+(x|yz)?$'))",
    "a similar to": "CREATE TABLE t (s text NOT NULL CHECK (s SIMILAR TO '[0-9]{3}-[0-9]{4}'))",
    "a like": "CREATE TABLE t (s text NOT NULL CHECK (s = lower(s) AND s LIKE 'http%'))",
    "a length and a beginning": "CREATE TABLE t (s text NOT NULL CHECK (length(s) = 22 AND substr(s, 1, 2) = 'DE'))",
    "lengths of arrays and bytes": "CREATE TABLE t (a text[] NOT NULL CHECK (array_length(a, 1) = 3), "
    "b bytea NOT NULL CHECK (length(b) = 32), c text NOT NULL CHECK (octet_length(c) = 64))",
    "a document": "CREATE TABLE t (d jsonb NOT NULL CHECK (jsonb_typeof(d) = 'object' AND d ? 'name'))",
    "dates in order": "CREATE TABLE t (a date NOT NULL, b date NOT NULL CHECK (b > a), "
    "c tstzrange NOT NULL CHECK (NOT isempty(c)))",
    "a remainder": "CREATE TABLE t (n integer NOT NULL CHECK (n % 7 = 3))",
    "many columns": "CREATE TABLE t (a integer CHECK (a > 0), b integer, c integer, d integer, e integer, f integer, "
    "CHECK (a + b + c + d + e + f > 10), CHECK (a < b), CHECK (c IS NULL OR d IS NOT NULL))",
    "a single row": "CREATE TABLE t (id boolean PRIMARY KEY DEFAULT true CHECK (id), x integer NOT NULL)",
    "domains and enums": "CREATE TABLE t (a email UNIQUE, b few NOT NULL, c mood NOT NULL, d mood[] NOT NULL, "
    "e positive[] NOT NULL, f pair NOT NULL, g pair[] NOT NULL)",
    "all types": "CREATE TABLE t (a smallint NOT NULL, b bigint NOT NULL, c real NOT NULL, d money NOT NULL, "
    "e uuid NOT NULL, f time NOT NULL, g timetz NOT NULL, h timestamp(0) NOT NULL, i interval NOT NULL, "
    "j bytea NOT NULL, k inet NOT NULL, l cidr NOT NULL, m macaddr NOT NULL, n point NOT NULL, o box NOT NULL, "
    "p tsvector NOT NULL, q int4range NOT NULL, r int8multirange NOT NULL, s tstzrange NOT NULL, t bit(4) NOT NULL, "
    'u varbit(5) NOT NULL, v "char" NOT NULL, w name NOT NULL, x jsonpath NOT NULL, y xid8 NOT NULL, '
    "z regclass NOT NULL, aa numeric(3,3) NOT NULL, ab text[][] NOT NULL, ac circle NOT NULL, ad pg_lsn NOT NULL)",
    "an exclusion": "CREATE TABLE t (during tstzrange NOT NULL, EXCLUDE USING gist (during WITH &&))",
    "generated columns": "CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY, x integer NOT NULL, "
    "y integer GENERATED ALWAYS AS (x * 2) STORED CHECK (y > 100))",
    "nothing but a number": "CREATE TABLE t (id serial PRIMARY KEY)",
    "a trigger that refuses": "CREATE TABLE t (id integer PRIMARY KEY, kind text NOT NULL); "
    "CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION only_special()",
    "a trigger that changes": "CREATE TABLE t (id integer PRIMARY KEY, x integer); "
    "CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION make_five()",
    "itself": "CREATE TABLE t (id serial PRIMARY KEY, parent integer NOT NULL REFERENCES t (id))",
    "a ring": "CREATE TABLE t (id integer PRIMARY KEY, b integer NOT NULL); CREATE TABLE b (id integer PRIMARY KEY, "
    "t integer NOT NULL REFERENCES t (id)); ALTER TABLE t ADD FOREIGN KEY (b) REFERENCES b (id)",
    "a deferred ring": "CREATE TABLE t (id uuid PRIMARY KEY, b uuid NOT NULL); CREATE TABLE b (id uuid PRIMARY KEY, "
    "t uuid NOT NULL REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED); "
    "ALTER TABLE t ADD FOREIGN KEY (b) REFERENCES b (id) DEFERRABLE INITIALLY DEFERRED",
    "keys that share a column": "CREATE TABLE a (id integer PRIMARY KEY); "
    "CREATE TABLE b (a integer REFERENCES a (id), n integer, PRIMARY KEY (a, n)); "
    "CREATE TABLE t (a integer NOT NULL REFERENCES a (id), x integer NOT NULL, y integer NOT NULL, CHECK (x <> y), "
    "FOREIGN KEY (a, x) REFERENCES b (a, n), FOREIGN KEY (a, y) REFERENCES b (a, n))",
    "odd names": 'CREATE TABLE t ("Id" integer PRIMARY KEY, "select" text NOT NULL, "a b" text CHECK ("a b" <> \'\'))',
    "ranges of partitions": "CREATE TABLE t (id integer NOT NULL, k integer NOT NULL) PARTITION BY RANGE (k); "
    "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (100); "
    "CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (100) TO (MAXVALUE); CREATE TABLE t3 PARTITION OF t DEFAULT",
    "partitions of partitions": "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY, r text NOT NULL, "
    "d timestamptz NOT NULL) PARTITION BY LIST (r); "
    "CREATE TABLE t1 PARTITION OF t FOR VALUES IN ('eu', 'uk') PARTITION BY RANGE (d); "
    "CREATE TABLE t2 PARTITION OF t1 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01'); "
    "CREATE TABLE t3 PARTITION OF t FOR VALUES IN ('us')",
    "partitions by hash": "CREATE TABLE t (id integer PRIMARY KEY) PARTITION BY HASH (id); "
    "CREATE TABLE t1 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 0); "
    "CREATE TABLE t2 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 1); "
    "CREATE TABLE u (id integer NOT NULL REFERENCES t (id))",
    "inheritance": "CREATE TABLE t (id integer CHECK (id > 3)); CREATE TABLE u (x integer NOT NULL) INHERITS (t)",
}


def _fill(database: Database, ddl: str) -> Filled:
    database.query(ddl)
    with database.connect() as conn:
        return fill_tables(conn)


@pytest.mark.parametrize("ddl", _AWKWARD.values(), ids=list(_AWKWARD))
def test_an_awkward_table_is_filled(database: Database, ddl: str) -> None:
    """Every table that can hold a row gets some, which PostgreSQL itself has checked."""
    filled = _fill(database, _TYPES + ddl)

    assert filled.rows
    assert filled.empty == {}


@pytest.mark.parametrize(
    ("ddl", "reason"),
    [
        ("CREATE TABLE t (x integer NOT NULL CHECK (x > 5 AND x < 3))", "t_x_check"),
        ("CREATE TABLE t (x integer); CREATE RULE r AS ON INSERT TO t DO INSTEAD NOTHING", "rule or trigger"),
    ],
)
def test_a_table_that_takes_no_row_is_named_with_the_reason(database: Database, ddl: str, reason: str) -> None:
    """Nobody is left to believe that it was tried with rows."""
    filled = _fill(database, ddl)

    (said,) = filled.empty.values()
    assert reason in said


def test_what_the_constraints_allow_is_there(database: Database) -> None:
    """NULLs, duplicates, empty and long texts, both cases of letters, 0 and negative numbers, orphans."""
    _fill(database, "CREATE TABLE t (id serial PRIMARY KEY, s text, n integer, other_id bigint)")

    assert database.query("SELECT count(*) > 0 FROM t WHERE s IS NULL AND n IS NULL") == [(True,)]
    assert database.query("SELECT count(*) > 0 FROM (SELECT s, n FROM t GROUP BY s, n HAVING count(*) > 1) d") == [
        (True,)
    ]
    assert database.query("SELECT min(n) < 0, 0 = ANY (array_agg(n)), max(n) > 32767 FROM t") == [(True, True, True)]
    assert database.query("SELECT '' = ANY (array_agg(s)), max(length(s)) > 1000 FROM t") == [(True, True)]
    assert database.query("SELECT count(DISTINCT s) > count(DISTINCT lower(s)) FROM t") == [(True,)]


def test_an_optional_key_refers_to_some_and_is_null_in_others(database: Database) -> None:
    """Also where two tables refer to each other, and one had to wait."""
    _fill(
        database,
        "CREATE TABLE a (id integer PRIMARY KEY, b integer); CREATE TABLE b (id integer PRIMARY KEY, "
        "a integer REFERENCES a (id)); ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b (id)",
    )

    for table, column in (("a", "b"), ("b", "a")):
        assert database.query(f"SELECT count({column}) BETWEEN 1 AND count(*) - 1 FROM {table}") == [(True,)]


def test_rows_from_before_a_constraint_that_is_not_valid_break_it(database: Database) -> None:
    """The constraint is as it was afterwards: NOT VALID, and checked for new rows."""
    filled = _fill(
        database,
        "CREATE TABLE u (id integer PRIMARY KEY); CREATE TABLE t (id integer PRIMARY KEY, u integer, q integer); "
        "ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (u) REFERENCES u (id) NOT VALID; "
        "ALTER TABLE t ADD CONSTRAINT ck CHECK (q > 10) NOT VALID",
    )

    assert [sorted(names) for names in filled.loose.values()] == [["ck", "fk"]]
    assert database.query("SELECT count(*) FROM t WHERE q <= 10") == [(1,)]
    assert database.query("SELECT count(*) FROM t WHERE u NOT IN (SELECT id FROM u)") == [(1,)]
    assert database.query(
        "SELECT conname, convalidated FROM pg_constraint WHERE conname IN ('ck', 'fk') ORDER BY 1"
    ) == [
        ("ck", False),
        ("fk", False),
    ]


def test_a_constraint_that_is_not_valid_shares_columns_with_another(database: Database) -> None:
    """The columns that other checks tie to its own get their values with them."""
    filled = _fill(
        database,
        "CREATE TABLE t (id integer PRIMARY KEY, q integer, r integer, CHECK (q < r)); "
        "ALTER TABLE t ADD CONSTRAINT ck CHECK (q > 10) NOT VALID",
    )

    assert list(filled.loose.values()) == [["ck"]]
    assert database.query("SELECT count(*) FROM t WHERE q <= 10") == [(1,)]


def test_only_what_is_wanted_is_filled_with_what_it_needs(database: Database) -> None:
    """The tables that refer to it, and those that these refer to; nothing else."""
    database.query(
        "CREATE TABLE a (id integer PRIMARY KEY); "
        "CREATE TABLE b (id integer PRIMARY KEY, a integer REFERENCES a (id)); "
        "CREATE TABLE c (id integer PRIMARY KEY); "
        "CREATE TABLE d (b integer REFERENCES b (id), c integer REFERENCES c (id)); "
        "CREATE TABLE e (c integer REFERENCES c (id)); CREATE TABLE f (id integer)"
    )
    ((wanted,),) = database.query("SELECT 'b'::regclass::oid::int8")
    with database.connect() as conn:
        filled = fill_tables(conn, only=Wanted([wanted], [wanted]))

    assert sorted(filled.names.values()) == ["public.a", "public.b", "public.c", "public.d"]


def test_the_same_tables_get_the_same_rows(server: object, database: Database) -> None:
    """What was found once is found again."""
    del server
    ddl = "CREATE TABLE t (id serial PRIMARY KEY, s text, n numeric(8,2), c text CHECK (c ~ '^[a-z]{3}$'))"
    digest = "SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM t"
    _fill(database, ddl)
    first = database.query(digest)
    database.query("DROP TABLE t")
    _fill(database, ddl)

    assert database.query(digest) == first


def test_two_hundred_tables_are_filled_in_a_few_round_trips(database: Database) -> None:
    """The number of messages goes by the depth of the foreign keys, not by the number of tables."""
    tables = ["CREATE TABLE t0 (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL)"]
    tables += [
        f"CREATE TABLE t{n} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, t bigint REFERENCES t{n // 3} (id), "
        f"s text NOT NULL CHECK (s IN ('x', 'y')), amount numeric(10,2) NOT NULL CHECK (amount >= 0))"
        for n in range(1, 200)
    ]
    filled = _fill(database, ";".join(tables))

    assert len(filled.rows) == 200
    assert filled.empty == {}
