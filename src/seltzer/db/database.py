"""What a database is besides its content: owner, encoding, locale, settings, grants, and how to make another such."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from seltzer.db.connect import fetch
from seltzer.db.text import Sql, compose, identifier, joined, literal, raw

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

_VERSION_15, _VERSION_17 = 150000, 170000
_HERE = "d.datname = pg_catalog.current_database()"
# Their values are lists of names, quoted one by one (as pg_dump knows them); any other value is one text.
_LISTS = frozenset(
    {"local_preload_libraries", "search_path", "session_preload_libraries", "shared_preload_libraries"}
    | {"temp_tablespaces", "unix_socket_directories"}
)
_LIST_ITEM = r'"((?:[^"]|"")*)"|([^,\s]+)'
_PRIVILEGES = {"CONNECT": raw("CONNECT"), "CREATE": raw("CREATE"), "TEMPORARY": raw("TEMPORARY")}


class Setting(NamedTuple):
    """What ALTER DATABASE … SET said, or ALTER ROLE … IN DATABASE … SET; `role` is None for every role."""

    role: str | None
    name: str
    value: str


class Grant(NamedTuple):
    """A privilege on the database itself; `role` is None for PUBLIC."""

    role: str | None
    privilege: str
    grantable: bool


class DatabaseKind(NamedTuple):
    """How a database was made, and what was said of it since.

    Attributes:
        provider: `c`, `i` or `b`; empty before PostgreSQL 15.
        tablespace: None for the usual one.
        connections: How many it allows; -1 for any number.
        settings: What sessions in it begin with.
        grants: None while nobody has changed what a new database has.
    """

    name: str
    owner: str
    encoding: str
    provider: str
    collate: str
    ctype: str
    locale: str | None
    tablespace: str | None
    connections: int
    comment: str | None
    settings: tuple[Setting, ...]
    grants: tuple[Grant, ...] | None


def read_kind(conn: psycopg.Connection[Any]) -> DatabaseKind:
    """What the connection's database is."""
    version = conn.info.server_version
    provider = raw("d.datlocprovider::pg_catalog.text") if version >= _VERSION_15 else raw("''")
    locale = raw("NULL")
    if version >= _VERSION_15:
        locale = raw("d.datlocale") if version >= _VERSION_17 else raw("d.daticulocale")
    query = compose(
        "SELECT d.datname, r.rolname, pg_catalog.pg_encoding_to_char(d.encoding), {provider}, d.datcollate, "
        "d.datctype, {locale}, nullif(t.spcname, 'pg_default'), d.datconnlimit, "
        "pg_catalog.shobj_description(d.oid, 'pg_database') FROM pg_catalog.pg_database AS d "
        "JOIN pg_catalog.pg_roles AS r ON r.oid = d.datdba "
        "JOIN pg_catalog.pg_tablespace AS t ON t.oid = d.dattablespace WHERE {here}",
        provider=provider,
        locale=locale,
        here=raw(_HERE),
    )
    return DatabaseKind(*fetch(conn, query)[0], settings=tuple(_settings(conn)), grants=_grants(conn))


def _settings(conn: psycopg.Connection[Any]) -> Iterator[Setting]:
    query = compose(
        "SELECT r.rolname, unnest(s.setconfig) FROM pg_catalog.pg_db_role_setting AS s "
        "JOIN pg_catalog.pg_database AS d ON d.oid = s.setdatabase "
        "LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = s.setrole WHERE {here}",
        here=raw(_HERE),
    )
    for role, text in fetch(conn, query):
        name, _, value = text.partition("=")
        yield Setting(role, name, value)


def _grants(conn: psycopg.Connection[Any]) -> tuple[Grant, ...] | None:
    query = compose(
        "SELECT d.datacl IS NULL, r.rolname, a.privilege_type, a.is_grantable FROM pg_catalog.pg_database AS d "
        "LEFT JOIN LATERAL pg_catalog.aclexplode(d.datacl) AS a ON true "
        "LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = a.grantee WHERE {here}",
        here=raw(_HERE),
    )
    rows = fetch(conn, query)
    if rows[0][0]:
        return None
    return tuple(Grant(*row[1:]) for row in rows if row[2] is not None)


def creation(conn: psycopg.Connection[Any], kind: DatabaseKind, name: str) -> Iterator[Sql]:
    """The commands, one by one, that make an empty database of this kind under another name."""
    yield compose("CREATE DATABASE {name} {options}", name=identifier(name), options=_options(conn, kind))
    if kind.comment is not None:
        yield compose("COMMENT ON DATABASE {name} IS {text}", name=identifier(name), text=literal(kind.comment))
    yield from (_set(setting, name) for setting in kind.settings)
    if kind.grants is not None:
        owner = identifier(kind.owner)
        yield compose("REVOKE ALL ON DATABASE {name} FROM PUBLIC, {owner}", name=identifier(name), owner=owner)
        yield from (_grant(grant, name) for grant in kind.grants)


def _set(setting: Setting, database: str) -> Sql:
    parts = [setting.value]
    if setting.name in _LISTS:
        parts = [quoted.replace('""', '"') or plain for quoted, plain in re.findall(_LIST_ITEM, setting.value)]
    who = raw("DATABASE {name}") if setting.role is None else raw("ROLE {role} IN DATABASE {name}")
    who = Sql(who.format(name=identifier(database), role=identifier(setting.role or "")))
    value = joined(", ", [literal(part) for part in parts])
    # A setting of an extension has two names with a dot between them.
    return compose("ALTER {who} SET {name} TO {value}", who=who, name=identifier(*setting.name.split(".")), value=value)


def _grant(grant: Grant, database: str) -> Sql:
    return compose(
        "GRANT {privilege} ON DATABASE {name} TO {role}{option}",
        privilege=_PRIVILEGES[grant.privilege],
        name=identifier(database),
        role=raw("PUBLIC") if grant.role is None else identifier(grant.role),
        option=raw(" WITH GRANT OPTION") if grant.grantable else raw(""),
    )


def _options(conn: psycopg.Connection[Any], kind: DatabaseKind) -> Sql:
    locale = raw("")
    if kind.provider == "i" and kind.locale:
        locale = compose(" LOCALE_PROVIDER icu ICU_LOCALE {locale}", locale=literal(kind.locale))
    elif kind.provider == "b" and kind.locale:
        locale = compose(" LOCALE_PROVIDER builtin BUILTIN_LOCALE {locale}", locale=literal(kind.locale))
    elif conn.info.server_version >= _VERSION_15:
        locale = raw(" LOCALE_PROVIDER libc")
    # The usual tablespace is not named: that would need a privilege on it.
    space = compose(" TABLESPACE {name}", name=identifier(kind.tablespace)) if kind.tablespace else raw("")
    return compose(
        "OWNER {owner} TEMPLATE template0 ENCODING {encoding} LC_COLLATE {collate} LC_CTYPE {ctype}{locale}{space} "
        "CONNECTION LIMIT {connections}",
        owner=identifier(kind.owner),
        encoding=literal(kind.encoding),
        collate=literal(kind.collate),
        ctype=literal(kind.ctype),
        locale=locale,
        space=space,
        connections=literal(kind.connections),
    )
