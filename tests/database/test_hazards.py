"""What real migration files contain and runners trip over: each is handled, or refused with a word of what to do.

The numbers are those of a count over 6,943 public migration files of 39 projects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from database.cut_off import FIRST
from seltzer.errors import SeltzerError, StatementError, UnsupportedStatementError
from seltzer.events import StatementStarted
from seltzer.model import DatabaseState

if TYPE_CHECKING:
    from seltzer.events import Event
    from support import Project

FILE, NEXT = "m/0001_first.sql", "m/0002_next.sql"
INDEX = "CREATE INDEX CONCURRENTLY idx_marks_word ON marks (word);\n"
ENUM = {"m/create_tables.sql": FIRST["m/create_tables.sql"] + "CREATE TYPE mood AS ENUM ('sad');\n"}
ADD = "ALTER TYPE mood ADD VALUE 'it''s';\n"
LOOP = "BEGIN FOR i IN 1..2 LOOP INSERT INTO marks VALUES (i::text); {} END LOOP; END"
PROCEDURE = f"CREATE PROCEDURE fill() LANGUAGE plpgsql AS $$ {LOOP.format('COMMIT;')} $$;\n"
OFF = "-- seltzer: transaction = off\n"


def insert(word: str) -> str:
    """A statement that leaves a mark."""
    return f"INSERT INTO marks VALUES ('{word}');\n"


def setting(name: str) -> str:
    """A statement whose mark is the value of a setting."""
    return f"INSERT INTO marks VALUES (current_setting('{name}'));\n"


def marks(project: Project) -> list[str]:
    """What ran, each as often as it ran."""
    return [str(row[0]) for row in project.database.query("SELECT word FROM public.marks ORDER BY word")]


def steps(project: Project) -> list[str]:
    """The statements that ran by themselves while everything pending was applied."""
    heads: list[str] = []

    def hear(event: Event) -> None:
        # The statement of a one-transaction file is said too, as its only one.
        if isinstance(event, StatementStarted):
            heads.append(event.head.split()[0])

    assert project.migrations().run_all(on_event=hear).state is DatabaseState.CURRENT
    assert set(project.states().values()) == {"applied"}
    assert project.database.query("SELECT * FROM seltzer.progress") == []
    return heads


def refused(project: Project) -> SeltzerError:
    """What everything pending fails with."""
    with pytest.raises(SeltzerError) as caught:
        project.migrations().run_all()
    return caught.value


def test_1_concurrently_without_any_marker(project: Project) -> None:
    """Recognised from the tree."""
    project.write({**FIRST, FILE: INDEX}).migrations().run_all()

    assert project.database.query("SELECT indisvalid FROM pg_index WHERE indrelid = 'marks'::regclass") == [(True,)]


def test_2_a_marker_where_none_is_needed(project: Project) -> None:
    """It is obeyed: statement by statement, each committed."""
    project.write({**FIRST, FILE: OFF + insert("a") + "INSERT INTO nowhere VALUES (1);\n"})

    assert isinstance(refused(project), StatementError)
    assert marks(project) == ["a"]


def test_3_concurrently_among_other_statements(project: Project) -> None:
    """Each is sent by itself, in order."""
    project.write({**FIRST, FILE: insert("a") + INDEX + "DROP INDEX CONCURRENTLY idx_marks_word;\n" + insert("b")})

    assert steps(project)[-4:] == ["INSERT", "CREATE", "DROP", "INSERT"]
    assert marks(project) == ["a", "b"]


def test_3_concurrently_inside_the_files_own_block(project: Project) -> None:
    """PostgreSQL refuses it there, and so does psql: the block is rolled back, the hint says how to write it."""
    project.write({**FIRST, FILE: f"BEGIN;\n{insert('a')}{INDEX}COMMIT;\n"})

    error = refused(project)

    assert (error.sqlstate, error.rolled_back) == ("25001", True)
    assert error.place is not None
    assert error.place.line == 3
    assert "a statement of its own" in (error.hint or "")
    assert marks(project) == []


def test_3_a_statement_that_the_parser_need_not_know(project: Project) -> None:
    """With `parse = off` the text is one transaction; with `transaction = off` beside it, it is sent by itself."""
    project.write({**FIRST, FILE: "-- seltzer: parse = off\n" + INDEX})
    assert refused(project).sqlstate == "25001"

    project.write({FILE: f"-- seltzer: parse = off\n{OFF}{INDEX}"})

    assert steps(project) == ["CREATE"]
    assert project.database.query("SELECT indisvalid FROM pg_index WHERE indrelid = 'marks'::regclass") == [(True,)]


@pytest.mark.parametrize("statement", ["CREATE INDEX CONCURRENTLY ON marks (word)", "DO $$ BEGIN COMMIT; END $$"])
def test_3_concurrently_and_commits_in_python(project: Project, statement: str) -> None:
    """Its connection is in the migration's transaction: the hint says where such a statement belongs."""
    project.write({**FIRST, "m/0001_first.py": f"def apply(conn):\n    conn.execute({statement!r})\n"})

    error = refused(project)

    assert error.rolled_back is True
    assert "in a .sql file" in (error.hint or "")


@pytest.mark.parametrize(
    "use",
    [
        "INSERT INTO marks VALUES ('it''s'::mood::text);\n",
        "CREATE TABLE people (mood mood DEFAULT 'it''s');\n",
        "DO $$ BEGIN INSERT INTO marks VALUES ('it''s'::mood::text); END $$;\n",
    ],
    ids=["literal", "default", "block"],
)
def test_4_an_enum_value_that_its_file_uses(project: Project, use: str) -> None:
    """PostgreSQL refuses it in one transaction, the implicit one of a message too: such a file goes by steps."""
    project.write({**ENUM, FILE: insert("a") + ADD + use})

    assert len(steps(project)) >= 3
    assert "a" in marks(project)


def test_4_an_enum_value_used_out_of_sight(project: Project) -> None:
    """Where no literal shows it the file is rolled back; the hint names both ways out, and the second one works."""
    use = "INSERT INTO marks SELECT (enum_range(NULL::mood))[2]::text;\n"
    project.write({**ENUM, FILE: insert("a") + ADD + use})

    error = refused(project)

    assert (error.sqlstate, error.rolled_back) == ("55P04", True)
    assert "in a later file" in (error.hint or "")
    assert "-- seltzer: transaction = off" in (error.hint or "")
    project.write({FILE: OFF + insert("a") + ADD + use}).migrations().run_all()
    assert marks(project) == ["a", "it's"]


def test_4_an_enum_value_used_inside_the_files_own_block(project: Project) -> None:
    """The block is the file's own: it is not cut in two, PostgreSQL's refusal says what to do."""
    project.write({**ENUM, FILE: f"BEGIN;\n{ADD}INSERT INTO marks VALUES ('it''s'::mood::text);\nCOMMIT;\n"})

    error = refused(project)

    assert (error.sqlstate, error.rolled_back) == ("55P04", True)
    assert "outside of any BEGIN … COMMIT" in (error.hint or "")


def test_4_an_enum_that_its_file_makes(project: Project) -> None:
    """What is new altogether may be used at once: the file stays one transaction."""
    text = "CREATE TYPE fresh AS ENUM ('a');\nALTER TYPE fresh ADD VALUE 'b';\n"
    use = "INSERT INTO marks VALUES ('b'::fresh::text);\n"
    project.write({**FIRST, FILE: text + use + "INSERT INTO nowhere VALUES (1);\n"})

    assert refused(project).rolled_back is True
    assert project.database.query("SELECT to_regtype('fresh')") == [(None,)]


@pytest.mark.parametrize("end", ["", "INSERT INTO nowhere VALUES ('sad');\n"])
def test_5_add_value_alone_is_one_transaction(project: Project, end: str) -> None:
    """Nothing forces it out of one: a failure after it takes it back."""
    project.write({**ENUM, FILE: ADD + end})

    if end:
        assert refused(project).rolled_back is True
    else:
        steps(project)
    assert project.database.query("SELECT count(*) FROM pg_enum WHERE enumtypid = 'mood'::regtype") == [
        (1 if end else 2,)
    ]


@pytest.mark.parametrize("text", ["BEGIN;\n{}COMMIT;\n", "START TRANSACTION;\n{}END;\n"])
def test_6_the_files_own_transaction_has_the_history_row_in_it(project: Project, text: str) -> None:
    """Its COMMIT does not end ours: what fails after it fails the whole, with nothing half applied."""
    project.write({**FIRST, FILE: text.format(insert("a") + "INSERT INTO nowhere VALUES (1);\n")})

    assert refused(project).rolled_back is True
    assert marks(project) == []
    project.write({FILE: text.format(insert("a"))})
    steps(project)
    assert project.database.query(
        "SELECT count(DISTINCT x) FROM (SELECT xmin::text AS x FROM marks UNION "
        "SELECT xmin::text FROM seltzer.history WHERE id = 'm/0001_first' AND state = 'applied') AS written"
    ) == [(1,)]


@pytest.mark.parametrize(
    "text",
    [
        "BEGIN;\nSET TRANSACTION ISOLATION LEVEL REPEATABLE READ;\n{}COMMIT;\n",
        "BEGIN;\nSET TRANSACTION ISOLATION LEVEL REPEATABLE READ;\n{}COMMIT;\nBEGIN;\nSELECT 1;\nCOMMIT;\n",
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;\n{}",
        "BEGIN ISOLATION LEVEL REPEATABLE READ;\n{}COMMIT;\n",
    ],
    ids=["block", "two blocks", "no block", "begin"],
)
def test_6b_an_isolation_level_that_comes_first(project: Project, text: str) -> None:
    """No query of ours runs before it in that transaction."""
    project.write({**FIRST, FILE: text.format(setting("transaction_isolation"))})

    steps(project)

    assert marks(project) == ["repeatable read"]


def test_6b_an_isolation_level_that_comes_too_late(project: Project) -> None:
    """Below the query that settles it, in a block: PostgreSQL's own words."""
    project.write({**FIRST, FILE: "DO $$ BEGIN PERFORM 1; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; END $$;"})

    error = refused(project)

    assert (error.sqlstate, error.rolled_back) == ("25001", True)
    assert "transaction = off" not in (error.hint or "")


@pytest.mark.parametrize("way", ["", OFF], ids=["transaction", "steps"])
@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        (f"{insert('a')}ABORT;\n", 2, "ABORT stands outside of BEGIN … COMMIT"),
        (f"BEGIN;\n{insert('a')}COMMIT;\n{insert('b')}rollback;\n", 5, "ROLLBACK stands outside"),
        (f"{insert('a')}BEGIN;\n{insert('b')}", 2, "never ended"),
        (f"BEGIN;\n{insert('a')}COMMIT AND CHAIN;\n{insert('b')}", 3, "never ended"),
    ],
    ids=["abort", "rollback", "no end", "no end of the chain"],
)
def test_6_a_block_without_its_beginning_or_end(project: Project, way: str, text: str, line: int, word: str) -> None:
    """Neither is what psql would do: refused before anything runs, with what to write."""
    project.write({**FIRST, FILE: way + text})

    error = refused(project)

    assert isinstance(error, UnsupportedStatementError)
    assert word in error.message
    assert error.hint
    assert error.place is not None
    assert error.place.line == line + bool(way)
    assert project.database.query("SELECT to_regclass('marks')") == [(None,)]


def test_6_a_way_back_that_never_ends_its_block(project: Project) -> None:
    """The same for what reverts."""
    down = {"m/0001_first.down.sql": "BEGIN;\nDELETE FROM marks;\n"}
    project.write({**FIRST, FILE: insert("a"), **down}).migrations().run_all()

    with pytest.raises(UnsupportedStatementError) as caught:
        project.migrations().revert("m/0001_first")

    assert caught.value.place is not None
    assert (caught.value.place.file.name, caught.value.place.line) == ("0001_first.down.sql", 1)
    assert marks(project) == ["a"]


def test_6_a_commit_too_many(project: Project) -> None:
    """It asks for what happens anyway."""
    project.write({**FIRST, FILE: f"{insert('a')}COMMIT;\nBEGIN;\n{insert('b')}ROLLBACK;\n"})

    steps(project)

    assert marks(project) == ["a"]


def test_7_commit_and_chain(project: Project) -> None:
    """Another transaction although the session never left one: what came before it stays, and is recorded."""
    text = f"BEGIN;\n{insert('a')}COMMIT AND CHAIN;\n{insert('b')}INSERT INTO nowhere VALUES (1);\nCOMMIT;\n"
    project.write({**FIRST, FILE: text})

    assert refused(project).rolled_back is False
    assert marks(project) == ["a"]
    project.write({FILE: text.replace("nowhere VALUES (1)", "marks VALUES ('c')")})
    steps(project)
    assert marks(project) == ["a", "b", "c"]


@pytest.mark.parametrize("end", ["COMMIT;", "COMMIT AND CHAIN;", "ROLLBACK;", "COMMIT AND NO CHAIN;"])
def test_8_a_block_that_ends_transactions(project: Project, end: str) -> None:
    """Found in the body, run by itself."""
    project.write({**FIRST, FILE: insert("a") + f"DO $body$ {LOOP.format(end)} $body$;\n" + insert("b")})

    assert steps(project)[-3:] == ["INSERT", "DO", "INSERT"]
    assert marks(project) == (["a", "b"] if end == "ROLLBACK;" else ["1", "2", "a", "b"])


@pytest.mark.parametrize("body", ["-- COMMIT;\n{}", "{} /* ROLLBACK; */", "INSERT INTO marks VALUES ('COMMIT;'); {}"])
def test_8_a_block_that_only_speaks_of_it_shares_its_transaction(project: Project, body: str) -> None:
    """Comments and strings end nothing."""
    block = f"DO $$ BEGIN {body.format(insert('x'))} END $$;\n"
    project.write({**FIRST, FILE: block + "INSERT INTO nowhere VALUES (1);\n"})

    assert refused(project).rolled_back is True
    assert marks(project) == []


def test_8_a_procedure_that_commits(project: Project) -> None:
    """Nothing in CALL shows it: rolled back with a hint, and with the directive it runs by itself."""
    project.write({**FIRST, FILE: PROCEDURE, NEXT: insert("a") + "CALL fill();\n"})

    error = refused(project)

    assert (error.sqlstate, error.rolled_back) == ("2D000", True)
    assert error.place is not None
    assert (error.place.file.name, error.place.line) == ("0002_next.sql", 2)
    assert "-- seltzer: transaction = off" in (error.hint or "")
    project.write({NEXT: OFF + insert("a") + "CALL fill();\n"})
    assert steps(project)[-2:] == ["INSERT", "CALL"]
    assert marks(project) == ["1", "2", "a"]


def test_8_a_procedure_that_commits_among_concurrent_statements(project: Project) -> None:
    """Such a file goes by steps anyway: its CALL is one of them."""
    project.write({**FIRST, FILE: PROCEDURE + INDEX + "CALL fill();\n"}).migrations().run_all()

    assert marks(project) == ["1", "2"]


def test_9_settings_that_the_next_file_would_need(project: Project) -> None:
    """A file meets a clean session whoever ran before: what it needs it says itself, or the setting does."""
    project.write({**FIRST, FILE: "CREATE SCHEMA s;\nSET search_path = s;\n", NEXT: "CREATE TABLE where_am_i ();\n"})

    steps(project)

    assert project.database.query("SELECT schemaname FROM pg_tables WHERE tablename = 'where_am_i'") == [("public",)]


@pytest.mark.parametrize(
    "leaves",
    [
        "SELECT pg_catalog.set_config('search_path', '', false);\n",  # 10
        "SET lock_timeout = '5s';\n",  # 11
        "CREATE TEMP TABLE marks (word text);\n",  # 12
        "SET TimeZone = 'Asia/Tokyo';\nSET client_min_messages = error;\n",  # 13
        "SET ROLE pg_monitor;\n",
    ],
    ids=["10 search path", "11 lock timeout", "12 temporary table", "13 time zone", "role"],
)
@pytest.mark.parametrize("way", ["", OFF], ids=["transaction", "steps"])
def test_10_to_13_what_a_file_leaves_in_the_session(project: Project, leaves: str, way: str) -> None:
    """The next one does not meet it, in whichever way the file ran."""
    names = ("search_path", "lock_timeout", "TimeZone", "client_min_messages", "role")
    project.write({**FIRST, NEXT: "".join(setting(name) for name in names)}).migrations().run_all()
    before = marks(project)
    project.database.query("TRUNCATE marks")

    project.write({"m/0003_leaves.sql": way + leaves, "m/0004_after.sql": "".join(setting(name) for name in names)})
    steps(project)

    assert marks(project) == before


@pytest.mark.parametrize("way", ["", OFF], ids=["transaction", "steps"])
@pytest.mark.parametrize(
    "text",
    [
        "-- it's; no end\nINSERT INTO marks VALUES ('x');",
        "/* Licence; (c) /* nested; */ ';' */\nINSERT INTO marks VALUES ('x');",
        "DO $$ BEGIN PERFORM 1; INSERT INTO marks VALUES ('x'); END $$;",
        "INSERT INTO marks VALUES (';'); UPDATE marks SET word = 'x';",
        "DO $do$ BEGIN EXECUTE $$ INSERT INTO marks VALUES ('x'); $$; END $do$;",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END;\nINSERT INTO marks VALUES ('x');",
        "INSERT INTO marks VALUES (E'\\';'); UPDATE marks SET word = 'x';",
        "INSERT INTO marks VALUES ('\\'); UPDATE marks SET word = 'x';",
        'CREATE TABLE "a;b" ("c;d" int); INSERT INTO marks VALUES (\'x\');',
    ],
    ids=["comment", "block comment", "body", "string", "nested", "atomic", "escape", "backslash", "name"],
)
def test_14_and_15_semicolons_that_end_nothing(project: Project, text: str, way: str) -> None:
    """Statements are PostgreSQL's own grammar's: nothing is cut at a semicolon."""
    project.write({**FIRST, FILE: f"{way}{text}\n"})

    steps(project)

    assert marks(project) == ["x"]


@pytest.mark.parametrize(
    "text", ["", "\n", "-- nothing yet\n", "/* nothing */", ";", "-- seltzer: transaction = off\n"]
)
def test_16_a_file_with_nothing_to_run(project: Project, text: str) -> None:
    """It is applied, once."""
    project.write({**FIRST, FILE: text})

    steps(project)

    assert project.migrations().run_all().applied == ()


@pytest.mark.parametrize("way", ["", OFF], ids=["transaction", "steps"])
@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO marks VALUES ('é')",
        "INSERT INTO marks VALUES ('é') -- the end",
        "INSERT INTO marks\r\nVALUES ('é')\r\n;\r\n",
        "\ufeffINSERT INTO marks VALUES ('é');",
        "INSERT INTO marks VALUES ('é');;\n;\n",
    ],
    ids=["no semicolon", "comment at the end", "crlf", "bom", "empty statements"],
)
def test_17_how_files_end(project: Project, text: str, way: str) -> None:
    """No semicolon, no line break, line ends of Windows, a byte order mark, letters beyond ASCII."""
    project.write({**FIRST, FILE: text if text.startswith("\ufeff") else way + text})

    steps(project)

    assert marks(project) == ["é"]


@pytest.mark.parametrize(
    "text",
    [
        "DELETE FROM seltzer.history WHERE id = 'm/create_tables'",
        "WITH gone AS (DELETE FROM seltzer.history RETURNING id) INSERT INTO marks SELECT id FROM gone",
        "UPDATE seltzer.history SET checksum = 'x'",
        "INSERT INTO seltzer.history (id) VALUES ('x')",
        "TRUNCATE marks, seltzer.progress",
        'ALTER TABLE "seltzer"."history" ADD COLUMN more int',
        "DROP TABLE IF EXISTS seltzer.history",
        "DROP SCHEMA seltzer CASCADE",
        "DELETE FROM SELTZER.History",
        "DO $$ begin delete from seltzer.history; end $$",
        "DO $$ BEGIN EXECUTE 'TRUNCATE ' || 'marks, seltzer.progress'; END $$",
        "DO $a$ BEGIN EXECUTE $b$ DROP SCHEMA IF EXISTS seltzer CASCADE $b$; END $a$",
    ],
)
def test_20_a_file_that_changes_the_history(project: Project, text: str) -> None:
    """Refused before anything runs, with its line."""
    project.write({**FIRST, FILE: f"SELECT 1;\n{text};\n"})

    error = refused(project)

    assert isinstance(error, UnsupportedStatementError)
    assert (error.exit_code, error.migration) == (2, "m/0001_first")
    assert error.place is not None
    assert error.place.line == 2
    assert "seltzer stamp" in (error.hint or "")
    assert project.database.query("SELECT to_regclass('marks')") == [(None,)]


@pytest.mark.parametrize(
    "text",
    [
        "CREATE VIEW applied AS SELECT id FROM seltzer.history",
        "GRANT SELECT ON seltzer.history TO pg_monitor",
        "CREATE TABLE schema_migrations (version text); INSERT INTO schema_migrations VALUES ('1')",
        "CREATE TABLE history (id int); DROP TABLE history",
        "DO $$ BEGIN /* DELETE FROM seltzer.history */ INSERT INTO marks SELECT id FROM seltzer.history; END $$",
        "DO $$ BEGIN CREATE TABLE history (id int); DELETE FROM history; DROP TABLE history; END $$",
    ],
)
def test_20_other_tables_and_a_look_at_the_history_are_fine(project: Project, text: str) -> None:
    """Reading it is what it is there for; what other tools keep is nobody's business here."""
    project.write(FIRST).migrations().run_all()
    project.write({FILE: f"{text};\n"})

    steps(project)


@pytest.mark.parametrize("name", ["m/0001_first.py", "n/__init__.py", "n/own.sql"])
def test_20_code_that_changes_the_history(project: Project, name: str) -> None:
    """What Python's strings say, and the text that nobody parses, is refused too."""
    change = "UPDATE seltzer.history SET checksum = 'x'"
    function = "run_migration()" if name.startswith("n/") else "apply(conn)"
    project.write({**FIRST, "n/__init__.py": "def run_migration():\n    pass\n"})
    python = f"def {function}:\n    conn.execute({change!r})\n"
    project.write({name: f"-- seltzer: parse = off\n{change};\n" if name.endswith(".sql") else python})

    error = refused(project)

    assert isinstance(error, UnsupportedStatementError)
    assert error.place is not None
    assert error.place.line == (1 if name.endswith(".sql") else 2)
    assert project.database.query("SELECT to_regclass('marks')") == [(None,)]
