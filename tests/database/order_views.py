"""Files of a growing schema that make views, and what else stands beside a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from database.order_growth import quoted
from database.order_routines import RELATIONS
from database.order_tables import INT, function_of_integer, label_of

if TYPE_CHECKING:
    from database.order_growth import Growth, Thing


def create_view(growth: Growth) -> list[str]:
    """CREATE OR REPLACE VIEW on tables and views: plain, joined, with WITH, a sub-select or GROUP BY."""
    schema, name = growth.schema(), growth.name()
    query, columns, sources = _query(growth)
    if not query:
        return []
    growth.add("VIEW", schema, name, columns=columns, sources=sources)
    made = growth.new(schema, name)
    if growth.random.random() < 0.2:
        return [f"DROP VIEW IF EXISTS {made} CASCADE", f"CREATE VIEW {made} AS {query}"]
    return [f"CREATE OR REPLACE VIEW {made} AS {query}"]


def create_materialized_view(growth: Growth) -> list[str]:
    """CREATE MATERIALIZED VIEW."""
    schema, name = growth.schema(), growth.name()
    query, columns, sources = _query(growth)
    if not query:
        return []
    growth.add("MATERIALIZED VIEW", schema, name, columns=columns, sources=sources)
    return [f"CREATE MATERIALIZED VIEW {growth.new(schema, name)} AS {query} WITH NO DATA"]


def _query(growth: Growth) -> tuple[str, dict[str, str], list[tuple[Thing, str]]]:
    first, second = growth.some(*RELATIONS), growth.some(*RELATIONS)
    one = growth.scalar_column(first, INT) if first else None
    other = growth.scalar_column(second, INT) if second else None
    if first is None or second is None or one is None or other is None:
        return "", {}, []
    sources = [(first, one), (second, other)]
    value = _value(growth, quoted(one), sources)
    out = growth.name()
    a, b, out_q, other_q = growth.ref(first), growth.ref(second), quoted(out), quoted(other)
    forms = [
        f"SELECT {value} AS {out_q} FROM {a} WHERE EXISTS (SELECT FROM {b} WHERE {other_q} > 1)",
        f"SELECT {value} AS {out_q} FROM {a} GROUP BY {quoted(one)}",
        f"WITH {other_q} AS (SELECT {value} AS {out_q} FROM {a}) SELECT {out_q} FROM {other_q}",
        f"SELECT y.{other_q} AS {out_q} FROM {a} AS x JOIN {b} AS y ON x.{quoted(one)} = y.{other_q}",
        f"SELECT x.{quoted(one)} AS {out_q} FROM {a} AS x UNION ALL SELECT {other_q} FROM {b}",
    ]
    if first is not second and not {one, other} & growth.copied:
        forms.append(f"SELECT {value} AS {out_q} FROM {a} JOIN {b} ON {quoted(one)} = {other_q}")
    return growth.random.choice(forms), {out: INT}, sources


def _value(growth: Growth, column: str, sources: list[tuple[Thing, str]]) -> str:
    """An integer made of a column, by itself or by way of a function, aggregate, operator or domain."""
    thing = growth.some("AGGREGATE", "OPERATOR", "DOMAIN", where=lambda thing: thing.birth < len(growth.files))
    which = growth.random.random()
    if which < 0.3 and (function := function_of_integer(growth)) is not None:
        sources.append((function, ""))
        return f"{growth.ref(function)}({column})"
    if thing is None or which < 0.6:
        return column
    sources.append((thing, ""))
    if thing.kind == "AGGREGATE":
        return f"{growth.ref(thing)}({column}) OVER ()"
    if thing.kind == "OPERATOR":
        return f"{column} OPERATOR({quoted(thing.schema)}.{thing.name}) 1"
    return f"{growth.ref(thing)}({column})::integer"


def create_mood_view(growth: Growth) -> list[str]:
    """CREATE VIEW that compares a column of an enum with a label, as a string constant alone or cast."""
    table = growth.some("TABLE", where=lambda thing: bool(_mood_columns(thing)))
    if table is None:
        return []
    column, enum = growth.random.choice(_mood_columns(table))
    schema, name, out = growth.schema(), growth.name(), growth.name()
    growth.add("VIEW", schema, name, columns={out: INT}, sources=[(table, column), (enum, "")])
    cast = f"::{growth.ref(enum)}" if growth.random.random() < 0.3 else ""
    condition = f"{quoted(column)} = '{label_of(growth, enum)}'{cast}"
    query = f"SELECT 1 AS {quoted(out)} FROM {growth.ref(table)} WHERE {condition}"
    return [f"CREATE OR REPLACE VIEW {growth.new(schema, name)} AS {query}"]


def create_cast_view(growth: Growth) -> list[str]:
    """CREATE VIEW that casts a column, with a cast that some other file made and nothing names."""
    table = growth.some("TABLE", where=lambda thing: bool(_cast_columns(growth, thing)))
    if table is None:
        return []
    column, type_ = growth.random.choice(_cast_columns(growth, table))
    schema, name, out = growth.schema(), growth.name(), growth.name()
    growth.add("VIEW", schema, name, columns={out: INT}, sources=[(table, column), (type_, "")])
    query = f"SELECT {quoted(column)}::integer AS {quoted(out)} FROM {growth.ref(table)}"
    return [f"CREATE OR REPLACE VIEW {growth.new(schema, name)} AS {query}"]


def _cast_columns(growth: Growth, table: Thing) -> list[tuple[str, Thing]]:
    plain = {column for column, type_ in table.columns.items() if not type_.endswith("[]")}
    usable = [(part.removeprefix("for "), source) for source, part in table.sources if "cast" in source.columns]
    return [(column, type_) for column, type_ in usable if column in plain and _is_past(growth, type_.columns["cast"])]


def _is_past(growth: Growth, when: str) -> bool:
    return when != f"after {len(growth.files)}"


def _mood_columns(table: Thing) -> list[tuple[str, Thing]]:
    plain = {column for column, type_ in table.columns.items() if not type_.endswith("[]")}
    enums = [(part.removeprefix("for "), source) for source, part in table.sources if "sad" in source.columns]
    return [(column, enum) for column, enum in enums if column in plain]


def create_policy(growth: Growth) -> list[str]:
    """CREATE POLICY, with a condition that may read another table."""
    table, other = growth.some("TABLE", where=lambda thing: not thing.signature), growth.some("TABLE")
    column = growth.scalar_column(table, INT) if table else None
    read = growth.scalar_column(other, INT) if other else None
    if table is None or column is None or other is None or read is None:
        return []
    table.sources += [(table, column), (other, read)]
    condition = f"{quoted(column)} IN (SELECT inside.{quoted(read)} FROM {growth.ref(other)} AS inside)"
    return [f"CREATE POLICY {quoted(growth.name())} ON {growth.ref(table)} USING ({condition})"]


def create_rule(growth: Growth) -> list[str]:
    """CREATE RULE that writes to another table."""
    table = growth.some("TABLE", where=lambda thing: not thing.signature and "merged" not in thing.marks)
    other = growth.some("TABLE", where=lambda thing: not thing.signature)
    column = growth.scalar_column(table, INT) if table else None
    read = growth.scalar_column(other, INT) if other else None
    if table is None or column is None or other is None or read is None:
        return []
    table.sources += [(table, column), (other, read)]
    table.marks.add("ruled")
    action = f"INSERT INTO {growth.ref(other)} ({quoted(read)}) VALUES (OLD.{quoted(column)})"
    return [f"CREATE RULE {quoted(growth.name())} AS ON DELETE TO {growth.ref(table)} DO ALSO {action}"]


def create_index(growth: Growth) -> list[str]:
    """CREATE INDEX on a column or an expression."""
    # PostgreSQL makes up the names of the indexes of partitions, and these depend on what is there already.
    table = growth.some("TABLE", "MATERIALIZED VIEW", where=lambda thing: thing.signature != "(partitioned)")
    column = growth.scalar_column(table, INT) if table else None
    if table is None or column is None:
        return []
    function = function_of_integer(growth)
    name = growth.name()
    sources = [(table, column)] + ([(function, "")] if function else [])
    growth.add("INDEX", table.schema, name, sources=sources)
    item = f"{growth.ref(function)}({quoted(column)})" if function else quoted(column)
    return [f"CREATE INDEX {quoted(name)} ON {growth.ref(table)} ({item})"]


def create_statistics(growth: Growth) -> list[str]:
    """CREATE STATISTICS on two columns."""
    table = growth.some("TABLE", where=lambda thing: list(thing.columns.values()).count(INT) > 1)
    if table is None:
        return []
    columns = growth.random.sample([column for column, type_ in table.columns.items() if type_ == INT], 2)
    schema, name = growth.schema(), growth.name()
    growth.add("STATISTICS", schema, name, sources=[(table, column) for column in columns])
    listed = ", ".join(quoted(column) for column in columns)
    return [f"CREATE STATISTICS {growth.new(schema, name)} ON {listed} FROM {growth.ref(table)}"]


def create_publication(growth: Growth) -> list[str]:
    """CREATE PUBLICATION of a table."""
    table = growth.some("TABLE", where=lambda thing: not thing.signature)
    if table is None:
        return []
    name = growth.name()
    growth.add("PUBLICATION", "", name, sources=[(table, "")])
    return [f"CREATE PUBLICATION {quoted(name)} FOR TABLE ONLY {growth.ref(table)} WITH (publish = 'insert')"]


def comment(growth: Growth) -> list[str]:
    """COMMENT ON a relation or one of its columns."""
    thing = growth.some(*RELATIONS, where=lambda thing: "commented" not in thing.marks)
    if thing is None:
        return []
    thing.marks.add("commented")
    column = growth.scalar_column(thing, INT)
    if column is None or growth.random.random() < 0.5:
        return [f"COMMENT ON {thing.kind} {growth.ref(thing)} IS 'a thing'"]
    return [f"COMMENT ON COLUMN {growth.ref(thing)}.{quoted(column)} IS 'a column'"]


def grant(growth: Growth) -> list[str]:
    """GRANT on a thing to a role that every server has."""
    thing = growth.some("TABLE", "VIEW", "TYPE", "SCHEMA", "FUNCTION", "SEQUENCE")
    if thing is None or thing.signature == "(composite)":
        return []
    written = growth.ref(thing)
    if thing.kind == "FUNCTION":
        return [f"GRANT EXECUTE ON FUNCTION {written}{thing.signature} TO pg_monitor"]
    privilege = "SELECT" if thing.kind in {"TABLE", "VIEW"} else "USAGE"
    column = growth.scalar_column(thing, INT) if thing.kind == "TABLE" else None
    if column is not None and growth.random.random() < 0.5:
        privilege = f"SELECT ({quoted(column)})"
    kind = "" if thing.kind in {"TABLE", "VIEW"} else f"{thing.kind} "
    return [f"GRANT {privilege} ON {kind}{written} TO pg_monitor"]
