"""Checksums: equal for equal content, whatever editor or system wrote it."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seltzer.source.checksum import checksum, checksum_of_many, normalised, with_unix_lines

ALWAYS_THE_SAME = settings(derandomize=True, deadline=None)
TEXT = b"CREATE TABLE t (\n  id bigint\n);\n"
LINES = st.lists(st.sampled_from([b"a", b"b \t c", b"", "ä".encode(), b" x"]))


@pytest.mark.parametrize(
    "same",
    [
        TEXT.replace(b"\n", b"\r\n"),
        TEXT.replace(b"\n", b"\r"),
        b"\xef\xbb\xbf" + TEXT,
        b"\xef\xbb\xbf" + TEXT.replace(b"\n", b"\r\n"),
        TEXT.replace(b"(\n", b"( \t\n"),
        TEXT.replace(b"(\n", b"( \r\n"),
        TEXT.rstrip(),
        TEXT + b"\n\n  \n",
    ],
    ids=["crlf", "cr", "bom", "bom and crlf", "blanks", "blanks and crlf", "no line end", "more line ends"],
)
def test_an_editors_habits_do_not_change_a_checksum(same: bytes) -> None:
    """Line endings, a BOM, blanks at the end of a line or of the file."""
    assert checksum(same) == checksum(TEXT)


@pytest.mark.parametrize(
    "other",
    [TEXT.replace(b"  id", b" id"), TEXT.replace(b"\n  ", b"\n\n  "), TEXT.lower(), b" " + TEXT, TEXT + b";", b""],
)
def test_everything_else_changes_it(other: bytes) -> None:
    """Indents, empty lines and case too: the second checksum looks past those."""
    assert checksum(other) != checksum(TEXT)


def test_a_checksum_says_how_it_was_made() -> None:
    """It is SHA-256 over the normalised bytes: anybody can recompute it."""
    assert checksum(TEXT) == f"sha256-1:{hashlib.sha256(TEXT.rstrip()).hexdigest()}"


def test_what_is_sent_keeps_its_blanks() -> None:
    """Only the BOM and the line endings of the system that wrote it are left out."""
    assert with_unix_lines(b"\xef\xbb\xbfa \r\nb\rc\n\n") == b"a \nb\nc\n\n"


def test_files_together_have_a_checksum_of_names_and_contents() -> None:
    """A renamed file changes it, and so does content that moved from one to the other."""
    together = checksum_of_many([("a.sql", b"1\n"), ("b.sql", b"2")])

    assert together == checksum_of_many([("a.sql", b"1"), ("b.sql", b"2\r\n")])
    assert together.startswith("sha256-1:")
    others = [
        [("a.sql", b"1"), ("c.sql", b"2")],
        [("a.sql", b"2"), ("b.sql", b"1")],
        [("a.sql", b"12"), ("b.sql", b"")],
        [("a.sql", b"1")],
        [("b.sql", b"2"), ("a.sql", b"1")],
    ]
    assert len({together, *(checksum_of_many(other) for other in others)}) == len(others) + 1


@ALWAYS_THE_SAME
@given(LINES, st.sampled_from([b"\n", b"\r\n"]), st.sampled_from([b"", b" ", b"\t "]))
def test_every_way_to_write_the_same_lines_is_the_same(lines: list[bytes], end: bytes, blanks: bytes) -> None:
    """And what is normalised stays as it is when it is normalised again."""
    written = (blanks + end).join(lines)

    assert normalised(written) == normalised(b"\n".join(lines))
    assert normalised(normalised(written)) == normalised(written)
