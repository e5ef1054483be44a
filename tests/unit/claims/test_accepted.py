"""Accepted findings: an old project starts clean, what is new is said, what is gone need not be accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seltzer.claims.accepted import (
    ACCEPTED_FILE,
    Identity,
    Statements,
    accepted_text,
    read_accepted,
    without_accepted,
)
from seltzer.claims.finding import Judgement, Verdict
from seltzer.claims.guidelines.judging import judge_files
from seltzer.claims.guidelines.settings import GuidelineSettings
from seltzer.errors import InvalidSettingError
from seltzer.source.discover import discover
from seltzer.source.read import read_migration

if TYPE_CHECKING:
    from collections import Counter
    from pathlib import Path

BAD = "CREATE TABLE a (id bigint, n int);\n"


def judged(folder: Path, sql: str) -> tuple[list[Judgement], Statements]:
    """The judgements of a module's first day, and its statements."""
    path = folder / "m" / "create_tables.sql"
    path.parent.mkdir(exist_ok=True)
    path.write_text(sql)
    files = discover(folder)
    judgements = judge_files(files, GuidelineSettings()).judgements
    return judgements, Statements(read_migration(file) for file in files)


def accept(folder: Path, sql: str) -> str:
    """The file that accepts all that is found."""
    judgements, statements = judged(folder, sql)
    return accepted_text([one for item in judgements for one in item.findings], statements)


def read(folder: Path, text: str) -> Counter[Identity]:
    """What a file with this text accepts."""
    path = folder / ACCEPTED_FILE
    path.write_text(text)
    return read_accepted(path)


def left(folder: Path, sql: str, text: str) -> list[str]:
    """The rules of what is found and was not accepted."""
    judgements, statements = judged(folder, sql)
    kept = without_accepted(judgements, read(folder, text), statements).judgements
    return [one.rule for item in kept for one in item.findings]


def test_what_was_accepted_is_not_said_again(tmp_path: Path) -> None:
    """The claim is proven, and says why."""
    text = accept(tmp_path, BAD)
    judgements, statements = judged(tmp_path, BAD)

    result = without_accepted(judgements, read(tmp_path, text), statements)

    assert {(item.verdict, item.evidence) for item in result.judgements} == {
        (Verdict.PROVEN, "All that was found is accepted.")
    }
    assert result.unused == {}


def test_comments_blanks_and_moved_lines_change_nothing(tmp_path: Path) -> None:
    """A finding is known by what its statement does."""
    text = accept(tmp_path, BAD)

    assert left(tmp_path, "-- First day.\n\ncreate table a (\n  id bigint, -- number\n  n int\n);\n", text) == []


def test_a_new_mistake_is_said(tmp_path: Path) -> None:
    """In another statement, of the same rule."""
    text = accept(tmp_path, BAD)

    assert left(tmp_path, f"{BAD}CREATE TABLE b ();\n", text) == ["missing-if-not-exists", "undocumented-table"]


def test_a_statement_that_changed_is_looked_at_again(tmp_path: Path) -> None:
    """Who changes it may as well mend it."""
    text = accept(tmp_path, BAD)

    assert "missing-if-not-exists" in left(tmp_path, BAD.replace("n int", "n bigint"), text)


def test_what_is_mended_need_not_be_accepted_any_more(tmp_path: Path) -> None:
    """It is named, so that the file can be written again."""
    text = accept(tmp_path, BAD)
    judgements, statements = judged(tmp_path, "SELECT 1;\n")

    unused = without_accepted(judgements, read(tmp_path, text), statements).unused

    assert {item.rule: count for item, count in unused.items()} == {
        "missing-if-not-exists": 1,
        "undocumented-column": 2,
        "undocumented-table": 1,
    }


def test_the_file_is_the_same_however_often_it_is_written(tmp_path: Path) -> None:
    """Git shows what changed, and nothing else."""
    assert accept(tmp_path, BAD) == accept(tmp_path, BAD)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 2, "accepted": []}', '{"format": 1, "accepted": [{}]}'])
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    """By name, with the way out."""
    with pytest.raises(InvalidSettingError) as caught:
        read(tmp_path, text)

    assert caught.value.place is not None
    assert caught.value.place.file == tmp_path / ACCEPTED_FILE
    assert "--accept" in (caught.value.hint or "")


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """Bytes that are no text, and a folder of that name, are no reason for a traceback."""
    (tmp_path / "text").write_bytes(b"\xff\xfe{}")
    (tmp_path / "folder").mkdir()

    for name in ("text", "folder"):
        with pytest.raises(InvalidSettingError):
            read_accepted(tmp_path / name)
