"""Directives that `renumber` and `rename-module` write: the rest of a file stays byte for byte."""

from __future__ import annotations

import pytest

from seltzer.source.rewrite import follow_references, say_was

BOM = b"\xef\xbb\xbf"


def follow(word: str) -> str:
    """The module `old` is called `new` now."""
    module, slash, name = word.partition("/")
    return f"new{slash}{name}" if module == "old" else word


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"SELECT 1;\n", b"-- seltzer: was = old/0001_x\nSELECT 1;\n"),
        (b"", b"-- seltzer: was = old/0001_x\n"),
        (BOM + b"SELECT 1;\r\n", BOM + b"-- seltzer: was = old/0001_x\r\nSELECT 1;\r\n"),
        (b"-- seltzer: was = old/0000_y\n", b"-- seltzer: was = old/0001_x\n-- seltzer: was = old/0000_y\n"),
    ],
)
def test_sql_says_what_it_was_on_its_first_line(before: bytes, after: bytes) -> None:
    """BOM and line ends stay."""
    assert say_was(before, ".sql", "old/0001_x") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"def apply(conn): ...\n", b'WAS = "a/b"\ndef apply(conn): ...\n'),
        (b'"""Text."""\n\nX = 1\n', b'"""Text."""\n\nWAS = "a/b"\n\nX = 1\n'),
        (
            b"from __future__ import annotations\nimport os\n\nX = 1\n",
            b'from __future__ import annotations\nimport os\n\nWAS = "a/b"\n\nX = 1\n',
        ),
        (BOM + b'"""Text."""', BOM + b'"""Text."""\n\nWAS = "a/b"\n'),
        (b"import os\r\nX = 1\r\n", b'import os\r\n\r\nWAS = "a/b"\r\nX = 1\r\n'),
        (b"", b'WAS = "a/b"\n'),
    ],
)
def test_python_says_what_it_was_behind_its_imports(before: bytes, after: bytes) -> None:
    """A docstring stays the first thing, imports from `__future__` stay legal."""
    written = say_was(before, ".py", "a/b")

    assert written == after
    compile(written, "file", "exec")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"-- seltzer: depends-on = old\n", b"-- seltzer: depends-on = new\n"),
        (b"--seltzer:depends_on=old/0001_x, older, b/old\r\n", b"--seltzer:depends_on=new/0001_x, older, b/old\r\n"),
        (BOM + b"  -- SELTZER: Independent-Of = a old/b\nx", BOM + b"  -- SELTZER: Independent-Of = a new/b\nx"),
        (b"-- seltzer: was = old/x\n", b"-- seltzer: was = old/x\n"),
        (b"SELECT 'old/x'; -- depends-on = old\n", b"SELECT 'old/x'; -- depends-on = old\n"),
    ],
)
def test_references_in_sql_follow(before: bytes, after: bytes) -> None:
    """Only those of directives that name who runs first, and only whole names."""
    assert follow_references(before, ".sql", follow) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'DEPENDS_ON = "old/0001_x"\n', b'DEPENDS_ON = "new/0001_x"\n'),
        (
            b"DEPENDS_ON = [\n    'old',  # old\n    u'b/old',\n]\n",
            b"DEPENDS_ON = [\n    'new',  # old\n    u'b/old',\n]\n",
        ),
        ("Ü = 'ü'; INDEPENDENT_OF: str = 'old, c'\n".encode(), "Ü = 'ü'; INDEPENDENT_OF: str = 'new, c'\n".encode()),
        (BOM + b'"""Text."""\nDEPENDS_ON = ("old", "old/b")\n', BOM + b'"""Text."""\nDEPENDS_ON = ("new", "new/b")\n'),
        (b'WAS = "old/x"\nOTHER = "old"\n', b'WAS = "old/x"\nOTHER = "old"\n'),
        (b'DEPENDS_ON = """a,\n old/b"""\n', b'DEPENDS_ON = """a,\n new/b"""\n'),
    ],
)
def test_references_in_python_follow(before: bytes, after: bytes) -> None:
    """In lists over several lines, too."""
    assert follow_references(before, ".py", follow) == after


def test_what_does_not_parse_is_left_to_the_caller() -> None:
    """Nothing is guessed in a file that is no Python."""
    with pytest.raises(SyntaxError):
        say_was(b"def apply(", ".py", "a/b")
    with pytest.raises(SyntaxError):
        follow_references(b"DEPENDS_ON = (", ".py", follow)
