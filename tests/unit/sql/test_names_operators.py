"""Aggregates, operators, casts, text search, triggers, policies: what rests on functions."""

from __future__ import annotations

from unit.sql.names_text import each_of, names_of, text_of

STATEMENTS = r"""
create aggregate a (int, mood) (sfunc = f, stype = app.state, finalfunc = app.g, combinefunc = h,
    sortop = operator(app.<<<))
=> provides function a, function a(int4,mood)
=> needs function app.g, function f, function h, operator app.<<<, schema app, type app.state, type mood

create aggregate a (*) (sfunc = f, stype = int)
=> provides function a, function a()
=> needs function f

create aggregate a (basetype = mood, sfunc = f, stype = int)
=> provides function a, function a(mood)
=> needs function f, type mood

create aggregate a (float8 order by mood) (sfunc = f, stype = internal)
=> provides function a, function a(float8,mood)
=> needs function f, type mood

create operator === (leftarg = mood, rightarg = app.kind, function = app.same, commutator = ===, restrict = eqsel)
=> provides operator ===
=> needs function app.same, function eqsel, schema app, type app.kind, type mood

create operator app.!!! (rightarg = int, procedure = f)
=> provides operator app.!!!
=> needs function f, schema app

create cast (mood as text) with function f(mood) as implicit
=> provides cast mood AS text
=> needs type mood
=> choices function f(mood) or function f

create cast (app.a as b) with inout
=> provides cast app.a AS b
=> needs schema app, type app.a, type b

create conversion c for 'UTF8' to 'LATIN1' from app.f
=> provides conversion c
=> needs function app.f, schema app

create transform for hstore language plpython3u (from sql with function f(internal),
    to sql with function g(internal))
=> provides transform hstore LANGUAGE plpython3u
=> needs language plpython3u, type hstore
=> choices function f(internal) or function f, function g(internal) or function g

create language plx handler h inline i validator v
=> provides language plx
=> needs function h, function i, function v

create access method am type index handler app.h
=> provides access method am
=> needs function app.h, schema app

create operator class oc for type mood using btree as operator 1 <, operator 2 app.<<<, function 1 f(mood, mood)
=> provides operator class oc, operator family oc
=> needs function f, operator app.<<<, schema app, type mood

create operator class app.oc default for type mood using am family fam as storage kind
=> provides operator class app.oc
=> needs access method am, operator family fam, schema app, type kind, type mood

create operator family fam using am
=> provides operator family fam
=> needs access method am

alter operator family fam using btree add operator 1 app.=== (int, int), function 1 f(int, int)
=> needs function f, operator app.===, operator family fam, schema app

alter operator class oc using btree rename to od
=> provides operator class od
=> needs operator class oc
=> removes operator class oc

alter operator === (int, int) set (restrict = f)
=> needs function f, operator ===

drop operator if exists app.=== (int, none)
=> wants operator app.===
=> removes operator app.===

drop operator class oc using btree
=> needs operator class oc
=> removes operator class oc

drop cast (mood as text)
=> needs cast mood AS text
=> removes cast mood AS text

create collation de (locale = 'de_DE')
=> provides collation de

create collation app.fr from de
=> provides collation app.fr
=> needs collation de, schema app

create text search configuration conf (copy = pg_catalog.english)
=> provides text search configuration conf

create text search configuration app.conf (parser = app.pars)
=> provides text search configuration app.conf
=> needs schema app, text search parser app.pars

create text search dictionary dict (template = templ, stopwords = x)
=> provides text search dictionary dict
=> needs text search template templ

create text search template templ (init = f, lexize = g)
=> provides text search template templ
=> needs function f, function g

alter text search configuration conf alter mapping for word with dict, app.other
=> needs schema app, text search configuration conf, text search dictionary app.other, text search dictionary
       dict

alter text search dictionary dict (x = 1)
=> needs text search dictionary dict

alter text search configuration conf rename to conf2
=> provides text search configuration conf2
=> needs text search configuration conf
=> removes text search configuration conf

drop text search dictionary dict
=> needs text search dictionary dict
=> removes text search dictionary dict

alter collation de refresh version
=> needs collation de

create event trigger e on ddl_command_end execute function app.f()
=> provides event trigger e
=> needs schema app
=> choices function app.f() or function app.f

alter event trigger e disable
=> needs event trigger e

create trigger g before insert or update of a, b on app.t for each row when (new.c <> old.d) execute function f('x')
=> provides trigger app.t.g
=> needs column app.t.a, column app.t.b, column app.t.c, column app.t.d, schema app, table app.t
=> choices function f() or function f

create constraint trigger g after insert on t from u deferrable for each row execute procedure app.f()
=> provides trigger t.g
=> needs schema app, table t, table u
=> choices function app.f() or function app.f

drop trigger if exists g on app.t
=> wants table app.t, trigger app.t.g
=> removes trigger app.t.g

alter trigger g on t rename to h
=> provides trigger t.h
=> needs table t, trigger t.g
=> removes trigger t.g

comment on trigger g on t is ''
=> needs table t, trigger t.g

create policy p on app.t to bob, public using (owner = f() and x in (select y from u)) with check (z)
=> provides policy app.t.p
=> needs column app.t.owner, column app.t.x, column app.t.z, function f, role bob, schema app, table app.t,
       table u
=> choices column u.y or column app.t.y

alter policy p on t to current_user using (a)
=> needs column t.a, policy t.p, table t

alter policy p on t rename to q
=> provides policy t.q
=> needs policy t.p, table t
=> removes policy t.p

drop policy p on t
=> needs policy t.p, table t
=> removes policy t.p

comment on rule r on t is ''
=> needs rule t.r, table t

drop rule r on t
=> needs rule t.r, table t
=> removes rule t.r
"""


@each_of(STATEMENTS)
def test_a_statement_has_its_names(sql: str, expected: list[str]) -> None:
    """Each of these statements provides, needs and removes what stands under it, and nothing else."""
    assert text_of(names_of(sql)) == expected
