"""Flags for the forms that a check's result is written in: one for stdout, and any others into files."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from seltzer.errors import SeltzerError, SettingsError
from seltzer.report.checks import check_content
from seltzer.report.formats import Format, failure, rendered

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from seltzer.cli.output import Output
    from seltzer.commands.check_result import CheckResult

FunctionT = TypeVar("FunctionT", bound="Callable[..., Any]")


class Report(NamedTuple):
    """A file that the result is also written to, and in which form."""

    form: Format
    file: Path


class _ReportType(click.ParamType[Report]):
    name = "report"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Report:
        """`sarif=check.sarif`: before a check that takes a minute, not after it."""
        form, separator, file = str(value).partition("=")
        if form not in set(Format) or not separator or not file:
            self.fail(f"expected FORMAT=FILE, where FORMAT is one of {', '.join(Format)}; got {value!r}", param, ctx)
        if not Path(file).parent.is_dir():
            self.fail(f"there is no folder {str(Path(file).parent)!r} for {value!r}", param, ctx)
        return Report(Format(form), Path(file))


def format_flags(function: FunctionT) -> FunctionT:
    """`--format` and `--report`; see `tell_check`."""
    function = click.option(
        "--report",
        "reports",
        metavar="FORMAT=FILE",
        multiple=True,
        type=_ReportType(),
        help="Also write the result to a file, in any of the formats; repeatable.",
    )(function)
    return click.option(
        "--format",
        "form",
        type=click.Choice([str(form) for form in Format]),
        default=str(Format.TEXT),
        help="How to print the result. [default: text]",
    )(function)


def tell_check(output: Output, result: CheckResult, *, form: Format, reports: Iterable[Report]) -> None:
    """Print a check's result, and write it to the files that were asked for.

    Args:
        output: How the command speaks; when it is quiet, text is printed only where the command fails.
        result: What was found.
        form: How to print it.
        reports: The files to write it to.

    Raises:
        SettingsError: A file cannot be written.
    """
    for report in reports:
        _write(rendered(result, report.form), report)
    output.json = output.json or form is Format.JSON
    output.quiet = output.quiet and form is Format.TEXT and not result.failed
    output.result(check_content(result), rendered(result, form, verbose=output.verbose))


@contextmanager
def failures_told(output: Output, *, form: Format, reports: Iterable[Report]) -> Generator[None]:
    """Say what keeps a check from being made in the forms that can say it, besides the error itself."""
    try:
        yield
    except SeltzerError as error:
        told = list(failure(error, form))
        if told and not output.json:
            replace(output, quiet=False).result({}, told)
        for report in reports:
            lines = list(failure(error, report.form))
            if lines:
                _write(lines, report)
        raise


def _write(told: Iterable[str], report: Report) -> None:
    lines = "".join(f"{line}\n" for line in told)
    try:
        report.file.write_text(lines, encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            f"--report {report.form}={report.file}: it cannot be written: {(error.strerror or '').lower()}",
            hint="Name a file in a folder that you can write to.",
        ) from None
