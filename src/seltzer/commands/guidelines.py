"""The claims that need no database: judged from the text of the files, and remembered until one of them changes.

This file imports inside functions: a check that finds everything as it was must not pay for the parser and the rules.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from seltzer.claims.guidelines.settings import GuidelineSettings
from seltzer.claims.remembered import keep, key_of, recall
from seltzer.claims.silences import silenced
from seltzer.commands.collection import without_collection
from seltzer.config.cache import cache_folder

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from seltzer.claims.finding import Judgement
    from seltzer.claims.guidelines.verdicts import TextVerdicts
    from seltzer.claims.silences import Silence
    from seltzer.config import Config
    from seltzer.model import MigrationFile

TEXT_CLAIMS = frozenset({"guidelines", "documented"})


def judge_text(
    config: Config,
    files: Sequence[MigrationFile],
    ids: Collection[str],
    claims: Collection[str] = TEXT_CLAIMS,
    environ: Mapping[str, str] | None = None,
) -> TextVerdicts:
    """The judgements of claims that need no database, and the silences of the files, which speak of every claim.

    Args:
        config: Names, comments and the search path are settings.
        files: All files of the project: those that are not judged are what the others stand on.
        ids: The migrations to judge.
        claims: The claims that are wanted; those that need a database are passed over.
        environ: Where the user's cache is looked for; None takes the process's own.

    Raises:
        FilesError: A file does not parse, or a directive is not legal.
    """
    settings = guideline_settings(config)
    folder = cache_folder(os.environ if environ is None else environ) / "guidelines"
    wanted = sorted(TEXT_CLAIMS.intersection(claims))
    key = key_of(files, (*settings, *wanted), ids)
    with without_collection():
        known = recall(folder, key)
        if known is not None:
            return known
        from seltzer.claims.guidelines.judging import judge_files  # noqa: PLC0415  # brings the parser and all rules

        verdicts = judge_files(files, settings, ids, wanted)
        keep(folder, key, verdicts)
        return verdicts


def guideline_settings(config: Config) -> GuidelineSettings:
    """What a project's settings say to the rules that read text."""
    return GuidelineSettings(
        config.table_name_pattern,
        config.index_name_pattern,
        config.documented_severity,
        config.search_path if config.search_path is not None else ("public",),
    )


def with_silences(judgements: Sequence[Judgement], silences: Sequence[Silence]) -> list[Judgement]:
    """The judgements of all claims without what the files silence."""
    if not silences:
        return list(judgements)
    from seltzer.claims.rules import claim_of_rules  # noqa: PLC0415  # brings the parser and all rules

    return silenced(judgements, silences, claim_of_rules())
