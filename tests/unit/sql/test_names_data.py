"""INSERT, UPDATE, DELETE, MERGE, COPY, and what runs without making anything."""

from __future__ import annotations

from unit.sql.names_text import each_of, names_of, text_of

STATEMENTS = r"""
insert into t values (1, 'a')
=> needs table t

insert into app.t (a, b) select c, f(d) from u
=> needs column app.t.a, column app.t.b, column u.c, column u.d, function f, schema app, table app.t, table u

insert into t as x (a) values (1) on conflict (a) do update set b = excluded.c where x.d returning x.e, f(g)
=> needs column t.a, column t.b, column t.c, column t.d, column t.e, column t.g, function f, table t, unique key
       t.a

insert into t (a) values (default) on conflict (a, b) where c do nothing
=> needs column t.a, column t.b, column t.c, table t
=> choices unique key t.a,b or unique key t.a,b partial

insert into t (a) values (1) on conflict on constraint uq do nothing
=> needs column t.a, constraint t.uq, table t

insert into t (a) values (1) on conflict (lower(a)) do nothing
=> needs column t.a, function lower, table t

with u as (insert into t (a) values (1) returning b) insert into w select * from u
=> needs column t.a, column t.b, table t, table w

update t set a = f(b), (c, d) = (select e, g from u) where h
=> needs column t.a, column t.b, column t.c, column t.d, column t.h, function f, table t, table u
=> choices column u.e or column t.e, column u.g or column t.g

update t x set a = u.b from u where u.id = x.id
=> needs column t.a, column t.id, column u.b, column u.id, table t, table u

delete from t using u where t.id = u.t_id and u.gone returning t.a
=> needs column t.a, column t.id, column u.gone, column u.t_id, table t, table u

merge into t using u on t.id = u.id when matched and u.x then update set a = u.b when not matched then insert
    (id, c) values (u.id, f(u.d))
=> needs column t.a, column t.c, column t.id, column u.b, column u.d, column u.id, column u.x, function f, table
       t, table u

copy t (a, b) from '/tmp/x' where c > 0
=> needs column t.a, column t.b, column t.c, table t

copy (select a from t) to '/tmp/x'
=> needs column t.a, table t

explain analyze select a from t
=> needs column t.a, table t

prepare p (mood) as select f($1) from t
=> needs function f, table t, type mood

declare c cursor for select a from t
=> needs column t.a, table t

call app.p(1, f(2))
=> needs function app.p, function f, schema app

select f(1)
=> needs function f

select pg_catalog.set_config('search_path', '', false)
=> nothing

do $$ begin create table t (a int); end $$
=> nothing

begin
=> nothing

listen t
=> nothing
"""


@each_of(STATEMENTS)
def test_a_statement_has_its_names(sql: str, expected: list[str]) -> None:
    """A data statement provides, needs and removes what stands under it, and nothing else."""
    assert text_of(names_of(sql)) == expected
