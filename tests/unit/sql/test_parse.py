"""The door to the parser: trees with their places, its own words for what does not parse, and no limit that crashes."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from seltzer.sql.parse import TREE_LIMIT_BYTES, ParsedStatement, SqlSyntaxError, parse_statements


def kind(statement: ParsedStatement) -> str:
    """The parser's name of a statement; `none` where there is no tree."""
    return (statement.tree.WhichOneof("node") or "") if statement.tree is not None else "none"


def kinds(text: str) -> list[str]:
    """The same of each statement in `text`."""
    return [kind(item) for item in parse_statements(text)]


def refused(text: str) -> SqlSyntaxError:
    """The grammar's refusal of `text`."""
    with pytest.raises(SqlSyntaxError) as caught:
        parse_statements(text)
    return caught.value


def seconds(text: str) -> float:
    """How long this process computes to parse `text`, whatever else the machine does."""
    started = time.process_time()
    parse_statements(text)
    return time.process_time() - started


def test_each_statement_has_its_own_text() -> None:
    """From its first token, comments before it left out, to its semicolon."""
    parsed = parse_statements("-- first\nCREATE TABLE t ();\n\n/* second */ DROP TABLE t")

    assert [item.text for item in parsed] == [b"CREATE TABLE t ()", b"DROP TABLE t"]
    assert [kind(item) for item in parsed] == ["create_stmt", "drop_stmt"]


def test_places_are_bytes() -> None:
    """As the parser gives them; characters are counted by who shows them."""
    second = parse_statements("SELECT 'ä'; SELECT 2;")[1]

    assert (second.start, second.end) == (13, 21)


@pytest.mark.parametrize("text", ["", "  \n", "-- nothing yet\n", "/* nothing\n yet */", ";;", "-- no line end"])
def test_text_without_a_statement_has_none(text: str) -> None:
    """An empty file and one of comments only are legal."""
    assert parse_statements(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; RETURN 2; END $$",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $fn$ SELECT $$;$$; $fn$",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END",
        "SELECT 1 -- one; not two\n + 1",
        "SELECT /* no; end */ ';', \";\"",
        "SELECT E'it\\'s; one'",
        "CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2)",
    ],
)
def test_a_semicolon_inside_ends_nothing(text: str) -> None:
    """In bodies, strings, names, comments and rules: what splitting at semicolons gets wrong."""
    assert len(parse_statements(f"{text}; SELECT 3;")) == 2


def test_a_refusal_names_the_place_in_characters() -> None:
    """What stands before the mistake may be wider in bytes."""
    text = "SELECT 'äöü€';\nDELET FROM t;"

    error = refused(text)

    assert error.message == 'syntax error at or near "DELET"'
    assert error.position == text.index("DELET")


def test_a_refusal_at_the_end_of_the_text_is_after_its_last_character() -> None:
    """Something is missing there."""
    error = refused("SELECT (1")

    assert error.message == "syntax error at end of input"
    assert error.position == len("SELECT (1")


def test_a_refusal_repeats_no_literal() -> None:
    """A forgotten comma in an INSERT is no reason to print the value that follows it."""
    assert "canary" not in refused("INSERT INTO users VALUES ('Ada' 'canary');").message
    assert "canary" not in refused("CREATE ROLE app PASSWORD 'canary;").message


def test_ten_thousand_chained_operators_are_a_statement() -> None:
    """Deeper than protobuf decodes unless it is told to; the statements around it have their trees."""
    parsed = parse_statements("CREATE TABLE t ();\nSELECT " + "+".join(["1"] * 10_001) + ";\nDROP TABLE t;")

    assert len(parsed) == 3
    assert len(parsed[1].text) == len("SELECT ") + 2 * 10_000 + 1
    assert (kind(parsed[0]), kind(parsed[2])) == ("create_stmt", "drop_stmt")


def test_five_thousand_parentheses_are_a_statement() -> None:
    """The same for nesting: whatever room the grammar has, it is no mistake of the writer's."""
    parsed = parse_statements("CREATE TABLE t ();\nSELECT " + "(" * 5_000 + "1" + ")" * 5_000 + ";\nDROP TABLE t;")

    assert len(parsed) == 3
    assert len(parsed[1].text) == len("SELECT ") + 2 * 5_000 + 1
    assert (kind(parsed[0]), kind(parsed[2])) == ("create_stmt", "drop_stmt")


def test_what_the_grammar_has_no_room_for_ends_no_process() -> None:
    """Fifty thousand chained operators are more than its stack takes; the application that starts must live on."""
    script = (
        "from seltzer.sql.parse import parse_statements\n"
        "text = 'SELECT ' + '+'.join(['1'] * 50_001) + '; DROP TABLE t;'\n"
        "print(len(parse_statements(text)))"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "2\n")


def test_a_hundred_chained_operators_have_a_tree() -> None:
    """Protobuf's default depth ends at 48 of them, a real file's CHECK does not."""
    assert kinds("SELECT " + " || ".join(["a"] * 100)) == ["select_stmt"]


def test_a_large_insert_is_a_statement_without_a_tree() -> None:
    """Of 11 MB, its tree would take a second and a third of a GiB; what stands around it has one."""
    insert = "INSERT INTO t VALUES " + ",".join(["(1, 'abcdefghijklmnop')"] * 480_000)

    parsed = parse_statements(f"CREATE TABLE t (id int, name text);\n{insert};\nDROP TABLE t;")

    assert [kind(item) for item in parsed] == ["create_stmt", "none", "drop_stmt"]
    assert len(parsed[1].text) == len(insert) > 11_000_000


@pytest.mark.parametrize(
    "before", ["SELECT 'ä' || " + "+".join(["1"] * 10_001), f"SELECT '{'ä' * TREE_LIMIT_BYTES}'"], ids=["deep", "large"]
)
@pytest.mark.parametrize("mistake", ["DROP TABEL t;", "garbage;", "\\unrestrict x\n"])
def test_a_mistake_after_a_statement_without_a_tree_has_its_place(before: str, mistake: str) -> None:
    """Each statement is parsed, nothing between two of them is passed over, and characters are counted, not bytes."""
    error = refused(f"{before};\n{mistake}\nDROP TABLE t;")

    at = {"DROP TABEL t;": 5}.get(mistake, 0)
    assert error.position == len(before) + 2 + at


def test_a_thousand_statements_after_a_large_one_take_little_longer() -> None:
    """The time grows with the text, not with the number of statements times the text."""
    large = f"SELECT '{'x' * 4 * TREE_LIMIT_BYTES}';\n"
    small = "SELECT 1;\n" * 1_000
    alone = seconds(large) + seconds(small)

    together = seconds(large + small)

    assert together < 4 * alone + 0.1
