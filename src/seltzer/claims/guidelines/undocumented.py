"""A comment for everything that a file makes: what the catalog shows to who meets it without the code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.claims.guidelines.rule import DOCUMENTED, Found, schema_rule
from seltzer.claims.guidelines.schema import Relation, Schema, Spot, Thing, quoted, shown, written
from seltzer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seltzer.claims.guidelines.settings import GuidelineSettings

_TABLES = frozenset({"table", "foreign table"})
_VIEWS = frozenset({"view", "materialized view"})
_TYPES = frozenset({"type", "domain"})
_COMMENT_ON = r"\bcomment\s+on\b"
_EVIDENCE = "No file has a COMMENT ON for it."


@schema_rule("undocumented-table", Severity.INFO, DOCUMENTED)
def undocumented_table(schema: Schema, settings: GuidelineSettings) -> Iterator[Found]:
    """A table has no comment.

    Who meets the table in a report, a dump or an incident has the catalog and not the code. Partitions and temporary
    tables need none. The setting `documented-severity` says how much it matters.

    Bad:
        CREATE TABLE IF NOT EXISTS users (name text);
        COMMENT ON COLUMN users.name IS 'What the user is called.';

    Good:
        CREATE TABLE IF NOT EXISTS users (name text);
        COMMENT ON TABLE users IS 'People who can sign in.';
        COMMENT ON COLUMN users.name IS 'What the user is called.';
    """
    return _relations(schema, settings, _TABLES)


@schema_rule("undocumented-view", Severity.INFO, DOCUMENTED)
def undocumented_view(schema: Schema, settings: GuidelineSettings) -> Iterator[Found]:
    """A view or materialized view has no comment.

    A view is an interface: who reads it has to know what a row of it stands for and who may rely on it. The setting
    `documented-severity` says how much it matters.

    Bad:
        CREATE OR REPLACE VIEW names AS SELECT 'a' AS name;

    Good:
        CREATE OR REPLACE VIEW names AS SELECT 'a' AS name;
        COMMENT ON VIEW names IS 'Every name that somebody has.';
    """
    return _relations(schema, settings, _VIEWS)


@schema_rule("undocumented-column", Severity.INFO, DOCUMENTED)
def undocumented_column(schema: Schema, settings: GuidelineSettings) -> Iterator[Found]:
    """A column of a table has no comment.

    Units, time zones, what NULL means, who writes it: none of it is in the type. The setting `documented-severity` says
    how much it matters.

    Bad:
        CREATE TABLE IF NOT EXISTS jobs (timeout integer);
        COMMENT ON TABLE jobs IS 'Work to be done.';

    Good:
        CREATE TABLE IF NOT EXISTS jobs (timeout integer);
        COMMENT ON TABLE jobs IS 'Work to be done.';
        COMMENT ON COLUMN jobs.timeout IS 'Seconds after which a job is given up; NULL for never.';
    """
    for table in schema.relations.values():
        for column in table.columns.values() if table.kind in _TABLES and table.parent is None else ():
            if not column.commented and not schema.may_be_unread(_COMMENT_ON, table.where[1], column.name):
                name = f"{written(table.where)}.{quoted(column.name)}"
                yield _found(column.spot, f"column {table.name}.{column.name}", f"COLUMN {name}", settings)


@schema_rule("undocumented-type", Severity.INFO, DOCUMENTED)
def undocumented_type(schema: Schema, settings: GuidelineSettings) -> Iterator[Found]:
    """A type or domain has no comment.

    The labels of an enum are the states of something: the comment says of what, and in which order they come. The
    setting `documented-severity` says how much it matters.

    Bad:
        CREATE TYPE mood AS ENUM ('happy', 'sad');

    Good:
        CREATE TYPE mood AS ENUM ('happy', 'sad');
        COMMENT ON TYPE mood IS 'How a customer left the shop, as the clerk saw it.';
    """
    for item in _uncommented(schema, _TYPES):
        word = item.kind.upper()
        yield _found(item.spot, f"{item.kind} {shown(item.where)}", f"{word} {written(item.where)}", settings)


@schema_rule("undocumented-function", Severity.INFO, DOCUMENTED)
def undocumented_function(schema: Schema, settings: GuidelineSettings) -> Iterator[Found]:
    """A function, procedure or aggregate has no comment.

    Triggers and policies call functions that no application mentions: the comment says who calls it, and what it takes
    for granted. The setting `documented-severity` says how much it matters.

    Bad:
        CREATE OR REPLACE FUNCTION one() RETURNS integer LANGUAGE sql RETURN 1;

    Good:
        CREATE OR REPLACE FUNCTION one() RETURNS integer LANGUAGE sql RETURN 1;
        COMMENT ON FUNCTION one() IS 'The number 1, for tests of the connection.';
    """
    for item in _uncommented(schema, frozenset({"function", "procedure", "aggregate"})):
        arguments = ", ".join(item.arguments or ()) or ("*" if item.kind == "aggregate" else "")
        subject = f"{item.kind.upper()} {written(item.where)} ({arguments})"
        yield _found(item.spot, f"{item.kind} {shown(item.where)}", subject, settings)


def _relations(schema: Schema, settings: GuidelineSettings, kinds: frozenset[str]) -> Iterator[Found]:
    for item in schema.relations.values():
        if item.kind in kinds and not item.commented and not _is_excused(schema, item):
            subject = f"{item.kind.upper()} {written(item.where)}"
            yield _found(item.spot, f"{item.kind} {item.name}", subject, settings)


def _is_excused(schema: Schema, relation: Relation) -> bool:
    is_no_own = relation.parent is not None or relation.elsewhere
    return is_no_own or schema.may_be_unread(_COMMENT_ON, relation.where[1])


def _uncommented(schema: Schema, kinds: frozenset[str]) -> Iterator[Thing]:
    for item in schema.things:
        if item.kind in kinds and not item.commented and not schema.may_be_unread(_COMMENT_ON, item.where[1]):
            yield item


def _found(spot: Spot, what: str, subject: str, settings: GuidelineSettings) -> Found:
    return Found(
        spot.statement.source,
        spot.byte,
        f"{what} has no comment",
        _EVIDENCE,
        f"COMMENT ON {subject} IS '…';",
        settings.documented_severity,
    )
