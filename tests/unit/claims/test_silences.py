"""Silences: which findings an `ignore` takes out, how far it reaches, and when it is one too many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seltzer.claims.finding import Judgement, Verdict, unproven
from seltzer.claims.guidelines.judging import judge_files
from seltzer.claims.guidelines.settings import GuidelineSettings
from seltzer.claims.rules import claim_of_rules
from seltzer.claims.silences import silenced
from seltzer.model import Severity
from seltzer.source.discover import discover

if TYPE_CHECKING:
    from pathlib import Path

BAD = "CREATE TABLE a (id bigint);\n"
TWO = f"{BAD}CREATE TABLE b (id bigint);\n"
IGNORE = "-- seltzer: ignore = missing-if-not-exists: it is made once\n"
GOOD = "CREATE TABLE IF NOT EXISTS a (id bigint);\n"


def judge(folder: Path, sql: str, *others: Judgement, name: str = "create_tables.sql") -> dict[str, Judgement]:
    """The judgements of a module's first day by their claim, silences applied."""
    (folder / "m").mkdir()
    (folder / "m" / name).write_text(sql)
    verdicts = judge_files(discover(folder), GuidelineSettings())
    found = silenced([*verdicts.judgements, *others], verdicts.silences, claim_of_rules())
    return {item.claim: item for item in found}


def left(judgement: Judgement) -> list[tuple[str, int | None]]:
    """What is still found."""
    return [(item.rule, item.line) for item in judgement.findings]


def test_a_silence_above_a_statement_speaks_of_that_statement(tmp_path: Path) -> None:
    """The same mistake elsewhere is still found."""
    found = judge(tmp_path, f"{BAD}\n{IGNORE}CREATE TABLE b (\n  id bigint\n);\n")["guidelines"]

    assert left(found) == [("missing-if-not-exists", 1)]


def test_more_comments_may_stand_between(tmp_path: Path) -> None:
    """As long as no line is empty."""
    found = judge(tmp_path, f"{BAD}{IGNORE}-- The second one.\nCREATE TABLE b (id bigint);\n")["guidelines"]

    assert left(found) == [("missing-if-not-exists", 1)]


def test_directly_above_the_first_statement_it_speaks_of_that_one_only(tmp_path: Path) -> None:
    """Who means the whole file leaves a line empty."""
    assert left(judge(tmp_path, IGNORE + TWO)["guidelines"]) == [("missing-if-not-exists", 3)]


def test_a_comment_of_several_lines_may_stand_between(tmp_path: Path) -> None:
    """Blank lines inside of it are its own."""
    found = judge(tmp_path, f"{BAD}{IGNORE}/* The second one,\n\n   which is made once. */\nCREATE TABLE b ();\n")

    assert left(found["guidelines"]) == [("missing-if-not-exists", 1)]


def test_one_inside_of_a_statement_does_not_speak_of_the_next(tmp_path: Path) -> None:
    """The rest of a statement is between them, not a comment."""
    found = judge(tmp_path, f"CREATE TABLE IF NOT EXISTS a (\n{IGNORE}id bigint);\nCREATE TABLE b ();\n")

    assert left(found["guidelines"]) == [("unused-silence", 2), ("missing-if-not-exists", 4)]


@pytest.mark.parametrize("sql", [f"{IGNORE}\n{TWO}", f"-- First day.\n{IGNORE}\n-- Two tables.\n{TWO}", IGNORE + BAD])
def test_at_the_head_it_speaks_of_the_whole_file(tmp_path: Path, sql: str) -> None:
    """So it does in a file of one statement; the claim is proven then, and says why."""
    found = judge(tmp_path, sql)["guidelines"]

    assert (found.verdict, found.evidence) == (Verdict.PROVEN, "All that was found is silenced: it is made once")


def test_a_claim_silences_all_of_its_rules(tmp_path: Path) -> None:
    """By its name."""
    sql = "-- seltzer: ignore = documented: nobody reads it\n\n" + GOOD

    assert judge(tmp_path, sql)["documented"].verdict is Verdict.PROVEN


def test_a_silence_in_python_speaks_of_its_file(tmp_path: Path) -> None:
    """Its constant is read wherever a claim finds something there."""
    other = unproven("idempotent", "m/0001_it", "it could not be tried")
    python = 'IGNORE = "idempotent: it fills a table once"\n\n\ndef apply(conn):\n    pass\n'

    found = judge(tmp_path, python, other, name="0001_it.py")

    assert left(found["guidelines"]) == []
    assert found["idempotent"] == other


@pytest.mark.parametrize(
    ("sql", "line"),
    [
        (IGNORE + GOOD, 1),
        (f"{GOOD}{IGNORE}\n{GOOD}", 2),
        (f"{GOOD}{GOOD}{IGNORE}", 3),
        (f"CREATE TABLE IF NOT EXISTS a (\n{IGNORE}id bigint);\n{GOOD}", 2),
    ],
)
def test_one_that_silences_nothing_is_a_finding(tmp_path: Path, sql: str, line: int) -> None:
    """At its own line."""
    found = judge(tmp_path, sql)["guidelines"]

    assert left(found) == [("unused-silence", line)]
    assert found.findings[0].severity is Severity.WARNING
    assert found.verdict is Verdict.REFUTED


def test_a_rule_that_is_none_is_a_finding_with_the_nearest(tmp_path: Path) -> None:
    """A slip silences nothing, and what it was meant for is found as well."""
    slip = "-- seltzer: ignore = missing-if-exist: why not\n"

    found = judge(tmp_path, f"{slip}DROP TABLE a;")["guidelines"]

    assert left(found) == [("unused-silence", 1), ("missing-if-exists", 2)]
    assert "missing-if-exists" in (found.findings[0].fix or "")


def test_of_a_claim_that_was_not_tried_nothing_is_said(tmp_path: Path) -> None:
    """Nobody knows whether it would have silenced something."""
    ignore = "-- seltzer: ignore = atomic: a half of it is of use\n"
    other = unproven("atomic", "m/create_tables", "the shadow lacks an extension")

    assert left(judge(tmp_path, ignore + GOOD, other)["guidelines"]) == []
