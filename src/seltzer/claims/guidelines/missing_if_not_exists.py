"""IF NOT EXISTS on every CREATE that has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from postgast import pg_query_pb2 as pg

from seltzer.claims.guidelines.altering import definition
from seltzer.claims.guidelines.creating import Named, created_by
from seltzer.claims.guidelines.earlier import ends_with_session, is_dropped_before
from seltzer.claims.guidelines.rewriting import after_phrase, index_name, with_words
from seltzer.claims.guidelines.rule import Found, rule
from seltzer.claims.guidelines.schema import quoted
from seltzer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seltzer.claims.guidelines.files import ReadStatement
    from seltzer.claims.guidelines.settings import GuidelineSettings

_KINDS = """
    create_stmt create_foreign_table_stmt create_table_as_stmt index_stmt create_schema_stmt create_seq_stmt
    create_extension_stmt create_stats_stmt define_stmt create_foreign_server_stmt create_user_mapping_stmt
    alter_table_stmt alter_enum_stmt
"""
_PHRASES = (
    ("foreign", "table"), ("materialized", "view"), ("user", "mapping"), ("index", "concurrently"), ("add", "value"),
    ("table",), ("index",), ("schema",), ("sequence",), ("extension",), ("statistics",), ("collation",), ("server",),
)  # fmt: skip


@rule("missing-if-not-exists", Severity.ERROR, _KINDS)
def missing_if_not_exists(statement: ReadStatement, settings: GuidelineSettings) -> Iterator[Found]:
    """A CREATE without IF NOT EXISTS fails when the migration is run again.

    Repeatable files and runners run again whenever their content changes, on databases that have the object: every
    start of the application fails then (an error). A numbered file runs once, but its author runs it again by hand
    after a failure, and a database that got the object another way refuses it (a warning). What has no IF NOT EXISTS in
    PostgreSQL (types, domains, roles, policies, constraints) is no finding; nor is what the file drops before.

    Bad:
        CREATE TABLE users (id bigint PRIMARY KEY);

    Good:
        CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);
    """
    if statement.kind == "alter_table_stmt":
        yield from _added_columns(statement)
        return
    created = _unguarded(statement)
    if created is None or _can_be_repeated(statement, created):
        return
    is_value = created.kind == "VALUE"
    name = f"'{created.name}'" if is_value else quoted(created.name) if created.name else "without a name"
    yield Found(
        statement.source,
        statement.start,
        f"{'ADD' if is_value else 'CREATE'} {created.kind} {name} has no IF NOT EXISTS",
        "PostgreSQL skips the object where it exists only when the statement says IF NOT EXISTS.",
        _guarded(statement, settings),
        _severity(statement),
    )


def _severity(statement: ReadStatement) -> Severity:
    return Severity.ERROR if statement.runs_again else Severity.WARNING


def _can_be_repeated(statement: ReadStatement, created: Named) -> bool:
    return ends_with_session(statement, created) or is_dropped_before(statement, created)


def _added_columns(statement: ReadStatement) -> Iterator[Found]:
    node: pg.AlterTableStmt = statement.node
    if node.objtype not in {pg.OBJECT_TABLE, pg.OBJECT_FOREIGN_TABLE}:
        return
    commands = [item.alter_table_cmd for item in node.cmds]
    added = [
        definition(item).column_def for item in commands if item.subtype == pg.AT_AddColumn and not item.missing_ok
    ]
    table = node.relation
    columns = [
        item
        for item in added
        if not _can_be_repeated(statement, Named("COLUMN", item.colname, table.schemaname, table.relname))
    ]
    if columns:
        first = statement.start - statement.base
        names = ", ".join(quoted(item.colname) for item in columns)
        yield Found(
            statement.source,
            statement.byte_of(columns[0].location),
            f"ADD COLUMN {names} of {quoted(node.relation.relname)} has no IF NOT EXISTS",
            "PostgreSQL skips a column that exists only when the command says IF NOT EXISTS.",
            with_words(statement, [(item.location - first, "IF NOT EXISTS ") for item in columns]),
            _severity(statement),
        )


def _guarded(statement: ReadStatement, settings: GuidelineSettings) -> str | None:
    at = after_phrase(statement, _PHRASES)
    if at is None:
        return None
    node: Any = statement.node
    name = ""
    if statement.kind == "index_stmt" and not node.idxname:
        columns = [item.index_elem.name for item in node.index_params if item.index_elem.name]
        name = " " + quoted(index_name(settings.index_name_patterns[0], node.relation.relname, columns))
    elif statement.kind == "create_stats_stmt" and not node.defnames:
        columns = [item.stats_elem.name for item in node.exprs if item.stats_elem.name]
        name = " " + quoted(index_name("stat_{table}_{columns}", node.relations[0].range_var.relname, columns))
    return with_words(statement, [(at, f" IF NOT EXISTS{name}")])


def _unguarded(statement: ReadStatement) -> Named | None:
    """What the statement creates without a guard; None where there is nothing to say."""
    node, kind = statement.node, statement.kind
    if _is_guarded(statement) or (kind == "define_stmt" and node.kind != pg.OBJECT_COLLATION):
        return None
    # With elements behind it PostgreSQL refuses CREATE SCHEMA IF NOT EXISTS.
    return None if kind == "create_schema_stmt" and node.schema_elts else next(created_by(statement), None)


def _is_guarded(statement: ReadStatement) -> bool:
    node: Any = statement.node
    if statement.kind == "create_foreign_table_stmt":
        return node.base_stmt.if_not_exists
    if statement.kind == "alter_enum_stmt":
        return node.skip_if_new_val_exists or bool(node.old_val)
    return node.if_not_exists
