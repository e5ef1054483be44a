"""Guidelines: planted defects that text shows, and their correct twins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seltzer.claims.guidelines.judging import judge_files
from seltzer.claims.guidelines.settings import GuidelineSettings
from seltzer.model import Severity
from seltzer.report.places import excerpt_of
from seltzer.source.discover import discover

if TYPE_CHECKING:
    from pathlib import Path

    from seltzer.claims.finding import Finding

USERS = "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY, email text);\n"
ORDERS = "CREATE TABLE IF NOT EXISTS orders (id bigint PRIMARY KEY, user_id bigint);\n"
LONELY = ORDERS.replace(", user_id bigint", "")
INDEX = "CREATE INDEX IF NOT EXISTS idx_orders_user_id ON orders (user_id);\n"
KEY = "ALTER TABLE orders ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id);\n"
LONG = "a_name_of_exactly_sixty_four_bytes_which_is_one_more_than_it_may"
# Made up for this file, and of no service.
TOKEN = "ghp_" + "a1B2c3D4e5" * 3 + "f6G7h8"
AWS = "AKIA" + "Q3EGRIPSUMDOLORX"


def findings(folder: Path, files: dict[str, str], settings: GuidelineSettings | None = None) -> list[Finding]:
    """What the claim `guidelines` finds in a project."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    judgements = judge_files(discover(folder), settings or GuidelineSettings()).judgements
    return [found for item in judgements if item.claim == "guidelines" for found in item.findings]


def module(text: str) -> dict[str, str]:
    """A project of one first day."""
    return {"shop/create_tables.sql": text}


DEFECTS: dict[str, tuple[dict[str, str], str, int]] = {
    "a table with capitals": (module('CREATE TABLE IF NOT EXISTS "Users" (id bigint);'), "table-name", 1),
    "a table with a hyphen": (module('CREATE TABLE IF NOT EXISTS "user-data" (id bigint);'), "table-name", 1),
    "a table renamed badly": (
        {**module(USERS), "shop/0001_it.sql": 'ALTER TABLE users RENAME TO "Users";'},
        "table-name",
        1,
    ),
    "an index that names no table": (
        module(USERS + "CREATE INDEX IF NOT EXISTS email_idx ON users (email);"),
        "index-name",
        2,
    ),
    "an index that names another column": (
        module(USERS + "CREATE INDEX IF NOT EXISTS idx_users_name ON users (email);"),
        "index-name",
        2,
    ),
    "an index renamed badly": (
        {
            **module(USERS + "CREATE INDEX IF NOT EXISTS idx_users_email ON users (email);"),
            "shop/0001_it.sql": "ALTER INDEX idx_users_email RENAME TO by_email;",
        },
        "index-name",
        1,
    ),
    "an index of an expression": (
        module(USERS + "CREATE UNIQUE INDEX IF NOT EXISTS users_lower ON users (lower(email));"),
        "index-name",
        2,
    ),
    "a foreign key of a column": (
        module(USERS + "CREATE TABLE IF NOT EXISTS orders (\n id bigint,\n user_id bigint REFERENCES users (id)\n);"),
        "unindexed-foreign-key",
        4,
    ),
    "a foreign key of a table": (
        module(USERS + "CREATE TABLE IF NOT EXISTS o (u bigint, FOREIGN KEY (u) REFERENCES users);"),
        "unindexed-foreign-key",
        2,
    ),
    "a foreign key in a later file": (
        {**module(USERS + ORDERS), "shop/0001_it.sql": f"\n{KEY}"},
        "unindexed-foreign-key",
        2,
    ),
    "a foreign key with an index that begins with another column": (
        module(USERS + ORDERS + KEY + "CREATE INDEX IF NOT EXISTS idx_orders_id_user_id ON orders (id, user_id);"),
        "unindexed-foreign-key",
        3,
    ),
    "a foreign key with a partial index": (
        module(USERS + ORDERS + KEY + INDEX.replace(";", " WHERE id > 5;")),
        "unindexed-foreign-key",
        3,
    ),
    "a foreign key whose index is dropped": (
        {**module(USERS + ORDERS + KEY + INDEX), "shop/0001_it.sql": "DROP INDEX IF EXISTS idx_orders_user_id;"},
        "unindexed-foreign-key",
        3,
    ),
    "a column that looks like a reference": (module(USERS + ORDERS), "missing-foreign-key", 2),
    "one of another module": (
        {"a/create_tables.sql": ORDERS, "b/create_tables.sql": USERS},
        "missing-foreign-key",
        1,
    ),
    "one with a plural in -ies": (
        module("CREATE TABLE categories (id int PRIMARY KEY);\nCREATE TABLE items (category_id int);"),
        "missing-foreign-key",
        2,
    ),
    "one that is added later": (
        {**module(USERS + LONELY), "shop/0001_it.sql": "ALTER TABLE orders ADD COLUMN IF NOT EXISTS user_id bigint;"},
        "missing-foreign-key",
        1,
    ),
    "a long table": (module(f"CREATE TABLE IF NOT EXISTS {LONG} (id bigint);"), "long-identifier", 1),
    "a long name in quotes": (module(f'{USERS}\nCOMMENT ON COLUMN users."{LONG}" IS \'x\';'), "long-identifier", 3),
    "letters of two bytes": (module(f'CREATE TABLE IF NOT EXISTS "{"ü" * 32}" (id bigint);'), "long-identifier", 1),
    "a name with escapes": (
        module(f'CREATE TABLE IF NOT EXISTS U&"\\0061\\+000062{LONG}" (id bigint);'),
        "long-identifier",
        1,
    ),
    "a commit in the middle": (module(f"{USERS}COMMIT;\n{ORDERS}{KEY}{INDEX}"), "transaction-command", 2),
    "two transactions": (
        module("BEGIN;\nDELETE FROM a;\nCOMMIT;\nBEGIN;\nDELETE FROM b;\nCOMMIT;\n"),
        "transaction-command",
        3,
    ),
    "a rollback": (module("DELETE FROM a;\nROLLBACK;\n"), "transaction-command", 2),
    "a role with a password": (module("\nCREATE ROLE app LOGIN PASSWORD 'tr0ub4dor';"), "secret-in-sql", 2),
    "a changed password": (module("ALTER USER app PASSWORD 'tr0ub4dor';"), "secret-in-sql", 1),
    "an md5 verifier": (module("ALTER ROLE app PASSWORD 'md532e12f215ba27cb750c9e093ce4b5127';"), "secret-in-sql", 1),
    "a user mapping": (
        module("CREATE USER MAPPING IF NOT EXISTS FOR app SERVER s OPTIONS (user 'u', password 'tr0ub4dor');"),
        "secret-in-sql",
        1,
    ),
    "a subscription": (
        module("CREATE SUBSCRIPTION s CONNECTION 'host=h dbname=d password=tr0ub4dor' PUBLICATION p;"),
        "secret-in-sql",
        1,
    ),
    "a URL": (module("SELECT dblink_connect('postgresql://app:tr0ub4dor@db.example/shop');"), "secret-in-sql", 1),
    "a token in a row": (module(f"INSERT INTO settings VALUES ('token', '{TOKEN}');"), "secret-in-sql", 1),
    "an access key in a comment": (module(f"-- {AWS}\nSELECT 1;"), "secret-in-sql", 1),
    "a private key": (module("SELECT '-----BEGIN RSA PRIVATE KEY-----';"), "secret-in-sql", 1),
}  # fmt: skip

TWINS: dict[str, dict[str, str]] = {
    "a table that PostgreSQL folds": module("CREATE TABLE IF NOT EXISTS Users (id bigint);"),
    "a table that is gone again": {
        **module('CREATE TABLE IF NOT EXISTS "Users" (id bigint);'),
        "shop/0001_it.sql": 'DROP TABLE IF EXISTS "Users";',
    },
    "an index of several columns": module(
        USERS + "CREATE INDEX IF NOT EXISTS idx_users_email_id ON users (email, id);"
    ),
    "an index that is called by its first column": module(
        USERS + "CREATE INDEX IF NOT EXISTS idx_users_email ON users (email, id);"
    ),
    "an index with a word behind": module(
        USERS + "CREATE INDEX IF NOT EXISTS idx_users_email_known ON users (email) WHERE email IS NOT NULL;"
    ),
    "an index of an expression": module(
        USERS + "CREATE UNIQUE INDEX IF NOT EXISTS idx_users_lower_email ON users (lower(email));"
    ),
    "an index whose column got another name": {
        **module(USERS + "CREATE INDEX IF NOT EXISTS idx_users_email ON users (email);"),
        "shop/0001_it.sql": "ALTER TABLE users RENAME COLUMN email TO address;",
    },
    "an index whose name would be too long": module(
        f"CREATE TABLE IF NOT EXISTS {LONG[:50]} (first_column int, second_column int);\n"
        f"CREATE INDEX IF NOT EXISTS idx_{LONG[:50]}_both ON {LONG[:50]} (first_column, second_column);"
    ),
    "an index in another schema": module(
        "CREATE TABLE IF NOT EXISTS app.users (email text);\n"
        "CREATE INDEX IF NOT EXISTS idx_users_email ON app.users (email);"
    ),
    "a foreign key with its index": module(USERS + ORDERS + KEY + INDEX),
    "one with an index that comes later": {
        **module(USERS + ORDERS + KEY),
        "shop/0001_it.sql": INDEX.replace("INDEX", "INDEX CONCURRENTLY"),
    },
    "one with an index in another module": {"a/create_tables.sql": USERS + ORDERS + KEY, "b/0001_it.sql": INDEX},
    "one that leads a primary key": module(
        USERS + "CREATE TABLE IF NOT EXISTS m (user_id bigint REFERENCES users, n int, PRIMARY KEY (user_id, n));"
    ),
    "one that is unique": module(
        USERS + "CREATE TABLE IF NOT EXISTS profiles (user_id bigint UNIQUE REFERENCES users (id));"
    ),
    "one of two columns in another order": module(
        "CREATE TABLE IF NOT EXISTS p (a int, b int, PRIMARY KEY (a, b));\n"
        "CREATE TABLE IF NOT EXISTS c (a int, b int, FOREIGN KEY (a, b) REFERENCES p);\n"
        "CREATE INDEX IF NOT EXISTS idx_c_b_a ON c (b, a);"
    ),
    "one with an index of what is not NULL": module(
        USERS + ORDERS + KEY + INDEX.replace(";", " WHERE user_id IS NOT NULL;")
    ),
    "one that is dropped again": {
        **module(USERS + ORDERS + KEY),
        "shop/0001_it.sql": "ALTER TABLE orders DROP CONSTRAINT IF EXISTS orders_user_id_fkey;",
    },
    "one of a partition, whose parent has the index": module(
        USERS
        + "CREATE TABLE IF NOT EXISTS events (user_id bigint, day date) PARTITION BY RANGE (day);\n"
        + "CREATE INDEX IF NOT EXISTS idx_events_user_id ON events (user_id);\n"
        + "CREATE TABLE IF NOT EXISTS e PARTITION OF events (FOREIGN KEY (user_id) REFERENCES users) DEFAULT;\n"
        + "ALTER TABLE events ADD FOREIGN KEY (user_id) REFERENCES users (id);"
    ),
    "one whose index a block makes": module(
        USERS + ORDERS + KEY + "DO $$ BEGIN CREATE INDEX idx_orders_user_id ON orders (user_id); END $$;"
    ),
    "a reference that Python makes": {
        **module(USERS + ORDERS + INDEX),
        "shop/0001_it.py": f"def apply(conn):\n    conn.execute('{KEY.strip()}')\n",
    },
    "a column of another type": module(
        USERS + "CREATE TABLE IF NOT EXISTS logins (user_id text);"
    ),
    "a column without a table of that name": module("CREATE TABLE IF NOT EXISTS logins (user_id bigint);"),
    "a table whose key has two columns": module(
        "CREATE TABLE IF NOT EXISTS users (tenant int, id bigint, PRIMARY KEY (tenant, id));\n"
        "CREATE TABLE IF NOT EXISTS logins (user_id bigint);"
    ),
    "a table's own key": module("CREATE TABLE IF NOT EXISTS users (user_id bigint PRIMARY KEY);"),
    "a name that is long only as it is written": module(
        f'COMMENT ON COLUMN users.U&"\\0061\\+000061\\\\{LONG[:50]}\\d83d\\de00" IS \'x\';'
    ),
    "a name of 63 bytes": module(f"CREATE TABLE IF NOT EXISTS {LONG[:63]} (id bigint);"),
    "a long text": module(f"{USERS}COMMENT ON TABLE users IS '{LONG}';"),
    "a long word in a body": module(
        f"CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN {LONG}(); END $$;"
    ),
    "savepoints": module("SAVEPOINT s;\nDELETE FROM a;\nRELEASE s;\n"),
    "blocks in a file without a transaction": module(
        "-- seltzer: transaction = off\nBEGIN;\nDELETE FROM a;\nCOMMIT;\nBEGIN;\nDELETE FROM b;\nCOMMIT;\n"
    ),
    "a block beside a concurrent index": module(
        "BEGIN;\nDELETE FROM a;\nCOMMIT;\nCREATE INDEX CONCURRENTLY IF NOT EXISTS idx_a_b ON a (b);\n"
    ),
    "a commit before a new value of an enum is used": module(
        "BEGIN;\nALTER TYPE mood ADD VALUE IF NOT EXISTS 'glad';\nCOMMIT;\nUPDATE a SET mood = 'glad';\n"
    ),
    "a commit in a procedure": module(
        "CREATE OR REPLACE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$;"
    ),
    "a role without a password": module("CREATE ROLE app LOGIN;\nALTER ROLE app PASSWORD NULL;"),
    "a verifier": module(
        "ALTER ROLE app PASSWORD 'SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy';"
    ),
    "a blank to be filled in": module("ALTER ROLE app PASSWORD '${APP_PASSWORD}';"),
    "a URL without a password": module("SELECT 'https://db.example/shop?a=b@c';"),
    "a URL of the manual": module("-- postgresql://user:password@host/db\nSELECT 1;"),
    "a column called password": module(
        "CREATE TABLE IF NOT EXISTS logins (password text DEFAULT 'none');\nUPDATE logins SET password = 'x';"
    ),
    "the access key of the manual": module("SELECT 'AKIAIOSFODNN7EXAMPLE';"),
}  # fmt: skip


@pytest.mark.parametrize("name", DEFECTS)
def test_a_planted_defect_is_found(tmp_path: Path, name: str) -> None:
    """By the rule that should, at its line; and nothing else is found that matters as much."""
    files, rule, line = DEFECTS[name]

    found = findings(tmp_path, files)

    assert (rule, line) in [(item.rule, item.line) for item in found]
    assert len([item for item in found if item.rule == rule]) == 1
    assert not any("tr0ub4dor" in f"{item.message}{item.evidence}{item.fix}" for item in found)


def test_no_finding_of_any_rule_repeats_a_secret(tmp_path: Path) -> None:
    """Nor does the line that is shown with it."""
    found = findings(
        tmp_path,
        module(
            f"CREATE TABLE tokens AS SELECT '{TOKEN}' AS token;\n"
            "CREATE USER MAPPING FOR app SERVER s OPTIONS (user 'u', password 'tr0ub4dor');\n"
            f"CREATE TABLE urls AS SELECT 'amqp://app:tr0ub4dor@q.example', '{AWS}';\n"
        ),
    )

    assert [(item.rule, item.line) for item in found] == [
        (rule, line) for line in (1, 2, 3) for rule in ("missing-if-not-exists", "secret-in-sql")
    ] + [("secret-in-sql", 3)]
    said = [f"{item.message}{item.evidence}{item.fix}{excerpt_of(item)}" for item in found]
    assert [text for text in said if any(secret in text for secret in ("tr0ub4dor", TOKEN, AWS))] == []


@pytest.mark.parametrize("name", TWINS)
def test_a_correct_twin_stays_silent(tmp_path: Path, name: str) -> None:
    """Nothing is found in it."""
    assert [(item.rule, item.line, item.message) for item in findings(tmp_path, TWINS[name])] == []


def test_a_transaction_around_everything_is_no_more_than_worth_a_word(tmp_path: Path) -> None:
    """It does no harm: the run's own takes its place."""
    found = findings(tmp_path, module(f"BEGIN;\n{USERS}COMMIT;\n"))

    assert [(item.rule, item.severity) for item in found] == [("transaction-command", Severity.INFO)]
    assert found[0].fix == "Leave BEGIN and COMMIT out."


@pytest.mark.parametrize(
    ("name", "severity"),
    [("create_tables.sql", Severity.ERROR), ("views.sql", Severity.ERROR), ("0001_it.sql", Severity.WARNING)],
)
def test_what_runs_again_has_to_be_repeatable(tmp_path: Path, name: str, severity: Severity) -> None:
    """An error in a file that runs again when it changes, a warning in one that runs once."""
    found = findings(tmp_path, {f"shop/{name}": "CREATE TABLE users (id bigint);"})

    assert [(item.rule, item.severity) for item in found] == [("missing-if-not-exists", severity)]


def test_a_runner_runs_again_too(tmp_path: Path) -> None:
    """Its SQL is read, in whichever of its files it stands."""
    files = {
        "shop/__init__.py": "def run_migration():\n    pass\n",
        "shop/create_tables.sql": "CREATE TABLE users (id bigint);",
    }

    found = findings(tmp_path, files)

    assert [(item.id, item.file.name, item.severity) for item in found] == [
        ("shop/run_migration", "create_tables.sql", Severity.ERROR)
    ]


def test_names_follow_the_patterns_of_the_project(tmp_path: Path) -> None:
    """Both patterns are settings."""
    settings = GuidelineSettings("app_[a-z]+", ("{table}_{columns}_idx", "uq_{columns}"))
    text = (
        "CREATE TABLE IF NOT EXISTS app_users (email text);\n"
        "CREATE INDEX IF NOT EXISTS app_users_email_idx ON app_users (email);\n"
        "CREATE UNIQUE INDEX IF NOT EXISTS uq_email ON app_users (email);\n"
        "CREATE INDEX IF NOT EXISTS idx_app_users_email ON app_users (email);\n"
        "CREATE TABLE IF NOT EXISTS teams (id bigint);\n"
    )

    assert [(item.rule, item.line) for item in findings(tmp_path, module(text), settings)] == [
        ("index-name", 4),
        ("table-name", 5),
    ]


def test_only_what_is_asked_for_is_judged(tmp_path: Path) -> None:
    """The other files are what it stands on: their tables count, their mistakes do not."""
    findings(tmp_path, {"a/create_tables.sql": "CREATE TABLE users (id bigint PRIMARY KEY);", "b/0001_it.sql": ORDERS})

    judgements = judge_files(discover(tmp_path), GuidelineSettings(), ["b/0001_it"]).judgements

    assert [(item.id, item.claim) for item in judgements] == [("b/0001_it", "guidelines"), ("b/0001_it", "documented")]
    assert [item.rule for item in judgements[0].findings] == ["missing-foreign-key"]
