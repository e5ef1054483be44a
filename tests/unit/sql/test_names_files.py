"""A whole file: what one statement made, the next does not need; what came and went, leaves no trace."""

from __future__ import annotations

from unit.sql.names_text import each_of, names_of, text_of

STATEMENTS = r"""
create table t (id int); create index i on t (id); comment on column t.id is ''; insert into t values (1)
=> provides index i, table t
=> wants partition t
=> listed table t (id)

create table t (id int); drop table t
=> nothing

create table t (id int, a mood); drop table if exists t; create table t (id int)
=> provides table t
=> needs type mood
=> listed table t (id)

drop view if exists v cascade; create view v as select 1
=> provides view v
=> recreates view v

drop view v; create view v as select 1; drop view v
=> needs view v
=> removes view v

drop materialized view if exists v; create view v as select a from t
=> provides view v
=> needs column t.a, table t
=> recreates view v

drop function if exists f(int); create function f(int) returns int language sql as 'select 1'
=> provides function f, function f(int4)
=> recreates function f, function f(int4)

drop trigger if exists g on t; create trigger g before insert on t for each row execute function f()
=> provides trigger t.g
=> needs table t
=> choices function f() or function f
=> recreates trigger t.g

drop policy if exists p on t; create policy p on t
=> provides policy t.p
=> needs table t
=> recreates policy t.p

alter table t drop constraint if exists c; alter table t add constraint c check (a > 0)
=> provides constraint t.c
=> needs column t.a, table t
=> recreates constraint t.c
=> alters table t

alter table t drop column a; alter table t add column a text
=> provides column t.a
=> needs column t.a, table t
=> recreates column t.a
=> alters table t

alter table t add column a int; alter table t drop column a
=> needs table t
=> alters table t

alter table t add column a int; create index on t (a); update t set a = b
=> provides column t.a, index t_a_idx
=> needs column t.b, table t
=> wants partition t
=> alters table t

create table t (a int, b int); alter table t drop column a; alter table t rename b to c
=> provides table t
=> listed table t (c)

create table a (id int primary key); alter table a rename to b; alter table b add column x int;
    create index on b (id)
=> provides column b.x, constraint b.a_pkey, index a_pkey, index b_id_idx, table b, unique key b, unique key
       b.id
=> wants partition b
=> listed table b (id)

alter table a rename to b; alter table b rename to c; select x from c
=> provides table c
=> needs column a.x, table a
=> removes table a
=> alters table a

create table t (id int); alter table t set schema app; select id from app.t
=> provides table app.t
=> needs schema app
=> listed table app.t (id)

alter table users add column x int; alter table users rename x to y
=> provides column users.y
=> needs table users
=> alters table users

create temp table w as select * from t; insert into w select a from w join u using (id); create index on w (x);
    drop table w; select * from w
=> needs column u.id, table t, table u, table w
=> choices column u.a

create temp view t as select 1; select * from t; select * from public.t; drop view pg_temp.t
=> needs table t

create type mood as enum ('sad'); alter type mood add value 'ok'; create table t (m mood default 'sad',
    n mood default 'ok')
=> provides table t, type mood, type mood.ok
=> listed table t (m n), type mood (sad)

alter type mood add value 'ok'; select 'ok'::mood, 'sad'::mood
=> provides type mood.ok
=> needs type mood, type mood.sad

set search_path = app; create table t (a int); select b from u
=> provides table app.t
=> needs column app.u.b, schema app, table app.u
=> listed table app.t (a)

set search_path to app, public; select b from u; reset search_path; select c from w
=> needs column w.c, table w
=> choices column app.u.b or column u.b, table app.u or table u

set local search_path = "$user", pg_catalog, "App"; create view v as select a from t; select f(1)
=> provides view App.v
=> needs column App.t.a, function App.f, schema App, table App.t

select pg_catalog.set_config('search_path', 'app, "My Schema"', false); create table t (a mood)
=> provides table app.t
=> needs schema app
=> choices type app.mood or type My Schema.mood
=> listed table app.t (a)

select pg_catalog.set_config('search_path', '', false); create table public.t (a int default lower('X'));
    select * from x
=> provides table t
=> listed table t (a)

set search_path = app; reset all; create table t (a int)
=> provides table t
=> listed table t (a)

set search_path = app; discard all; create table t (a int)
=> provides table t
=> listed table t (a)

set search_path = app, other; create table t (a int); select a from t; select b from u
=> provides table app.t
=> needs schema app
=> choices column app.u.b or column other.u.b, table app.u or table other.u
=> listed table app.t (a)

set check_function_bodies = off; create function f() returns int language sql as 'select a from t';
    create function g() returns mood language plpgsql as 'declare x u%rowtype; begin end'
=> provides function f, function f(), function g, function g()
=> needs type mood
=> wants column t.a, table t, table u

set check_function_bodies = false; reset check_function_bodies;
    create function f() returns int language sql as 'select a from t'
=> provides function f, function f()
=> needs column t.a, table t

create schema app; create table app.t (a int); drop schema app cascade
=> nothing

drop schema if exists app cascade; create schema app; create table app.t (a int)
=> provides schema app, table app.t
=> recreates schema app
=> listed table app.t (a)

create table p (id int, a int) partition by range (id); create table c partition of p default;
    create index on c (a); select z from c
=> provides index c_a_idx, table c, table p
=> needs column c.z
=> wants partition c
=> listed table c (), table p (a id)
=> parents table c (table p)

create table c partition of p default; create index on c (a)
=> provides index c_a_idx, table c
=> needs column c.a, table p
=> wants partition c
=> listed table c ()
=> parents table c (table p)

create table c (x int) inherits (p); select x, y from c
=> provides table c
=> needs column c.y, table p
=> listed table c (x)
=> parents table c (table p)

create sequence s; alter sequence s rename to s2; select nextval('s2')
=> provides sequence s2
=> needs function nextval

create function f() returns int language sql as 'select 1';
    create function f(int) returns int language sql as 'select 1'; drop function f()
=> provides function f, function f(int4)

create function f() returns int language sql as 'select 1'; drop function f
=> nothing

create function f() returns trigger language plpgsql as 'begin end';
    create trigger g before insert on t execute function f()
=> provides function f, function f(), trigger t.g
=> needs table t

create function f() returns int language sql as 'select 1'; alter function f() rename to g; select g()
=> provides function g, function g()

create role bob; grant select on t to bob; drop role bob
=> needs table t

create extension citext; create table t (a citext unique)
=> provides constraint t.t_a_key, extension citext, function citext, index t_a_key, operator class citext_ops,
       operator class citext_pattern_ops, table t, type citext, unique key t.a
=> listed table t (a)

begin; create table t (a int); commit
=> provides table t
=> listed table t (a)

create table t (a int, check (f(a))); alter table t rename constraint t_check to c; alter table t drop constraint c
=> provides table t
=> needs function f
=> listed table t (a)

create view v as select a from t; grant select on v to bob; create view w as select a, b from v
=> provides view v, view w
=> needs column t.a, role bob, table t

alter table a rename to b; alter table b add column x int; select x, y from b; alter table b set schema app;
    select z from app.b
=> provides column app.b.x, table app.b
=> needs column a.y, column a.z, schema app, table a
=> removes table a
=> alters table a

alter table t set schema app; update app.t set x = 1
=> provides table app.t
=> needs column t.x, schema app, table t
=> removes table t
=> alters table t

with x as (select 1) insert into t select * from x; select * from x
=> needs table t, table x

create domain email as text check (f(value)); create table t (a email);
    alter domain email drop constraint email_check
=> provides table t, type email
=> needs function f
=> listed table t (a)

insert into t (a) values (1); alter table t rename to u; insert into u (a) values (2)
=> provides table u
=> needs column t.a, table t
=> removes table t
=> alters table t

create table a (id int primary key); create table b (a_id int references a, x int references c (id))
=> provides constraint a.a_pkey, constraint b.b_a_id_fkey, constraint b.b_x_fkey, index a_pkey, table a, table
       b, unique key a, unique key a.id
=> needs column c.id, table c, unique key c.id
=> listed table a (id), table b (a_id x)
"""


@each_of(STATEMENTS)
def test_a_file_has_its_names(sql: str, expected: list[str]) -> None:
    """A file provides, needs and removes what stands under it, and nothing else."""
    assert text_of(names_of(sql)) == expected
