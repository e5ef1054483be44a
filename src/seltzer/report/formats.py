"""The forms that the result of a check can be written in; each form's file is loaded when it is asked for."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from seltzer.report.checks import check_content, check_lines
from seltzer.report.json import document

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seltzer.commands.check_result import CheckResult
    from seltzer.errors import SeltzerError


class Format(StrEnum):
    """What `--format` takes."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"
    GITLAB = "gitlab"
    JUNIT = "junit"
    MARKDOWN = "markdown"
    HTML = "html"


def rendered(
    result: CheckResult,
    form: Format,
    *,
    verbose: bool = False,
) -> Iterable[str]:
    """The lines of a result; those of text are a table for whoever sits at a terminal.

    Args:
        result: What was found.
        form: How to write it.
        verbose: Of text: every claim with its evidence.
    """
    if form is Format.TEXT:
        return check_lines(result, verbose=verbose)
    if form is Format.JSON:
        return [document(check_content(result))]
    return _for_others(result, form)


def _for_others(result: CheckResult, form: Format) -> Iterable[str]:
    """What pipelines and browsers read; nobody else pays for loading it."""
    match form:
        case Format.SARIF:
            from seltzer.report.sarif import sarif  # noqa: PLC0415

            return [sarif(result)]
        case Format.GITHUB:
            from seltzer.report.github import workflow_commands  # noqa: PLC0415

            return workflow_commands(result)
        case Format.GITLAB:
            from seltzer.report.gitlab import code_quality  # noqa: PLC0415

            return [code_quality(result)]
        case Format.JUNIT:
            from seltzer.report.junit import junit  # noqa: PLC0415

            return [junit(result)]
        case Format.MARKDOWN:
            from seltzer.report.markdown import markdown  # noqa: PLC0415

            return markdown(result)
        case _:
            from seltzer.report.html import page  # noqa: PLC0415

            return [page(result)]


def failure(error: SeltzerError, form: Format) -> Iterable[str]:
    """The lines of what kept a check from being made; none in forms that cannot say it.

    SARIF and GitLab's report say all that there is: what they do not have any more counts as mended.
    """
    match form:
        case Format.GITHUB:
            from seltzer.report.github import failure_command  # noqa: PLC0415  # as above

            return [failure_command(error)]
        case Format.JUNIT:
            from seltzer.report.junit import failure_junit  # noqa: PLC0415

            return [failure_junit(error)]
        case Format.MARKDOWN:
            from seltzer.report.markdown import failure_markdown  # noqa: PLC0415

            return failure_markdown(error)
        case _:
            return ()
