"""One file as it should be: statements put in words in their places, or cut out for the files of their recipes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postgast.pg_query_pb2 import TRANS_STMT_BEGIN, TRANS_STMT_COMMIT

from seltzer.claims.fixes.guarded import FIXED_RULES, guarded
from seltzer.claims.fixes.indexes import OUTSIDE
from seltzer.claims.fixes.recipe import File, Recipe
from seltzer.claims.fixes.splitting import Piece, in_place, pieces_of, reason_not, without
from seltzer.claims.guidelines.files import source_of
from seltzer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from seltzer.claims.finding import Finding
    from seltzer.claims.guidelines.files import ReadStatement, Source
    from seltzer.claims.guidelines.settings import GuidelineSettings

_AGAIN, _UNINDEXED, _WRAPPED = "idempotent", "unindexed-foreign-key", "transaction-command"
WRITTEN_RULES = (_AGAIN, _UNINDEXED, _WRAPPED)
_HIDES = "a DO block would hide from the order of the files what the statement needs"
_PASSES_OVER = "it would pass over what somebody else has written there"
_USED = "its name may be used elsewhere"
_BY_ITSELF = "no program can write it safely"
_REASONS = {
    "index-name": _USED,
    "table-name": _USED,
    "long-identifier": _USED,
    "undocumented-": "nobody but its author knows the words",
    "fails-on-rows": "nobody but its author knows what becomes of such rows",
    "required": "nobody but its author knows the value, and when the running release is gone",
    "missing-foreign-key": "nobody but its author knows what is referred to, and what becomes of other rows",
    "secret-in-sql": "nobody but its author knows where the secret belongs",
}
_BY_CLAIM = {
    "backward-compatible": "its second part is for a later release",
    "survives-rows": "nobody but its author knows what is meant",
    "reversible": "nobody but its author knows the way back",
    "converges": "nobody but its author knows which of the two is meant",
    "guidelines": _BY_ITSELF,
}


class Written:
    """A file while it is fixed.

    Attributes:
        source: Its text so far.
        done: The findings that are settled.
        refused: Those that are left, each with the reason.
    """

    def __init__(self, source: Source, findings: Sequence[Finding], settings: GuidelineSettings) -> None:
        """Write what stays in its place."""
        words = [finding for finding in findings if finding.rule in FIXED_RULES]
        self.refused: list[tuple[Finding, str]] = []
        self._wanted: list[Finding] = []
        self._recipes: dict[int, Recipe] = {}
        self._gone: set[int] = set()
        self._around: set[int] = set()
        self.done: list[Finding] = []
        self._find_recipes(source, findings)
        self._before = [item.text for item in source.statements]
        self.source, settled = guarded(source, words, settings)
        self.done += settled
        self._unwrap([finding for finding in findings if finding.rule == _WRAPPED])
        self._write_again([finding for finding in findings if finding.rule == _AGAIN])
        self._write_indexes([finding for finding in findings if finding.rule == _UNINDEXED])

    def pieces(self) -> list[Piece]:
        """The files that it becomes, with what its recipes settle.

        Raises:
            CannotSplit: It cannot be done without a person.
        """
        gone = self._gone | self._around
        left = without(self.source, gone)
        if not self._recipes:
            return [Piece("", left.data)]
        moved = {number - sum(item < number for item in gone): recipe for number, recipe in self._recipes.items()}
        found = pieces_of(left, moved)
        self.done = [*self.done, *self._wanted]
        return found

    def keep(self, reason: str) -> bytes:
        """Leave what has recipes as it is: the whole file, with what is written in its place."""
        self.done = [finding for finding in self.done if finding not in self._wanted]
        self.refused += [(finding, reason) for finding in self._wanted]
        return without(self.source, self._around).data

    def _unwrap(self, findings: Sequence[Finding]) -> None:
        """Take away a BEGIN and a COMMIT around the whole file."""
        found = [item for item in self.source.statements if item.kind == "transaction_stmt"]
        plain = [item.node.kind for item in found if not item.node.options and not item.node.chain]
        if findings and plain == [TRANS_STMT_BEGIN, TRANS_STMT_COMMIT] and findings[0].severity is Severity.INFO:
            self._around = {item.number for item in found}
            self.done.append(findings[0])

    def _find_recipes(self, source: Source, findings: Sequence[Finding]) -> None:
        for finding in findings:
            recipe = finding.recipe
            if recipe is None:
                continue
            numbers = [item.number for item in _at(source, finding.line) if recipe.of in {"", item.text}]
            also = [[item.number for item in _at(source, line)] for line in recipe.also]
            if len(numbers) != 1 or any(len(each) != 1 for each in also):
                self.refused.append((finding, "several statements stand on its line"))
                continue
            reason = reason_not(source.statements[numbers[0]], recipe)
            if reason is not None:
                self.refused.append((finding, reason))
                continue
            self._recipes[numbers[0]] = recipe
            self._gone.update(each[0] for each in also)
            self._wanted.append(finding)

    def _write_again(self, findings: Sequence[Finding]) -> None:
        """Statements in the form that does nothing the second time, where that is a word or a DROP before them."""
        texts: list[tuple[ReadStatement, str]] = []
        for finding in findings:
            found = list(_at(self.source, finding.line))
            reason = _reason_of_again(finding)
            if reason is not None or len(found) != 1 or finding.fix is None:
                self.refused.append((finding, reason or "several statements stand on its line"))
                continue
            (statement,) = found
            if statement.number in self._recipes or statement.number in self._gone:
                self.refused.append((finding, "another finding replaces its statement"))
                continue
            if statement.text == self._before[statement.number]:
                texts.append((statement, finding.fix))
            self.done.append(finding)
        if texts:
            self.source = _with(self.source, in_place(self.source, texts))

    def _write_indexes(self, findings: Sequence[Finding]) -> None:
        """The index of a foreign key, right behind what makes the key; in a file of its own where the table is used."""
        texts: list[tuple[ReadStatement, str]] = []
        for finding in findings:
            found = [item for item in self.source.statements if _holds(item, finding.line)]
            if len(found) != 1 or not finding.fix or found[0].number in {*self._recipes, *self._gone}:
                continue
            text = finding.fix.removesuffix(";")
            if "CONCURRENTLY" not in text:
                texts.append((found[0], text))
                self.done.append(finding)
                continue
            self._recipes[found[0].number] = Recipe((File((found[0].text,)), File((text,), OUTSIDE, "index")))
            self._wanted.append(finding)
        data = self.source.data
        for statement, text in sorted(texts, key=lambda item: -item[0].start):
            end = statement.start + len(statement.text.encode())
            data = b"".join([data[:end], b";\n", text.encode(), data[end:]])
        if texts:
            self.source = _with(self.source, data)


def _with(source: Source, data: bytes) -> Source:
    return source_of(source.file, source.path, data.decode())


def _at(source: Source, line: int | None) -> Iterator[ReadStatement]:
    return (item for item in source.statements if source.line_of(item.start) == line)


def _holds(statement: ReadStatement, line: int | None) -> bool:
    first = statement.source.line_of(statement.start)
    return line is not None and first <= line <= first + statement.text.count("\n")


def _reason_of_again(finding: Finding) -> str | None:
    """Why a form that can be run again is not written by a program."""
    fix = finding.fix
    if fix is None:
        return "nobody but its author knows what a second run should do"
    if fix.startswith("DO "):
        return _HIDES
    return _PASSES_OVER if "ON CONFLICT" in fix or "RENAME" in fix.upper() else None


def reason_of(finding: Finding) -> str:
    """Why nothing is written for a finding that has no recipe."""
    for rule, reason in _REASONS.items():
        if finding.rule.startswith(rule):
            return reason
    return _BY_CLAIM.get(finding.claim, _BY_ITSELF)
