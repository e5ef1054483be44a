"""What `check --accept` keeps of what it did not try, and what it takes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.claims.finding import Finding, Judgement, judged, not_applicable, proven, unproven
from seltzer.commands.accepting import AcceptedFile
from seltzer.commands.call import Call
from seltzer.config import Source, read_config
from seltzer.events import Event, Warned
from seltzer.model import Severity
from seltzer.source.discover import discover

if TYPE_CHECKING:
    from pathlib import Path

ID = "m/create_tables"


class World:
    """A project of one module, and the claim `atomic` that was refuted and accepted."""

    def __init__(self, folder: Path) -> None:
        path = folder / "m" / "create_tables.sql"
        path.parent.mkdir()
        path.write_text("CREATE TABLE a ();\n")
        self.events: list[Event] = []
        config = read_config({"migrations": folder}, given_as=Source.ARGUMENT, environ={}, working_folder=folder)
        self._call = Call(config, listener=self.events.append)
        self._files = discover(folder)
        finding = Finding("atomic", "partly-applied", Severity.ERROR, ID, path, 1, "a half stays", "seen")
        self.refuted = judged("atomic", ID, (finding,), "tried")
        self.file().accept([self.refuted])

    def file(self) -> AcceptedFile:
        """The file as it is on disk."""
        return AcceptedFile(self._call, self._files)

    def told(self, *judgements: Judgement) -> list[str]:
        """What is said of the file."""
        self.events.clear()
        self.file().left(judgements)
        return [item.message for item in self.events if isinstance(item, Warned)]

    def still_accepted(self, *judgements: Judgement) -> bool:
        """Whether the finding is accepted after these were."""
        self.file().accept(judgements)
        return self.file().left([self.refuted])[0].findings == ()


def test_a_claim_that_is_unproven_takes_nothing_out(tmp_path: Path) -> None:
    """Without the extension that the server lacks nobody knows whether it would be found."""
    world = World(tmp_path)
    others = unproven("atomic", ID, "the server lacks an extension"), proven("idempotent", ID, "tried")

    assert world.told(*others) == []
    assert world.still_accepted(*others)


def test_a_claim_that_was_tried_does(tmp_path: Path) -> None:
    """It is told first, and gone with the next --accept; so is a claim that the migration makes no more."""
    world = World(tmp_path)

    for settled in (proven("atomic", ID, "tried"), not_applicable("atomic", ID, "no statement is left")):
        world.file().accept([world.refuted])
        assert len(world.told(settled)) == 1
        assert not world.still_accepted(settled)
