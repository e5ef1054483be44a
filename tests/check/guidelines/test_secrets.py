"""Secrets in migrations: where real files have them, what only looks like one, and that none is repeated."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from check.guidelines.guideline_files import found_in, rules_in
from seltzer.claims.guidelines.judging import judge_files
from seltzer.claims.guidelines.settings import GuidelineSettings
from seltzer.claims.rules import claim_of_rules
from seltzer.claims.silences import silenced
from seltzer.report.places import excerpt_of
from seltzer.source.discover import discover
from seltzer.sql.passwords import without_passwords
from seltzer.sql.secret_texts import secret_texts

if TYPE_CHECKING:
    from pathlib import Path

RULE = "secret-in-sql"
PLANTED = "tr0ub4dor-aB3dE5fG7hI9jK1lM3nO5pqR7sT9uV1wX3"
LONG = "aB3dE5fG7hI9jK1lM3nO5pqR7sT9uV1wX3yZ"

DEFECTS = {
    "a role in a block": f"DO $$ BEGIN\n CREATE ROLE app LOGIN PASSWORD '{PLANTED}';\nEND $$;",
    "a role in a text in a block": f"DO $$ BEGIN EXECUTE 'CREATE USER app PASSWORD ''{PLANTED}'''; END $$;",
    "a role by format()": f"DO $$ BEGIN EXECUTE format('CREATE ROLE %I PASSWORD %L', 'app', '{PLANTED}'); END $$;",
    "a role in a comment": f"-- ALTER ROLE app PASSWORD '{PLANTED}';\nSELECT 1;",
    "a role in a file that is not parsed": f"-- seltzer: parse = off\nCREATE ROLE app PASSWORD '{PLANTED}';",
    "a server": f"CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (aws_secret_access_key '{PLANTED}');",
    "a user mapping in a block": (
        f"DO $$ BEGIN CREATE USER MAPPING FOR a SERVER s OPTIONS (user 'u', password '{PLANTED}'); END $$;"
    ),
    "a connection": f"SELECT dblink_connect('c', 'host=db user=app password={PLANTED} dbname=x');",
    "a connection, the password first": f"SELECT dblink('password={PLANTED} host=x', 'SELECT 1');",
    "a connection with quotes": f"SELECT dblink_connect('host=db password=''{PLANTED} x''');",
    "a connection of the server's": f"ALTER SYSTEM SET primary_conninfo = 'host=h password={PLANTED}';",
    "a setting of a database": f"ALTER DATABASE app SET \"app.jwt_secret\" TO '{PLANTED}';",
    "a setting of a session": f"SET LOCAL app.api_key = '{PLANTED}';",
    "a setting by a call": f"SELECT set_config('app.jwt_secret', '{PLANTED}', false);",
    "the password of a first user": f"INSERT INTO users VALUES ('admin', crypt('{PLANTED}', gen_salt('bf')));",
    "the key of a column": f"UPDATE users SET hidden = pgp_sym_encrypt(coalesce(a, b), '{PLANTED}');",
    "the key of a signature": f"SELECT hmac(body, '{PLANTED}', 'sha256') FROM messages;",
    "a vault": f"SELECT vault.create_secret('{PLANTED}', 'name');",
    "a program": f"COPY t FROM PROGRAM 'curl -u user:{PLANTED} https://example.com/t.csv';",
    "a header": f'SELECT net.http_post(headers := \'{{"Authorization": "Bearer {PLANTED}"}}\');',
    "a JSON Web Token": f"SELECT 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.{PLANTED}';",
    "a key of a language model": f"SELECT 'sk-proj-{PLANTED}';",
    "a key of SendGrid": f"SELECT 'SG.{LONG}.{PLANTED}';",
    "a key of Azure": f"SELECT 'AccountName=x;AccountKey={LONG}{LONG}==;';",
    "an address of Slack": f"SELECT 'https://hooks.slack.com/services/T01/B02/{LONG}';",
    "a token of npm": f"SELECT 'npm_{LONG}';",
    "a key of webhooks": f"SELECT 'whsec_{LONG}';",
    "a private key of PGP": "SELECT '-----BEGIN PGP PRIVATE KEY BLOCK-----';",
    "a URL without a user": f"SELECT 'redis://:{PLANTED}@cache:6379/0';",
}
PYTHON = {
    "a role": f"    conn.execute(\"CREATE ROLE x LOGIN PASSWORD '{PLANTED}'\")",
    "a connection": f"    psycopg.connect(host='x', password='{PLANTED}')",
    "a connection in words": f'    psycopg.connect("host=x password={PLANTED}")',
}
TWINS = {
    "a verifier in a block": "DO $$ BEGIN CREATE ROLE a PASSWORD 'SCRAM-SHA-256$4096:abc$def:ghi'; END $$;",
    "a setting in a block": (
        "DO $$ BEGIN EXECUTE format('CREATE ROLE a PASSWORD %L', current_setting('app.pw')); END $$;"
    ),
    "a text put together": "DO $$ BEGIN EXECUTE 'CREATE ROLE a PASSWORD ''' || pw || ''''; END $$;",
    "no password": "DO $$ BEGIN CREATE ROLE a LOGIN PASSWORD NULL; END $$;\nALTER ROLE a VALID UNTIL '2030-01-01';",
    "an option about passwords": "CREATE USER MAPPING FOR a SERVER s OPTIONS (user 'u', password_required 'false');",
    "columns of such names": (
        "CREATE FOREIGN TABLE f (a int OPTIONS (column_name 'password')) SERVER s OPTIONS (table_name 'token');"
    ),
    "rows about passwords": (
        "UPDATE users SET password = 'x';\nINSERT INTO words VALUES ('login.password', 'Passwort'), ('password=reset');"
    ),
    "a comment on a column": "COMMENT ON COLUMN users.password IS 'user = login, password = bcrypt';",
    "a function with a password": (
        "CREATE OR REPLACE FUNCTION login(u text, p text) RETURNS boolean LANGUAGE sql AS $$\n"
        "SELECT 'x' = 'x' AND password = crypt(p, password) FROM users WHERE user = u $$;"
    ),
    "a key from a setting": (
        "SELECT hmac(a, current_setting('app.key'), 'sha256'), pgp_sym_encrypt(a, k, 'cipher-algo=aes256');"
    ),
    "a connection without a password": "SELECT dblink_connect('host=h user=u passfile=/etc/pgpass');",
    "a query in a connection": (
        "SELECT * FROM dblink('host=h user=u', 'SELECT a FROM b WHERE password = c') AS t (a text);"
    ),
    "settings about passwords": "ALTER SYSTEM SET password_encryption = 'scram-sha-256';\nSET app.token_ttl = '3600';",
    "a header put together": "SELECT net.http_post(headers := jsonb_build_object('Authorization', 'Bearer ' || key));",
    "a program with a blank": "-- curl -u $USER:$PASSWORD https://example.com\nSELECT 1;",
    "words that begin alike": "SELECT 'sk-550e8400-e29b-41d4-a716-446655440000', 'hf_model', 'npm_config', 'SG.1.2';",
    "a certificate": "SELECT '-----BEGIN CERTIFICATE-----', '-----BEGIN PUBLIC KEY-----';",
}


@pytest.mark.parametrize("name", DEFECTS)
def test_a_secret_is_found_and_not_repeated(tmp_path: Path, name: str) -> None:
    """Once; neither in the finding nor in the line that is shown with it, nor by a message of PostgreSQL's."""
    sql = DEFECTS[name]

    found = [item for item in found_in(tmp_path, sql) if item.rule == RULE]

    assert len(found) == 1
    said = f"{found[0].message}{found[0].evidence}{found[0].fix}{excerpt_of(found[0])}{without_passwords(sql)}"
    assert PLANTED not in said
    assert LONG not in said.replace(PLANTED, "")


@pytest.mark.parametrize("name", PYTHON)
def test_a_secret_in_python_is_found_and_not_repeated(tmp_path: Path, name: str) -> None:
    """At its line."""
    found = found_in(tmp_path, {"shop/0001_it.py": f"import psycopg\n\n\ndef apply(conn):\n{PYTHON[name]}\n"})

    assert [(item.rule, item.line) for item in found] == [(RULE, 5)]
    assert PLANTED not in f"{found[0].message}{found[0].fix}{excerpt_of(found[0])}"


@pytest.mark.parametrize("silence", ["", "-- seltzer: ignore = secret-in-sql: of a laptop\n"])
def test_a_secret_on_the_way_back_is_found(tmp_path: Path, silence: str) -> None:
    """In its own file, where it can be silenced; nothing else is said of that file."""
    down = f"{silence}ALTER ROLE app PASSWORD '{PLANTED}';\nDROP TABLE users;\nCOMMIT;\n"
    files = {"shop/0001_it.sql": "ALTER ROLE app PASSWORD NULL;", "shop/0001_it.down.sql": down}

    found_in(tmp_path, files)
    verdicts = judge_files(discover(tmp_path), GuidelineSettings())
    left = silenced(verdicts.judgements, verdicts.silences, claim_of_rules())

    assert [(item.rule, item.file.name, item.line) for judgement in left for item in judgement.findings] == (
        [] if silence else [(RULE, "0001_it.down.sql", 1)]
    )


@pytest.mark.parametrize("name", TWINS)
def test_what_only_looks_like_one_is_not(tmp_path: Path, name: str) -> None:
    """A false alarm here teaches to silence the rule."""
    assert rules_in(tmp_path, TWINS[name], RULE) == []


@pytest.mark.parametrize("name", ["password=os.environ['PW']", "password=config.DB_PASSWORD", "password=f'{word}'"])
def test_a_password_that_python_gets_elsewhere_is_not(tmp_path: Path, name: str) -> None:
    """As the runner of the original README does it."""
    text = f"import psycopg\n\n\ndef apply(conn):\n    psycopg.connect(host='x', {name})\n"

    assert found_in(tmp_path, {"shop/0001_it.py": text}) == []


@pytest.mark.parametrize(
    "text", ["options (", "connect(", "curl ", "pgp_sym_encrypt(a(b),", "hmac('a',", "create role x ", "'x user=1 "]
)
def test_a_text_made_to_take_long_does_not(text: str) -> None:
    """A check reads what others wrote, generated files and dumps among them."""
    began = time.process_time()

    assert list(secret_texts(text * 10_000 + "password")) == []
    assert time.process_time() - began < 30  # seconds; without bounds it was minutes
