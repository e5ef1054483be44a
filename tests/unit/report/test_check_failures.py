"""What pipelines read of a check that could not be made: a file that does not parse, no server."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seltzer.errors import ParseError, Place
from seltzer.report.formats import Format, failure
from unit.report.checked import HOSTILE, wrote
from unit.report.reading import assert_jenkins_takes, html_of, read_command, suites_of

if TYPE_CHECKING:
    from pathlib import Path

    from seltzer.errors import SeltzerError


def text_of_failure(error: SeltzerError, form: Format) -> str:
    """What kept a check from being made, in a format."""
    return "\n".join(failure(error, form))


def test_github_gets_an_annotation_where_a_check_cannot_be_made(tmp_path: Path) -> None:
    """Beside the line of the file that is to blame; without a file in the log alone."""
    place = Place(wrote(tmp_path), 2, 8)
    beside, alone = (
        read_command(text_of_failure(ParseError(HOSTILE, place=where, hint="Correct it."), Format.GITHUB))
        for where in (place, None)
    )

    facts = {"file": "migrations/users/0001_unique_email.sql", "line": "2", "col": "8", "title": "seltzer: parse"}
    assert beside == ("error", facts, f"{HOSTILE}\nhint: Correct it.")
    assert alone == ("error", {"title": "seltzer: parse"}, beside[2])


def test_junit_has_an_error_where_a_check_cannot_be_made(tmp_path: Path) -> None:
    """One case, which could not be run: not failed, and not passed."""
    error = ParseError("does not parse", place=Place(wrote(tmp_path), 2, 8), hint="Correct it.")
    text = text_of_failure(error, Format.JUNIT)
    (case,) = suites_of(text)["seltzer check"].values()
    found = case.find("error")

    assert found is not None
    assert "0001_unique_email.sql:2:8: does not parse" in found.get("message", "")
    assert (found.text or "").endswith("hint: Correct it.")
    assert_jenkins_takes(text)
    assert 'tests="1" failures="0" errors="1"' in text


def test_markdown_says_what_keeps_a_check_from_being_made(tmp_path: Path) -> None:
    """As the terminal does, and no text ends the block."""
    error = ParseError(f"does not parse: {HOSTILE}", place=Place(wrote(tmp_path), 2, 8))
    shown = html_of(text_of_failure(error, Format.MARKDOWN))

    assert shown.startswith("<h3>Migrations: not checked</h3>\n<pre><code>error: ")
    assert "0001_unique_email.sql:2:8: does not parse" in shown
    assert set(re.findall(r"<(\w+)", shown)) == {"h3", "pre", "code"}


def test_what_was_not_tried_is_not_mended(tmp_path: Path) -> None:
    """A report that says all that there is says nothing; no password is in any of them."""
    errors = [ParseError("postgresql://a:s3cret@b/c", place=Place(wrote(tmp_path)), hint="postgresql://a:s3cret@b/c")]
    told = {form: text_of_failure(error, form) for form in Format for error in errors}

    assert {form for form, text in told.items() if text} == {Format.GITHUB, Format.JUNIT, Format.MARKDOWN}
    assert not [form for form, text in told.items() if "s3cret" in text]
