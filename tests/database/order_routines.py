"""Files of a growing schema that make functions, and what is made of functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from database.order_growth import quoted
from database.order_tables import INT, function_of_integer

if TYPE_CHECKING:
    from database.order_growth import Growth, Thing

RELATIONS = ("TABLE", "VIEW", "MATERIALIZED VIEW")


def create_function(growth: Growth) -> list[str]:
    """CREATE FUNCTION of an integer, in SQL or PL/pgSQL, in the old style or the new."""
    schema, name = growth.schema(), growth.name()
    inner = function_of_integer(growth)
    sources: list[tuple[Thing, str]] = []
    body = growth.random.choice(["LANGUAGE sql AS 'SELECT $1 + 1'", "LANGUAGE plpgsql AS 'BEGIN RETURN $1; END'"])
    if inner is not None and growth.random.random() < 0.5:
        body, sources = f"LANGUAGE sql RETURN {growth.ref(inner)}($1)", [(inner, "")]
    growth.add("FUNCTION", schema, name, signature="(integer)", sources=sources)
    return [f"CREATE OR REPLACE FUNCTION {growth.new(schema, name)}(integer) RETURNS integer IMMUTABLE {body}"]


def create_overload(growth: Growth) -> list[str]:
    """CREATE FUNCTION of a text, with the name of one of an integer that its module has in a numbered file."""
    other = growth.some(
        "FUNCTION",
        where=lambda thing: (
            thing.signature == "(integer)" and growth.mine(thing) and not thing.marks & {"overloaded", "loose"}
        ),
    )
    if other is None:
        return []
    other.marks |= {"overloaded", f"overloaded in {len(growth.files)}"}
    growth.add("FUNCTION", other.schema, other.name, signature="(text)")
    written = f"{quoted(other.schema)}.{quoted(other.name)}"
    return [f"CREATE FUNCTION {written}(text) RETURNS text LANGUAGE sql AS 'SELECT $1'"]


def replace_function(growth: Growth) -> list[str]:
    """CREATE OR REPLACE FUNCTION with another body, by any module the first time: the last one counts."""
    function = growth.some(
        "FUNCTION", where=lambda thing: thing.signature == "(text)" and _is_replaceable(growth, thing)
    )
    if function is None:
        return []
    function.marks |= {"replaced"} if growth.mine(function) else {"replaced", "replaced elsewhere"}
    written, number = growth.ref_to_move(function), len(growth.files)
    return [f"CREATE OR REPLACE FUNCTION {written}(text) RETURNS text LANGUAGE sql AS 'SELECT $1 || {number}'"]


def _is_replaceable(growth: Growth, function: Thing) -> bool:
    if "replaced elsewhere" in function.marks:
        return False
    return growth.mine(function) or "replaced" not in function.marks


def create_reader(growth: Growth) -> list[str]:
    """CREATE FUNCTION that reads a table, which PostgreSQL checks in SQL bodies."""
    table = growth.some(*RELATIONS)
    column = growth.scalar_column(table, INT) if table else None
    if table is None or column is None:
        return []
    schema, name = growth.schema(), growth.name()
    query = f"SELECT max({quoted(column)}) FROM {growth.ref(table)}"
    atomic = growth.random.random() < 0.4
    sources, marks = ([(table, column)], {"atomic"}) if atomic else ([], set[str]())
    growth.add("FUNCTION", schema, name, signature="()", sources=sources, marks=marks)
    body = f"BEGIN ATOMIC {query}; END" if atomic else f"AS $body$ {query} $body$"
    return [f"CREATE FUNCTION {growth.new(schema, name)}() RETURNS integer LANGUAGE sql {body}"]


def create_typed_function(growth: Growth) -> list[str]:
    """CREATE FUNCTION whose arguments, result and variables have the types of tables and columns."""
    table = growth.some("TABLE")
    column = growth.scalar_column(table, INT) if table else None
    if table is None or column is None:
        return []
    schema, name, written = growth.schema(), growth.name(), growth.ref(table)
    growth.add("FUNCTION", schema, name, signature="(bigint, integer)", sources=[(table, "")])
    head = f"CREATE FUNCTION {growth.new(schema, name)}(a bigint, b {written}.{quoted(column)}%TYPE)"
    declared = f"one {written}%ROWTYPE; two {written}.{quoted(column)}%TYPE := 1;"
    body = f"DECLARE {declared} BEGIN PERFORM whatever FROM nowhere; END"
    return [f"{head} RETURNS SETOF {written} LANGUAGE plpgsql AS $${body}$$"]


def create_procedure(growth: Growth) -> list[str]:
    """CREATE PROCEDURE whose body PostgreSQL checks, and CALL of one that is there."""
    made = growth.some("PROCEDURE", where=lambda thing: thing.birth < len(growth.files))
    if made is not None and growth.random.random() < 0.5:
        return [f"CALL {growth.ref(made)}(1)"]
    table = growth.some("TABLE", where=lambda thing: not thing.signature and "ruled" not in thing.marks)
    column = growth.scalar_column(table, INT) if table else None
    if table is None or column is None:
        return []
    schema, name = growth.schema(), growth.name()
    growth.add("PROCEDURE", schema, name, sources=[(table, column)])
    body = f"BEGIN ATOMIC UPDATE {growth.ref(table)} SET {quoted(column)} = n WHERE false; END"
    return [f"CREATE PROCEDURE {growth.new(schema, name)}(n integer) {body}"]


def create_aggregate(growth: Growth) -> list[str]:
    """CREATE AGGREGATE of a function with two arguments, which may be in another file."""
    function = growth.some("FUNCTION", where=lambda thing: thing.signature == "(integer, integer)")
    schema, name = growth.schema(), growth.name()
    if function is None or growth.random.random() < 0.3:
        growth.add("FUNCTION", schema, name, signature="(integer, integer)")
        head = f"CREATE FUNCTION {growth.new(schema, name)}(integer, integer) RETURNS integer IMMUTABLE"
        return [f"{head} LANGUAGE sql AS 'SELECT $1 + $2'"]
    growth.add("AGGREGATE", schema, name, sources=[(function, "")])
    made = growth.new(schema, name)
    return [f"CREATE AGGREGATE {made}(integer) (SFUNC = {growth.ref(function)}, STYPE = integer, INITCOND = '0')"]


def create_operator(growth: Growth) -> list[str]:
    """CREATE OPERATOR of a function with two arguments."""
    function = growth.some("FUNCTION", where=lambda thing: thing.signature == "(integer, integer)")
    if function is None:
        return []
    schema, number = growth.schema(), growth.number()
    symbol = "@#" + "".join("~&|@"[number >> bits & 3] for bits in (6, 4, 2, 0))
    growth.add("OPERATOR", schema, symbol, sources=[(function, "")])
    written = f"{quoted(schema)}.{symbol}"
    return [f"CREATE OPERATOR {written} (FUNCTION = {growth.ref(function)}, LEFTARG = integer, RIGHTARG = integer)"]


def create_cast(growth: Growth) -> list[str]:
    """CREATE CAST from a composite type, with the function that does it."""
    type_ = growth.some("TYPE", where=lambda thing: "composite" in thing.marks and "cast" not in thing.marks)
    if type_ is None:
        return []
    type_.marks.add("cast")
    schema, name, written = growth.schema(), growth.name(), growth.ref(type_)
    function = growth.add("FUNCTION", schema, name, signature="(composite)", sources=[(type_, "")], marks={"loose"})
    type_.sources.append((function, ""))
    type_.columns["cast"] = f"after {len(growth.files)}"
    made = growth.new(schema, name)
    return [
        f"CREATE FUNCTION {made}({written}) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT ($1).x'",
        f"CREATE CAST ({written} AS integer) WITH FUNCTION {made}({written})",
    ]


def create_trigger(growth: Growth) -> list[str]:
    """A trigger function and its trigger, or a trigger on a function that is there."""
    table = growth.some("TABLE", where=lambda thing: not thing.signature)
    column = growth.scalar_column(table, INT) if table else None
    if table is None or column is None:
        return []
    statements: list[str] = []
    function = growth.some("FUNCTION", where=lambda thing: "trigger" in thing.marks)
    if function is None or growth.random.random() < 0.5:
        schema, name = growth.schema(), growth.name()
        function = growth.add("FUNCTION", schema, name, signature="()", marks={"trigger"})
        statements.append(
            f"CREATE FUNCTION {growth.new(schema, name)}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
        )
    table.sources += [(function, ""), (table, column)]
    statements.append(
        f"CREATE TRIGGER {quoted(growth.name())} BEFORE UPDATE OF {quoted(column)} ON {growth.ref(table)} "
        f"FOR EACH ROW WHEN (NEW.{quoted(column)} > 1) EXECUTE FUNCTION {growth.ref(function)}()"
    )
    return statements
