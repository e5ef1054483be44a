"""IF NOT EXISTS, IF EXISTS and OR REPLACE put into a file where a check missed them; every other byte stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.claims.fixes.splitting import in_place
from seltzer.claims.guidelines.files import source_of
from seltzer.claims.guidelines.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seltzer.claims.finding import Finding
    from seltzer.claims.guidelines.files import ReadStatement, Source
    from seltzer.claims.guidelines.settings import GuidelineSettings

FIXED_RULES = ("missing-if-not-exists", "missing-if-exists", "missing-or-replace")


def guarded(source: Source, findings: Sequence[Finding], settings: GuidelineSettings) -> tuple[Source, list[Finding]]:
    """A file with the words that it lacks, and the findings that settles.

    A statement that lacks words of two rules is written again twice.
    """
    done: list[Finding] = []
    while True:
        written = [item for item in (_written(each, findings, settings) for each in source.statements) if item]
        new = in_place(source, [(statement, text) for statement, text, _ in written])
        if new == source.data:
            return source, done
        done += [finding for *_, finding in written if finding not in done]
        source = source_of(source.file, source.path, new.decode())


def _written(
    statement: ReadStatement, findings: Sequence[Finding], settings: GuidelineSettings
) -> tuple[ReadStatement, str, Finding] | None:
    """A statement with the words of the first rule that misses some, where that is one of the findings."""
    for rule in FIXED_RULES:
        guideline = RULES[rule]
        if guideline.statement is None or statement.kind not in guideline.kinds:
            continue
        for found in guideline.statement(statement, settings):
            line = statement.source.line_of(found.byte)
            same = [item for item in findings if (item.rule, item.line, item.message) == (rule, line, found.message)]
            if same and found.fix:
                return statement, found.fix, same[0]
    return None
