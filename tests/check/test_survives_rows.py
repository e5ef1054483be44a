"""`survives-rows`: planted defects that fail or lose rows, and correct twins that stay silent."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from seltzer.claims.finding import Verdict
from seltzer.model import Severity

if TYPE_CHECKING:
    from check.trials import Checked

_BEFORE = """
CREATE TABLE IF NOT EXISTS users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text,
    name varchar(200) NOT NULL,
    balance numeric(10,2) NOT NULL DEFAULT 0,
    seen timestamp,
    visits integer
);
CREATE TABLE IF NOT EXISTS orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    status text NOT NULL CHECK (status IN ('new', 'paid', 'done')),
    coupon_id integer
);
CREATE TABLE IF NOT EXISTS coupons (id integer PRIMARY KEY, code text NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS events (id integer PRIMARY KEY, at timestamptz NOT NULL, body text);
"""


class Planted(NamedTuple):
    """A defect, what is said of it, and how it is written without the defect."""

    rule: str
    says: str
    wrong: str
    right: str


_DEFECTS = {
    "not null": Planted(
        "fails-on-rows",
        "a NULL in public.users.email",
        "ALTER TABLE users ALTER COLUMN email SET NOT NULL;",
        "UPDATE users SET email = 'unknown' WHERE email IS NULL; ALTER TABLE users ALTER COLUMN email SET NOT NULL;",
    ),
    "new column": Planted(
        "fails-on-rows",
        "public.users.plan is new and NOT NULL",
        "ALTER TABLE users ADD COLUMN plan text NOT NULL;",
        "ALTER TABLE users ADD COLUMN plan text NOT NULL DEFAULT 'free';",
    ),
    "unique": Planted(
        "fails-on-rows",
        "two rows of public.users with the same email",
        "ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email);",
        "DELETE FROM orders; DELETE FROM users AS a USING users AS b WHERE a.id > b.id AND a.email = b.email; "
        "ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email);",
    ),
    "unique on an expression": Planted(
        "fails-on-rows",
        "the same lower(email)",
        "CREATE UNIQUE INDEX idx_users_email ON users (lower(email));",
        "UPDATE users SET email = id || email; CREATE UNIQUE INDEX idx_users_email ON users (lower(email));",
    ),
    "foreign key": Planted(
        "fails-on-rows",
        "no row elsewhere has",
        "ALTER TABLE orders ADD CONSTRAINT orders_coupon_fk FOREIGN KEY (coupon_id) REFERENCES coupons (id);",
        "ALTER TABLE orders ADD CONSTRAINT orders_coupon_fk FOREIGN KEY (coupon_id) REFERENCES coupons (id) NOT VALID;",
    ),
    "check": Planted(
        "fails-on-rows",
        "that users_visits does not allow",
        "ALTER TABLE users ADD CONSTRAINT users_visits CHECK (visits >= 0);",
        "ALTER TABLE users ADD CONSTRAINT users_visits CHECK (visits >= 0) NOT VALID;",
    ),
    "narrower list": Planted(
        "fails-on-rows",
        "that orders_status_check does not allow",
        "ALTER TABLE orders DROP CONSTRAINT orders_status_check; "
        "ALTER TABLE orders ADD CONSTRAINT orders_status_check CHECK (status IN ('new', 'paid'));",
        "ALTER TABLE orders DROP CONSTRAINT orders_status_check; "
        "UPDATE orders SET status = 'paid' WHERE status = 'done'; "
        "ALTER TABLE orders ADD CONSTRAINT orders_status_check CHECK (status IN ('new', 'paid'));",
    ),
    "text that is no number": Planted(
        "fails-on-rows",
        "does not convert",
        "ALTER TABLE users ALTER COLUMN email TYPE integer USING email::integer;",
        "ALTER TABLE users ALTER COLUMN visits TYPE bigint;",
    ),
    "shorter": Planted(
        "fails-on-rows",
        "too long",
        "ALTER TABLE users ALTER COLUMN name TYPE varchar(50);",
        "ALTER TABLE users ALTER COLUMN name TYPE varchar(400);",
    ),
    "narrower key": Planted(
        "fails-on-rows",
        "too large",
        "ALTER TABLE users ALTER COLUMN id TYPE integer;",
        "ALTER TABLE coupons ALTER COLUMN id TYPE bigint;",
    ),
    "division": Planted(
        "fails-on-rows",
        "a 0 to divide by",
        "ALTER TABLE users ADD COLUMN mean numeric; UPDATE users SET mean = balance / visits;",
        "ALTER TABLE users ADD COLUMN mean numeric; UPDATE users SET mean = balance / nullif(visits, 0);",
    ),
    "backfill from another table": Planted(
        "fails-on-rows",
        "takes none",
        "ALTER TABLE orders ADD COLUMN code text NOT NULL DEFAULT ''; "
        "UPDATE orders SET code = (SELECT code FROM coupons WHERE coupons.id = orders.coupon_id);",
        "ALTER TABLE orders ADD COLUMN code text NOT NULL DEFAULT ''; UPDATE orders SET code = "
        "coalesce((SELECT code FROM coupons WHERE coupons.id = orders.coupon_id), '');",
    ),
    "several rows": Planted(
        "fails-on-rows",
        "several rows where one is expected",
        "ALTER TABLE users ADD COLUMN last text; "
        "UPDATE users SET last = (SELECT status FROM orders WHERE user_id = users.id);",
        "ALTER TABLE users ADD COLUMN last text; "
        "UPDATE users SET last = (SELECT max(status) FROM orders WHERE user_id = users.id);",
    ),
    "number given away": Planted(
        "fails-on-rows",
        "is already in public.users",
        "INSERT INTO users (id, name) OVERRIDING SYSTEM VALUE VALUES (1, 'admin');",
        "INSERT INTO users (id, name) OVERRIDING SYSTEM VALUE VALUES (1, 'admin') ON CONFLICT DO NOTHING;",
    ),
    "cascade of a delete": Planted(
        "loses-rows",
        "rows of public.orders are gone",
        "DELETE FROM users WHERE email IS NULL;",
        "DELETE FROM orders WHERE user_id IN (SELECT id FROM users WHERE email IS NULL); "
        "DELETE FROM users WHERE email IS NULL;",
    ),
    "cascade of a truncate": Planted(
        "loses-rows",
        "rows of public.orders are gone",
        "TRUNCATE users CASCADE;",
        "TRUNCATE users, orders;",
    ),
    "rounded": Planted(
        "loses-values",
        "public.users.balance loses information",
        "ALTER TABLE users ALTER COLUMN balance TYPE integer;",
        "ALTER TABLE users ALTER COLUMN balance TYPE numeric(14,4);",
    ),
    "cut": Planted(
        "loses-values",
        "public.users.name loses information",
        "ALTER TABLE users ALTER COLUMN name TYPE varchar(20) USING left(name, 20);",
        "ALTER TABLE users ALTER COLUMN name TYPE text;",
    ),
    "cut by a cast": Planted(
        "loses-values",
        "public.events.body loses information",
        "ALTER TABLE events ALTER COLUMN body TYPE varchar(100) USING body::varchar(100);",
        "UPDATE events SET body = left(body, 100); ALTER TABLE events ALTER COLUMN body TYPE varchar(100);",
    ),
    "without the time": Planted(
        "loses-values",
        "public.users.seen loses information",
        "ALTER TABLE users ALTER COLUMN seen TYPE date;",
        "ALTER TABLE users ALTER COLUMN seen TYPE timestamptz USING seen AT TIME ZONE 'UTC';",
    ),
    "schema that is dropped": Planted(
        "loses-rows",
        "old.letters is gone with its rows",
        "DROP SCHEMA old CASCADE;",
        "DROP TABLE old.letters; DROP SCHEMA old;",
    ),
    "type that is dropped": Planted(
        "loses-columns",
        "the column public.cats.mood is gone",
        "DROP TYPE mood CASCADE;",
        "ALTER TABLE cats DROP COLUMN mood; DROP TYPE mood;",
    ),
    "column that is made anew": Planted(
        "loses-columns",
        "the column public.users.email is dropped and made anew",
        "ALTER TABLE users DROP COLUMN email; ALTER TABLE users ADD COLUMN email varchar(99) NOT NULL DEFAULT '';",
        "ALTER TABLE users ADD COLUMN e text; UPDATE users SET e = email; ALTER TABLE users DROP COLUMN email; "
        "ALTER TABLE users RENAME COLUMN e TO email;",
    ),
    "values that no branch is for": Planted(
        "loses-values",
        "public.users.email loses information",
        "ALTER TABLE users ALTER COLUMN email TYPE boolean USING CASE WHEN email = 'yes' THEN true END;",
        "ALTER TABLE users ALTER COLUMN email TYPE boolean USING (email = 'yes');",
    ),
    "values of a key of a number": Planted(
        "fails-on-rows",
        "the same id",
        "UPDATE events SET id = id + 1;",
        "ALTER TABLE events DROP CONSTRAINT events_pkey; UPDATE events SET id = id + 1; "
        "ALTER TABLE events ADD PRIMARY KEY (id);",
    ),
    "a trigger's doing": Planted(
        "changes-rows",
        "values of public.totals.number are others",
        "UPDATE counted SET x = 2;",
        "UPDATE counted SET x = 2; UPDATE totals SET number = 0;",
    ),
}
_MORE = """
CREATE SCHEMA old;
CREATE TABLE old.letters (id integer PRIMARY KEY);
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TABLE cats (id integer PRIMARY KEY, mood mood);
CREATE TABLE counted (id integer PRIMARY KEY, x integer);
CREATE TABLE totals (id integer PRIMARY KEY, number integer NOT NULL);
CREATE FUNCTION count_up() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN UPDATE totals SET number = number + 1; RETURN NULL; END $$;
CREATE TRIGGER count_up AFTER UPDATE ON counted FOR EACH STATEMENT EXECUTE FUNCTION count_up();
"""


_PARTITIONED = """
CREATE TABLE ev (at timestamptz NOT NULL, body text) PARTITION BY RANGE (at);
CREATE TABLE ev_2025 PARTITION OF ev FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE ev_rest PARTITION OF ev DEFAULT;
CREATE TABLE parts (id integer PRIMARY KEY, code text, size integer, org_id integer, data jsonb);
"""
_SWAP = "CREATE TABLE n AS SELECT * FROM parts{where}; DROP TABLE parts CASCADE; ALTER TABLE n RENAME TO parts;"
_STAMP = """
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.code := 'x'; RETURN NEW; END $$;
CREATE TRIGGER stamp BEFORE UPDATE ON parts FOR EACH ROW EXECUTE FUNCTION stamp();
"""
_NAMED = {
    "rows in the default partition": Planted(
        "fails-on-rows",
        "ev_rest",
        "CREATE TABLE ev_2031 PARTITION OF ev FOR VALUES FROM ('2031-01-01') TO ('2032-01-01');",
        "CREATE TABLE moved AS SELECT * FROM ev_rest WHERE at >= '2031-01-01'; "
        "DELETE FROM ev_rest WHERE at >= '2031-01-01'; "
        "CREATE TABLE ev_2031 PARTITION OF ev FOR VALUES FROM ('2031-01-01') TO ('2032-01-01'); "
        "INSERT INTO ev SELECT * FROM moved;",
    ),
    "a constant of a CHECK": Planted(
        "fails-on-rows",
        "that parts_code does not allow",
        "ALTER TABLE parts ADD CONSTRAINT parts_code CHECK (code <> 'none');",
        "UPDATE parts SET code = NULL WHERE code = 'none'; "
        "ALTER TABLE parts ADD CONSTRAINT parts_code CHECK (code <> 'none');",
    ),
    "a constant of a WHERE": Planted(
        "fails-on-rows",
        "the same code",
        "CREATE UNIQUE INDEX idx_code ON parts (code) WHERE size = 4711;",
        "CREATE INDEX idx_code ON parts (code) WHERE size = 4711;",
    ),
    "a key of a document": Planted(
        "fails-on-rows",
        "does not convert",
        "UPDATE parts SET size = (data->>'size')::integer;",
        "UPDATE parts SET size = (data->>'size')::integer WHERE data->>'size' ~ '^[0-9]{1,9}$';",
    ),
    "a copy of some rows": Planted(
        "loses-rows",
        "public.parts is made anew",
        _SWAP.replace("{where}", " WHERE org_id IS NOT NULL"),
        _SWAP.replace("{where}", ""),
    ),
    "another column of an UPDATE": Planted(
        "changes-rows",
        "values of public.parts.code are others",
        f"{_STAMP} UPDATE parts SET size = 1;",
        f"{_STAMP} UPDATE parts SET size = 1, code = 'x';",
    ),
}


@pytest.mark.parametrize("defect", _NAMED.values(), ids=list(_NAMED))
def test_what_depends_on_what_the_file_says_is_caught(checked: Checked, defect: Planted) -> None:
    """Rows with the values that the file names itself, and what becomes of rows that it does name."""
    checked.write({"shop/create_tables.sql": _PARTITIONED, "shop/0001_change.sql": defect.wrong})
    found = checked.judge("shop/0001_change", "survives-rows")

    assert found.verdict is Verdict.REFUTED, found
    (finding,) = found.findings
    assert finding.rule == defect.rule
    assert defect.says in finding.message + finding.evidence
    assert finding.severity is (Severity.ERROR if defect.rule == "changes-rows" else Severity.WARNING)


@pytest.mark.parametrize("defect", _NAMED.values(), ids=list(_NAMED))
def test_its_correct_twin_is_proven(checked: Checked, defect: Planted) -> None:
    """The same wish, with these rows seen to."""
    checked.write({"shop/create_tables.sql": _PARTITIONED, "shop/0001_change.sql": defect.right})
    found = checked.judge("shop/0001_change", "survives-rows")

    assert found.verdict is Verdict.PROVEN, found


def _with(checked: Checked, text: str) -> Checked:
    return checked.write({"shop/create_tables.sql": _BEFORE, "shop/0001_more.sql": _MORE, "shop/0002_change.sql": text})


@pytest.mark.parametrize("defect", _DEFECTS.values(), ids=list(_DEFECTS))
def test_a_planted_defect_is_caught(checked: Checked, defect: Planted) -> None:
    """What fails on rows, or loses some without saying so, is refuted with the table and the column in its words."""
    found = _with(checked, defect.wrong).judge("shop/0002_change", "survives-rows")

    assert found.verdict is Verdict.REFUTED, found.evidence
    assert {item.rule for item in found.findings} == {defect.rule}
    assert any(defect.says in item.message for item in found.findings), found.findings


@pytest.mark.parametrize("defect", _DEFECTS.values(), ids=list(_DEFECTS))
def test_its_correct_twin_stays_silent(checked: Checked, defect: Planted) -> None:
    """The same wish, written for tables that have rows, is proven."""
    found = _with(checked, defect.right).judge("shop/0002_change", "survives-rows")

    assert found.verdict is Verdict.PROVEN, found


_LOOSE = "ALTER TABLE users ADD CONSTRAINT users_email CHECK (email IS NOT NULL) NOT VALID;"
_VALIDATE = "ALTER TABLE users VALIDATE CONSTRAINT users_email;"


def test_a_constraint_is_validated_over_rows_that_nobody_repaired(checked: Checked) -> None:
    """Rows from before a constraint that was added NOT VALID break it, until somebody repairs them."""
    checked.write({"shop/create_tables.sql": _BEFORE, "shop/0001_loose.sql": _LOOSE, "shop/0002_valid.sql": _VALIDATE})
    found = checked.judge("shop/0002_valid", "survives-rows")

    (finding,) = found.findings
    assert "users_email was added NOT VALID" in finding.message
    assert finding.severity is Severity.WARNING


def test_a_repair_between_the_constraint_and_its_validation_is_seen(checked: Checked) -> None:
    """Each of the three migrations stays silent: the recipe for large tables."""
    files = {
        "shop/create_tables.sql": _BEFORE,
        "shop/0001_loose.sql": _LOOSE,
        "shop/0002_repair.sql": "UPDATE users SET email = '' WHERE email IS NULL;",
        "shop/0003_valid.sql": _VALIDATE,
    }
    result = checked.write(files).check(only="survives-rows")

    said = {item.id: item.verdict for item in result.judgements if "/0" in item.id}
    assert said == dict.fromkeys(["shop/0001_loose", "shop/0002_repair", "shop/0003_valid"], Verdict.PROVEN)


def test_the_statement_is_named_that_loses_the_rows(checked: Checked) -> None:
    """Of several, the line of the one after which they were gone."""
    text = "ALTER TABLE users ADD COLUMN x integer;\n\nDELETE FROM users\nWHERE email IS NULL;\nSELECT 1;\n"
    checked.write({"shop/create_tables.sql": _BEFORE, "shop/0001_change.sql": text})

    (finding,) = checked.judge("shop/0001_change", "survives-rows").findings
    assert finding.line == 3


def test_a_table_in_a_schema_of_two_words_is_known_by_its_quoted_name(checked: Checked) -> None:
    """The file says that it changes these rows."""
    before = 'CREATE SCHEMA "a b"; CREATE TABLE "a b"."c d" (id integer PRIMARY KEY, price numeric);'
    text = 'UPDATE "a b"."c d" SET price = 0 WHERE price IS NULL;'
    checked.write({"shop/create_tables.sql": before, "shop/0001_change.sql": text})

    found = checked.judge("shop/0001_change", "survives-rows")
    assert found.verdict is Verdict.PROVEN, found


def test_what_cannot_be_filled_is_named(checked: Checked) -> None:
    """A table that takes no row leaves the claim unproven, by its name and with the reason."""
    before = "CREATE TABLE odd (x integer NOT NULL, CONSTRAINT never CHECK (x > 5 AND x < 3));"
    checked.write({"a/create_tables.sql": before, "a/0001_change.sql": "ALTER TABLE odd ADD COLUMN y integer;"})
    found = checked.judge("a/0001_change", "survives-rows")

    assert found.verdict is Verdict.UNPROVEN
    assert "public.odd" in found.evidence
    assert "never" in found.evidence


def test_only_tables_of_before_matter(checked: Checked) -> None:
    """What is new in the migration has no rows."""
    checked.write({"a/create_tables.sql": "CREATE TABLE t (id integer);", "a/0001_new.sql": "CREATE TABLE u (x text);"})

    assert checked.judge("a/0001_new", "survives-rows").verdict is Verdict.NOT_APPLICABLE


_PYTHON = """
def apply(conn):
    conn.execute("{statement}")
"""


@pytest.mark.parametrize(
    ("statement", "verdict"),
    [
        ("ALTER TABLE users ALTER COLUMN email SET NOT NULL", Verdict.REFUTED),
        ("DELETE FROM users WHERE email IS NULL", Verdict.REFUTED),
        ("UPDATE users SET email = coalesce(email, '')", Verdict.PROVEN),
    ],
)
def test_python_meets_rows_too(checked: Checked, statement: str, verdict: Verdict) -> None:
    """What fails or loses rows in Python is refuted as it is in SQL."""
    files = {"shop/create_tables.sql": _BEFORE, "shop/0001_change.py": _PYTHON.replace("{statement}", statement)}

    assert checked.write(files).judge("shop/0001_change", "survives-rows").verdict is verdict


_EACH = """
def apply(conn):
    for id_, email in conn.execute("SELECT id, email FROM users").fetchall():
        conn.execute("UPDATE users SET email = %s WHERE id = %s", [{value}.strip(), id_])
"""


def test_code_that_takes_no_null_is_refuted(checked: Checked) -> None:
    """PostgreSQL refuses nothing there: it is Python that fails on the rows; on empty tables the loop has no turn."""
    wrong, right = (_EACH.replace("{value}", value) for value in ("email", "(email or '')"))
    checked.write({"shop/create_tables.sql": _BEFORE, "shop/0001_change.py": wrong})

    (finding,) = checked.judge("shop/0001_change", "survives-rows").findings
    checked.write({"shop/0001_change.py": right})
    twin = checked.judge("shop/0001_change", "survives-rows")

    assert (finding.rule, finding.line) == ("fails-on-rows", 4)
    assert finding.message.startswith("its code fails on rows that the tables allow: AttributeError")
    assert twin.verdict is Verdict.PROVEN, twin


def test_statements_outside_of_a_transaction_meet_rows_too(checked: Checked) -> None:
    """A unique index over duplicates fails, however it is built."""
    text = "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS idx_users_email ON users (email);"
    found = checked.write({"shop/create_tables.sql": _BEFORE, "shop/0001_i.sql": text}).judge(
        "shop/0001_i", "survives-rows"
    )

    (finding,) = found.findings
    assert finding.rule == "fails-on-rows"
    assert finding.line == 1
