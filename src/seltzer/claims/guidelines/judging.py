"""The claims `guidelines` and `documented`: what text shows of all files together, without a database."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from seltzer.claims.finding import Finding, Judgement, judged, not_applicable
from seltzer.claims.guidelines.files import read_sources
from seltzer.claims.guidelines.folding import schema_of
from seltzer.claims.guidelines.order import in_reading_order
from seltzer.claims.guidelines.rule import DOCUMENTED, GUIDELINES, Found, Guideline
from seltzer.claims.guidelines.rules import RULES
from seltzer.claims.guidelines.secrets_in_sql import RULE as SECRET_RULE
from seltzer.claims.guidelines.verdicts import TextVerdicts
from seltzer.claims.silences import silences_of
from seltzer.sql.passwords import without_passwords

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from seltzer.claims.guidelines.files import Source
    from seltzer.claims.guidelines.settings import GuidelineSettings
    from seltzer.model import MigrationFile

CLAIMS = (GUIDELINES, DOCUMENTED)


def judge_files(
    files: Sequence[MigrationFile],
    settings: GuidelineSettings,
    ids: Collection[str] | None = None,
    claims: Collection[str] = CLAIMS,
) -> TextVerdicts:
    """Judge migrations without a plan, which costs more than all rules together.

    Args:
        files: All files: those that are not judged are what the others stand on.
        settings: What the project decides.
        ids: The migrations to judge; None judges all.
        claims: Which of the two; silences are read in any case.

    Raises:
        FilesError: A file does not parse, or a directive is not legal.
    """
    sources = in_reading_order(read_sources(files))
    wanted = {file.id for file in files} if ids is None else set(ids)
    findings: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    rules = [guideline for guideline in RULES.values() if guideline.claim in claims]
    for guideline, found in _look(sources, settings, wanted, rules):
        id_ = found.source.file.id
        if id_ in wanted:
            findings[guideline.claim, id_].append(_finding(guideline, found))
    _hide_secrets(findings)
    read: dict[str, int] = defaultdict(int)
    for source in sources:
        read[source.file.id] += len(source.statements)
    unread = {source.file.id for source in sources if source.unread}
    judgements = [
        _judgement(claim, file.id, findings[claim, file.id], read[file.id], is_unread=file.id in unread)
        for file in files
        if file.id in wanted
        for claim in CLAIMS
        if claim in claims
    ]
    silences = [item for source in sources if source.file.id in wanted for item in silences_of(source)]
    return TextVerdicts(judgements, silences)


def _hide_secrets(findings: dict[tuple[str, str], list[Finding]]) -> None:
    """Where a file has secrets, what is proposed is proposed without them, whichever rule proposes it."""
    files = {item.file for found in findings.values() for item in found if item.rule == SECRET_RULE}
    for key, found in findings.items() if files else ():
        findings[key] = [
            replace(item, fix=without_passwords(item.fix)) if item.fix and item.file in files else item
            for item in found
        ]


def _look(
    sources: Sequence[Source], settings: GuidelineSettings, wanted: Collection[str], rules: Sequence[Guideline]
) -> Iterator[tuple[Guideline, Found]]:
    by_kind: dict[str, list[Guideline]] = defaultdict(list)
    for guideline in rules:
        for kind in guideline.kinds:
            by_kind[kind].append(guideline)
    of_files = [guideline for guideline in rules if guideline.source is not None]
    for source in sources:
        if source.file.id in wanted:
            yield from _look_at_source(source, of_files, by_kind, settings)
    of_schemas = [guideline for guideline in rules if guideline.schema is not None]
    schema = schema_of(sources if of_schemas else (), settings.search_path)
    for guideline in of_schemas:
        if guideline.schema is not None:
            yield from ((guideline, found) for found in guideline.schema(schema, settings))


def _look_at_source(
    source: Source, of_files: Sequence[Guideline], by_kind: dict[str, list[Guideline]], settings: GuidelineSettings
) -> Iterator[tuple[Guideline, Found]]:
    for guideline in of_files:
        if guideline.source is not None:
            yield from ((guideline, found) for found in guideline.source(source, settings))
    for statement in source.statements:
        for guideline in by_kind.get(statement.kind, ()):
            if guideline.statement is not None:
                yield from ((guideline, found) for found in guideline.statement(statement, settings))


def _finding(guideline: Guideline, found: Found) -> Finding:
    return Finding(
        guideline.claim,
        guideline.name,
        found.severity or guideline.severity,
        found.source.file.id,
        found.source.path,
        found.source.line_of(found.byte),
        found.message,
        found.evidence,
        guideline.page.why,
        found.fix,
    )


def _judgement(claim: str, id_: str, findings: list[Finding], read: int, *, is_unread: bool) -> Judgement:
    if not findings and not read and is_unread:
        return not_applicable(claim, id_, "Its SQL is not read: it is Python, or asks for parse = off.")
    ordered = tuple(sorted(findings, key=lambda item: (str(item.file), item.line or 0, item.rule)))
    return judged(claim, id_, ordered, f"{read} statement{'' if read == 1 else 's'} read, nothing found.")
