"""No password and no row value in what is shown; everything else stays, in its place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seltzer.sql.redact import safe_line, safe_server_text

ALWAYS_THE_SAME = settings(derandomize=True, deadline=None)


@pytest.mark.parametrize(
    "line",
    [
        "INSERT INTO users VALUES (1, 'canary', nosuch);",
        "insert into users select 'canary', nosuch",
        "  VALUES ('x', 'canary'),",
        "UPDATE users SET name = 'canary' WHERE nosuch",
        "MERGE INTO users USING t ON name = 'canary'",
        "INSERT INTO users VALUES ('it''s canary')",
        "INSERT INTO users VALUES (E'it\\'s canary')",
        "INSERT INTO users VALUES ($$canary$$)",
        "INSERT INTO users VALUES ($tag$canary$tag$)",
        "INSERT INTO users VALUES ('begins canary",
        "ALTER ROLE app PASSWORD 'canary' NOSUCH",
        "CREATE ROLE app LOGIN ENCRYPTED  PASSWORD  E'canary'",
        "ALTER ROLE app PASSWORD E'\\'canary'",
        "ALTER ROLE app PASSWORD $$canary$$",
        "CREATE USER MAPPING FOR app SERVER s OPTIONS (user 'app', password 'canary')",
        "CREATE SUBSCRIPTION s CONNECTION 'host=h password=canary' PUBLICATION p",
        "SELECT dblink_connect('postgresql://app:canary@h/d')",
    ],
)
def test_a_line_is_shown_without_its_secrets(line: str) -> None:
    """Passwords wherever SQL takes them, and the literals of statements that carry rows."""
    assert "canary" not in safe_line(line)


@pytest.mark.parametrize(
    "line",
    [
        "CREATE TABLE t (state text DEFAULT 'new');",
        "COMMENT ON TABLE t IS 'what it is for';",
        "ALTER TABLE passwords ADD COLUMN password_hash text DEFAULT 'x';",
        "CREATE TYPE mood AS ENUM ('sad', 'happy');",
        "SELECT inserted_at FROM t WHERE a = 'x';",
        "INSERT INTO t VALUES (DEFAULT, NULL);",
        "",
    ],
)
def test_a_line_without_secrets_is_shown_as_it_is(line: str) -> None:
    """A person has to see what is wrong with it."""
    assert safe_line(line) == line


def test_names_around_a_literal_stay() -> None:
    """Only what is between the quotes is masked."""
    assert safe_line("INSERT INTO users (name) VALUES ('Ada', nosuch);") == (
        "INSERT INTO users (name) VALUES ('***', nosuch);"
    )
    assert safe_line("ALTER ROLE app PASSWORD 'abc' VALID UNTIL 'x'") == "ALTER ROLE app PASSWORD '***' VALID UNTIL 'x'"


@ALWAYS_THE_SAME
@given(st.lists(st.sampled_from(["'a''b'", "E'x'", "'ä€'", "name", ", ", "(", "''", " PASSWORD 'x' ", "1"])))
def test_a_line_keeps_its_width(parts: list[str]) -> None:
    """The caret below it still points at the right place."""
    line = "INSERT INTO t VALUES " + "".join(parts)

    assert len(safe_line(line)) == len(line)
    assert len(safe_line(line[7:])) == len(line[7:])


@pytest.mark.parametrize(
    ("sqlstate", "text"),
    [
        ("23505", "Key (email)=(canary@b.c) already exists."),
        ("23505", "Key (a, b)=(1, canary) already exists."),
        ("23505", "Key (email)=(a) canary) already exists."),
        ("23505", "Key (email)=(a\ncanary) already exists."),
        ("23503", 'Key (user_id)=(canary) is not present in table "users".'),
        ("23503", 'Key (id)=(canary) is still referenced from table "posts".'),
        ("23P01", "Key (a, r)=(1, [canary,5)) conflicts with existing key (a, r)=(1, [2,canary))."),
        ("23514", "Failing row contains (1, canary, (x))."),
        ("23502", "Failing row contains (1, null, canary)."),
        ("22P02", 'invalid input syntax for type integer: "canary"'),
        ("22003", 'value "canary" is out of range for type integer'),
        ("22007", 'invalid input syntax for type date: "canary"'),
        ("22P02", 'Token "canary" is invalid.'),
        ("22P02", "JSON data, line 1: {canary..."),
        ("22P04", 'COPY t, line 1, column a: "canary"'),
        ("22023", "unrecognized value 'canary'"),
    ],
)
def test_what_the_server_says_is_shown_without_values(sqlstate: str, text: str) -> None:
    """Of data exceptions (class 22) and integrity errors (23): a message, a detail or a context."""
    assert "canary" not in safe_server_text(sqlstate, text)


@pytest.mark.parametrize(
    ("sqlstate", "text", "kept"),
    [
        ("23505", "Key (email)=(a@b.c) already exists.", ["(email)", "already exists"]),
        ("23503", 'Key (user_id)=(1) is not present in table "users".', ["(user_id)", '"users"']),
        ("23505", 'duplicate key value violates unique constraint "users_email_key"', ['"users_email_key"']),
        ("22P02", 'invalid input syntax for type integer: "x"', ["invalid input syntax for type integer"]),
        ("42P01", 'relation "users" does not exist', ['relation "users" does not exist']),
        ("42703", 'column "emial" does not exist', ['column "emial" does not exist']),
        (None, 'connection to server on socket "/s" failed', ['"/s"']),
    ],
)
def test_what_the_server_says_of_names_stays(sqlstate: str | None, text: str, kept: list[str]) -> None:
    """Tables, columns, constraints and types are what an error is about."""
    assert [word for word in kept if word not in safe_server_text(sqlstate, text)] == []


@ALWAYS_THE_SAME
@given(st.text(alphabet="a=().,'\" \n"))
def test_the_value_of_a_key_is_never_shown(value: str) -> None:
    """Whatever it has in it: parentheses, quotes, line breaks."""
    marked = f"canary{value}canary"

    shown = safe_server_text("23505", f"Key (email)=({marked}) already exists.")

    assert "canary" not in shown
