"""Files of a growing schema that rename, move, drop and alter what is there, and that change rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from database.order_growth import quoted
from database.order_tables import INT, check_of, foreign_key

if TYPE_CHECKING:
    from database.order_growth import Growth, Thing


def rename_column(growth: Growth) -> list[str]:
    """ALTER TABLE … RENAME COLUMN, by any module."""
    table = growth.some("TABLE", where=lambda thing: "copied" not in thing.marks)
    if table is None:
        return []
    old, new = growth.random.choice(list(table.columns)), growth.name()
    table.columns = {new if column == old else column: type_ for column, type_ in table.columns.items()}
    table.keys = [new if column == old else column for column in table.keys]
    for thing in growth.things:
        thing.sources = [(s, new if s is table and part == old else part) for s, part in thing.sources]
    table.sources = [(s, f"for {new}" if part == f"for {old}" else part) for s, part in table.sources]
    table.marks.add("altered")
    return [f"ALTER TABLE {growth.ref(table)} RENAME COLUMN {quoted(old)} TO {quoted(new)}"]


def rename_thing(growth: Growth) -> list[str]:
    """ALTER … RENAME TO, by any module; a table may be used under its new name at once."""
    kinds = ("TABLE", "VIEW", "TYPE", "DOMAIN", "SEQUENCE", "FUNCTION")
    thing = growth.some(*kinds, where=lambda thing: not thing.marks & {"loose", "replaced"})
    if thing is None:
        return []
    written, new = growth.ref_to_move(thing) + thing.signature * (thing.kind == "FUNCTION"), growth.name()
    thing.name = new
    renamed = f"ALTER {thing.kind} {written} RENAME TO {quoted(new)}"
    column = growth.scalar_column(thing, INT) if thing.kind == "TABLE" and "ruled" not in thing.marks else None
    if column is None:
        return [renamed]
    return [renamed, f"UPDATE {quoted(thing.schema)}.{quoted(new)} SET {quoted(column)} = 1 WHERE false"]


def move_thing(growth: Growth) -> list[str]:
    """ALTER … SET SCHEMA, by any module."""
    if len(growth.path) > 1:
        return []  # a bare name would mean one schema before and another one after
    thing = growth.some(
        "TABLE", "VIEW", "TYPE", "SEQUENCE", where=lambda one: "loose" not in one.marks and not _is_tied(growth, one)
    )
    if thing is None:
        return []
    written, schema = growth.ref_to_move(thing), growth.schema()
    if schema == thing.schema or f"was in {schema}" in thing.marks:
        return []
    thing.marks.add(f"was in {thing.schema}")
    thing.schema = schema
    for index in growth.things:
        if index.kind == "INDEX" and index.sources[0][0] is thing:
            index.schema = schema
    return [f"ALTER {thing.kind} {written} SET SCHEMA {quoted(schema)}"]


def _is_tied(growth: Growth, thing: Thing) -> bool:
    """Whether it has a sequence, or is one of a table: these move together."""
    if thing.kind == "SEQUENCE":
        return bool(thing.sources)
    return any(other.kind == "SEQUENCE" and source is thing for other in growth.things for source, _ in other.sources)


def drop_column(growth: Growth) -> list[str]:
    """ALTER TABLE … DROP COLUMN, by any module, once nothing is built on it."""
    table = growth.some("TABLE", where=lambda one: "copied" not in one.marks and growth.may_lose(one))
    if table is None or len(table.columns) == 1:
        return []
    column = growth.random.choice(list(table.columns))
    if growth.used(table, column) or column in table.keys:
        return []
    del table.columns[column]
    table.sources = [(source, part) for source, part in table.sources if part != f"for {column}"]
    table.marks.add("altered")
    return [f"ALTER TABLE {growth.ref(table)} DROP COLUMN {quoted(column)}"]


def drop_thing(growth: Growth) -> list[str]:
    """DROP, by any module, of what nothing is built on."""
    kinds = ("TABLE", "VIEW", "MATERIALIZED VIEW", "TYPE", "DOMAIN", "SEQUENCE", "FUNCTION", "INDEX", "SCHEMA")
    thing = growth.some(*kinds, where=lambda thing: _is_droppable(growth, thing))
    if thing is None:
        return []
    growth.things.remove(thing)
    signature = thing.signature if thing.kind == "FUNCTION" else ""
    exists = growth.random.choice(["", "IF EXISTS "])
    return [f"DROP {thing.kind} {exists}{growth.ref_to_move(thing)}{signature}"]


def _is_droppable(growth: Growth, thing: Thing) -> bool:
    if "loose" in thing.marks or not growth.may_lose(thing) or "replaced elsewhere" in thing.marks:
        return False
    if "replaced" in thing.marks and not growth.mine(thing):
        return False
    if thing.kind == "SCHEMA":
        return thing.name not in growth.path and not any(other.schema == thing.name for other in growth.things)
    if thing.kind == "SEQUENCE" and thing.sources:
        return False
    return not any(source is thing for other in growth.things if other is not thing for source, _ in other.sources)


def add_constraint(growth: Growth) -> list[str]:
    """ALTER TABLE … ADD CONSTRAINT, in any module: a key, a check, a foreign key."""
    table = growth.some("TABLE", where=lambda thing: not thing.signature)
    column = growth.scalar_column(table, INT) if table else None
    if table is None or column is None:
        return []
    written, name = growth.ref(table), quoted(growth.name())
    which = growth.random.randint(0, 2)
    if which == 0:
        table.sources.append((table, column))
        table.keys.append(column)
        return [f"ALTER TABLE {written} ADD CONSTRAINT {name} UNIQUE ({quoted(column)})"]
    if which == 1:
        check, sources = check_of(growth, quoted(column))
        table.sources += [*sources, (table, column)]
        return [f"ALTER TABLE {written} ADD CONSTRAINT {name} CHECK ({check})"]
    reference = foreign_key(growth, table)
    if not reference:
        return []
    table.sources.append((table, column))
    return [f"ALTER TABLE {written} ADD CONSTRAINT {name} FOREIGN KEY ({quoted(column)}) {reference}"]


def change_data(growth: Growth) -> list[str]:
    """INSERT, UPDATE or DELETE that find no row and read another table."""
    table, other = growth.some("TABLE", where=lambda thing: not thing.signature), growth.some("TABLE")
    column = growth.scalar_column(table, INT) if table else None
    read = growth.scalar_column(other, INT) if other else None
    if table is None or column is None or other is None or read is None:
        return []
    a, b, c, d = growth.ref(table), growth.ref(other), quoted(column), quoted(read)
    forms = [
        f"INSERT INTO {a} ({c}) SELECT {d} FROM {b} WHERE false",
        f"UPDATE {a} SET {c} = y.{d} FROM {b} AS y WHERE false",
        f"DELETE FROM {a} AS x USING {b} AS y WHERE x.{c} = y.{d} AND false",
        f"MERGE INTO {a} AS x USING {b} AS y ON x.{c} = y.{d} AND false WHEN MATCHED THEN DELETE",
    ]
    if "ruled" in table.marks:
        del forms[-1]  # MERGE does not work on a table with rules
    table.marks.add("merged")
    return [growth.random.choice(forms)]


def insert_row(growth: Growth) -> list[str]:
    """INSERT of a value for every column, without naming them: none of them may go any more."""
    table = growth.some("TABLE", where=lambda thing: not thing.signature and "ruled" not in thing.marks)
    if table is None or any("generated" in type_ for type_ in table.columns.values()):
        return []
    table.sources += [(table, column) for column in table.columns]
    values = ", ".join(["NULL"] * len(table.columns))
    return [f"INSERT INTO {growth.ref(table)} SELECT {values} WHERE false"]
