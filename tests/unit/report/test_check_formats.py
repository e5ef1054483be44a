"""What pipelines read: annotations, Code Quality, JUnit, Markdown and JSON, whatever the texts say."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree.ElementTree import fromstring

import pytest
from inline_snapshot import snapshot

from seltzer.claims.finding import judged, proven, unproven
from seltzer.model import Severity
from seltzer.report.checks import condensed
from seltzer.report.formats import Format, rendered
from seltzer.report.places import located, path_in_repository
from unit.report.checked import HOSTILE, blocking, checked, hostile, result_of, wrote
from unit.report.reading import assert_jenkins_takes, html_of, read_command, suites_of

if TYPE_CHECKING:
    from pathlib import Path

    from seltzer.commands.check_result import CheckResult


@pytest.fixture
def result(tmp_path: Path) -> CheckResult:
    """A result with every severity and verdict."""
    return checked(tmp_path)


@pytest.fixture
def attack(tmp_path: Path) -> CheckResult:
    """A result whose every text tries to be more than text."""
    return result_of(judged("guidelines", "a/<b>", (hostile(wrote(tmp_path)),), ""))


def text_of(result: CheckResult, form: Format) -> str:
    """A result in a format."""
    return "\n".join(rendered(result, form))


@pytest.mark.parametrize("form", list(Format))
def test_every_format_can_say_that_there_is_nothing(form: Format) -> None:
    """Nothing pending is a result like any other."""
    assert text_of(result_of(), form)


# --- places and fingerprints


def test_a_fingerprint_stays_when_lines_move(result: CheckResult) -> None:
    """What is new in a pull request is not what only moved."""
    moved = [replace(finding, line=(finding.line or 0) + 7) for finding in result.findings]

    assert [place.fingerprint for place in located(moved)] == [place.fingerprint for place in located(result.findings)]


def test_equal_findings_have_fingerprints_of_their_own(tmp_path: Path) -> None:
    """The same statement twice in a file is two findings."""
    finding = blocking(wrote(tmp_path))
    prints = [place.fingerprint for place in located([finding, replace(finding, line=9), finding])]

    assert len(set(prints)) == 3


def test_a_path_begins_at_the_root_of_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the command is run: pipelines know files by that path."""
    file = wrote(tmp_path)
    monkeypatch.chdir(file.parent)

    assert path_in_repository(file) == "migrations/users/0001_unique_email.sql"
    assert path_in_repository(file.relative_to(file.parent)) == "migrations/users/0001_unique_email.sql"


def test_without_a_repository_a_path_begins_where_the_command_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy in a container has no `.git`; what is elsewhere is named in full."""
    monkeypatch.chdir(tmp_path)

    assert path_in_repository(tmp_path / "migrations/a.sql") == "migrations/a.sql"
    assert path_in_repository(tmp_path.parent / "a.sql") == (tmp_path.parent / "a.sql").as_posix()


# --- github


def test_github_gets_an_annotation_for_each_finding(result: CheckResult) -> None:
    """The worst first, for GitHub shows ten of a kind; the last line is no command."""
    *lines, last = rendered(result, Format.GITHUB)
    commands = [read_command(line) for line in lines]

    assert [name for name, _, _ in commands] == ["error", "warning", "notice", "notice"]
    assert commands[0][1] == snapshot(
        {
            "file": "migrations/users/0001_unique_email.sql",
            "line": "2",
            "title": "users/0001_unique_email: effects/index-not-concurrently",
        }
    )
    assert commands[0][2].endswith("write instead:\n" + (blocking(result.findings[0].file).fix or ""))
    assert commands[1][1]["line"] == "1"
    assert not last.startswith("::")


def test_no_text_gives_github_a_command_of_its_own(attack: CheckResult) -> None:
    """A finding is one line, and read back it is what it was."""
    lines = text_of(attack, Format.GITHUB).splitlines()
    name, facts, message = read_command(lines[0])

    assert len(lines) == 2
    assert name == "error"
    assert facts["title"] == "a/<b>: guidelines/bad<rule"
    assert message.startswith(HOSTILE)


# --- gitlab


def test_gitlab_gets_what_its_merge_requests_show(result: CheckResult) -> None:
    """Each entry has the keys that GitLab asks for, and a severity that it knows."""
    entries = json.loads(text_of(result, Format.GITLAB))

    assert entries[-1] == snapshot(
        {
            "description": "CREATE UNIQUE INDEX stops every write to public.users for as long as it takes to read the "
            "table. With 41,000,000 rows (3.2 GB) about 25 s go by in which no INSERT, UPDATE or DELETE gets through.",
            "check_name": "effects/index-not-concurrently",
            "fingerprint": "6d8ed6b38cf9bbd864a511b917dc1a81",
            "severity": "critical",
            "location": {"path": "migrations/users/0001_unique_email.sql", "lines": {"begin": 2}},
        }
    )
    assert [entry["severity"] for entry in entries] == ["info", "info", "minor", "critical"]
    assert len({entry["fingerprint"] for entry in entries}) == len(entries)
    assert {entry["location"]["lines"]["begin"] for entry in entries} == {1, 2}


def test_gitlab_gets_a_list_when_nothing_was_found() -> None:
    """An empty report tells GitLab that what was found before is mended."""
    assert json.loads(text_of(result_of(proven("atomic", "a/b", "x")), Format.GITLAB)) == []


# --- junit


def test_junit_has_a_suite_for_each_migration_and_a_case_for_each_claim(result: CheckResult) -> None:
    """What makes the command fail fails; what could not be tried is skipped, with its reason."""
    text = text_of(result, Format.JUNIT)
    suites = suites_of(text)
    cases = suites["users/0001_unique_email"]

    assert {id_: list(cases) for id_, cases in suites.items()} == {
        id_: [item.claim for item in result.judgements if item.id == id_] for id_ in suites
    }
    failure, skipped = cases["effects"].find("failure"), cases["traffic"].find("skipped")
    assert failure is not None
    assert "CREATE UNIQUE INDEX CONCURRENTLY" in (failure.text or "")
    assert failure.get("type") == "index-not-concurrently"
    assert 'name="users/0001_unique_email" file="migrations/users/0001_unique_email.sql"' in text
    assert skipped is not None
    assert skipped.get("message") == "unproven: the shadow lacks the extension postgis"
    assert cases["atomic"].find("failure") is None


@pytest.mark.parametrize(
    ("fail_on", "failed"),
    [
        (Severity.ERROR, ["effects"]),
        (Severity.WARNING, ["idempotent", "effects"]),
        (Severity.INFO, ["documented", "idempotent", "effects"]),
    ],
)
def test_junit_fails_where_the_command_fails(result: CheckResult, fail_on: Severity, failed: list[str]) -> None:
    """A finding below that is what the case printed, and the numbers agree."""
    text = text_of(replace(result, fail_on=fail_on), Format.JUNIT)
    cases = [case for suite in suites_of(text).values() for case in suite.values()]
    root = fromstring(text.encode())  # noqa: S314  # our own

    assert [case.get("name") for case in cases if case.find("failure") is not None] == failed
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("16", str(len(failed)), "0")
    assert [suite.get("skipped") for suite in root] == ["1", "1"]
    assert [case.get("name") for case in cases if len(case) != 1] == []


def test_junit_has_only_what_jenkins_knows(result: CheckResult, attack: CheckResult) -> None:
    """Its xUnit plugin refuses a report with anything else (junit-10.xsd)."""
    for item in (result, attack, result_of()):
        assert_jenkins_takes(text_of(item, Format.JUNIT))


def test_junit_can_hold_any_text(attack: CheckResult) -> None:
    """What XML cannot write at all is a sign."""
    case = suites_of(text_of(attack, Format.JUNIT))["a/<b>"]["guidelines"]
    failure = case.find("failure")

    assert failure is not None
    assert failure.get("message") == HOSTILE.replace("\x1b", "\ufffd").replace("\x00", "\ufffd")


# --- markdown


def test_markdown_has_a_row_for_each_migration_and_folds_the_rest(result: CheckResult) -> None:
    """The table is what one sees; each finding opens to everything that there is to say."""
    shown = html_of(text_of(result, Format.MARKDOWN))

    assert shown.startswith("<h3>Migrations: 1 error</h3>")
    assert shown.count("<tr>") == 3
    assert shown.count("<details>") == shown.count("</details>") == len(condensed(result.findings)) + 1
    assert shown.index("<summary>error") < shown.index("<summary>warning") < shown.index("<summary>info")
    assert '<code class="language-sql">-- seltzer: transaction = off\nCREATE UNIQUE INDEX CONCURRENTLY' in shown
    assert "the shadow lacks the extension postgis" in shown


def test_markdown_says_in_a_line_what_is_all_right(tmp_path: Path) -> None:
    """Two hundred migrations without a finding are no table."""
    quiet = [proven("atomic", f"a/{number:04}_b", "x") for number in range(200)]
    loud = judged("effects", "users/0001_unique_email", (blocking(wrote(tmp_path)),), "")
    text = text_of(result_of(*quiet, loud), Format.MARKDOWN)

    assert html_of(text).count("<tr>") == 2
    assert "✅ 200 more migrations: every claim is proven or does not apply." in text
    assert "✅ 200 migrations: every" in text_of(result_of(*quiet), Format.MARKDOWN)


def test_markdown_fits_a_comment(tmp_path: Path) -> None:
    """GitHub takes 65,536 characters; what is left out of findings, table and reasons is counted."""
    finding = replace(blocking(wrote(tmp_path)), evidence="x" * 500)
    many = [judged("effects", f"m{number}/{'long_' * 12}", (finding,), "") for number in range(300)]
    lost = [unproven("traffic", f"m{number}/{'long_' * 12}", "why it was not\ntried " * 5) for number in range(300)]
    text = text_of(result_of(*many, *lost), Format.MARKDOWN)

    assert 40_000 < len(text) < 65_536
    for row, noun in (("| <code>m", "migration"), ("<summary>error", "finding"), ("- <code>m", "reason")):
        assert f"and {300 - text.count(row)} {noun}s more" in text


def test_a_reason_of_many_claims_is_said_once() -> None:
    """A shadow without an extension tries nothing: that is one line of a migration, and not eight."""
    lost = [
        unproven(name, f"a/{number}", "no postgis") for number in (1, 2) for name in ("atomic", "traffic", "effects")
    ]
    result = result_of(*lost, unproven("converges", "a/1", "no git"))

    assert [line for line in text_of(result, Format.TEXT).splitlines() if "unproven: " in line] == [
        "  unproven: atomic, traffic, effects: no postgis",
        "  unproven: converges: no git",
        "  unproven: atomic, traffic, effects: no postgis",
    ]
    assert [line for line in text_of(result, Format.MARKDOWN).splitlines() if line.startswith("- ")] == [
        "- <code>a/1</code> atomic, traffic, effects: no postgis",
        "- <code>a/1</code> converges: no git",
        "- <code>a/2</code> atomic, traffic, effects: no postgis",
    ]


def test_no_text_marks_up_a_comment(attack: CheckResult) -> None:
    """No element, no link, no mention, and no fence ends early."""
    shown = html_of(text_of(attack, Format.MARKDOWN))

    assert set(re.findall(r"<(\w+)", shown)) <= {"h3", "table", "thead", "tbody", "tr", "th", "td", "code", "pre"} | {
        "details", "summary", "p", "strong",
    }  # fmt: skip
    assert "@team" not in re.sub(r"<pre>.*?</pre>", "", shown, flags=re.DOTALL)


# --- json


def test_json_is_the_document_of_the_flag(result: CheckResult) -> None:
    """`--format json` is `--json`."""
    document = json.loads(text_of(result, Format.JSON))

    assert document["format"] == 1
    assert len(document["findings"]) == len(result.findings)
    assert {"rule", "severity", "id", "file", "line", "message", "evidence", "fix"} <= set(document["findings"][0])
    assert len(document["claims"]) == len(result.judgements)


def test_every_format_but_text_is_the_same_wherever_it_goes(
    result: CheckResult, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A report is compared with the last one: the working directory is not in it."""
    machine = [Format.SARIF, Format.GITHUB, Format.GITLAB]
    before = [text_of(result, form) for form in machine]
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))

    assert [text_of(result, form) for form in machine] == before
