"""Who may do what: roles, GRANT, default privileges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postgast import pg_query_pb2 as pb

from seltzer.model import Name, NameKind
from seltzer.sql.names.lookup import (
    need_columns,
    need_global,
    need_relation,
    need_role,
    need_roles,
)
from seltzer.sql.names.objects import object_options

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seltzer.sql.names.reading import Reading

_MEMBERSHIP = frozenset(("rolemembers", "adminmembers", "addroleto"))


def grant(reading: Reading, statement: pb.GrantStmt) -> None:
    """GRANT and REVOKE on objects."""
    need_roles(reading, statement.grantees)
    if statement.HasField("grantor"):
        need_role(reading, statement.grantor)
    if statement.targtype == pb.ACL_TARGET_ALL_IN_SCHEMA:
        for node in statement.objects:
            need_global(reading, NameKind.SCHEMA, node.string.sval)
        return
    columns = [column for node in statement.privileges for column in node.access_priv.cols]
    for node in statement.objects:
        if node.WhichOneof("node") == "range_var":
            need_columns(reading, need_relation(reading, node.range_var), columns, node.range_var.location)
        else:
            reading.need(object_options(reading, statement.objtype, node))


def grant_role(reading: Reading, statement: pb.GrantRoleStmt) -> None:
    """GRANT and REVOKE of membership."""
    for node in statement.granted_roles:
        _need_named_role(reading, node.access_priv.priv_name)
    need_roles(reading, statement.grantee_roles)


def _need_named_role(reading: Reading, name: str) -> None:
    if not name.startswith("pg_"):
        need_global(reading, NameKind.ROLE, name)


def alter_default_privileges(reading: Reading, statement: pb.AlterDefaultPrivilegesStmt) -> None:
    """ALTER DEFAULT PRIVILEGES."""
    for node in statement.options:
        option = node.def_elem
        if option.defname == "roles":
            need_roles(reading, option.arg.list.items)
        elif option.defname == "schemas":
            for item in option.arg.list.items:
                need_global(reading, NameKind.SCHEMA, item.string.sval, option.location)
    need_roles(reading, statement.action.grantees)


def create_role(reading: Reading, statement: pb.CreateRoleStmt) -> None:
    """CREATE ROLE, USER and GROUP."""
    reading.provide(Name(NameKind.ROLE, "", statement.role))
    _membership(reading, statement.options)


def alter_role(reading: Reading, statement: pb.AlterRoleStmt) -> None:
    """ALTER ROLE."""
    need_role(reading, statement.role)
    _membership(reading, statement.options)


def alter_role_setting(reading: Reading, statement: pb.AlterRoleSetStmt) -> None:
    """ALTER ROLE … SET."""
    need_role(reading, statement.role)


def _membership(reading: Reading, options: Iterable[pb.Node]) -> None:
    for node in options:
        if node.def_elem.defname in _MEMBERSHIP:
            need_roles(reading, node.def_elem.arg.list.items)


def drop_role(reading: Reading, statement: pb.DropRoleStmt) -> None:
    """DROP ROLE."""
    for node in statement.roles:
        name = (Name(NameKind.ROLE, "", node.role_spec.rolename),)
        (reading.want if statement.missing_ok else reading.need)(name)
        reading.remove(name)


def drop_owned(reading: Reading, statement: pb.DropOwnedStmt) -> None:
    """DROP OWNED BY."""
    need_roles(reading, statement.roles)


def reassign_owned(reading: Reading, statement: pb.ReassignOwnedStmt) -> None:
    """REASSIGN OWNED BY."""
    need_roles(reading, statement.roles)
    need_role(reading, statement.newrole)
