"""Triggers, rules, policies and event triggers: what a table does on its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.model import Name, NameKind
from seltzer.sql.names.expressions import read_expressions
from seltzer.sql.names.keyed import provide_part
from seltzer.sql.names.lookup import need_columns, need_relation, need_roles, part_of, split_name, words_of
from seltzer.sql.names.queries import read_pending, read_query
from seltzer.sql.names.scope import Scope, scope_of_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from postgast import pg_query_pb2 as pb

    from seltzer.model import Options
    from seltzer.sql.names.reading import Reading


def create_trigger(reading: Reading, statement: pb.CreateTrigStmt) -> None:
    """CREATE TRIGGER: the table, its columns in UPDATE OF and WHEN, and the function, which takes no arguments."""
    table = need_relation(reading, statement.relation)
    _need_trigger_function(reading, words_of(statement.funcname), statement.relation.location)
    need_columns(reading, table, statement.columns, statement.relation.location)
    read_expressions(reading, [statement.when_clause], _old_and_new(table))
    if statement.HasField("constrrel"):
        need_relation(reading, statement.constrrel)
    provide_part(reading, table, NameKind.TRIGGER, statement.trigname)


def create_event_trigger(reading: Reading, statement: pb.CreateEventTrigStmt) -> None:
    """CREATE EVENT TRIGGER."""
    _need_trigger_function(reading, words_of(statement.funcname), 0)
    reading.provide(Name(NameKind.EVENT_TRIGGER, "", statement.trigname))


def alter_event_trigger(reading: Reading, statement: pb.AlterEventTrigStmt) -> None:
    """ALTER EVENT TRIGGER."""
    reading.need((Name(NameKind.EVENT_TRIGGER, "", statement.trigname),))


def create_rule(reading: Reading, statement: pb.RuleStmt) -> None:
    """CREATE RULE: its condition and actions know the table's rows as OLD and NEW."""
    table = need_relation(reading, statement.relation)
    scope = _old_and_new(table)
    read_expressions(reading, [statement.where_clause], scope)
    for action in statement.actions:
        read_query(reading, action, scope)
    read_pending(reading)
    provide_part(reading, table, NameKind.RULE, statement.rulename)


def create_policy(reading: Reading, statement: pb.CreatePolicyStmt) -> None:
    """CREATE POLICY."""
    table = _policy(reading, statement.table, statement.roles, [statement.qual, statement.with_check])
    provide_part(reading, table, NameKind.POLICY, statement.policy_name)


def alter_policy(reading: Reading, statement: pb.AlterPolicyStmt) -> None:
    """ALTER POLICY."""
    table = _policy(reading, statement.table, statement.roles, [statement.qual, statement.with_check])
    reading.need(part_of(table, NameKind.POLICY, statement.policy_name))


def _policy(reading: Reading, written: pb.RangeVar, roles: Iterable[pb.Node], conditions: list[pb.Node]) -> Options:
    table = need_relation(reading, written)
    need_roles(reading, roles)
    read_expressions(reading, conditions, scope_of_table(written.relname, table))
    read_pending(reading)
    return table


def _need_trigger_function(reading: Reading, words: list[str], location: int) -> None:
    options = reading.options(NameKind.FUNCTION, *split_name(words))
    reading.need(part_of(options, NameKind.FUNCTION, "()") + options, location)


def _old_and_new(table: Options) -> Scope:
    scope = Scope()
    if table:
        scope.items["old"] = scope.items["new"] = table
    return scope
