"""What a check found, as lines and on a terminal: who reads it knows what to do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from inline_snapshot import snapshot
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from seltzer.claims.finding import Verdict, judged, not_applicable, proven, unproven
from seltzer.model import Severity
from seltzer.report.checks import check_lines, condensed, finding_lines
from seltzer.report.screens import result_screen
from unit.report.checked import HOSTILE, bare, blocking, checked, hostile, repeated, result_of, wrote

if TYPE_CHECKING:
    from seltzer.report.screens_lines import Lines


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a project, in which the command runs."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def on_terminal(lines: Lines, width: int) -> list[str]:
    """What a terminal of a width shows."""
    with Path("/dev/null").open("w", encoding="utf-8") as nowhere:
        console = Console(file=nowhere, record=True, width=width, markup=False, emoji=False, highlight=False)
        for item in result_screen(lines, width):
            console.print(item, soft_wrap=isinstance(item, Text) and bool(item.no_wrap))
    return [line.rstrip() for line in console.export_text().splitlines()]


def test_an_error_says_what_was_tried_and_seen_what_it_means_and_what_to_write(here: Path) -> None:
    """From the place at the top to the SQL at the end, with the line of the file."""
    assert "\n".join(finding_lines(blocking(wrote(here)))) == snapshot("""\
error: migrations/users/0001_unique_email.sql:2: CREATE UNIQUE INDEX stops every write to public.users for as long as it takes to read the table [effects/index-not-concurrently]
    2 | CREATE UNIQUE INDEX idx_users_email ON users (email);
  tried and seen:
    traced on a clone: the statement took SHARE on public.users
    scanned: public.users
    indexes built: public.idx_users_email
  in production: With 41,000,000 rows (3.2 GB) about 25 s go by in which no INSERT, UPDATE or DELETE gets through.
  write instead:
    -- seltzer: transaction = off
    CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS idx_users_email
        ON users (email);\
""")  # noqa: E501  # as long as it is printed


def test_what_there_is_nothing_to_say_of_is_left_out(here: Path) -> None:
    """A finding about a whole file, without SQL to write instead; claim and rule of one name are named once."""
    assert list(finding_lines(repeated(wrote(here)))) == snapshot(
        [
            'warning: migrations/users/0001_unique_email.sql: the second run fails: relation "idx_users_email" already exists [idempotent]',  # noqa: E501  # as long as it is printed
            "  tried and seen: run twice on one clone",
            "  in production: A run that was cut off cannot be started again.",
        ]
    )


def test_of_a_rule_and_a_migration_nothing_is_said_twice(here: Path) -> None:
    """Ten columns without a comment have one reason, and were found in one way; another migration's has them again."""
    file = wrote(here)
    remarks = tuple(replace(bare(file, name), severity=Severity.WARNING) for name in "abc")
    lines = list(check_lines(result_of(judged("documented", "users/create_tables", remarks, ""))))
    again = list(finding_lines(replace(remarks[0], id="teams/create_tables"), set()))

    assert sum("in production" in line for line in lines) == 1
    assert sum("tried and seen" in line for line in lines) == 1
    assert sum("in production" in line for line in again) == 1
    assert [line for line in lines if "COMMENT ON" in line] == [
        f"    COMMENT ON COLUMN users.{name} IS '…';" for name in "abc"
    ]


def test_remarks_of_a_rule_and_a_file_are_read_as_one(here: Path) -> None:
    """Forty columns without a comment do not hide the error, which stands last."""
    file = wrote(here)
    remarks = tuple(bare(file, name) for name in "abc")
    found = (blocking(file), *remarks, bare(file.with_name("other.sql"), "d"))
    first, second, last = condensed(found)

    assert (first.message, first.line) == ("the column public.users.a has no comment, and 2 more like it", None)
    assert first.evidence.splitlines() == [f"line 1: {item.message}" for item in remarks] + [remarks[0].evidence]
    assert first.why == remarks[0].why
    assert first.fix == "\n".join(item.fix or "" for item in remarks)
    assert (second, last) == (found[-1], found[0])
    assert [item.rule for item in condensed([replace(found[0], rule=name) for name in "ba"])] == ["b", "a"]


def test_each_migration_has_a_line_and_the_end_a_sum(here: Path) -> None:
    """Refuted claims by their names, others by their number; what could not be tried by its reason."""
    lines = list(check_lines(checked(here)))

    assert lines[:4] == snapshot(
        [
            "users/create_tables      refuted: documented; 6 proven; 1 not-applicable",
            "users/0001_unique_email  refuted: idempotent, effects; 5 proven; 1 unproven",
            "  unproven: traffic: the shadow lacks the extension postgis",
            "",
        ]
    )
    assert lines[-2:] == snapshot(
        [
            "2 migrations: 11 proven, 3 refuted (1 error, 1 warning, 2 info), 1 unproven, 1 not-applicable; 2.1 s on PostgreSQL 18.1, embedded",  # noqa: E501  # as long as it is printed
            "hint: to accept a finding, write -- seltzer: ignore = RULE: REASON above its statement; seltzer rules RULE says more",  # noqa: E501  # the same
        ]
    )


def test_verbose_says_every_claim_with_its_evidence(here: Path) -> None:
    """Also of what was proven."""
    result = checked(here)
    lines = list(check_lines(result, verbose=True))

    for item in result.judgements:
        assert any(
            line.startswith(f"  {item.claim}") and f" {item.verdict} " in line and line.endswith(item.evidence)
            for line in lines
        ), item


def test_nothing_to_check_says_how_to_check_more() -> None:
    """An up-to-date database has nothing pending."""
    assert list(check_lines(result_of())) == ["nothing to check: nothing is pending (--all checks every migration)"]


def test_the_line_of_the_file_shows_no_password_and_no_row(here: Path) -> None:
    """The excerpt is masked as that of an error is."""
    file = wrote(here)
    file.write_text(
        "CREATE ROLE a PASSWORD 'hunter2';\nINSERT INTO users VALUES (1, 'ann@example.org');\n", encoding="utf-8"
    )
    shown = "\n".join(line for number in (1, 2) for line in finding_lines(replace(blocking(file), line=number)))

    assert "CREATE ROLE a PASSWORD" in shown
    assert "INSERT INTO users VALUES" in shown
    assert "hunter2" not in shown
    assert "ann@example.org" not in shown


def test_the_line_of_a_directive_is_shown(here: Path) -> None:
    """Other comments above a data statement may be rows that somebody took out."""
    file = wrote(here)
    file.write_text(
        "-- seltzer: transaction = off\n-- (1, 'ann@example.org')\nUPDATE users SET id = 1;\n", encoding="utf-8"
    )
    first, second = (list(finding_lines(replace(blocking(file), line=number)))[1] for number in (1, 2))

    assert first == "    1 | -- seltzer: transaction = off"
    assert "ann@example.org" not in second


@pytest.mark.parametrize("text", [b"\xff\xfe", b"", b"SELECT 1;\n"])
def test_a_line_that_is_not_there_is_not_shown(here: Path, text: bytes) -> None:
    """The file changed meanwhile, or is no text."""
    file = wrote(here)
    file.write_bytes(text)

    assert "tried and seen" in list(finding_lines(blocking(file)))[1]


WIDTHS = pytest.mark.parametrize("width", [40, 80, 160])


@WIDTHS
@pytest.mark.parametrize("verbose", [False, True])
def test_a_terminal_shows_all_words_and_only_sql_is_wider(here: Path, width: int, *, verbose: bool) -> None:
    """What is copied stays one line; everything else folds."""
    result = checked(here)
    seen = on_terminal(check_lines(result, verbose=verbose), width)
    said = " ".join(" ".join(seen).split())
    sql = {f"    {line}" for finding in result.findings for line in (finding.fix or "").splitlines()}

    assert [line for line in seen if cell_len(line) > width and line not in sql] == []
    assert sql <= set(seen)
    for finding in result.findings:
        assert finding.message in said or width < 80
        assert finding.why in said or width < 80
    assert any("unproven" in line for line in seen)


def test_a_wide_terminal_has_no_endless_sentences(here: Path) -> None:
    """Evidence and reasons fold before they are hard to read."""
    seen = on_terminal(check_lines(checked(here)), 400)
    start = seen.index("  in production", seen.index("  tried and seen"))

    assert max(cell_len(line) for line in seen[start + 1 : start + 3]) <= 110


@WIDTHS
def test_a_text_moves_no_cursor(here: Path, width: int) -> None:
    """Control characters from a file are shown as a sign."""
    result = result_of(judged("guidelines", "a/<b>", (hostile(wrote(here)),), ""))
    seen = "\n".join(on_terminal(check_lines(result), width))

    assert "\x1b" in HOSTILE
    assert "\x1b" not in seen
    assert "\x00" not in seen


def test_every_verdict_has_words_and_a_colour(here: Path) -> None:
    """No verdict is left out of the line of a migration."""
    found = judged("atomic", "a/b", (blocking(wrote(here)),), "")
    result = result_of(found, proven("x", "a/b", "x"), unproven("y", "a/b", "y"), not_applicable("z", "a/b", "z"))

    assert {item.verdict for item in result.judgements} == set(Verdict)
    assert on_terminal(check_lines(result), 80)[0] == "a/b  refuted: atomic; 1 proven; 1 unproven; 1 not-applicable"
