"""Claims of `check` as assertions: what is refuted fails the test, with the findings as its message."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from seltzer.claims.finding import Verdict
from seltzer.commands.call import Call
from seltzer.commands.check import Asked, check
from seltzer.commands.check_result import CheckResult
from seltzer.commands.guidelines import TEXT_CLAIMS
from seltzer.errors import SeltzerError
from seltzer.integrations.pytest_plugin import running_supply
from seltzer.integrations.settings import read_settings
from seltzer.report.checks import check_lines
from seltzer.report.text import error_lines

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Literal

    from seltzer.claims.finding import Judgement
    from seltzer.config import Config


class Unproven(StrEnum):
    """What becomes of a claim that could not be tried to the end."""

    FAILS = "fails"
    PASSES = "passes"


def assert_idempotent(*ids: str, unproven: Literal["fails", "passes"] = "fails") -> None:
    """A second run of these migrations, or of all, changes nothing.

    Args:
        ids: In the forms that the command line knows: `users/0002`, `users`; none means all.
        unproven: What becomes of a claim that could not be tried to the end.

    Raises:
        AssertionError: A migration is not, and the message has the findings as `seltzer check` shows them; or it
            cannot be tried: the files are wrong, or there is no server.
    """
    __tracebackhide__ = True
    assert_claim("idempotent", *ids, unproven=unproven)


def assert_atomic(*ids: str, unproven: Literal["fails", "passes"] = "fails") -> None:
    """What of these migrations, or of all, fails in the middle leaves nothing behind; see `assert_idempotent`.

    Raises:
        AssertionError: A migration is not, or it cannot be tried.
    """
    __tracebackhide__ = True
    assert_claim("atomic", *ids, unproven=unproven)


def assert_backward_compatible(
    *ids: str, since: str | None = None, unproven: Literal["fails", "passes"] = "fails"
) -> None:
    """The running release keeps working after these migrations; see `assert_idempotent`.

    Args:
        ids: What is new: the running release knows what comes before it.
        since: The Git revision of the running release, such as `origin/main`: what differs from it is new.
        unproven: What becomes of a claim that could not be tried to the end.

    Raises:
        AssertionError: A migration is not, or it cannot be tried, or neither `ids` nor `since` says what is new.
    """
    __tracebackhide__ = True
    assert_claim(_OF_RELEASES, *ids, since=since, unproven=unproven)


def assert_claim(
    claim: str, *ids: str, since: str | None = None, unproven: Literal["fails", "passes"] = "fails"
) -> None:
    """Any claim of `seltzer check`, by its name; see `assert_idempotent`.

    Findings that are silenced in a file or accepted are none. A claim that does not apply to a migration passes. With
    `since`, a Git revision, the migrations whose files differ from it are tried; none may.

    Raises:
        AssertionError: A migration refutes it, or it cannot be tried.
    """
    __tracebackhide__ = True
    failing = _FAILING[Unproven(unproven)]
    if claim == _OF_RELEASES and not ids and since is None:
        raise AssertionError(_NOTHING_NEW)
    try:
        config = _config(claim)
        result = check(Call(config), Asked(ids, everything=not ids and since is None, since=since, only=(claim,)))
        judged = [item for item in result.judgements if item.claim == claim]
        failed = [item for item in judged if item.verdict in failing]
        reason = _text(failed, result) if failed else None
        if not judged and since is None:
            reason = f"nothing was tried: {config.migrations} has no migration"
    except SeltzerError as error:
        reason = "\n".join(error_lines(error))
    if reason is not None:
        raise AssertionError(reason)


_OF_RELEASES = "backward-compatible"
_NOTHING_NEW = (
    "nothing was tried: no release runs on an empty database. Say what is new since the running one: "
    'the ids of migrations, or since="origin/main"'
)
_FAILING = {
    Unproven.FAILS: frozenset({Verdict.REFUTED, Verdict.UNPROVEN}),
    Unproven.PASSES: frozenset({Verdict.REFUTED}),
}


def _config(claim: str) -> Config:
    """The settings for a check: those of the session, or what the working folder says outside of pytest."""
    supply = running_supply()
    if supply is None:
        return read_settings({}, [Path.cwd()])
    if claim in TEXT_CLAIMS:
        return supply.config
    # A check asks the database to migrate for its version: here that is the server of the tests, and no other.
    return replace(supply.config, database=supply.server_url, direct_database=None)


def _text(failed: Collection[Judgement], result: CheckResult) -> str:
    """What the terminal shows of those that failed."""
    return "\n".join(check_lines(CheckResult(tuple(failed), result.shadow, result.duration_ms, result.fail_on)))
