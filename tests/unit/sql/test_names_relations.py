"""Sequences, indexes, statistics, views, and COMMENT ON anything."""

from __future__ import annotations

from unit.sql.names_text import each_of, names_of, text_of

STATEMENTS = r"""
create sequence s
=> provides sequence s

create sequence app.s owned by t.c
=> provides sequence app.s
=> needs column t.c, schema app, table t

create temp sequence s
=> nothing

alter sequence s owned by app.t.c
=> needs column app.t.c, schema app, table app.t, table s

alter sequence s owned by none
=> needs table s

alter sequence s rename to s2
=> provides sequence s2
=> needs sequence s
=> removes sequence s

drop sequence s
=> needs sequence s
=> removes sequence s

create index on t (a)
=> provides index t_a_idx
=> needs column t.a, table t
=> wants partition t

create index concurrently if not exists i on app.t using btree (a desc, (b + f(c)),
    lower(d) collate de) include (e) where g
=> provides index app.i
=> needs collation de, column app.t.a, column app.t.b, column app.t.c, column app.t.d, column app.t.e, column
       app.t.g, function f, function lower, schema app, table app.t
=> wants partition app.t

create unique index i on t (b, a)
=> provides index i, unique key t.a,b
=> needs column t.a, column t.b, table t
=> wants partition t

create unique index i on t (a) where b
=> provides index i, unique key t.a partial
=> needs column t.a, column t.b, table t
=> wants partition t

create unique index i on t (lower(a))
=> provides index i
=> needs column t.a, function lower, table t
=> wants partition t

create index i on t using gin (a gin_trgm_ops, b app.ops)
=> provides index i
=> needs column t.a, column t.b, operator class app.ops, operator class gin_trgm_ops, schema app, table t
=> wants extension btree_gin, partition t

create index i on t using hnsw (a vector_cosine_ops)
=> provides index i
=> needs access method hnsw, column t.a, operator class vector_cosine_ops, table t
=> wants partition t

create index i on t using gist (a, b)
=> provides index i
=> needs column t.a, column t.b, table t
=> wants extension btree_gist, partition t

alter index i rename to j
=> provides index j
=> needs index i
=> removes index i

alter index app.i attach partition j
=> provides partition app.i, partition j
=> needs index app.i, schema app, table j

alter index i set (fillfactor = 50)
=> needs index i

drop index concurrently if exists app.i
=> wants index app.i
=> removes index app.i

comment on index i is ''
=> needs index i

reindex index i
=> needs table i

reindex table app.t
=> needs schema app, table app.t

reindex schema app
=> needs schema app

cluster t using i
=> needs index i, table t

vacuum (analyze) t (a), u
=> needs column t.a, table t, table u

analyze
=> nothing

create statistics s on a, (f(b)) from t
=> provides statistics s
=> needs column t.a, column t.b, function f, table t

create statistics on a, b from t x
=> needs column t.a, column t.b, table t

alter statistics s set statistics 5
=> needs statistics s

comment on statistics app.s is ''
=> needs schema app, statistics app.s

drop statistics s
=> needs statistics s
=> removes statistics s

alter view v rename to w
=> provides view w
=> needs view v
=> removes view v
=> alters view v

alter view v rename column a to b
=> provides column v.b
=> needs column v.a, table v
=> removes column v.a
=> alters table v

alter view v alter column a set default f()
=> needs column v.a, function f, table v
=> alters table v

alter materialized view v set schema app
=> provides materialized view app.v
=> needs materialized view v, schema app
=> removes materialized view v
=> alters materialized view v

alter materialized view v depends on extension citext
=> needs extension citext, materialized view v

alter function f(int) depends on extension citext
=> needs extension citext
=> choices function f(int4) or function f

drop view v, app.w
=> needs schema app, view app.w, view v
=> removes view app.w, view v

drop materialized view if exists v
=> wants materialized view v
=> removes materialized view v

comment on view v is ''
=> needs view v

comment on extension citext is ''
=> needs extension citext

comment on role bob is ''
=> needs role bob

comment on column v.a is ''
=> needs column v.a, table v

comment on cast (mood as text) is ''
=> needs cast mood AS text

comment on operator === (int, int) is ''
=> needs operator ===

comment on operator class app.oc using btree is ''
=> needs operator class app.oc, schema app

comment on transform for hstore language plpython3u is ''
=> needs transform hstore LANGUAGE plpython3u

comment on text search configuration app.conf is ''
=> needs schema app, text search configuration app.conf

comment on language plx is ''
=> needs language plx

comment on event trigger e is ''
=> needs event trigger e

comment on access method am is ''
=> needs access method am

comment on database d is ''
=> nothing

comment on large object 1 is ''
=> nothing

security label on table t is 'x'
=> needs table t

alter table t owner to current_user
=> needs table t
=> alters table t
"""


@each_of(STATEMENTS)
def test_a_statement_has_its_names(sql: str, expected: list[str]) -> None:
    """Each of these statements provides, needs and removes what stands under it, and nothing else."""
    assert text_of(names_of(sql)) == expected
