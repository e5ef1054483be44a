"""Token texts, and the checksum that comments, white space and the case of keywords do not change."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seltzer.sql.digests import digest_of_texts
from seltzer.sql.tokens import SCAN_LIMIT_BYTES, scan, token_checksum

ALWAYS_THE_SAME = settings(derandomize=True, deadline=None)
WRITTEN = "CREATE TABLE t (id int DEFAULT 1, name text DEFAULT 'a');"


def texts(sql: str) -> list[bytes]:
    """The token texts of `sql`."""
    tokens = scan(sql)
    assert tokens is not None
    return tokens.texts


def test_a_token_has_its_bytes_and_its_text() -> None:
    """Places are bytes, not characters: what stands before a token may be wider than it looks."""
    text = "SELECT 'ä', Name"

    tokens = scan(text)

    assert tokens is not None
    assert tokens.texts == [b"select", "'ä'".encode(), b",", b"name"]
    spans = zip(tokens.starts, tokens.ends, strict=True)
    assert [text.encode()[start:end] for start, end in spans] == [b"SELECT", "'ä'".encode(), b",", b"Name"]
    assert tokens.texts[tokens.between(tokens.starts[1], tokens.starts[3])] == ["'ä'".encode(), b","]


def test_comments_are_no_tokens() -> None:
    """Of either form, nested ones too."""
    assert texts("SELECT -- one\n 1 /* two /* three */ */ ;") == [b"select", b"1", b";"]


def test_what_is_quoted_keeps_its_case() -> None:
    """Only keywords are folded: a name or a literal in another case is another thing."""
    assert texts("SELECT \"SELECT\", 'SELECT', Users") == [b"select", b'"SELECT"', b",", b"'SELECT'", b",", b"Users"]


def test_tokens_that_are_there_are_not_scanned_again() -> None:
    """With them or without, the checksum is the same."""
    assert token_checksum(WRITTEN, scan(WRITTEN)) == token_checksum(WRITTEN)


@pytest.mark.parametrize(
    "same",
    [
        "create   table t (\n\tid INT default 1,\n\tname TEXT default 'a'\n);",
        "-- the first day\nCREATE TABLE t (id int DEFAULT 1, /* of a person */ name text DEFAULT 'a');\n-- end\n",
    ],
    ids=["white space and case", "comments"],
)
def test_what_only_looks_different_has_the_same_checksum(same: str) -> None:
    """Such a change counts as applied, and nothing is written."""
    assert token_checksum(same) == token_checksum(WRITTEN)


@pytest.mark.parametrize(
    "other",
    [
        WRITTEN.replace("'a'", "'A'"),
        WRITTEN.replace("'a'", "' a'"),
        WRITTEN.replace(" t ", " T "),
        WRITTEN.replace("DEFAULT 1", "DEFAULT 1 1"),
        WRITTEN + ";",
    ],
)
def test_what_says_something_else_has_another_checksum(other: str) -> None:
    """A literal, a name in another case, one more token."""
    assert token_checksum(other) != token_checksum(WRITTEN)


def test_text_that_cannot_be_scanned_is_digested_as_it_stands() -> None:
    """An open string is no reason to fail; every change of it is one."""
    assert token_checksum("SELECT 'open") == token_checksum("SELECT 'open")
    assert token_checksum("SELECT 'open") != token_checksum("SELECT  'open")


def test_large_text_is_digested_as_it_stands() -> None:
    """Over a MiB a scan costs more than it is worth: white space counts there."""
    large = "SELECT '" + "x" * SCAN_LIMIT_BYTES + "';"

    assert token_checksum(large) != token_checksum(large + " ")
    assert token_checksum(large[9:]) != token_checksum(large)


def test_a_checksum_says_how_it_was_made() -> None:
    """Its prefix names the method, so that a later one can be told apart."""
    kind, _, digest = token_checksum(WRITTEN).partition(":")

    assert kind == "tokens-1"
    assert len(digest) == 32
    assert int(digest, 16) > 0


@ALWAYS_THE_SAME
@given(st.lists(st.binary(max_size=5)), st.lists(st.binary(max_size=5)))
def test_a_digest_is_equal_only_for_equal_texts(one: list[bytes], other: list[bytes]) -> None:
    """No NUL is in any text that PostgreSQL takes: without it, texts and their order decide."""
    one, other = ([text for text in texts if text and b"\x00" not in text] for texts in (one, other))

    assert (digest_of_texts(one) == digest_of_texts(other)) == (one == other)
