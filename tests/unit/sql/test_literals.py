"""Which literals of a SQL text are hidden, and the laws of hiding them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seltzer.sql.passwords import without_passwords
from seltzer.sql.redact import Values, safe_context, safe_excerpt, safe_line, safe_server_text

LAW = settings(derandomize=True, max_examples=150, deadline=None)

# Values with all that ends a literal, a line, a statement or a comment.
VALUES = st.text(alphabet="aZ0'\"\\$;()-*/ \n\t:=@%é", max_size=12).map(lambda text: f"canary{text}4711")


def _plain(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _escaped(value: str) -> str:
    return "E'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _dollar(value: str) -> str:
    return f"$tag$ {value} $tag$"


LITERALS = st.tuples(VALUES, st.sampled_from([_plain, _escaped, _dollar])).map(lambda pair: pair[1](pair[0]))
CARRIERS = st.sampled_from(
    [
        "INSERT INTO t VALUES (1, {}, nosuch)",
        "insert into t select {}\n  , nosuch",
        "UPDATE t SET a = {} WHERE nosuch",
        "WITH x AS (SELECT {}) DELETE FROM t USING x",
        "MERGE INTO t USING u ON a = {} WHEN MATCHED THEN DELETE",
        "COPY t FROM {}",
        "TABLE t; VALUES ({})",
        "ALTER ROLE r PASSWORD {} VALID UNTIL nosuch",
        "CREATE USER r WITH LOGIN ENCRYPTED PASSWORD\n{}",
        "CREATE USER MAPPING FOR r SERVER s OPTIONS (ADD password {})",
        "DO $body$ BEGIN INSERT INTO t VALUES ({}); END $body$",
        "CREATE FUNCTION f() RETURNS int AS $body$ UPDATE t SET a = {} $body$ LANGUAGE sql",
        "SELECT 1 /* ; ' */; -- it's\nINSERT INTO t VALUES ({})",
    ]
)


@given(CARRIERS, LITERALS, st.sampled_from([Values.HIDDEN, Values.REFUSED]))
@LAW
def test_the_literal_of_a_row_or_password_is_in_no_line(text: str, literal: str, values: Values) -> None:
    """Whatever is in it and wherever the line begins; each line keeps its width, and the rest of it its place."""
    whole = text.replace("{}", literal)
    start = 0
    for line in whole.split("\n"):
        shown = safe_excerpt(whole, start, start + len(line), values)
        assert len(shown) == len(line)
        assert "canary" not in shown
        assert "4711" not in shown
        assert all(mine in {theirs, "*"} for mine, theirs in zip(shown, line, strict=True))
        start += len(line) + 1


@given(VALUES, st.sampled_from(["PASSWORD {}", "password = {}", "OPTIONS (password {})", "SET app.secret TO {}"]))
@LAW
def test_a_password_is_hidden_from_who_may_see_values_too(value: str, text: str) -> None:
    """`--show-values` is about rows."""
    line = f"ALTER ROLE r {text.replace('{}', _plain(value))}".replace("\n", " ")

    assert "canary" not in safe_excerpt(line, 0, len(line), Values.SHOWN)


@given(st.text())
@LAW
def test_any_text_can_be_shown(text: str) -> None:
    """Broken SQL is what an excerpt is made of; nothing but stars is put into it."""
    shown = safe_line(text)

    assert len(shown) == len(text)
    assert all(mine in {theirs, "*"} for mine, theirs in zip(shown, text, strict=True))


@pytest.mark.parametrize(
    "line",
    [
        "CREATE TABLE t (a int REFERENCES b ON UPDATE CASCADE ON DELETE SET NULL, s text DEFAULT 'new')",
        "CREATE TABLE eu PARTITION OF t FOR VALUES IN ('eu')",
        "CREATE POLICY p ON t FOR INSERT WITH CHECK (kind = 'mine')",
        "CREATE TRIGGER t BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE FUNCTION f() RETURNS text AS $$ SELECT 'fine' $$ LANGUAGE sql",
        "COMMENT ON COLUMN t.password IS 'a hash, never the password itself'",
        "ALTER TABLE t ADD COLUMN token text DEFAULT 'none'",
        "ALTER TABLE t ADD COLUMN password nosuch",
        "DO $$ BEGIN RAISE EXCEPTION 'no user is left'; END $$",
        "GRANT SELECT, INSERT, UPDATE ON t TO app; SELECT 'x'",
        "INSERT INTO t DEFAULT VALUES; CREATE TYPE mood AS ENUM ('sad')",
        "SELECT '2 users' AS token -- it's 5",
    ],
)
def test_what_is_no_row_and_no_password_stays(line: str) -> None:
    """Defaults, bounds, bodies: the words say INSERT or UPDATE, or password, and mean something else."""
    assert safe_line(line) == line


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (
            "INSERT INTO t VALUES (47, -1.5, 1e-3, $1, a4, TRUE);",
            "INSERT INTO t VALUES (**, -***, ****, $1, a4, TRUE);",
        ),
        ("SELECT 1; INSERT INTO t VALUES (1); SELECT 1;", "SELECT 1; INSERT INTO t VALUES (*); SELECT 1;"),
        ("INSERT INTO t VALUES (1); -- or 'x'\nSELECT 1", "INSERT INTO t VALUES (*); --*******\nSELECT 1"),
        ("CREATE ROLE r PASSWORD canary VALID", "CREATE ROLE r PASSWORD ****** VALID"),
        ("CREATE ROLE r PASSWORD NULL", "CREATE ROLE r PASSWORD NULL"),
        ("SELECT set_config('app.api_key', 'canary', true)", "SELECT set_config('app.api_key', '******', true)"),
        ("PASSWORD 'can' 'ary' || 'x', 'y'", "PASSWORD '***' '***' || '*', 'y'"),
        ("\\connect postgresql://u:canary@h/d", "\\connect**************************"),
        ("-- PASSWORD 'canary'", "-- PASSWORD '******'"),
        ("COPY t FROM stdin;\na\tb\n\\.\nSELECT 5", "COPY t FROM stdin;\n***\n**\nSELECT 5"),
    ],
)
def test_what_is_hidden_of_a_line(line: str, shown: str) -> None:
    """Texts, numbers, comments beside rows; words only where a password belongs."""
    assert safe_line(line) == shown


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("SELECT 1/0, '4711';", "SELECT 1/0, '****';"),
        (
            "ALTER TABLE t ALTER c TYPE varchar(20), ALTER d SET DEFAULT 'x'",
            "ALTER TABLE t ALTER c TYPE varchar(20), ALTER d SET DEFAULT '*'",
        ),
        ("INSERT INTO t SELECT 1/0", "INSERT INTO t SELECT */*"),
        (
            "DO $$ BEGIN PERFORM 1/0; UPDATE t SET a = 4711; END $$",
            "DO $$ BEGIN PERFORM 1/0; UPDATE t SET a = ****; END $$",
        ),
        ("SELECT setval('s', 4711), $$ x $$", "SELECT setval('*', ****), $$***$$"),
    ],
)
def test_where_a_value_was_refused_numbers_stay_that_are_of_no_row(line: str, shown: str) -> None:
    """No text does: it may be the value."""
    found = safe_excerpt(line, 0, len(line), Values.NUMBERS)

    assert found == shown


@pytest.mark.parametrize(
    "end", [";\nSELECT 1, 'x'", "\n, ('canary', nosuch)", ";\nCOPY t FROM stdin;\ncanary\n\\.\nSELECT 1, 'x'"]
)
def test_a_line_far_down_in_a_dump(end: str) -> None:
    """Found in its place within a second, whatever stands before it."""
    dump = "INSERT INTO t VALUES " + ", ".join(["(E'it\\'s', 'it''s canary', $q$;$q$) /* ' */"] * 20_000) + end
    start = dump.rindex("\n") + 1

    shown = safe_excerpt(dump, start, len(dump))

    assert shown == ("SELECT 1, 'x'" if end.endswith("'x'") else ", ('******', nosuch)")


PIECES = st.sampled_from(
    ["INSERT INTO t VALUES (", ");\n", "SELECT", " -- it's\n", "a$b$", "'", '"', "\\connect it's\n"]
)


@given(st.lists(st.one_of(LITERALS, PIECES)))
@LAW
def test_a_part_is_shown_as_it_is_in_the_whole(parts: list[str]) -> None:
    """Wherever the part begins: in a literal, a comment, a statement."""
    text = " ".join(parts)
    whole = safe_line(text)

    for at in range(0, len(text), 7):
        assert safe_excerpt(text, at, at + 7) == whole[at : at + 7]


@given(VALUES, st.sampled_from("\"'«»„"))
@LAW
def test_a_value_that_the_server_quotes_is_cut(value: str, quote: str) -> None:
    """In class 22, in every translation's quotes, whatever the value has in it."""
    for text in (
        f"invalid input syntax for type integer: {quote}{value}{quote}",
        f"COPY t, line 1, column a: {quote}{value}{quote}",
        f"JSON data, line 1: {{{value}...",
    ):
        shown = safe_server_text("22P02", text)
        assert "canary" not in shown
        assert "4711" not in shown


@given(VALUES)
@LAW
def test_a_context_has_functions_and_lines_only(value: str) -> None:
    """Whatever the SQLSTATE: the statements that functions made are cut."""
    text = (
        f'SQL statement "INSERT INTO "T" VALUES ({_plain(value)})"\n'
        "PL/pgSQL function add(text,integer) line 3 at SQL statement\n"
        f'SQL statement "SELECT add({_plain(value)})"\n'
        "PL/pgSQL function inline_code_block line 2 at PERFORM"
    )

    assert safe_context(text) == (
        'SQL statement "…"\nPL/pgSQL function add(text,integer) line 3 at SQL statement\n'
        'SQL statement "…"\nPL/pgSQL function inline_code_block line 2 at PERFORM'
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('COPY t, line 1, column a: "canary"', "COPY t, line 1, column a: …"),
        ("unnamed portal with parameters: $1 = 'canary'", "unnamed portal with parameters: …"),
        ("remote SQL command: INSERT INTO t VALUES (4711)", "remote SQL command: …"),
        ('SQL function "f" statement 1', 'SQL function "f" statement 1'),
        ("SQL-Anweisung »INSERT INTO t VALUES ('x')«", "SQL-Anweisung »…«"),
    ],
)
def test_other_contexts(text: str, shown: str) -> None:
    """Of COPY, of parameters, of other servers, in other languages."""
    assert safe_context(text) == shown


@pytest.mark.parametrize(
    ("sqlstate", "text", "shown"),
    [
        ("42601", 'syntax error at or near "SELEC"', 'syntax error at or near "SELEC"'),
        ("42601", "syntax error at or near \"'canary'\"", 'syntax error at or near "…"'),
        (
            "42601",
            'syntax error at or near "canary" of jsonpath input',
            'syntax error at or near "…" of jsonpath input',
        ),
        ("42601", 'syntax error in tsquery: "canary"', 'syntax error in tsquery: "…"'),
        ("42601", 'missing "=" after "canary" in connection info string', 'missing "…" in connection info string'),
        ("08006", 'FATAL:  no user "app" on server at "db"', 'FATAL:  no user "app" on server at "db"'),
        ("08006", 'invalid port number: "canary"', 'invalid port number: "…"'),
        (
            "23514",
            "Partition key of the failing row contains (a) = (canary).",
            "Partition key of the failing row contains (…).",
        ),
        ("44000", "Failing row contains (1, canary).", "Failing row contains (…)."),
        ("22003", "setval: value 47110815 is out of bounds", "setval: value … is out of bounds"),
        ("22001", "value too long for type character varying(3000)", "value too long for type character varying(3000)"),
        ("38000", "ValueError: invalid literal: 'canary'", "ValueError: invalid literal: '…'"),
        ("P0001", 'user "canary" has no email', 'user "canary" has no email'),
    ],
)
def test_other_messages(sqlstate: str, text: str, shown: str) -> None:
    """What is a name stays, what may be a value goes; RAISE is somebody's own."""
    assert safe_server_text(sqlstate, text) == shown


@given(VALUES.filter(lambda value: "\n" not in value))
@LAW
def test_a_known_password_is_hidden_in_every_writing(password: str) -> None:
    """As it is, in a URL, in Python, JSON and SQL."""
    for text in (password, f"{[password]!r}", _plain(password), f"postgresql://u:{password}@h"):
        assert "canary" not in without_passwords(f"it is {text}!", password)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://u:ca@n/ary@h:5/d failed", "postgresql://u:***@h:5/d failed"),
        ("app:canary@db/soda", "app:***@db/soda"),
        ("host=h password=canary dbname=x", "host=h password=*** dbname=x"),
        ("password = 'can ary' port=5", "password = '***' port=5"),
        ("{'password': 'canary', \"token\": \"canary\"}", "{'password': '***', \"token\": \"***\"}"),
        ("postgresql://h/d?password=canary&x=1", "postgresql://h/d?password=***&x=1"),
        ("ALTER ROLE r PASSWORD 'ca''nary' foo", "ALTER ROLE r PASSWORD '***' foo"),
        ("the password's wrong", "the password's wrong"),
        ('password authentication failed for user "app"', 'password authentication failed for user "app"'),
        ("no connection to app@db:5432/soda: refused", "no connection to app@db:5432/soda: refused"),
    ],
)
def test_passwords_that_nobody_named_are_found_by_their_place(text: str, shown: str) -> None:
    """In URLs, keyword strings, dictionaries and clauses."""
    assert without_passwords(text) == shown


def test_a_short_password_is_hidden_where_it_stands_alone() -> None:
    """Or half of the letters of a message would go with it."""
    assert without_passwords("an apple, an a", "a") == "an apple, an ***"
