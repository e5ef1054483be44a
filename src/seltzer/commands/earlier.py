"""The way to the state before what is judged: what a database, a commit or an empty database has of the files."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seltzer.claims.former import content_in, has_former_content, recorded_content
from seltzer.claims.git import GitAnswers
from seltzer.claims.lab import Case
from seltzer.errors import UsageError
from seltzer.model import Kind, Plan, Reason

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from seltzer.model import Migration, MigrationFile, Step
    from seltzer.planning.states import Survey


class Earlier:
    """The files of a project and what they were, as far as Git knows."""

    def __init__(self, folder: Path, files: Sequence[MigrationFile], search_path: Sequence[str]) -> None:
        """Look at `files` in `folder`; names without a schema are looked for on `search_path`."""
        self._git = GitAnswers(folder)
        self._files = files
        self._search_path = search_path

    def recorded(self, everything: Plan, pending: Plan, found: Survey | None) -> list[Case]:
        """What a database has, a repeatable that changed with its former content, and then what is pending there."""
        rows = {item.file.id: item.row for item in found.files} if found is not None else {}
        again = [(step.migration, rows.get(step.migration.id)) for step in pending.steps if step.former is not None]
        found_in_git = {item.id: self._recorded(item, row.checksum) for item, row in again if row is not None}
        formers = {id_: item for id_, item in found_in_git.items() if item is not None}
        return _behind(everything, pending.steps, formers)

    def _recorded(self, migration: Migration, recorded: str | None) -> Migration | None:
        if recorded == migration.file.checksum:
            return migration  # it only comes back after what takes it away
        return recorded_content(self._git, migration.file, recorded or "", self._search_path)

    def since(self, everything: Plan, revision: str) -> list[Case]:
        """What a commit had, and then what differs from it.

        Raises:
            UsageError: There is no Git, no repository, or no such commit.
        """
        commit, changed = self._git.commit_of(revision), self._git.changed_since(revision)
        steps: list[Step] = []
        formers: dict[str, Migration] = {}
        in_place: set[str] = set()
        for step in everything.steps:
            file = step.migration.file
            if changed.isdisjoint(path.resolve() for path in (*file.members, *([file.down] if file.down else []))):
                continue
            was_there = self._git.content_at(commit, file.path) is not None
            if was_there and file.kind is Kind.VERSIONED:
                in_place.add(file.id)  # it, or its way back, was edited: no database takes it a second time
                continue
            former = content_in(self._git, file, commit, self._search_path)
            formers |= {file.id: former} if former is not None else {}
            steps.append(replace(step, former=file.id, reason=Reason.CHANGED) if was_there else step)
        return _behind(everything, steps, formers, in_place)

    def uncommitted(self, everything: Plan, chosen: Collection[str]) -> list[Case]:
        """Everything in the order of an empty database; of what differs from the newest commit, what it was there."""
        formers: dict[str, Migration] = {}
        try:
            commit, changed = self._git.commit_of("HEAD"), self._git.changed_since("HEAD")
        except UsageError:  # there is none: nothing is known of what was
            return [Case(step, step.migration.id in chosen) for step in everything.steps]
        for file in self._files:
            if file.id in chosen and has_former_content(file) and file.path.resolve() in changed:
                former = content_in(self._git, file, commit, self._search_path)
                formers |= {file.id: former} if former is not None else {}
        return [Case(step, step.migration.id in chosen, formers.get(step.migration.id)) for step in everything.steps]


def _behind(
    everything: Plan,
    pending: Sequence[Step],
    formers: Mapping[str, Migration],
    in_place: Collection[str] = (),
) -> list[Case]:
    """What is there already, in the order of a plan from nothing, and then what is judged.

    What was applied before and runs again is in both parts; where nobody knows what it was, as it is now.

    Args:
        everything: The plan from nothing.
        pending: What is judged behind all that was there.
        formers: What of it was there, with other content, by id.
        in_place: Ids of what is judged among all that was there.
    """
    new = {step.migration.id for step in pending if step.former is None}
    done = [
        Case(replace(step, migration=formers.get(step.migration.id, step.migration)), step.migration.id in in_place)
        for step in everything.steps
        if step.migration.id not in new
    ]
    return done + [Case(_judged(step), judged=True, former=formers.get(step.migration.id)) for step in pending]


def _judged(step: Step) -> Step:
    if step.former is None:
        return replace(step, generation=1)
    return replace(step, generation=2, former=step.migration.id)
