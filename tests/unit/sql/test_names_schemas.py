"""Schemas and extensions."""

from __future__ import annotations

from unit.sql.names_text import each_of, names_of, text_of

STATEMENTS = r"""
create schema app
=> provides schema app

create schema if not exists app authorization bob
=> provides schema app
=> needs role bob

create schema authorization bob
=> provides schema bob
=> needs role bob

create schema app create table t (id int primary key) create view v as select id from t create index i on t (id)
=> provides constraint app.t.t_pkey, index app.i, index app.t_pkey, schema app, table app.t, unique key app.t,
       unique key app.t.id, view app.v
=> wants partition app.t
=> listed table app.t (id)

alter schema app rename to app2
=> provides schema app2
=> needs schema app
=> removes schema app

alter schema app owner to bob
=> needs role bob, schema app

drop schema app cascade
=> needs schema app
=> removes schema app

drop schema if exists app
=> wants schema app
=> removes schema app

comment on schema app is ''
=> needs schema app

grant usage on schema app to bob
=> needs role bob, schema app

create extension citext
=> provides extension citext, function citext, operator class citext_ops, operator class citext_pattern_ops,
       type citext

create extension if not exists hstore with schema ext cascade
=> provides extension hstore, function ext.akeys, function ext.avals, function ext.defined, function ext.delete,
       function ext.each, function ext.exist, function ext.hs_concat, function ext.hstore, function
       ext.hstore_to_array, function ext.hstore_to_json, function ext.hstore_to_json_loose, function
       ext.hstore_to_jsonb, function ext.hstore_to_jsonb_loose, function ext.hstore_to_matrix, function
       ext.populate_record, function ext.skeys, function ext.slice, function ext.slice_array, function
       ext.svals, operator class ext.btree_hstore_ops, operator class ext.gin_hstore_ops, operator class
       ext.gist_hstore_ops, operator class ext.hash_hstore_ops, operator ext.#<#, operator ext.#=, operator
       ext.%#, operator ext.%%, type ext.hstore
=> needs schema ext

create extension earthdistance cascade
=> provides extension cube, extension earthdistance, function cube, function cube_contains, function cube_dim,
       function cube_distance, function cube_enlarge, function cube_inter, function cube_ll_coord, function
       cube_union, function cube_ur_coord, function earth, function earth_box, function earth_distance, function
       gc_to_sec, function geo_distance, function latitude, function ll_to_earth, function longitude, function
       sec_to_gc, operator <#>, operator <=>, operator <@>, operator class cube_ops, operator class
       gist_cube_ops, operator ~>, type cube, type earth

create extension earthdistance
=> provides extension earthdistance, function earth, function earth_box, function earth_distance, function
       gc_to_sec, function geo_distance, function latitude, function ll_to_earth, function longitude, function
       sec_to_gc, operator <@>, type earth
=> needs extension cube

create extension unknown_one
=> provides extension unknown_one

create extension plpython3u
=> provides extension plpython3u, language plpython3u

alter extension citext update
=> needs extension citext

alter extension citext set schema ext
=> provides function ext.citext, operator class ext.citext_ops, operator class ext.citext_pattern_ops, type
       ext.citext
=> needs extension citext, schema ext

alter extension citext add table t
=> needs extension citext, table t

drop extension citext
=> needs extension citext
=> removes extension citext, function citext, operator class citext_ops, operator class citext_pattern_ops, type
       citext
"""


@each_of(STATEMENTS)
def test_a_statement_has_its_names(sql: str, expected: list[str]) -> None:
    """A statement about a schema or an extension provides, needs and removes what stands under it, and nothing else."""
    assert text_of(names_of(sql)) == expected
