"""IF EXISTS on every DROP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from postgast import pg_query_pb2 as pg

from seltzer.claims.guidelines.creating import Named, dropped_by
from seltzer.claims.guidelines.earlier import ends_with_session, is_made_before
from seltzer.claims.guidelines.rewriting import after_phrase, with_words
from seltzer.claims.guidelines.rule import Found, rule
from seltzer.claims.guidelines.schema import quoted
from seltzer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from seltzer.claims.guidelines.files import ReadStatement
    from seltzer.claims.guidelines.settings import GuidelineSettings

_KINDS = """
    drop_stmt drop_role_stmt dropdb_stmt drop_table_space_stmt drop_subscription_stmt drop_user_mapping_stmt
    alter_table_stmt alter_domain_stmt alter_tsconfiguration_stmt
"""
_OBJECTS = """
    text search configuration|text search dictionary|text search parser|text search template|foreign data wrapper
    |procedural language|materialized view|foreign table|index concurrently|access method|event trigger|operator class
    |operator family|user mapping|aggregate|cast|collation|conversion|database|domain|extension|function|group|index
    |language|operator|policy|procedure|publication|role|routine|rule|schema|sequence|server|statistics|subscription
    |table|tablespace|transform|trigger|type|user|view
"""
_PHRASES = [("drop", *words.split()) for words in _OBJECTS.split("|")]
_PARTS = {pg.AT_DropColumn, pg.AT_DropConstraint, pg.AT_DropExpression, pg.AT_DropIdentity}
_WORDS = {"column", "constraint", "attribute", "expression", "identity", "mapping"}
_NO_PART = {"default", "not"}
_DROP_CONSTRAINT = "X"  # of ALTER DOMAIN, in parsenodes.h


@rule("missing-if-exists", Severity.ERROR, _KINDS)
def missing_if_exists(statement: ReadStatement, settings: GuidelineSettings) -> Iterator[Found]:
    """A DROP without IF EXISTS fails when the migration is run again.

    The first run has dropped it; the second finds nothing and fails. For a file that runs again when its content
    changes that is every later start (an error), for a numbered file a repetition by hand, or a database that never had
    the object (a warning). What the file has made itself before, a temporary table for one, is no finding.

    Bad:
        ALTER TABLE users DROP COLUMN nickname;

    Good:
        ALTER TABLE users DROP COLUMN IF EXISTS nickname;
    """
    del settings
    named = _unguarded(statement)
    if not named:
        return
    in_part = statement.kind.startswith("alter")
    places = _parts(statement) if in_part else [after_phrase(statement, _PHRASES)]
    insertions = [(at, " IF EXISTS") for at in places if at is not None]
    yield Found(
        statement.source,
        statement.start,
        f"DROP of {', '.join(quoted(name) for name in named if name) or 'an object'} has no IF EXISTS",
        "PostgreSQL passes over what does not exist only when the statement says IF EXISTS.",
        with_words(statement, insertions) if insertions else None,
        Severity.ERROR if statement.runs_again else Severity.WARNING,
    )


def _unguarded(statement: ReadStatement) -> list[str]:
    """What it drops without a guard, by name."""
    node = statement.node
    if statement.kind == "alter_table_stmt":
        own = {item.name for item in dropped_by(statement) if _is_own(statement, item)}
        commands = [item.alter_table_cmd for item in node.cmds]
        names = [item.name for item in commands if item.subtype in _PARTS and not item.missing_ok]
        return [name for name in names if name not in own]
    if node.missing_ok:
        return []
    if statement.kind == "drop_stmt":
        return [item.name for item in dropped_by(statement) if not _is_own(statement, item)]
    return _NAMES[statement.kind](node)


def _is_own(statement: ReadStatement, dropped: Named) -> bool:
    return ends_with_session(statement, dropped) or is_made_before(statement, dropped)


def _of_domain(node: pg.AlterDomainStmt) -> list[str]:
    return [node.name] if node.subtype == _DROP_CONSTRAINT else []


def _of_configuration(node: pg.AlterTSConfigurationStmt) -> list[str]:
    dropping = node.kind == pg.ALTER_TSCONFIG_DROP_MAPPING
    return [item.string.sval for item in node.tokentype] if dropping else []


def _roles(node: pg.DropRoleStmt) -> list[str]:
    return [item.role_spec.rolename or "CURRENT_USER" for item in node.roles]


def _database(node: pg.DropdbStmt) -> list[str]:
    return [node.dbname]


def _tablespace(node: pg.DropTableSpaceStmt) -> list[str]:
    return [node.tablespacename]


def _subscription(node: pg.DropSubscriptionStmt) -> list[str]:
    return [node.subname]


def _user_mapping(node: pg.DropUserMappingStmt) -> list[str]:
    return [node.user.rolename or "CURRENT_USER"]


_NAMES: dict[str, Callable[[Any], list[str]]] = {
    "alter_domain_stmt": _of_domain,
    "alter_tsconfiguration_stmt": _of_configuration,
    "drop_role_stmt": _roles,
    "drop_subscription_stmt": _subscription,
    "drop_table_space_stmt": _tablespace,
    "drop_user_mapping_stmt": _user_mapping,
    "dropdb_stmt": _database,
}


def _parts(statement: ReadStatement) -> Iterator[int]:
    """The bytes where IF EXISTS belongs in a command that drops parts of something."""
    tokens = statement.tokens()
    if tokens is None:
        return
    texts = [*(text.decode().lower() for text in tokens.texts), "", ""]
    depth = 0
    for at, text in enumerate(texts):
        depth += (text == "(") - (text == ")")
        if depth or text != "drop" or texts[at + 1] in _NO_PART:
            continue
        last = at + 1 if texts[at + 1] in _WORDS else at
        if texts[last + 1] != "if":
            yield tokens.ends[last]
