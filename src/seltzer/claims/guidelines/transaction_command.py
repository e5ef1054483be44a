"""BEGIN and COMMIT in a migration, which runs in a transaction already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.claims.guidelines.rule import Found, source_rule
from seltzer.model import Kind, Severity
from seltzer.sql.transactions import refuses_transaction, transaction_control

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seltzer.claims.guidelines.files import ReadStatement, Source
    from seltzer.claims.guidelines.settings import GuidelineSettings

_ENDS = frozenset({"commit", "rollback", "chain", "prepared"})
_HALVES = "; where the halves are meant, make two files of them."


@source_rule("transaction-command", Severity.WARNING)
def transaction_command(source: Source, settings: GuidelineSettings) -> Iterator[Found]:
    """A migration has transaction commands of its own.

    A migration runs in a transaction of the run's, with its row in the history. A COMMIT in the middle makes two halves
    of it: what fails behind it leaves the first half on the database. One BEGIN … COMMIT around everything does no harm
    and no good (an info). Files with statements that PostgreSQL refuses in a transaction, and those that ask for
    `transaction = off`, are left alone: there a block of their own is the way to keep statements together.

    Bad:
        CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);
        COMMIT;
        CREATE TABLE IF NOT EXISTS teams (id bigint PRIMARY KEY);

    Good:
        CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);
        CREATE TABLE IF NOT EXISTS teams (id bigint PRIMARY KEY);
    """
    del settings
    controls = [(item, word) for item in source.statements if (word := _control(item))]
    words = [word for _, word in controls]
    if not controls or not source.transaction or any(_refuses(item) for item in source.statements):
        return
    if words == ["begin", "commit"] and _surround(source, [item for item, _ in controls]):
        if source.file.kind is not Kind.RUNNER:
            yield _found(controls[0][0], "BEGIN … COMMIT around the whole file is not needed", Severity.INFO)
        return
    end = next((item for item, word in controls if word in _ENDS), controls[0][0])
    yield _found(end, f"{end.text} ends the migration's transaction in the middle", Severity.WARNING)


def _control(statement: ReadStatement) -> str:
    if statement.kind != "transaction_stmt" or statement.tree is None:
        return ""
    word = transaction_control(statement.tree)
    return "" if word == "savepoint" else word


def _refuses(statement: ReadStatement) -> bool:
    """Whether it cannot share its transaction: a new value of an enum is of no use in its own."""
    adds_value = statement.kind == "alter_enum_stmt" and not statement.node.old_val
    return adds_value or (statement.tree is not None and refuses_transaction(statement.tree))


def _surround(source: Source, controls: list[ReadStatement]) -> bool:
    first, last = controls[0].number, controls[-1].number
    outside = [*source.statements[:first], *source.statements[last + 1 :]]
    return all(item.kind == "variable_set_stmt" for item in outside)


def _found(statement: ReadStatement, message: str, severity: Severity) -> Found:
    return Found(
        statement.source,
        statement.start,
        message,
        "A migration runs in one transaction, which is committed together with its row in the history.",
        "Leave BEGIN and COMMIT out" + (_HALVES if severity is Severity.WARNING else "."),
        severity,
    )
