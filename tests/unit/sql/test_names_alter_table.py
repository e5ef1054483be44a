"""ALTER TABLE, command by command, and the other statements about tables."""

from __future__ import annotations

from unit.sql.names_text import each_of, names_of, text_of

STATEMENTS = r"""
alter table t add column a int
=> provides column t.a
=> needs table t
=> alters table t

alter table t add column if not exists m app.mood default 'x' references u (id)
=> provides column t.m, constraint t.t_m_fkey
=> needs column u.id, schema app, table t, table u, type app.mood, type app.mood.x, unique key u.id
=> alters table t

alter table only app.t add a int check (a > b)
=> provides column app.t.a, constraint app.t.t_a_check
=> needs column app.t.b, schema app, table app.t
=> alters table app.t

alter table t add column a serial
=> provides column t.a, sequence t_a_seq
=> needs table t
=> alters table t

alter table t drop column a, drop column if exists b
=> needs column t.a, table t
=> wants column t.b
=> removes column t.a, column t.b
=> alters table t

alter table t alter column a type mood using f(a)::mood
=> needs column t.a, function f, table t, type mood
=> alters table t

alter table t alter a set default g(), alter b drop default, alter c set not null, alter d set statistics 5
=> needs column t.a, column t.b, column t.c, column t.d, function g, table t
=> alters table t

alter table t alter a add generated always as identity
=> provides sequence t_a_seq
=> needs column t.a, table t
=> alters table t

alter table t add constraint c check (a > f(b)) not valid
=> provides constraint t.c
=> needs column t.a, column t.b, function f, table t
=> alters table t

alter table t add constraint fk foreign key (a) references u (id)
=> provides constraint t.fk
=> needs column t.a, column u.id, table t, table u, unique key u.id
=> wants partition u_pkey
=> alters table t

alter table t add foreign key (a) references u
=> provides constraint t.t_a_fkey
=> needs column t.a, table t, table u, unique key u
=> wants partition u_pkey
=> alters table t

alter table t add primary key (a)
=> provides constraint t.t_pkey, index t_pkey, unique key t, unique key t.a
=> needs column t.a, table t
=> wants partition t
=> alters table t

alter table t add constraint uq unique (b, a)
=> provides constraint t.uq, index uq, unique key t.a,b
=> needs column t.a, column t.b, table t
=> wants partition t
=> alters table t

alter table t add constraint uq unique using index i
=> provides constraint t.uq, index uq
=> needs index i, table t
=> wants partition t
=> removes index i
=> alters table t

alter table t add unique using index i
=> provides constraint t.i
=> needs index i, table t
=> wants partition t
=> alters table t

alter table t validate constraint c, drop constraint d, drop constraint if exists e, alter constraint f deferrable
=> needs constraint t.c, constraint t.d, constraint t.f, table t
=> wants constraint t.e
=> removes constraint t.d, constraint t.e
=> alters table t

alter table t attach partition u for values in (1)
=> provides partition t, partition u
=> needs table t, table u
=> alters table t
=> parents table u (table t)

alter table t detach partition u
=> needs table t, table u
=> alters table t

alter table t inherit u
=> needs table t, table u
=> alters table t
=> parents table t (table u)

alter table t no inherit u
=> needs table t, table u
=> alters table t

alter table t owner to app
=> needs role app, table t
=> alters table t

alter table t enable trigger g, disable rule r
=> needs rule t.r, table t, trigger t.g
=> alters table t

alter table t enable trigger all
=> needs table t
=> alters table t

alter table t cluster on i, replica identity using index j
=> needs index i, index j, table t
=> alters table t

alter table t enable row level security, set (fillfactor = 50)
=> needs table t
=> alters table t

alter table t of kind
=> needs table t, type kind
=> alters table t

alter table t set access method columnar
=> needs access method columnar, table t
=> alters table t

alter table if exists t add column a int
=> provides column t.a
=> needs table t
=> alters table t

alter table t rename to u
=> provides table u
=> needs table t
=> removes table t
=> alters table t

alter table app.t rename a to b
=> provides column app.t.b
=> needs column app.t.a, schema app, table app.t
=> removes column app.t.a
=> alters table app.t

alter table t rename constraint c to d
=> provides constraint t.d
=> needs constraint t.c, table t
=> removes constraint t.c

alter table t set schema app
=> provides table app.t
=> needs schema app, table t
=> removes table t
=> alters table t

alter foreign table t add column a mood
=> provides column t.a
=> needs table t, type mood
=> alters table t

drop table t, app.u cascade
=> needs schema app, table app.u, table t
=> removes table app.u, table t

drop table if exists t
=> wants table t
=> removes table t

truncate t, app.u cascade
=> needs schema app, table app.u, table t

lock table t in exclusive mode
=> needs table t

comment on table app.t is 'x'
=> needs schema app, table app.t

comment on column t.a is 'x'
=> needs column t.a, table t

comment on constraint c on app.t is 'x'
=> needs constraint app.t.c, schema app, table app.t
"""


@each_of(STATEMENTS)
def test_a_statement_has_its_names(sql: str, expected: list[str]) -> None:
    """A change of a table provides, needs and removes what stands under it, and nothing else."""
    assert text_of(names_of(sql)) == expected
