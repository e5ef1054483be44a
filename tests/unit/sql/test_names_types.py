"""Types: enums and labels, composites, ranges, domains."""

from __future__ import annotations

from unit.sql.names_text import each_of, names_of, text_of

STATEMENTS = r"""
create type mood as enum ('sad', 'happy')
=> provides type mood
=> listed type mood (happy sad)

create type app.mood as enum ()
=> provides type app.mood
=> needs schema app
=> listed type app.mood ()

alter type mood add value 'glad'
=> provides type mood.glad
=> needs type mood

alter type app.mood add value if not exists 'glad' before 'happy'
=> provides type app.mood.glad
=> needs schema app, type app.mood, type app.mood.happy

alter type mood rename value 'sad' to 'down'
=> provides type mood.down
=> needs type mood, type mood.sad
=> removes type mood.sad

alter type mood rename to feeling
=> provides type feeling
=> needs type mood
=> removes type mood

alter type mood owner to bob
=> needs role bob, type mood

create type pair as (a int, b app.mood, c text collate "de")
=> provides type pair
=> needs collation de, schema app, type app.mood
=> listed type pair (a b c)

alter type pair add attribute d mood, drop attribute a, alter attribute b type email
=> provides column pair.d
=> needs column pair.a, column pair.b, type email, type mood, type pair
=> removes column pair.a

alter type pair rename attribute a to z
=> provides column pair.z
=> needs column pair.a, type pair
=> removes column pair.a

create type span as range (subtype = float8, subtype_diff = app.diff, subtype_opclass = oc, collation = de)
=> provides function span, function span_multirange, type span, type span_multirange
=> needs collation de, function app.diff, operator class oc, schema app

create type app.stretch as range (subtype = mood, multirange_type_name = app.stretches)
=> provides function app.stretch, function app.stretches, type app.stretch, type app.stretches
=> needs schema app, type mood

create type thing
=> provides type thing

create type thing (input = f, output = app.g, like = other)
=> provides type thing
=> needs function app.g, function f, schema app, type other

alter type thing set (receive = f)
=> needs function f, type thing

create domain email as text collate de default f() constraint at check (value like '%@%' and g(value)) not null
=> provides constraint email.at, type email
=> needs collation de, function f, function g

create domain email2 as app.email
=> provides type email2
=> needs schema app, type app.email

alter domain email add constraint c check (f(value))
=> provides constraint email.c
=> needs function f, type email

alter domain email set default f()
=> needs function f, type email

alter domain email validate constraint c
=> needs constraint email.c, type email

alter domain email drop constraint if exists d
=> needs type email
=> wants constraint email.d
=> removes constraint email.d

alter domain app.email rename constraint c to d
=> provides constraint app.email.d
=> needs constraint app.email.c, schema app, type app.email
=> removes constraint app.email.c

alter domain email rename to mail
=> provides type mail
=> needs type email
=> removes type email

comment on constraint c on domain email is ''
=> needs constraint email.c, type email

comment on domain email is ''
=> needs type email

drop type mood, app.pair cascade
=> needs schema app, type app.pair, type mood
=> removes type app.pair, type mood

drop domain if exists email
=> wants type email
=> removes type email

comment on type app.mood is ''
=> needs schema app, type app.mood

grant usage on type mood to bob
=> needs role bob, type mood
"""


@each_of(STATEMENTS)
def test_a_statement_has_its_names(sql: str, expected: list[str]) -> None:
    """A statement about a type provides, needs and removes what stands under it, and nothing else."""
    assert text_of(names_of(sql)) == expected
