"""What is known of each statement of a file: its text, place and fingerprint."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seltzer.sql.parse import parse_statements
from seltzer.sql.statements import find_stdin_copies, read_statements
from seltzer.sql.tokens import SCAN_LIMIT_BYTES

ALWAYS_THE_SAME = settings(derandomize=True, deadline=None)
FILE = """\
-- Ämter, the first day
CREATE TABLE "Ämter" (id bigint);  -- done

  /* and */ INSERT INTO "Ämter"
  VALUES (1);

DROP TABLE "Ämter" -- no semicolon
"""


def fingerprint(text: str) -> str:
    """The fingerprint of the one statement in `text`."""
    (statement,) = read_statements(text)
    return statement.fingerprint


def test_a_statement_is_where_its_first_token_is() -> None:
    """Offsets count characters, lines count from 1; comments before it are not part of it."""
    found = read_statements(FILE)

    assert [FILE[item.offset :][: len(item.text)] for item in found] == [item.text for item in found]
    assert [item.line for item in found] == [2, 4, 7]


def test_a_statement_ends_with_its_last_token() -> None:
    """Its semicolon is not part of it, nor is a comment after it, with or without a semicolon."""
    assert [item.text for item in read_statements(FILE)] == [
        'CREATE TABLE "Ämter" (id bigint)',
        'INSERT INTO "Ämter"\n  VALUES (1)',
        'DROP TABLE "Ämter"',
    ]


def test_a_statement_has_the_parsers_name() -> None:
    """As PostgreSQL's parse tree calls it."""
    assert [item.kind for item in read_statements(FILE)] == ["create_stmt", "insert_stmt", "drop_stmt"]


@pytest.mark.parametrize(
    "same",
    ["select  a\nFROM t", "SELECT a FROM t;", "-- why\nSELECT a /* what */ FROM t -- end"],
    ids=["white space and case", "semicolon", "comments"],
)
def test_a_fingerprint_is_of_the_tokens(same: str) -> None:
    """What only looks different has the same one."""
    assert fingerprint(same) == fingerprint("SELECT a FROM t")


@pytest.mark.parametrize("other", ["SELECT b FROM t", "SELECT 'a' FROM t", 'SELECT "a" FROM t', "SELECT A FROM t"])
def test_another_statement_has_another_fingerprint(other: str) -> None:
    """A name, a literal, a quote: each counts."""
    assert fingerprint(other) != fingerprint("SELECT a FROM t")


def test_a_fingerprint_does_not_depend_on_the_place() -> None:
    """The same statement is found again after one was put before it."""
    alone, moved = read_statements("DROP TABLE t;"), read_statements("SELECT 'ä';\n\nDROP TABLE t;")

    assert moved[1].fingerprint == alone[0].fingerprint


def test_a_statement_too_large_for_a_tree_is_told_by_its_first_words() -> None:
    """It is opaque, may be part of a transaction, and is cleaned up after."""
    text = f"-- rows\nINSERT INTO t VALUES ('{'ä' * SCAN_LIMIT_BYTES}');\nVACUUM t;\n"

    large, small = read_statements(text)

    assert (large.kind, large.transactional, large.touches_session, large.control) == ("opaque", True, True, "")
    assert (large.offset, large.line) == (8, 2)
    assert (small.kind, small.transactional, small.line) == ("vacuum_stmt", False, 3)


def test_statements_of_a_large_file_have_fingerprints() -> None:
    """Different ones for different statements, although nothing is scanned there."""
    found = read_statements(f"SELECT '{'x' * SCAN_LIMIT_BYTES}'; SELECT 1; SELECT 2;")

    assert len({item.fingerprint for item in found}) == 3


@pytest.mark.parametrize(
    ("text", "copies"),
    [
        ("COPY t FROM stdin;", 1),
        ("COPY t (a) FROM STDIN WITH (FORMAT csv);", 1),
        ("COPY t TO stdout;", 1),
        ("COPY t FROM '/tmp/rows';", 0),
        ("COPY t FROM PROGRAM 'cat';", 0),
        ("SELECT 'COPY t FROM stdin';", 0),
    ],
)
def test_a_copy_through_the_client_is_found(text: str, copies: int) -> None:
    """Its rows would have to come from a client; those of a file on the server do not."""
    assert len(list(find_stdin_copies(parse_statements(text)))) == copies


PIECES = st.sampled_from(["SELECT 1", "DROP TABLE ä", "SELECT ';'", "VACUUM", "CREATE TABLE t (a int)"])
GAPS = st.sampled_from(["", " ", "\n", "-- ä\n", "/* ; */", "\n\n\t"])


@ALWAYS_THE_SAME
@given(st.lists(st.tuples(GAPS, PIECES)), GAPS)
def test_a_file_is_its_statements_in_order(pieces: list[tuple[str, str]], end: str) -> None:
    """Whatever stands between them, each is found with its own text, place and line."""
    text = "".join(f"{gap}{piece};" for gap, piece in pieces) + end

    found = read_statements(text)

    assert [item.text for item in found] == [piece for _, piece in pieces]
    assert [text[item.offset :].startswith(item.text) for item in found] == [True] * len(pieces)
    assert [item.line for item in found] == [text.count("\n", 0, item.offset) + 1 for item in found]
