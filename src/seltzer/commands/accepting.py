"""The file of accepted findings of a project: read before a check says what it found, written by `check --accept`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from seltzer.claims.accepted import ACCEPTED_FILE, Identity, Statements, read_accepted, text_of, without_accepted
from seltzer.claims.finding import Verdict
from seltzer.claims.rules import claim_of_rules
from seltzer.errors import InvalidSettingError, Place
from seltzer.source.read import read_migration

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from seltzer.claims.finding import Judgement
    from seltzer.commands.call import Call
    from seltzer.model import MigrationFile


class AcceptedFile:
    """The accepted findings of a project.

    Attributes:
        path: Where they are kept.
    """

    def __init__(self, call: Call, files: Sequence[MigrationFile]) -> None:
        """Read it, if it is there.

        Raises:
            InvalidSettingError: It is none that a check wrote.
        """
        self.path: Path = call.config.migrations / ACCEPTED_FILE
        self._call = call
        self._files = files
        self._accepted: Counter[Identity] = Counter()
        if self.path.is_file():
            self._accepted = read_accepted(self.path)

    def left(self, judgements: Sequence[Judgement]) -> list[Judgement]:
        """What is not accepted; what need no longer be accepted is told."""
        if not self._accepted:
            return list(judgements)
        left, unused = without_accepted(judgements, self._accepted, self._statements(judgements))
        is_known = self._settled(judgements)
        gone = sum(count for item, count in unused.items() if is_known(item))
        if gone:
            noun = "finding is" if gone == 1 else "findings are"
            self._call.warn([f"{gone} accepted {noun} not found any more: seltzer check --accept takes them out"])
        return left

    def accept(self, judgements: Sequence[Judgement]) -> int:
        """Write down all that was found; what was not tried this time stays accepted. Returns how many were found.

        Raises:
            InvalidSettingError: The file cannot be written.
        """
        statements, is_known = self._statements(judgements), self._settled(judgements)
        found = Counter(statements.identity_of(finding) for item in judgements for finding in item.findings)
        kept = {item: count for item, count in self._accepted.items() if not is_known(item)}
        try:
            self.path.write_text(text_of(found + Counter(kept)), encoding="utf-8")
        except OSError as error:
            raise InvalidSettingError(
                f"cannot be written: {error.strerror}", hint="Give the right to write it.", place=Place(self.path)
            ) from None
        return found.total()

    def _settled(self, judgements: Sequence[Judgement]) -> Callable[[Identity], bool]:
        """Tells of what was accepted whether this check knows all there is to know of it.

        A claim that is unproven says nothing about it; of a migration that has no file any more nothing is left.
        """
        tried = {(item.id, item.claim) for item in judgements if item.verdict is not Verdict.UNPROVEN}
        ids = {file.id for file in self._files}
        claims = claim_of_rules()
        return lambda item: item.id not in ids or (item.id, claims.get(item.rule, "")) in tried

    def _statements(self, judgements: Sequence[Judgement]) -> Statements:
        ids = {item.id for item in judgements if item.findings}
        return Statements([read_migration(file) for file in self._files if file.id in ids])
