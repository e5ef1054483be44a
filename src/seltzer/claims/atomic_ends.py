"""Transactions that a file ends although PostgreSQL would take what is before and behind it in one.

Whether it would is tried: the file without that end, on a clone. It has to go through and make the same database.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from seltzer.claims.bodies import without_commits
from seltzer.claims.finding import Finding
from seltzer.claims.outcomes import ATOMIC, failure_of, picture_of
from seltzer.claims.procedures import procedures_without_commits
from seltzer.db.connect import fetch
from seltzer.db.text import compose, identifier, literal
from seltzer.model import Severity, Statement
from seltzer.sql.enums import adds_value
from seltzer.sql.shape import OneTransaction, shape_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from seltzer.claims.outcomes import Undisturbed
    from seltzer.claims.trial import Trial, TrialDatabase
    from seltzer.model import Migration, Step
    from seltzer.sql.shape import Stepwise

_MOST = 20
_TO_LET_GO = ".\nIf it is there to let go of locks, write what comes behind it into the next numbered file."
_ENDS = frozenset({"commit", "chain"})


class _Variant(NamedTuple):
    """The file without one of its ends.

    Attributes:
        line: Of what is left out.
        what: What that is.
        step: The file without it.
        fix: What to write instead.
        in_procedures: Whether the ends are in procedures that it calls.
    """

    line: int
    what: str
    step: Step
    fix: str
    in_procedures: bool = False


def needless_ends(trial: Trial, shape: Stepwise, final: Undisturbed) -> Iterator[Finding]:
    """A finding for each end of a transaction without which the file makes the same database."""
    variants = [*_without_directive(trial.step), *_without_commits(trial.step), *_without_inner_commits(trial.step)]
    for variant in variants[:_MOST]:
        with trial.database() as database:
            if _makes_the_same(database, variant, final):
                yield _finding(trial, variant, len(shape.units))


def _makes_the_same(database: TrialDatabase, variant: _Variant, final: Undisturbed) -> bool:
    if not variant.in_procedures:
        return failure_of(database, variant.step) is None and not final.changes(picture_of(database))
    failed = failure_of(database, _joined_calls(variant.step))
    if failed is None or failed.sqlstate != "2D000":
        return False  # the procedure ends no transaction
    with procedures_without_commits(database):
        if failure_of(database, _joined_calls(_without_own_procedures(variant.step))) is not None:
            return False
    _restore_own_procedures(database, variant.step.migration)
    return not final.changes(picture_of(database))


def _finding(trial: Trial, variant: _Variant, units: int) -> Finding:
    ran = f"the file runs as {units} transactions" if units > 1 else "it commits in the middle of its one statement"
    return Finding(
        claim=ATOMIC,
        rule="needless-commit",
        severity=Severity.ERROR,
        id=trial.id,
        file=trial.step.migration.path,
        line=variant.line,
        message=f"{variant.what} ends a transaction that could go on",
        evidence=f"{ran}; without it, on a clone, PostgreSQL took both sides in one, and the same catalog and rows "
        "came out",
        why="A deploy that is killed or fails behind it leaves what came before; in one transaction it would leave "
        "nothing.",
        fix=variant.fix,
    )


def _without_directive(step: Step) -> Iterator[_Variant]:
    migration = step.migration
    statements = [item for item in migration.statements or () if not item.control]
    if migration.directives.transaction or len(statements) < 2 or not all(item.transactional for item in statements):  # noqa: PLR2004
        return
    controls = [item for item in migration.statements or () if item.control and item.control != "savepoint"]
    bare = _blanked(migration, controls)
    directives = replace(bare.directives, transaction=True)
    if not isinstance(shape_of(bare.text, bare.statements or (), transaction=True), OneTransaction):
        return  # a new value of an enum has to be committed before it is used
    yield _Variant(
        migration.directives.lines.get("transaction", 1),
        "transaction = off",
        replace(step, migration=replace(bare, directives=directives)),
        "Take the directive out: the file runs as one transaction, its history row in it" + _TO_LET_GO,
    )


def _without_commits(step: Step) -> Iterator[_Variant]:
    statements = step.migration.statements or ()
    if not step.migration.directives.transaction and all(item.transactional for item in statements):
        return  # the directive is what has to go first
    for index, item in enumerate(statements):
        if item.control not in _ENDS or item.text.lower().startswith(("rollback", "abort")):
            continue
        if adds_value(list(takewhile(_joins, reversed(statements[:index])))):
            continue  # what comes behind may need the value, which a trial without such rows does not show
        behind = statements[index + 1 :]
        joined = behind[1:] if behind and behind[0].control == "begin" else behind
        sides = [*statements[max(0, index - 1) : index], *joined[:1]]
        if len(sides) < 2 or not all(_joins(each) for each in sides):  # noqa: PLR2004  # one on either side
            continue
        if all(each.kind == "variable_set_stmt" for each in takewhile(_joins, joined)):
            continue  # settings for what PostgreSQL refuses inside of a transaction: that is what it ends one for
        yield _Variant(
            item.line,
            f"{' '.join(item.text.upper().split())} in line {item.line}",
            replace(step, migration=_joined(step.migration, index)),
            _fix(statements, index) + _TO_LET_GO,
        )


def _fix(statements: Sequence[Statement], end: int) -> str:
    line, behind = statements[end].line, statements[end + 1 :]
    if behind[0].control == "begin":
        return f"Take line {line} out, and BEGIN in line {behind[0].line}"
    if statements[end].control == "commit" and _is_in_block(statements[:end]):
        last = list(takewhile(_joins, behind))[-1]
        return f"Move {statements[end].text.upper()} from line {line} to behind the statement of line {last.line}"
    return f"Take line {line} out"


def _joined(migration: Migration, end: int) -> Migration:
    """The file with everything on both sides of an end in one block of BEGIN and COMMIT, as far as that could go."""
    statements = migration.statements or ()
    begins = statements[end + 1].control == "begin"
    gone = [statements[end], statements[end + 1]] if begins else [statements[end]]
    joined = _blanked(migration, gone)
    if _is_in_block(statements[:end]):
        return joined  # the block goes on to its next COMMIT, or to the end of the file
    first = list(takewhile(_joins, reversed(statements[:end])))[-1]
    if not begins:
        last = list(takewhile(_joins, statements[end + 1 :]))[-1]
        joined = _inserted(joined, last.offset + len(last.text), "\n;COMMIT", "commit")
    return _inserted(joined, first.offset, "BEGIN;", "begin")


def _joins(statement: Statement) -> bool:
    return statement.control in {"", "savepoint"} and statement.transactional


def _is_in_block(statements: Sequence[Statement]) -> bool:
    controls = [item.control for item in statements if item.control in {"begin", "commit", "rollback", "chain"}]
    return bool(controls) and controls[-1] in {"begin", "chain"}


def _inserted(migration: Migration, position: int, words: str, control: str) -> Migration:
    """A file with a command of ours in it."""
    statements = migration.statements or ()
    made = Statement(
        text=words.strip("\n;"),
        offset=position + words.index(words.strip("\n;")),
        line=migration.text.count("\n", 0, position) + 1,
        fingerprint=control,
        kind="transaction_stmt",
        control=control,
    )
    earlier = [item for item in statements if item.offset < position]
    later = [item._replace(offset=item.offset + len(words)) for item in statements if item.offset >= position]
    text = migration.text[:position] + words + migration.text[position:]
    return replace(migration, text=text, statements=(*earlier, made, *later))


def _without_inner_commits(step: Step) -> Iterator[_Variant]:
    for item in step.migration.statements or ():
        if item.kind == "do_stmt" and not item.transactional:
            text = without_commits(item.text)
            if text != item.text:
                made = item._replace(text=text, transactional=True)
                yield _Variant(
                    item.line, f"COMMIT in the block of line {item.line}", _exchanged(step, {item: made}), _IN_BATCHES
                )
        elif item.kind == "call_stmt":
            yield _Variant(
                item.line, f"the procedure that line {item.line} calls", step, _IN_BATCHES, in_procedures=True
            )


_IN_BATCHES = (
    "Take COMMIT out. If it is there to work in batches, say so above the statement:\n"
    "-- seltzer: ignore = needless-commit: a backfill in batches, each of which may be run again"
)


def _joined_calls(step: Step) -> Step:
    """A step whose CALLs share a transaction with their record."""
    calls = {
        item: item._replace(kind="select_stmt") for item in step.migration.statements or () if item.kind == "call_stmt"
    }
    return _exchanged(step, calls)


def _own_procedures(migration: Migration) -> list[Statement]:
    found = (item for item in migration.statements or () if item.kind == "create_function_stmt")
    return [item for item in found if without_commits(item.text) != item.text]


def _without_own_procedures(step: Step) -> Step:
    own = _own_procedures(step.migration)
    return _exchanged(step, {item: item._replace(text=without_commits(item.text)) for item in own})


def _restore_own_procedures(database: TrialDatabase, migration: Migration) -> None:
    with database.connect() as conn:
        path = database.conditions.search_path
        if path is not None:
            names = ", ".join(identifier(name) for name in path)
            fetch(conn, compose("SELECT pg_catalog.set_config('search_path', {names}, false)", names=literal(names)))
        for item in _own_procedures(migration):
            text = re.sub(r"(?i)^create\s+(?:or\s+replace\s+)?", "CREATE OR REPLACE ", item.text)
            conn.execute(text.encode())


def _exchanged(step: Step, made: dict[Statement, Statement]) -> Step:
    """A step with other statements of the same lengths."""
    migration = step.migration
    text = migration.text
    for old, new in made.items():
        text = text[: old.offset] + new.text + text[old.offset + len(old.text) :]
    statements = tuple(made.get(item, item) for item in migration.statements or ())
    return replace(step, migration=replace(migration, text=text, statements=statements))


def _blanked(migration: Migration, gone: Sequence[Statement]) -> Migration:
    text = migration.text
    for item in gone:
        blank = re.sub(r"[^\n]", " ", item.text)
        text = text[: item.offset] + blank + text[item.offset + len(item.text) :]
    kept = tuple(item for item in migration.statements or () if item not in gone)
    return replace(migration, text=text, statements=kept)
