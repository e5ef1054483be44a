"""How a file runs: as one transaction, or statement by statement in units that are recorded one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seltzer.model import Statement
from seltzer.sql.blanks import blank_end
from seltzer.sql.digests import digest_of_texts
from seltzer.sql.enums import uses_new_value

if TYPE_CHECKING:
    from collections.abc import Sequence

PLAIN_BEGIN = ("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",)


@dataclass(frozen=True, slots=True)
class OneTransaction:
    """A file that runs in one transaction of ours.

    Attributes:
        begin: The commands that open it, with what the file asks of its transaction.
        body: The file's text with its own BEGIN, COMMIT and SET TRANSACTION blanked out, every other character in
            its place.
        statements: The statements of `body`, in order.
    """

    begin: tuple[str, ...]
    body: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """What a stepwise file does between two records.

    Attributes:
        statements: One statement, or the inside of a transaction block that the file opens itself.
        begin: The command that opens that block; empty when the statement stands alone.
        keeps: Whether the block ends with COMMIT; a ROLLBACK of the file's own leaves nothing.
        index: Position of its first statement in the file, counted from 0.
    """

    statements: tuple[Statement, ...]
    begin: str
    keeps: bool
    index: int

    @property
    def transactional(self) -> bool:
        """Whether it can share a transaction with its record: of a procedure nobody knows whether it commits."""
        first = self.statements[0]
        return bool(self.begin) or (first.transactional and first.kind != "call_stmt")

    @property
    def fingerprint(self) -> str:
        """A digest of what it does; equal when only comments and white space differ."""
        texts = [self.begin and "block", *(item.fingerprint for item in self.statements)]
        return digest_of_texts(text.encode() for text in texts)


@dataclass(frozen=True, slots=True)
class Stepwise:
    """A file that runs unit by unit, each recorded, and resumes at the one that failed."""

    units: tuple[Unit, ...]


def shape_of(text: str, statements: Sequence[Statement], *, transaction: bool) -> OneTransaction | Stepwise:
    """Decide how a file runs.

    One transaction when PostgreSQL can take all of it in one: nothing that it refuses inside a block, and no
    transaction command of the file's own except one BEGIN … COMMIT around everything but settings; and no value added
    to an enum that a later statement uses, which PostgreSQL refuses until it is committed.

    Args:
        text: The file.
        statements: Its statements.
        transaction: False when the file asks for `transaction = off`.
    """
    if transaction and all(item.transactional for item in statements):
        whole = _one_transaction(text, statements)
        if whole is not None:
            return whole
    return Stepwise(tuple(_units(statements)))


def unparsed_alone(text: str) -> Stepwise:
    """A file that nobody reads and that asks for no transaction: its text is one unit, sent by itself."""
    start = blank_end(text)
    body = text[start:]
    whole = Statement(
        text=body,
        offset=start,
        line=text.count("\n", 0, start) + 1,
        fingerprint=digest_of_texts([body.encode()]),
        kind="opaque",
        transactional=False,
        touches_session=True,
    )
    return Stepwise((Unit((whole,), "", keeps=True, index=0),))


def _one_transaction(text: str, statements: Sequence[Statement]) -> OneTransaction | None:
    controls = [(index, item) for index, item in enumerate(statements) if item.control and item.control != "savepoint"]
    words = [item.control for _, item in controls if item.control != "set"]
    if words not in ([], ["begin", "commit"]) or (not words and uses_new_value(statements)):
        return None
    first = last = None
    if words:
        first, last = (index for index, item in controls if item.control != "set")
        outside = [*statements[:first], *statements[last + 1 :]]
        if any(item.kind != "variable_set_stmt" for item in outside):
            return None
    begin = (statements[first].text,) if first is not None else PLAIN_BEGIN
    body = text
    for _, item in controls:
        body = body[: item.offset] + _blank(item.text) + body[item.offset + len(item.text) :]
        if item.control == "set":
            begin += (item.text,)
    kept = tuple(item for item in statements if not item.control or item.control == "savepoint")
    return OneTransaction(begin, body, kept)


def _blank(text: str) -> str:
    return "".join("\n" if character == "\n" else " " for character in text)


def _units(statements: Sequence[Statement]) -> list[Unit]:
    units: list[Unit] = []
    block: list[Statement] = []
    begin = ""
    start = 0
    for index, item in enumerate(statements):
        if item.control == "begin" and not begin:
            begin, block, start = item.text, [], index + 1
        elif begin and item.control in {"commit", "rollback", "chain"}:
            if block:
                units.append(Unit(tuple(block), begin, not item.text.lower().startswith(("rollback", "abort")), start))
            begin, block, start = (begin if item.control == "chain" else ""), [], index + 1
        elif begin:
            block.append(item)
        elif item.control not in {"commit", "rollback", "set"}:
            units.append(Unit((item,), "", keeps=True, index=index))
    if block:
        units.append(Unit(tuple(block), begin, keeps=True, index=start))
    return units
