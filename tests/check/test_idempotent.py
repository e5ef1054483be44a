"""`idempotent`: a second run succeeds and changes nothing; planted defects are found, their twins are silent."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from seltzer.claims.finding import Verdict
from seltzer.model import Severity

if TYPE_CHECKING:
    from check.trials import Checked

_BASE = """
CREATE TABLE IF NOT EXISTS users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text, age int);
CREATE TABLE IF NOT EXISTS colours (name text PRIMARY KEY);
CREATE TABLE IF NOT EXISTS log (line text);
"""


class Defect(NamedTuple):
    """A file that cannot run twice, and one like it that can.

    Attributes:
        planted: The defect.
        twin: The same without it.
        line: Where the finding is.
        said: A part of its message or evidence.
        fix: What it says to write instead; None where only the writer can say.
    """

    planted: str
    twin: str
    line: int | None
    said: str
    fix: str | None = None


DEFECTS = {
    "table": Defect(
        "CREATE TABLE IF NOT EXISTS a (x int);\nCREATE TABLE b (x int);",
        "CREATE TABLE IF NOT EXISTS a (x int);\nCREATE TABLE IF NOT EXISTS b (x int);",
        2,
        'a second run fails: relation "b" already exists',
        "CREATE TABLE IF NOT EXISTS b (x int);",
    ),
    "named index": Defect(
        "CREATE UNIQUE INDEX idx_users_email ON users (email);",
        "CREATE UNIQUE INDEX IF NOT EXISTS idx_users_email ON users (email);",
        1,
        'relation "idx_users_email" already exists',
        "CREATE UNIQUE INDEX IF NOT EXISTS idx_users_email ON users (email);",
    ),
    "unnamed index": Defect(
        "CREATE INDEX ON users (email);",
        "CREATE INDEX IF NOT EXISTS users_email_idx ON users (email);",
        1,
        "index public.users_email_idx1 is new",
        "CREATE INDEX IF NOT EXISTS users_email_idx ON users (email);",
    ),
    "large object": Defect(
        "SELECT lo_from_bytea(0, 'logo');",
        "SELECT lo_from_bytea(4711, 'logo') WHERE NOT EXISTS (SELECT FROM pg_largeobject_metadata WHERE oid = 4711);",
        1,
        "pg_largeobject_metadata: 1 → 2 rows",
    ),
    "unnamed check": Defect(
        "ALTER TABLE users ADD CHECK (age > 0);",
        "ALTER TABLE users DROP CONSTRAINT IF EXISTS c, ADD CONSTRAINT c CHECK (age > 0);",
        1,
        "constraint public.users.users_age_check1 is new",
        "DO $$\nBEGIN\n    ALTER TABLE users ADD CONSTRAINT users_age_check CHECK (age > 0);\n"
        "EXCEPTION WHEN duplicate_object OR duplicate_table THEN\n    NULL;\nEND\n$$;",
    ),
    "view": Defect(
        "CREATE VIEW grown AS SELECT * FROM users WHERE age > 17;",
        "CREATE OR REPLACE VIEW grown AS SELECT * FROM users WHERE age > 17;",
        1,
        'relation "grown" already exists',
        "CREATE OR REPLACE VIEW grown AS SELECT * FROM users WHERE age > 17;",
    ),
    "function": Defect(
        "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;",
        "CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;",
        1,
        'function "one" already exists',
        "CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;",
    ),
    "materialized view": Defect(
        "CREATE MATERIALIZED VIEW m AS SELECT count(*) FROM users;",
        "CREATE MATERIALIZED VIEW IF NOT EXISTS m AS SELECT count(*) FROM users;",
        1,
        'relation "m" already exists',
        "CREATE MATERIALIZED VIEW IF NOT EXISTS m AS SELECT count(*) FROM users;",
    ),
    "added column": Defect(
        "ALTER TABLE users ADD name text, ADD COLUMN size int;",
        "ALTER TABLE users ADD COLUMN IF NOT EXISTS name text;",
        1,
        'column "name" of relation "users" already exists',
        "ALTER TABLE users ADD COLUMN IF NOT EXISTS name text, ADD COLUMN IF NOT EXISTS size int;",
    ),
    "dropped column": Defect(
        "ALTER TABLE users DROP age;",
        "ALTER TABLE users DROP COLUMN IF EXISTS age;",
        1,
        'column "age" of relation "users" does not exist',
        "ALTER TABLE users DROP COLUMN IF EXISTS age;",
    ),
    "dropped table": Defect(
        "DROP TABLE log;",
        "DROP TABLE IF EXISTS log;",
        1,
        'table "log" does not exist',
        "DROP TABLE IF EXISTS log;",
    ),
    "renamed table": Defect(
        "ALTER TABLE log RENAME TO lines;",
        "ALTER TABLE IF EXISTS log RENAME TO lines;",
        1,
        'relation "log" does not exist',
        "ALTER TABLE IF EXISTS log RENAME TO lines;",
    ),
    "renamed column": Defect(
        "ALTER TABLE log RENAME line TO text;",
        "DO $$ BEGIN ALTER TABLE log RENAME line TO text; EXCEPTION WHEN undefined_column THEN NULL; END $$;",
        1,
        'column "line" does not exist',
        "DO $$\nBEGIN\n    ALTER TABLE log RENAME line TO text;\n"
        "EXCEPTION WHEN undefined_column THEN\n    NULL;\nEND\n$$;",
    ),
    "enum": Defect(
        "CREATE TYPE mood AS ENUM ('sad');",
        "DO $$ BEGIN CREATE TYPE mood AS ENUM ('sad'); EXCEPTION WHEN duplicate_object THEN NULL; END $$;",
        1,
        'type "mood" already exists',
        "DO $$\nBEGIN\n    CREATE TYPE mood AS ENUM ('sad');\n"
        "EXCEPTION WHEN duplicate_object THEN\n    NULL;\nEND\n$$;",
    ),
    "domain": Defect(
        "CREATE DOMAIN age AS int CHECK (VALUE > 0);",
        "DO $$ BEGIN CREATE DOMAIN age AS int; EXCEPTION WHEN duplicate_object THEN NULL; END $$;",
        1,
        'type "age" already exists',
        "DO $$\nBEGIN\n    CREATE DOMAIN age AS int CHECK (VALUE > 0);\n"
        "EXCEPTION WHEN duplicate_object THEN\n    NULL;\nEND\n$$;",
    ),
    "named constraint": Defect(
        "ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email);",
        "ALTER TABLE users DROP CONSTRAINT IF EXISTS k, ADD CONSTRAINT k UNIQUE (email);",
        1,
        'relation "users_email_key" already exists',
        "DO $$\nBEGIN\n    ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email);\n"
        "EXCEPTION WHEN duplicate_table THEN\n    NULL;\nEND\n$$;",
    ),
    "policy": Defect(
        "CREATE POLICY own ON users USING (email = current_user);",
        "DROP POLICY IF EXISTS own ON users;\nCREATE POLICY own ON users USING (email = current_user);",
        1,
        'policy "own" for table "users" already exists',
        "DROP POLICY IF EXISTS own ON users;\nCREATE POLICY own ON users USING (email = current_user);",
    ),
    "trigger": Defect(
        "CREATE TRIGGER t BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();",
        "CREATE OR REPLACE TRIGGER t BEFORE UPDATE ON users FOR EACH ROW "
        "EXECUTE FUNCTION suppress_redundant_updates_trigger();",
        1,
        'trigger "t" for relation "users" already exists',
        "CREATE OR REPLACE TRIGGER t BEFORE UPDATE ON users FOR EACH ROW "
        "EXECUTE FUNCTION suppress_redundant_updates_trigger();",
    ),
    "rows with a key": Defect(
        "INSERT INTO colours VALUES ('secret-red');",
        "INSERT INTO colours VALUES ('secret-red') ON CONFLICT DO NOTHING;",
        1,
        "duplicate key value violates unique constraint",
        "INSERT INTO colours VALUES ('secret-red') ON CONFLICT DO NOTHING;",
    ),
    "rows without a key": Defect(
        "CREATE TABLE IF NOT EXISTS a (x int);\nINSERT INTO log VALUES ('secret-red');",
        "INSERT INTO log SELECT 'x' WHERE NOT EXISTS (SELECT FROM log WHERE line = 'x');",
        2,
        "public.log: 21 → 22 rows",
    ),
    "rows changed again": Defect(
        "INSERT INTO users (email, age) SELECT 'x', 1 WHERE NOT EXISTS (SELECT FROM users);\n"
        "UPDATE users SET age = age + 1;",
        "INSERT INTO users (email, age) SELECT 'x', 1 WHERE NOT EXISTS (SELECT FROM users);\n"
        "UPDATE users SET age = 7 WHERE age = 1;",
        2,
        "public.users: 21 rows, not with the same values",
    ),
    "cut-off index": Defect(
        "CREATE INDEX CONCURRENTLY idx_users_age ON users (age);",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_users_age ON users (age);",
        1,
        'relation "idx_users_age" already exists',
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_users_age ON users (age);",
    ),
    "enum value": Defect(
        "DO $$ BEGIN CREATE TYPE m AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN NULL; END $$;\n"
        "ALTER TYPE m ADD VALUE 'b';",
        "DO $$ BEGIN CREATE TYPE m AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN NULL; END $$;\n"
        "ALTER TYPE m ADD VALUE IF NOT EXISTS 'b';",
        2,
        'enum label "b" already exists',
        "ALTER TYPE m ADD VALUE IF NOT EXISTS 'b';",
    ),
    "sequence": Defect(
        "CREATE SEQUENCE q;",
        "CREATE SEQUENCE IF NOT EXISTS q;",
        1,
        'relation "q" already exists',
        "CREATE SEQUENCE IF NOT EXISTS q;",
    ),
    "schema": Defect(
        "CREATE SCHEMA s;",
        "CREATE SCHEMA IF NOT EXISTS s;",
        1,
        'schema "s" already exists',
        "CREATE SCHEMA IF NOT EXISTS s;",
    ),
    "dropped and made, with what was granted": Defect(
        "CREATE TABLE IF NOT EXISTS w (x int);\nALTER TABLE w ADD COLUMN IF NOT EXISTS y int;\n"
        "DROP TABLE w;\nCREATE TABLE w (x int);\nALTER TABLE users RENAME age TO years;",
        "CREATE TABLE IF NOT EXISTS w (x int);\nDROP TABLE w;\nCREATE TABLE w (x int);",
        5,
        'column "age" does not exist',
        "DO $$\nBEGIN\n    ALTER TABLE users RENAME age TO years;\n"
        "EXCEPTION WHEN undefined_column THEN\n    NULL;\nEND\n$$;",
    ),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_what_cannot_run_twice_is_found(checked: Checked, name: str) -> None:
    """With its line, what was seen, and the statement to write instead; no value of a row in any of it."""
    defect = DEFECTS[name]
    checked.write({"a/create_tables.sql": _BASE, "a/things.sql": defect.planted})

    found = checked.judge("a/things", "idempotent")

    assert found.verdict is Verdict.REFUTED, found
    (finding,) = found.findings
    assert defect.said in f"{finding.message}\n{finding.evidence}"
    assert (finding.line, finding.severity, finding.fix) == (defect.line, Severity.ERROR, defect.fix)
    assert finding.why
    assert "secret-red" not in f"{finding.message}\n{finding.evidence}"


@pytest.mark.parametrize("name", DEFECTS)
def test_what_can_run_twice_is_proven(checked: Checked, name: str) -> None:
    """The twin of each defect is silent."""
    checked.write({"a/create_tables.sql": _BASE, "a/things.sql": DEFECTS[name].twin})

    assert checked.judge("a/things", "idempotent").verdict is Verdict.PROVEN


@pytest.mark.parametrize("name", [name for name, defect in DEFECTS.items() if defect.fix])
def test_what_a_finding_says_to_write_can_run_twice(checked: Checked, name: str) -> None:
    """The statement of the finding in the place of the one it speaks of."""
    defect = DEFECTS[name]
    checked.write({"a/create_tables.sql": _BASE, "a/things.sql": defect.planted})
    (finding,) = checked.judge("a/things", "idempotent").findings
    lines = defect.planted.split("\n")
    lines[(finding.line or 1) - 1] = finding.fix or ""

    checked.write({"a/things.sql": "\n".join(lines)})

    assert checked.judge("a/things", "idempotent").verdict is Verdict.PROVEN


_ROWS = """
CREATE TABLE IF NOT EXISTS org (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL);
CREATE TABLE IF NOT EXISTS account (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, org_id bigint REFERENCES org (id), nick varchar(500),
    age int, state text, created timestamptz, updated timestamptz NOT NULL DEFAULT now()
);
CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.updated = clock_timestamp(); RETURN NEW; END $$;
CREATE OR REPLACE TRIGGER touch BEFORE UPDATE ON account FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TABLE IF NOT EXISTS never (n int, CHECK (n > 1 AND n < 1));
ALTER TABLE never DROP CONSTRAINT IF EXISTS c, ADD CONSTRAINT c CHECK (n IS NOT NULL);
"""
CHANGED_AGAIN = {
    "counted on": "UPDATE account SET age = age + 1;",
    "the time of the run": "UPDATE account SET created = now();",
    "another row each time": "DELETE FROM account WHERE id IN (SELECT id FROM account LIMIT 1);",
    "what others refer to": "DELETE FROM account WHERE id IN (SELECT max(id) FROM account);",
    "a trigger that fires again": "UPDATE account SET state = 'a';",
    "step by step": "UPDATE account SET age = age + 1;\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON account (age);",
    "a loop": "DO $$ DECLARE r record; BEGIN FOR r IN SELECT id FROM account LOOP "
    "UPDATE account SET age = age + 1 WHERE id = r.id; END LOOP; END $$;",
}
CHANGED_ONCE = {
    "what is not done yet": "UPDATE account SET state = 'a' WHERE state IS NULL;",
    "what differs": "UPDATE account SET state = 'a' WHERE state IS DISTINCT FROM 'a';",
    "a row with a key": "INSERT INTO org (id, name) OVERRIDING SYSTEM VALUE VALUES (1, 'a') ON CONFLICT DO NOTHING;",
    "a column": "ALTER TABLE account ADD COLUMN IF NOT EXISTS made timestamptz NOT NULL DEFAULT clock_timestamp();",
    "a column, and its values": "ALTER TABLE account ADD COLUMN IF NOT EXISTS full_name text;\n"
    "UPDATE account SET full_name = nick WHERE full_name IS NULL AND nick IS NOT NULL;",
    "rows that are gone then": "DELETE FROM account WHERE age < 0;",
    "a view over them": "CREATE OR REPLACE VIEW known AS SELECT id FROM account WHERE age > 0;",
    "what fails on rows, and changes none": "ALTER TABLE account ALTER COLUMN state SET NOT NULL;",
    "what cannot have rows, and loses none": "ALTER TABLE never ADD COLUMN IF NOT EXISTS m int;",
}


@pytest.mark.parametrize("text", CHANGED_AGAIN.values(), ids=CHANGED_AGAIN.keys())
def test_rows_that_were_there_are_changed_again(checked: Checked, text: str) -> None:
    """On empty tables nothing of it would be seen."""
    found = checked.write({"a/create_tables.sql": _ROWS, "a/things.sql": text}).judge("a/things", "idempotent")

    assert found.verdict is Verdict.REFUTED, found
    (finding,) = found.findings
    assert "public.account" in finding.message
    assert "tried on rows made up for public." in finding.evidence


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("UPDATE account SET state = 'a';", "updated"),
        ("UPDATE account SET age = age + 1;", "age, updated"),
        ('ALTER TABLE account DISABLE TRIGGER touch;\nUPDATE account SET "created" = now();', "created"),
    ],
)
def test_the_columns_that_are_changed_again_are_named(checked: Checked, text: str, columns: str) -> None:
    """Whoever reads it sees whether it is no more than the time of a trigger."""
    found = checked.write({"a/create_tables.sql": _ROWS, "a/things.sql": text}).judge("a/things", "idempotent")

    (finding,) = found.findings
    assert f"public.account: other values in {columns}\n" in finding.evidence


@pytest.mark.parametrize("text", CHANGED_ONCE.values(), ids=CHANGED_ONCE.keys())
def test_rows_that_were_there_are_changed_once(checked: Checked, text: str) -> None:
    """The second run finds nothing to do."""
    found = checked.write({"a/create_tables.sql": _ROWS, "a/things.sql": text}).judge("a/things", "idempotent")

    assert found.verdict is Verdict.PROVEN, found
    assert "rows" in found.evidence.partition(";")[2] or "VIEW" in text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("UPDATE never SET n = n + 1;", "no rows in public.never ("),
        (
            "UPDATE account SET age = age + 1; ALTER TABLE account ALTER COLUMN state SET NOT NULL;",
            "no rows in public.account (the migration fails on its rows: see survives-rows)",
        ),
    ],
    ids=["no row is possible", "it fails on them"],
)
def test_a_change_of_rows_that_no_row_met_is_not_proven(checked: Checked, text: str, reason: str) -> None:
    """And the table is named."""
    found = checked.write({"a/create_tables.sql": _ROWS, "a/things.sql": text}).judge("a/things", "idempotent")

    assert found.verdict is Verdict.UNPROVEN, found
    assert reason in found.evidence
