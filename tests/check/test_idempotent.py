"""`idempotent`: a second run succeeds and changes nothing; planted defects are found, their twins are silent."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from seltzer.claims.finding import Severity, Verdict

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
        "public.log: 1 → 2 rows",
    ),
    "rows changed again": Defect(
        "INSERT INTO users (email, age) SELECT 'x', 1 WHERE NOT EXISTS (SELECT FROM users);\n"
        "UPDATE users SET age = age + 1;",
        "INSERT INTO users (email, age) SELECT 'x', 1 WHERE NOT EXISTS (SELECT FROM users);\n"
        "UPDATE users SET age = 7 WHERE age = 1;",
        2,
        "public.users: 1 rows, not with the same values",
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
