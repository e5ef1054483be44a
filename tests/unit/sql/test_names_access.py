"""Roles, privileges, publications, foreign servers."""

from __future__ import annotations

from unit.sql.names_text import each_of, names_of, text_of

STATEMENTS = r"""
create role bob in role staff role carol admin dave
=> provides role bob
=> needs role carol, role dave, role staff

create user app password 'x'
=> provides role app

alter role bob set search_path = app
=> needs role bob

alter role bob nologin
=> needs role bob

alter role bob rename to rob
=> provides role rob
=> needs role bob
=> removes role bob

drop role bob, carol
=> needs role bob, role carol
=> removes role bob, role carol

drop role if exists bob
=> wants role bob
=> removes role bob

grant staff, pg_monitor to bob, current_user
=> needs role bob, role staff

revoke staff from bob
=> needs role bob, role staff

grant select (a, b), insert on app.t, u to bob, public
=> needs column app.t.a, column app.t.b, column u.a, column u.b, role bob, schema app, table app.t, table u

revoke all on t from bob granted by carol
=> needs role bob, role carol, table t

grant usage on sequence s to bob
=> needs role bob, table s

grant select on all tables in schema app, public to bob
=> needs role bob, schema app

grant usage on foreign server s to bob
=> needs role bob, server s

grant usage on foreign data wrapper w to bob
=> needs foreign-data wrapper w, role bob

grant usage on language plpgsql, plx to bob
=> needs language plpgsql, language plx, role bob

grant create on database d to bob
=> needs role bob

alter default privileges for role bob in schema app grant select on tables to carol
=> needs role bob, role carol, schema app

alter default privileges revoke execute on functions from public
=> nothing

reassign owned by bob to carol
=> needs role bob, role carol

drop owned by bob
=> needs role bob

set role bob
=> needs role bob

set session authorization bob
=> needs role bob

reset role
=> nothing

create publication p for table t, app.u (a, b) where (c > 0), tables in schema app
=> provides publication p
=> needs column app.u.a, column app.u.b, column app.u.c, schema app, table app.u, table t

create publication p for all tables
=> provides publication p

alter publication p add table t
=> needs publication p, table t

alter publication p set (publish = 'insert')
=> needs publication p

alter publication p rename to q
=> provides publication q
=> needs publication p
=> removes publication p

drop publication p
=> needs publication p
=> removes publication p

create subscription s connection 'dbname=x' publication p
=> provides subscription s

alter subscription s disable
=> needs subscription s

drop subscription if exists s
=> wants subscription s
=> removes subscription s

create foreign data wrapper w handler f validator app.g
=> provides foreign-data wrapper w
=> needs function app.g, function f, schema app

alter foreign data wrapper w options (a 'b')
=> needs foreign-data wrapper w

create server s foreign data wrapper w
=> provides server s
=> needs foreign-data wrapper w

alter server s options (a 'b')
=> needs server s

drop server s
=> needs server s
=> removes server s

create user mapping for bob server s
=> needs role bob, server s

drop user mapping if exists for public server s
=> needs server s

import foreign schema remote limit to (a, b) from server s into app
=> provides foreign table app.a, foreign table app.b
=> needs schema app, server s

import foreign schema remote from server s into app
=> needs schema app, server s
"""


@each_of(STATEMENTS)
def test_a_statement_has_its_names(sql: str, expected: list[str]) -> None:
    """A statement about access provides, needs and removes what stands under it, and nothing else."""
    assert text_of(names_of(sql)) == expected
