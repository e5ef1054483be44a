"""What all databases of a server share (roles, memberships, tablespaces, other databases): read, and put back.

A clone is thrown away, a role that a trial made is not: the next trial would find it there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from seltzer.errors import ShadowError
from seltzer.shadow.databases import PREFIX, answers
from seltzer.shadow.shadow import Whose

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from seltzer.shadow.shadow import Shadow

_ROLES = """
    SELECT rolname, concat_ws(' ',
      CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN NOT rolinherit THEN 'NOINHERIT' END,
      CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END,
      CASE WHEN rolcanlogin THEN 'LOGIN' END, CASE WHEN rolreplication THEN 'REPLICATION' END,
      CASE WHEN rolbypassrls THEN 'BYPASSRLS' END, 'CONNECTION LIMIT ' || rolconnlimit,
      'VALID UNTIL ' || rolvaliduntil, array_to_string(rolconfig, ' '))
    FROM pg_catalog.pg_roles
"""
_MEMBERSHIPS = "SELECT roleid::regrole::text, member::regrole::text FROM pg_catalog.pg_auth_members"
_TABLESPACES = "SELECT spcname FROM pg_catalog.pg_tablespace"
_DATABASES = "SELECT datname FROM pg_catalog.pg_database WHERE NOT pg_catalog.starts_with(datname, %s)"


@dataclass(frozen=True, slots=True)
class Globals:
    """What all databases of a server share.

    Attributes:
        roles: Their attributes in words, by name.
        memberships: Role and member, quoted where they need it.
        tablespaces: Names.
        databases: Names of those that are no shadows.
    """

    roles: Mapping[str, str]
    memberships: frozenset[tuple[str, str]]
    tablespaces: frozenset[str]
    databases: frozenset[str]


def read_globals(shadow: Shadow) -> Globals:
    """What the server has now.

    Raises:
        ShadowError: It went away.
    """
    with shadow.databases.connection() as conn, answers():
        return Globals(
            dict(conn.execute(_ROLES).fetchall()),
            frozenset(conn.execute(_MEMBERSHIPS).fetchall()),
            frozenset(name for (name,) in conn.execute(_TABLESPACES)),
            frozenset(name for (name,) in conn.execute(_DATABASES, [PREFIX])),
        )


def restore_globals(shadow: Shadow, before: Globals) -> tuple[str, ...]:
    """Drop what was made since; returns what is different still, a line each.

    Clones that were left are dropped first, for what they hold may belong to a new role. Attributes that were changed
    and what was dropped stay so: a line says it. On a server that was named by its address nothing is touched.

    Raises:
        ShadowError: The server went away.
    """
    shadow.settle()
    now = read_globals(shadow)
    if now == before:
        return ()
    if shadow.whose is not Whose.NAMED:
        with shadow.databases.connection() as conn:
            for command in _undoing(before, now):
                _try(conn, command)
        now = read_globals(shadow)
    return tuple(_differences(before, now))


def _undoing(before: Globals, now: Globals) -> Generator[sql.Composed]:
    for name in sorted(now.databases - before.databases):
        yield sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
    for name in sorted(now.tablespaces - before.tablespaces):
        yield sql.SQL("DROP TABLESPACE {}").format(sql.Identifier(name))
    for role in sorted(now.roles.keys() - before.roles.keys()):
        yield sql.SQL("DROP OWNED BY {}").format(sql.Identifier(role))
        yield sql.SQL("DROP ROLE {}").format(sql.Identifier(role))
    for role, member in sorted(now.memberships - before.memberships):
        # The names are quoted already, by PostgreSQL; of a role that is gone there is nothing to revoke.
        yield sql.SQL("REVOKE {} FROM {}").format(_quoted(role), _quoted(member))


def _quoted(name: str) -> sql.Identifier:
    return sql.Identifier(name[1:-1].replace('""', '"') if name.startswith('"') else name)


def _try(conn: psycopg.Connection, command: sql.Composed) -> None:
    """Run a command; what it cannot undo shows in the comparison afterwards."""
    try:
        conn.execute(command)
    except psycopg.OperationalError as error:
        if conn.closed:
            raise ShadowError(f"the shadow went away: {error}", hint="Try again: it is started anew.") from error
    except psycopg.Error:
        return


def _differences(before: Globals, now: Globals) -> Generator[str]:
    for role in sorted(before.roles.keys() | now.roles.keys()):
        was, is_now = before.roles.get(role), now.roles.get(role)
        if was is None:
            yield f"role {role} was made"
        elif is_now is None:
            yield f"role {role} was dropped"
        elif was != is_now:
            yield f"role {role} was changed: {was or 'no attributes'} before, {is_now or 'no attributes'} now"
    for role, member in sorted(before.memberships ^ now.memberships):
        what = "no longer" if (role, member) in before.memberships else "now"
        yield f"role {member} is {what} a member of {role}"
    for kind, names, later in (
        ("tablespace", before.tablespaces, now.tablespaces),
        ("database", before.databases, now.databases),
    ):
        yield from (f"{kind} {name} was made" for name in sorted(later - names))
        yield from (f"{kind} {name} was dropped" for name in sorted(names - later))
