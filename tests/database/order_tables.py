"""Files of a growing schema that make schemas, types, sequences and tables: one function a kind of statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from database.order_growth import Thing, quoted

if TYPE_CHECKING:
    from database.order_growth import Growth

INT = "integer"


def create_schema(growth: Growth) -> list[str]:
    """CREATE SCHEMA."""
    name = growth.name()
    growth.add("SCHEMA", "", name)
    return [f"CREATE SCHEMA {quoted(name)}"]


def create_extension(growth: Growth) -> list[str]:  # noqa: ARG001  # everyone may write it
    """CREATE EXTENSION IF NOT EXISTS, which many modules may have."""
    return ["CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public"]


def create_enum(growth: Growth) -> list[str]:
    """CREATE TYPE … AS ENUM."""
    schema, name = growth.schema(), growth.name()
    growth.add("TYPE", schema, name, columns={"sad": "", "glad": ""})
    return [f"CREATE TYPE {growth.new(schema, name)} AS ENUM ('sad', 'glad')"]


def add_label(growth: Growth) -> list[str]:
    """ALTER TYPE … ADD VALUE; the label is used by later files only, as PostgreSQL asks."""
    enum = growth.some("TYPE", where=lambda thing: "sad" in thing.columns and growth.mine(thing))
    if enum is None:
        return []
    label = growth.name()
    enum.columns[label] = f"after {len(growth.files)}"
    return [f"ALTER TYPE {growth.ref(enum)} ADD VALUE '{label}'"]


def label_of(growth: Growth, enum: Thing) -> str:
    """A label that may be used in the file being written."""
    return growth.random.choice([label for label, made in enum.columns.items() if made != f"after {len(growth.files)}"])


def create_domain(growth: Growth) -> list[str]:
    """CREATE DOMAIN, with a check that may call a function."""
    schema, name = growth.schema(), growth.name()
    check, sources = check_of(growth, "VALUE")
    growth.add("DOMAIN", schema, name, sources=sources)
    return [f"CREATE DOMAIN {growth.new(schema, name)} AS integer CHECK ({check})"]


def create_composite(growth: Growth) -> list[str]:
    """CREATE TYPE … AS (…)."""
    schema, name = growth.schema(), growth.name()
    type_, sources = growth.type()
    growth.add("TYPE", schema, name, sources=sources, marks={"composite"})
    return [f"CREATE TYPE {growth.new(schema, name)} AS (x integer, y {type_})"]


def create_sequence(growth: Growth) -> list[str]:
    """CREATE SEQUENCE."""
    schema, name = growth.schema(), growth.name()
    growth.add("SEQUENCE", schema, name)
    return [f"CREATE SEQUENCE {growth.new(schema, name)}"]


def own_sequence(growth: Growth) -> list[str]:
    """ALTER SEQUENCE … OWNED BY."""
    sequence = growth.some("SEQUENCE", where=lambda thing: not thing.sources)
    if sequence is None:
        return []
    table = growth.some("TABLE", where=lambda thing: thing.schema == sequence.schema)
    column = growth.scalar_column(table, INT) if table else None
    if table is None or column is None:
        return []
    sequence.sources.append((table, column))
    return [f"ALTER SEQUENCE {growth.ref(sequence)} OWNED BY {growth.ref(table)}.{quoted(column)}"]


def create_table(growth: Growth) -> list[str]:
    """CREATE TABLE with columns, defaults, checks, a key and foreign keys."""
    schema, name = growth.schema(), growth.name()
    table = Thing("TABLE", schema, name, growth.module)
    lines = [column_of(growth, table, primary=number == 0) for number in range(growth.random.randint(1, 5))]
    if growth.random.random() < 0.3:
        parent = growth.some("TABLE", where=lambda thing: "altered" not in thing.marks and not thing.signature)
        if parent is not None:
            parent.marks.add("copied")
            growth.copied |= set(parent.columns)
            lines.append(f"LIKE {growth.ref(parent)}")
            table.sources += [(source, part) for source, part in parent.sources if source.kind in {"TYPE", "DOMAIN"}]
            table.columns |= parent.columns
    growth.keep(table)
    return [f"CREATE TABLE {growth.new(schema, name)} ({', '.join(lines)})"]


def create_partitioned(growth: Growth) -> list[str]:
    """CREATE TABLE … PARTITION BY."""
    schema, name = growth.schema(), growth.name()
    key = growth.name()
    table = Thing("TABLE", schema, name, growth.module, signature="(partitioned)", marks={"copied"})
    extra = column_of(growth, table, primary=False)
    table.columns[key] = INT
    growth.keep(table)
    table.sources.append((table, key))
    where = growth.new(schema, name)
    return [f"CREATE TABLE {where} ({quoted(key)} integer NOT NULL, {extra}) PARTITION BY LIST ({quoted(key)})"]


def create_partition(growth: Growth) -> list[str]:
    """CREATE TABLE … PARTITION OF, or a table and ALTER TABLE … ATTACH PARTITION."""
    parent = growth.some("TABLE", where=lambda thing: thing.signature == "(partitioned)")
    if parent is None:
        return []
    schema, name = growth.schema(), growth.name()
    growth.copied |= set(parent.columns)
    growth.add(
        "TABLE", schema, name, columns=parent.columns, sources=[(parent, "")], signature="(part)", marks={"copied"}
    )
    number, made, of = growth.number(), growth.new(schema, name), growth.ref(parent)
    if growth.random.random() < 0.5:
        return [f"CREATE TABLE {made} PARTITION OF {of} FOR VALUES IN ({number})"]
    return [f"CREATE TABLE {made} (LIKE {of})", f"ALTER TABLE {of} ATTACH PARTITION {made} FOR VALUES IN ({number})"]


def create_heir(growth: Growth) -> list[str]:
    """CREATE TABLE … INHERITS."""
    parent = growth.some("TABLE", where=lambda thing: "altered" not in thing.marks and not thing.signature)
    if parent is None:
        return []
    parent.marks.add("copied")
    growth.copied |= set(parent.columns)
    schema, name, column = growth.schema(), growth.name(), growth.name()
    columns = {**parent.columns, column: INT}
    # Which of these columns change with the parent is its matter alone.
    growth.add("TABLE", schema, name, columns=columns, sources=[(parent, "")], signature="(heir)", marks={"copied"})
    return [f"CREATE TABLE {growth.new(schema, name)} ({quoted(column)} integer) INHERITS ({growth.ref(parent)})"]


def add_column(growth: Growth) -> list[str]:
    """ALTER TABLE … ADD COLUMN."""
    table = growth.some("TABLE", where=lambda thing: growth.mine(thing) and "copied" not in thing.marks)
    if table is None:
        return []
    table.marks.add("altered")
    return [f"ALTER TABLE {growth.ref(table)} ADD COLUMN {column_of(growth, table, primary=False)}"]


def foreign_key(growth: Growth, table: Thing) -> str:
    """A REFERENCES clause; empty when no table has a key."""
    other = growth.some("TABLE", where=lambda thing: bool(thing.keys))
    if other is None:
        return ""
    key = growth.random.choice(other.keys)
    table.sources.append((other, key))
    return f"REFERENCES {growth.ref(other)} ({quoted(key)})"


def function_of_integer(growth: Growth) -> Thing | None:
    """A function of an integer; not one whose name this very file gave to another."""
    here = f"overloaded in {len(growth.files)}"
    return growth.some("FUNCTION", where=lambda thing: thing.signature == "(integer)" and here not in thing.marks)


def check_of(growth: Growth, value: str) -> tuple[str, list[tuple[Thing, str]]]:
    """A condition, and what it is built on."""
    function = function_of_integer(growth)
    if function is None:
        return f"{value} > 0", []
    return f"{growth.ref(function)}({value}) > 0", [(function, "")]


def column_of(growth: Growth, table: Thing, *, primary: bool) -> str:
    """A column definition; notes in the table what it is built on."""
    name = growth.name()
    which = growth.random.randint(0, 10)
    if primary:
        table.columns[name] = INT
        table.keys.append(name)
        return f"{quoted(name)} integer PRIMARY KEY"
    more = ""
    if which < 6:
        type_, sources = growth.type()
        enum = sources[0][0] if sources and not type_.endswith("[]") else None
        if enum is not None and "sad" in enum.columns and growth.random.random() < 0.6:
            more = f" DEFAULT '{label_of(growth, enum)}'"
        table.sources += [(source, f"for {name}") for source, _ in sources]
    else:
        type_ = INT
        more, sources = _of_integer(growth, table, which)
        table.sources += [(source, part or f"for {name}") for source, part in sources]
    table.columns[name] = f"{type_} generated" if "GENERATED" in more else type_
    return f"{quoted(name)} {type_}{more}"


def _of_integer(growth: Growth, table: Thing, which: int) -> tuple[str, list[tuple[Thing, str]]]:
    if which == 6:
        sequence = growth.some("SEQUENCE", where=lambda thing: not thing.sources)
        if sequence is not None:
            return f" DEFAULT nextval('{growth.ref(sequence)}')", [(sequence, "")]
    if which == 7:
        function = growth.some("FUNCTION", where=lambda thing: "atomic" in thing.marks)
        if function is not None:
            return f" DEFAULT {growth.ref(function)}()", [(function, "")]
    if which == 8:
        function = function_of_integer(growth)
        other = growth.scalar_column(table, INT)
        plain = other if other in table.keys else None
        if function is not None and plain is not None:
            made = f" GENERATED ALWAYS AS ({growth.ref(function)}({quoted(plain)})) STORED"
            return made, [(function, ""), (table, plain)]
    if which == 9 and not table.signature:
        return " GENERATED BY DEFAULT AS IDENTITY", []
    reference = foreign_key(growth, table)
    return (f" {reference}" if reference else " NOT NULL DEFAULT 0"), []
