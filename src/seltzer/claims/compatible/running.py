"""Relations as a release reads and refreshes them: what PostgreSQL says only when a statement runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from seltzer.claims.compatible.breaks import ERROR, EVERY, Break, seen
from seltzer.claims.compatible.sending import refuses_trials, run_each, undone
from seltzer.claims.fixes.writing import quoted
from seltzer.db.text import Sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from seltzer.claims.compatible.breaks import Known, Sides
    from seltzer.claims.compatible.sending import Answer

_MOST_ROLES = 3
_VIEWS = frozenset({"v", "m"})
_DENIED = "42501"


def run_relations(sides: Sides, every: Sequence[Known]) -> Iterator[Break]:
    """Read every relation that is still there as each of its roles, and refresh materialized views."""
    for known in every:
        if known.now is None:
            continue
        statements = list(_statements(known))
        try:
            before, after = (_answers(sides, conn, statements) for conn in (sides.before, sides.after))
        except psycopg.Error as error:
            if not refuses_trials(error):
                raise
            continue
        for (role, shown), old, new in zip(statements, before, after, strict=True):
            denied = new.state == _DENIED and new.said.endswith(f" {known.before.name}")  # rights are compared
            if not old.state and new.state and not denied:
                yield _break(known, role, seen(shown, new), new.said)
                break


def _statements(known: Known) -> Iterator[tuple[str, str]]:
    """The role and the statement."""
    reading = f"SELECT FROM {known.name} LIMIT 0"
    yield "", reading
    if known.before.kind == "m":
        yield "", f"REFRESH MATERIALIZED VIEW {known.name}"
        yield "", f"REFRESH MATERIALIZED VIEW CONCURRENTLY {known.name}"
    if known.before.kind in _VIEWS:
        for role in known.before.roles[:_MOST_ROLES]:
            yield role, f"SET LOCAL ROLE {quoted(role)}; {reading}"


def _answers(sides: Sides, conn: psycopg.Connection[object], statements: Sequence[tuple[str, str]]) -> list[Answer]:
    with undone(conn, sides.conditions):
        return run_each(conn, [Sql(shown) for _, shown in statements])


def _break(known: Known, role: str, evidence: tuple[str, ...], said: str) -> Break:
    verb = "reading" if "SELECT" in evidence[0] else "refreshing"
    who = f" as {role}" if role else ""
    message = f"{verb} {known.before}{who} is refused: {said}"
    words = (known.before.name, "view", "index")
    return Break("revoked" if role else "refused", ERROR, words, message, evidence, EVERY)
