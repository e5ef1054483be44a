"""OR REPLACE on every CREATE that has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postgast import pg_query_pb2 as pg

from seltzer.claims.guidelines.creating import Named, created_by
from seltzer.claims.guidelines.earlier import ends_with_session, is_dropped_before
from seltzer.claims.guidelines.rewriting import after_phrase, with_words
from seltzer.claims.guidelines.rule import Found, rule
from seltzer.claims.guidelines.schema import quoted
from seltzer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seltzer.claims.guidelines.files import ReadStatement
    from seltzer.claims.guidelines.settings import GuidelineSettings

_KINDS = """
    view_stmt create_function_stmt create_trig_stmt rule_stmt create_plang_stmt create_transform_stmt define_stmt
"""


@rule("missing-or-replace", Severity.ERROR, _KINDS)
def missing_or_replace(statement: ReadStatement, settings: GuidelineSettings) -> Iterator[Found]:
    """A CREATE without OR REPLACE fails when the migration is run again.

    Views, functions, procedures, aggregates, triggers, rules, languages and transforms have no IF NOT EXISTS: they have
    OR REPLACE. Without it a file that runs again when its content changes fails on every database that has the former
    content (an error); a numbered file fails when it is repeated by hand (a warning). A constraint trigger and a
    temporary view are no finding, nor is what the file drops before.

    Bad:
        CREATE VIEW names AS SELECT 'a' AS name;

    Good:
        CREATE OR REPLACE VIEW names AS SELECT 'a' AS name;
    """
    del settings
    created = _unguarded(statement)
    if created is None or ends_with_session(statement, created) or is_dropped_before(statement, created):
        return
    at = after_phrase(statement, [("create",)])
    yield Found(
        statement.source,
        statement.start,
        f"CREATE {created.kind} {quoted(created.name)} has no OR REPLACE",
        "PostgreSQL replaces what exists only when the statement says OR REPLACE.",
        with_words(statement, [(at, " OR REPLACE")]) if at is not None else None,
        Severity.ERROR if statement.runs_again else Severity.WARNING,
    )


def _unguarded(statement: ReadStatement) -> Named | None:
    """What the statement creates without OR REPLACE; None where there is nothing to say."""
    node = statement.node
    if node.replace or (statement.kind == "define_stmt" and node.kind != pg.OBJECT_AGGREGATE):
        return None
    # PostgreSQL refuses CREATE OR REPLACE CONSTRAINT TRIGGER.
    return None if statement.kind == "create_trig_stmt" and node.isconstraint else next(created_by(statement), None)
