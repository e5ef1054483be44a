"""Entries and bytes as they lie on disk, and the clear errors for what cannot be read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from seltzer.errors import NotUtf8Error, SeltzerError, StrayFileError, UnreadableFileError
from seltzer.source.folder import is_folder, list_folder, read_bytes, refuse_circle, refuse_stray_sql

if TYPE_CHECKING:
    from pathlib import Path


def place_of(error: SeltzerError) -> tuple[str, int | None]:
    """File name and line of an error."""
    assert error.place is not None
    return error.place.file.name, error.place.line


def test_entries_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    """The same on every system, whatever order the disk has them in."""
    for name in ("b", "a", "C", "0001"):
        (tmp_path / name).touch()

    assert [entry.name for entry in list_folder(str(tmp_path))] == ["0001", "C", "a", "b"]


def test_a_folder_that_is_not_there_is_said_to_be_so(tmp_path: Path) -> None:
    """In the system's own words."""
    with pytest.raises(UnreadableFileError, match="no such file") as caught:
        list_folder(str(tmp_path / "gone"))

    assert place_of(caught.value) == ("gone", None)


def test_a_file_is_its_bytes(tmp_path: Path) -> None:
    """Nothing is normalised here."""
    (tmp_path / "a.sql").write_bytes("\ufeffSELECT 'ä';\r\n".encode())

    assert read_bytes(str(tmp_path / "a.sql")) == "\ufeffSELECT 'ä';\r\n".encode()


@pytest.mark.parametrize(
    ("data", "line", "what"),
    [
        ("SELECT 1;\n-- Gr\xf6\xdfe\n".encode("latin-1"), 2, "0xf6"),
        ("SELECT 'ä';\n\n".encode() + b"\xff", 3, "0xff"),
        ("SELECT 1;".encode("utf-16-le"), 1, "NUL"),
        (b"SELECT 1;\nSELECT '\x00';\n", 2, "NUL"),
    ],
    ids=["latin-1", "cut", "utf-16", "nul"],
)
def test_text_that_postgresql_could_not_hold_is_refused(tmp_path: Path, data: bytes, line: int, what: str) -> None:
    """With the line, and the byte that is in the way."""
    (tmp_path / "a.sql").write_bytes(data)

    with pytest.raises(NotUtf8Error, match=what) as caught:
        read_bytes(str(tmp_path / "a.sql"))

    assert place_of(caught.value) == ("a.sql", line)
    assert caught.value.hint


def test_a_link_to_itself_is_an_error(tmp_path: Path) -> None:
    """As an entry and as a file."""
    (tmp_path / "a.sql").symlink_to("a.sql")

    with pytest.raises(UnreadableFileError, match="symbolic links"):
        is_folder(list_folder(str(tmp_path))[0])
    with pytest.raises(UnreadableFileError, match="symbolic links") as caught:
        read_bytes(str(tmp_path / "a.sql"))
    assert caught.value.hint


def test_a_link_that_leads_nowhere_is_an_error(tmp_path: Path) -> None:
    """It names the link, which is what the user has to look at."""
    (tmp_path / "a.sql").symlink_to("gone.sql")

    with pytest.raises(UnreadableFileError, match="no such file") as caught:
        read_bytes(str(tmp_path / "a.sql"))

    assert place_of(caught.value) == ("a.sql", None)


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    """Opening one would wait for a writer for ever."""
    os.mkfifo(tmp_path / "a.sql")

    with pytest.raises(UnreadableFileError, match="regular"):
        read_bytes(str(tmp_path / "a.sql"))


@pytest.mark.parametrize("target", [".", "..", "../.."])
def test_a_link_that_leads_back_is_refused(tmp_path: Path, target: str) -> None:
    """To the folder itself or one above: walking it would never end."""
    folder = tmp_path / "migrations" / "users"
    folder.mkdir(parents=True)
    (folder / "again").symlink_to(target)

    with pytest.raises(UnreadableFileError, match="leads back") as caught:
        refuse_circle(str(folder / "again"), str(folder))

    assert place_of(caught.value) == ("again", None)


def test_a_link_to_another_folder_is_legal(tmp_path: Path) -> None:
    """Even to one whose name begins like ours."""
    for name in ("users", "users2", "shared"):
        (tmp_path / name).mkdir()
    for target in ("users", "shared"):
        (tmp_path / "users2" / target).symlink_to(f"../{target}")

        refuse_circle(str(tmp_path / "users2" / target), str(tmp_path / "users2"))


@pytest.mark.parametrize("path", ["sub/a.sql", "sub/deeper/A.SQL"])
def test_sql_below_a_sub_folder_is_refused(tmp_path: Path, path: str) -> None:
    """It would never run, and nobody would notice."""
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).touch()

    with pytest.raises(StrayFileError, match="never run") as caught:
        refuse_stray_sql(str(tmp_path))

    assert place_of(caught.value)[0] == path.rpartition("/")[2]


def test_other_files_of_a_sub_folder_are_nobodys_business(tmp_path: Path) -> None:
    """Nor are folders that begin with an underscore or a dot."""
    for path in ("data/rows.csv", "_old/a.sql", ".git/b.sql", "__pycache__/c.pyc"):
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).touch()

    refuse_stray_sql(str(tmp_path))


def test_a_walk_that_leads_back_is_refused(tmp_path: Path) -> None:
    """Deep below, a link to a folder above."""
    (tmp_path / "sub" / "deeper").mkdir(parents=True)
    (tmp_path / "sub" / "deeper" / "again").symlink_to(tmp_path / "sub")

    with pytest.raises(UnreadableFileError, match="leads back"):
        refuse_stray_sql(str(tmp_path))
