"""The forms that the result of a check can be written in."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from seltzer.report.checks import check_content, check_lines
from seltzer.report.github import workflow_commands
from seltzer.report.gitlab import code_quality
from seltzer.report.html import page
from seltzer.report.json import document
from seltzer.report.junit import junit
from seltzer.report.markdown import markdown
from seltzer.report.sarif import sarif

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from seltzer.commands.check_result import CheckResult


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
    writers: dict[Format, Callable[[], Iterable[str]]] = {
        Format.TEXT: lambda: check_lines(result, verbose=verbose),
        Format.JSON: lambda: [document(check_content(result))],
        Format.SARIF: lambda: [sarif(result)],
        Format.GITHUB: lambda: workflow_commands(result),
        Format.GITLAB: lambda: [code_quality(result)],
        Format.JUNIT: lambda: [junit(result)],
        Format.MARKDOWN: lambda: markdown(result),
        Format.HTML: lambda: [page(result)],
    }
    return writers[form]()
