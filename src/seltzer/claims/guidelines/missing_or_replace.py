"""OR REPLACE on every CREATE that has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postgast import pg_query_pb2 as pg

from seltzer.claims.guidelines.earlier import Created, created_named, created_relation, is_dropped_before
from seltzer.claims.guidelines.rewriting import after_phrase, with_words
from seltzer.claims.guidelines.rule import Found, rule
from seltzer.claims.guidelines.schema import quoted
from seltzer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
    created = None if statement.node.replace else _CREATED[statement.kind](statement)
    if created is None or is_dropped_before(statement, created):
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


def _view(statement: ReadStatement) -> Created | None:
    return created_relation("VIEW", statement.node.view)


def _function(statement: ReadStatement) -> Created | None:
    created = created_named("PROCEDURE" if statement.node.is_procedure else "FUNCTION", statement.node.funcname)
    return None if created.schema == "pg_temp" else created


def _trigger(statement: ReadStatement) -> Created | None:
    node: pg.CreateTrigStmt = statement.node
    # PostgreSQL refuses CREATE OR REPLACE CONSTRAINT TRIGGER.
    return None if node.isconstraint else Created("TRIGGER", node.trigname, node.relation.schemaname)


def _rule(statement: ReadStatement) -> Created:
    return Created("RULE", statement.node.rulename, statement.node.relation.schemaname)


def _language(statement: ReadStatement) -> Created:
    return Created("LANGUAGE", statement.node.plname)


def _aggregate(statement: ReadStatement) -> Created | None:
    is_one = statement.node.kind == pg.OBJECT_AGGREGATE
    return created_named("AGGREGATE", statement.node.defnames) if is_one else None


def _transform(statement: ReadStatement) -> Created:
    return created_named("TRANSFORM FOR", statement.node.type_name.names)


_CREATED: dict[str, Callable[[ReadStatement], Created | None]] = {
    "view_stmt": _view,
    "create_function_stmt": _function,
    "create_trig_stmt": _trigger,
    "rule_stmt": _rule,
    "create_plang_stmt": _language,
    "create_transform_stmt": _transform,
    "define_stmt": _aggregate,
}
