"""Functions: arguments, results, defaults, and the bodies that PostgreSQL looks into at CREATE."""

from __future__ import annotations

from unit.sql.names_text import each_of, names_of, text_of

STATEMENTS = r"""
create function f() returns int language sql as 'select 1'
=> provides function f, function f()

create or replace function app.f(a int, b app.mood default 'x', out c email,
    variadic d text[]) returns record language sql as 'select 1'
=> provides function app.f, function app.f(int4,mood,text[])
=> needs schema app, type app.mood, type email

create function f(a int) returns setof users language sql as 'select * from app.users where id = a and name = f.b'
=> provides function f, function f(int4)
=> needs column app.users.id, column app.users.name, schema app, table app.users, type users

create function f(a users.email%type) returns app.t.c%type language plpgsql as 'begin end'
=> provides function f
=> needs column app.t.c, column users.email, schema app, table app.t, table users

create function f(user_id int, t) returns table (a mood,
    b int) language sql as 'insert into t (a) values (user_id); select x, user_id from t'
=> provides function f, function f(int4,t)
=> needs column t.a, column t.x, table t, type mood, type t

create function f(int) returns int language sql as $$ create table made (a int); drop table gone; select g($1) $$
=> provides function f, function f(int4)
=> needs function g

create function f() returns void language sql as $$ create table made as select * from u; call app.p(1) $$
=> provides function f, function f()
=> needs function app.p, schema app, table u

create function f() returns int language sql as 'this is no sql'
=> provides function f, function f()

create function f() returns int language sql begin atomic select 1; insert into t (a) select b from u; end
=> provides function f, function f()
=> needs column t.a, column u.b, table t, table u

create function f(a int) returns int language sql return a + g(a) + (select max(b) from t)
=> provides function f, function f(int4)
=> needs column t.b, function g, function max, table t

create function f() returns int language sql set search_path = app, other as 'select x from t'
=> provides function f, function f()
=> choices column app.t.x or column other.t.x, table app.t or table other.t

create function f(n int default g(1)) returns int language sql as 'select case when n = 0 then 1 else f(n - 1) end'
=> provides function f, function f(int4)
=> needs function g

create procedure p(a int, out b int) language sql as 'insert into t values (1)'
=> provides function p, function p(int4)
=> needs table t

create function f() returns trigger language plpgsql as $$ begin insert into t select * from u; return new; end $$
=> provides function f, function f()

create function f() returns int language plpgsql as $$
<<outer>>
declare
    a int := g();
    b constant mood not null default 'x';
    c app.users%rowtype;
    d users.email%type;
    e app.users.name%type;
    "F" "My Type"[];
    g a%type;
    h c.id%type;
    i alias for $1;
    j cursor (k kind, l text) is select * from never;
    m scroll cursor for select * from never;
    n timestamp with time zone; o double precision; p numeric(1, 2); q record; r varchar(10)[] collate "C";
    -- s never;
    /* t never; */
begin
    declare u inner_type; begin null; end;
    for v in select * from never loop perform w('x'::never); end loop;
end $$
=> provides function f, function f()
=> needs column app.users.name, column users.email, schema app, table app.users, table users, type My Type, type
       inner_type, type kind, type mood

create function f(r users) returns int language plpgsql as $$ declare x r.name%type; y t.r%type; begin end $$
=> provides function f, function f(users)
=> needs column t.r, table t, type users

create function f() returns int language plpython3u as 'return 1'
=> provides function f, function f()
=> needs language plpython3u

create function f(cstring) returns thing language c immutable strict as 'module', 'symbol'
=> provides function f, function f(cstring)
=> needs type thing

create function f(a int) returns int language internal support app.planner as 'int4abs'
=> provides function f, function f(int4)
=> needs function app.planner, schema app

alter function f(int) owner to bob
=> needs role bob
=> choices function f(int4) or function f

alter function app.f stable
=> needs function app.f, schema app

alter procedure p(int) set search_path = x
=> choices function p(int4) or function p

alter routine f(text[]) rename to g
=> provides function g, function g(text[])
=> choices function f(text[]) or function f
=> removes function f(text[])

alter function f(app.mood) set schema app
=> provides function app.f, function app.f(mood)
=> needs schema app
=> choices function f(mood) or function f
=> removes function f(mood)

drop function f
=> needs function f
=> removes function f

drop function if exists app.f(int, mood), g(text)
=> wants function app.f, function app.f(int4,mood), function g, function g(text)
=> removes function app.f(int4,mood), function g(text)

drop procedure p(int, out int)
=> choices function p(int4) or function p
=> removes function p(int4)

drop aggregate a(*), b(int order by text)
=> choices function a() or function a, function b(int4,text) or function b
=> removes function a(), function b(int4,text)

comment on function f(int) is ''
=> choices function f(int4) or function f

grant execute on function app.f(int) to bob
=> needs role bob, schema app
=> choices function app.f(int4) or function app.f
"""


@each_of(STATEMENTS)
def test_a_statement_has_its_names(sql: str, expected: list[str]) -> None:
    """A function statement provides, needs and removes what stands under it, and nothing else."""
    assert text_of(names_of(sql)) == expected
