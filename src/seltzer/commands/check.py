"""`check`: every claim of the migrations that are about to run, tried on a shadow; the database is only looked at."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from seltzer.claims.accepted import ACCEPTED_FILE
from seltzer.claims.names import CLAIMS
from seltzer.commands.check_result import CheckResult
from seltzer.commands.checked import Asked, Chosen, Fixing, choose
from seltzer.commands.guidelines import TEXT_CLAIMS, judge_text, with_silences
from seltzer.errors import UsageError
from seltzer.events import TrialStarted
from seltzer.source.discover import discover
from seltzer.source.edits import diff_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seltzer.claims.finding import Judgement
    from seltzer.claims.judging import Judge
    from seltzer.claims.lab import Lab
    from seltzer.commands.call import Call

__all__ = ["Asked", "CheckResult", "check"]


def check(call: Call, asked: Asked) -> CheckResult:
    """Try the claims of migrations on a shadow, and judge from the text what only text shows.

    Raises:
        FilesError: The files are wrong.
        UnknownMigrationError: An id is none.
        UsageError: A claim or a revision is none.
        ServerStartError: There is no shadow to try them on.
        ShadowError: It went away meanwhile.
    """
    result, chosen = _checked(call, asked)
    if asked.fixing is Fixing.NOT:
        return result
    from seltzer.commands.fixing import fixes_of, write_fixes  # noqa: PLC0415  # brings the parser and all rules

    if asked.fixing is Fixing.WRITTEN:
        return write_fixes(call, asked, (result, chosen), lambda asked: _checked(call, asked)[0])
    return replace(result, diff=tuple(diff_of(fixes_of(call, asked, chosen, result.findings).edits, call.config.root)))


def _checked(call: Call, asked: Asked) -> tuple[CheckResult, Chosen]:
    """One check, and what was known of files and database."""
    started = time.monotonic()
    names = _claims(asked.only)
    tried = [name for name in names if name not in TEXT_CLAIMS]
    chosen = choose(call, asked, discover(call.config.migrations), wants_version=bool(tried))
    judgements, said = _tried(call, chosen, tried) if tried else ([], "the text of the files")
    ids = {item.id for item in judgements} if tried else chosen.ids()
    text = judge_text(call.config, chosen.files, ids, names)
    judgements += text.judgements
    kept = _accepted(call, asked, chosen, with_silences(_in_order(judgements, names), text.silences))
    duration_ms = round((time.monotonic() - started) * 1000)
    return CheckResult(tuple(kept), said, duration_ms, call.config.fail_on), chosen


def _claims(only: Sequence[str]) -> list[str]:
    """The claims to judge, in the order in which they are reported."""
    unknown = [name for name in only if name not in CLAIMS]
    if unknown:
        raise UsageError(f"{unknown[0]!r} is no claim", hint=f"The claims are {', '.join(CLAIMS)}.")
    return [name for name in CLAIMS if not only or name in only]


def _in_order(judgements: Sequence[Judgement], names: Sequence[str]) -> list[Judgement]:
    """By migration in the order of the plan, and there in the order of the claims."""
    places = {id_: place for place, id_ in enumerate(dict.fromkeys(item.id for item in judgements))}
    return sorted(judgements, key=lambda item: (places[item.id], names.index(item.claim)))


def _accepted(call: Call, asked: Asked, chosen: Chosen, judgements: list[Judgement]) -> list[Judgement]:
    if not asked.accept and not (call.config.migrations / ACCEPTED_FILE).is_file():
        return judgements
    from seltzer.commands.accepting import AcceptedFile  # noqa: PLC0415  # brings the parser

    file = AcceptedFile(call, chosen.files)
    if asked.accept:
        count = file.accept(judgements)
        call.warn([f"{count} accepted in {file.path}: they are not told again"])
        file = AcceptedFile(call, chosen.files)
    return file.left(judgements)


def _tried(call: Call, chosen: Chosen, names: Sequence[str]) -> tuple[list[Judgement], str]:
    """What is tried, and on what. What it brings along, a check of the text alone does without."""
    from seltzer.claims.registry import TRIED  # noqa: PLC0415
    from seltzer.commands.trying import conditions_of, lab_on, production_of, whose_server  # noqa: PLC0415
    from seltzer.shadow import open_shadow  # noqa: PLC0415
    from seltzer.shadow.databases import answers  # noqa: PLC0415

    cases = chosen.cases()
    production = production_of(call)
    if not any(case.judged for case in cases):
        return [], "nothing"
    with open_shadow(
        call.config, chosen.major, whose=whose_server(cases), warn=lambda words: call.warn([words])
    ) as shadow:
        with closing(lab_on(shadow, conditions_of(call), cases)) as lab:
            lab.production = production
            with answers():  # what comes out of trials on a server that went away says nothing
                found = _judgements(call, lab, {name: TRIED[name] for name in names})
                shadow.databases.session.execute("SELECT 1")
        return found, shadow.said


def _judgements(call: Call, lab: Lab, judges: Mapping[str, Judge]) -> list[Judgement]:
    """What came out for one migration after the other; whoever listens hears which one is waited for."""
    from seltzer.claims.judging import judge_all  # noqa: PLC0415

    ids = [case.step.migration.id for case in lab.cases if case.judged]
    found: list[Judgement] = []
    _tell_next(call, ids, 0)
    for done, group in enumerate(judge_all(lab, judges), 1):
        found += group
        _tell_next(call, ids, done)
    return found


def _tell_next(call: Call, ids: Sequence[str], done: int) -> None:
    if done < len(ids):
        call.say(TrialStarted(ids[done], done + 1, len(ids)))
