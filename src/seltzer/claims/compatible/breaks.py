"""What a running release meets on the new schema and did not on the old one; and the two schemas side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seltzer.claims.compatible.sending import analyse, plan
from seltzer.claims.fixes.writing import quoted
from seltzer.model import Severity

if TYPE_CHECKING:
    import psycopg

    from seltzer.claims.applying import Conditions
    from seltzer.claims.compatible.facts import Relation
    from seltzer.claims.compatible.sending import Analysed, Answer


@dataclass(frozen=True, slots=True)
class Break:
    """Something that worked on the old schema and does not on the new one.

    Attributes:
        rule: What kind it is.
        severity: Error where any statement of its kind is refused, warning where it depends on what a release does.
        words: Names that the statement which did it has in it, the most telling one first.
        message: What is wrong.
        evidence: What was tried and seen, a fact a line.
        why: What it means in production.
        fix: What to write instead.
    """

    rule: str
    severity: Severity
    words: tuple[str, ...]
    message: str
    evidence: tuple[str, ...]
    why: str
    fix: str | None = None


@dataclass(frozen=True, slots=True)
class Sides:
    """Connections to a database as it was before the migration, and to one as it is after it."""

    before: psycopg.Connection[Any]
    after: psycopg.Connection[Any]
    conditions: Conditions

    def analysed(self, text: str) -> tuple[Analysed, Analysed]:
        """What either side says to the words of a statement."""
        before = analyse(self.before, text)
        return before, analyse(self.after, text) if before.accepted else before

    def planned(self, text: str) -> tuple[Analysed, Analysed]:
        """The same, the statement made ready to run: some relations are refused only then."""
        before, after = self.analysed(text)
        if not before.accepted or not after.accepted:
            return before, after
        planned = plan(self.before, text)
        return planned, plan(self.after, text) if planned.accepted else planned

    def analysed_alone(self, text: str) -> tuple[Analysed, Analysed]:
        """The same, the new schema asked whatever the old one says."""
        return analyse(self.before, text), analyse(self.after, text)


@dataclass(frozen=True, slots=True)
class Known:
    """A relation that a release knows.

    Attributes:
        before: As the release knows it.
        now: What has its name on the new schema; None when nothing has.
        same: The relation itself on the new schema, whatever its name is; None when it is gone.
    """

    before: Relation
    now: Relation | None
    same: Relation | None

    @property
    def table_now(self) -> Relation | None:
        """Where its rows go now: the table itself, or one that was made in its place."""
        return self.same if self.same is not None else self.now

    @property
    def now_oid(self) -> int:
        """The OID of what has its name now; 0 when nothing has."""
        return self.now.oid if self.now is not None else 0

    @property
    def name(self) -> str:
        """Its name as the release writes it."""
        return sql_name(self.before)


def sql_name(relation: Relation) -> str:
    """A relation's name as SQL for people: quoted only where it must be."""
    return f"{quoted(relation.schema)}.{quoted(relation.name)}"


def seen(statement: str, refused: Analysed | Answer) -> tuple[str, ...]:
    """The evidence: a statement that was accepted and is refused."""
    return (f"accepted before: {statement}", f"refused after: {refused.said} (SQLSTATE {refused.state})")


SPEAKS = "The release that runs while the migration is deployed goes on with the old statements until it is replaced"
EVERY = f"{SPEAKS}: every one of these fails meanwhile."
SOME = f"{SPEAKS}: those that it sends with such values fail meanwhile."

ERROR, WARNING = Severity.ERROR, Severity.WARNING
