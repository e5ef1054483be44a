"""Queries: what FROM items, columns, functions, types and constants in them need."""

from __future__ import annotations

from unit.sql.names_text import each_of, names_of, text_of

STATEMENTS = r"""
create view v as select id, u.name from users u where active
=> provides view v
=> needs column users.active, column users.id, column users.name, table users

create or replace view app.v as select * from t
=> provides view app.v
=> needs schema app, table t

create view v (a, b) as select 1, 2
=> provides view v

create temp view t as select * from t
=> needs table t

create view v as select id from a join b on a.x = b.y
=> provides view v
=> needs column a.x, column b.y, table a, table b
=> choices column a.id or column b.id

create view v as select a.id, c.* from a cross join lateral (select * from b where b.x = a.y) c
=> provides view v
=> needs column a.id, column a.y, column b.x, table a, table b

create view v as select count(*) from a group by kind order by 1
=> provides view v
=> needs column a.kind, function count, table a
=> wants unique key a

create view v as select a.x as total from a order by total
=> provides view v
=> needs column a.x, table a

create view v as select g from generate_series(1, f(2)) g, app.pairs(3) as p(a mood)
=> provides view v
=> needs function app.pairs, function f, function generate_series, schema app, type mood

create view v as select * from a natural join b join c using (id)
=> provides view v
=> needs column c.id, table a, table b, table c

create view v as select * from only a tablesample system (f(1))
=> provides view v
=> needs function f, function system, table a

create view v as select id from a where exists (select 1 from b where b.x = a.y and z)
=> provides view v
=> needs column a.id, column a.y, column b.x, table a, table b
=> choices column b.z or column a.z

create view v as select (select max(x) from b) from a
=> provides view v
=> needs function max, table a, table b
=> choices column b.x or column a.x

create view v as select id from a where id in (select a_id from b) and (x, y) = any (select 1, 2)
=> provides view v
=> needs column a.id, column a.x, column a.y, table a, table b
=> choices column b.a_id or column a.a_id

create view v as with a as (select * from a) select * from a
=> provides view v
=> needs table a

create view v as with recursive a as (select * from b union all select * from a) select * from a
=> provides view v
=> needs table b

create view v as with a as (select 1), b as (select * from a) select * from b, app.a
=> provides view v
=> needs schema app, table app.a

create view v as with a as (select 1) select (select 1 from (with b as (select 2) select * from a, b, c) s)
=> provides view v
=> needs table c

create view v as select 1 from a union select 2 from b except (select x from c order by x)
=> provides view v
=> needs column c.x, table a, table b, table c

create recursive view v (n) as select 1 union all select n + 1 from v
=> provides view v

create view v as select row_number() over (partition by a.x order by f(a.y)) from a window w as (order by g(a.z))
=> provides view v
=> needs column a.x, column a.y, column a.z, function f, function g, function row_number, table a

create view v as select count(*) filter (where f(x)), string_agg(g(x), ',' order by h(x)) from t
=> provides view v
=> needs column t.x, function count, function f, function g, function h, function string_agg, table t

create view v as select case when a.x = 1 then f(1) else g(2) end, coalesce(h(1), a.z), nullif(a.p, 1) from a
=> provides view v
=> needs column a.p, column a.x, column a.z, function f, function g, function h, table a

create view v as select 'x'::mood, 'y'::app.mood, array['a', 'b']::mood[], cast(x as email), row(1, 2)::pair from t
=> provides view v
=> needs column t.x, schema app, table t, type app.mood, type app.mood.y, type email, type mood, type mood.a,
       type mood.b, type mood.x, type pair

create view v as select 't'::regclass, 'app.f(int)'::regprocedure, '"F"'::regproc, 'mood[]'::regtype,
    'app'::regnamespace, 'bob'::regrole, 'de'::regcollation, 'conf'::regconfig, 'app.dict'::regdictionary
=> provides view v
=> needs collation de, function F, function app.f, role bob, schema app, table t, text search configuration
       conf, text search dictionary app.dict, type mood

create view v as select '12345'::regclass, 'pg_class'::regclass, 'integer'::regtype, 'double precision'::regtype
=> provides view v
=> needs table pg_class

create view v as select to_regclass('app.t'), nextval('"Seq"'), setval('app.q', 1), currval(x) from t
=> provides view v
=> needs column t.x, function currval, function nextval, function setval, function to_regclass, schema app,
       table Seq, table app.q, table t

create view v as select to_tsvector('conf', x), to_tsvector(x), to_tsquery('app.conf', 'q') from t
=> provides view v
=> needs column t.x, function to_tsquery, function to_tsvector, schema app, table t, text search configuration
       app.conf, text search configuration conf

create view v as select a.x === b.y, a.x operator(app.=) b.y, a.x operator(pg_catalog.=) 1, @#@ a.z from a, b
=> provides view v
=> needs column a.x, column a.z, column b.y, operator ===, operator @#@, operator app.=, schema app, table a,
       table b

create view v as select x collate "de", x collate app.de, x collate "C" from t
=> provides view v
=> needs collation app.de, collation de, column t.x, schema app, table t

create view v as select u, u.*, public.u.id, (u.addr).city, u.tags[f(1)] from u
=> provides view v
=> needs column u.addr, column u.id, column u.tags, function f, table u
=> choices column u.u

create view v as select u.email, x.email, xmin from u, (select 1 as email) x
=> provides view v
=> needs column u.email, table u
=> choices column u.xmin

create view v as select * from t, xmltable('/r' passing f(doc) columns a mood path 'a')
=> provides view v
=> needs function f, table t, type mood
=> choices column t.doc

create view v as select j.b from t, json_table(g(t.doc), '$' columns (b kind path '$.b')) j
=> provides view v
=> needs column t.doc, function g, table t, type kind

create view v as select json_value(doc, '$.a' returning mood), json_object('a': f(1)), is_json is json from t
=> provides view v
=> needs column t.doc, column t.is_json, function f, table t, type mood

create view v as select pg_catalog.lower(x), extract(year from y), x at time zone 'UTC', now(), current_date from t
=> provides view v
=> needs column t.x, column t.y, function now, table t

create view v as values (f(1), 2), (3, 4)
=> provides view v
=> needs function f

create view v as table t
=> provides view v
=> needs table t

create view v as select * from pg_catalog.pg_class c, information_schema.tables, pg_toast.x
=> provides view v

create materialized view if not exists v as select a.id from a with no data
=> provides materialized view v
=> needs column a.id, table a
=> listed materialized view v ()

refresh materialized view concurrently app.v
=> needs schema app, table app.v

create rule r as on insert to t where new.a > 0 do instead (insert into u (b) values (new.c);
    delete from w where w.x = old.d)
=> provides rule t.r
=> needs column t.a, column t.c, column t.d, column u.b, column w.x, table t, table u, table w
"""


@each_of(STATEMENTS)
def test_a_statement_has_its_names(sql: str, expected: list[str]) -> None:
    """A query provides, needs and removes what stands under it, and nothing else."""
    assert text_of(names_of(sql)) == expected
