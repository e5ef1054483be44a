"""Foreign keys: an index for each, and one for each column that looks like a reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.claims.guidelines.rewriting import cut, index_name, with_column_words
from seltzer.claims.guidelines.rule import Found, schema_rule
from seltzer.claims.guidelines.schema import ForeignKey, Relation, Schema, quoted, written
from seltzer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seltzer.claims.guidelines.schema import Column
    from seltzer.claims.guidelines.settings import GuidelineSettings

_SUFFIX = "_id"


@schema_rule("unindexed-foreign-key", Severity.WARNING)
def unindexed_foreign_key(schema: Schema, settings: GuidelineSettings) -> Iterator[Found]:
    """The columns of a foreign key have no index.

    PostgreSQL makes an index for the table that is referred to, none for the one that refers. Each DELETE there, and
    each UPDATE of its key, then reads the whole referring table, under a lock on the row; joins do it too. An index
    that begins with the columns is enough, a primary key or unique constraint as well.

    Bad:
        CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);
        CREATE TABLE IF NOT EXISTS orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users (id));

    Good:
        CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);
        CREATE TABLE IF NOT EXISTS orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users (id));
        CREATE INDEX IF NOT EXISTS idx_orders_user_id ON orders (user_id);
    """
    for table in schema.tables():
        for key in table.foreign_keys if not table.guessed else ():
            if not _is_indexed(schema, table, key) and not schema.may_be_unread("index", table.where[1], *key.columns):
                yield Found(
                    key.spot.statement.source,
                    key.spot.byte,
                    f"the foreign key of {table.name} ({', '.join(key.columns)}) has no index",
                    f"No index or key of {table.name} begins with {', '.join(key.columns)}, in any of the files.",
                    _create_index(table, key, settings),
                )


def _is_indexed(schema: Schema, table: Relation, key: ForeignKey) -> bool:
    wanted = set(key.columns)
    return any(set(columns[: len(wanted)]) == wanted for columns in schema.searchable(table))


def _create_index(table: Relation, key: ForeignKey, settings: GuidelineSettings) -> str:
    is_new = table.born.source is key.spot.statement.source
    concurrently = "" if is_new or table.partitioned else "CONCURRENTLY "
    name = quoted(index_name(settings.index_name_patterns[0], table.where[1], key.columns))
    columns = ", ".join(quoted(column) for column in key.columns)
    return f"CREATE INDEX {concurrently}IF NOT EXISTS {name} ON {written(table.where)} ({columns});"


@schema_rule("missing-foreign-key", Severity.WARNING)
def missing_foreign_key(schema: Schema, settings: GuidelineSettings) -> Iterator[Found]:
    """A column looks like a reference and has no foreign key.

    Nothing keeps a row from naming a user who does not exist, or stops existing later. The rule speaks up only where
    the files have a table of that name (`users` for `user_id`) whose primary key is one column of the same type. A
    foreign key that a file dropped is left alone.

    Bad:
        CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);
        CREATE TABLE IF NOT EXISTS orders (id bigint PRIMARY KEY, user_id bigint NOT NULL);

    Good:
        CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);
        CREATE TABLE IF NOT EXISTS orders (id bigint PRIMARY KEY, user_id bigint NOT NULL REFERENCES users (id));
        CREATE INDEX IF NOT EXISTS idx_orders_user_id ON orders (user_id);
    """
    del settings
    for table in schema.tables():
        referring = {name for key in table.foreign_keys for name in key.columns} | table.released
        for column in table.columns.values() if table.parent is None else ():
            if not column.name.endswith(_SUFFIX) or column.name in referring:
                continue
            target = _meant(schema, table, column)
            if target is not None and not schema.may_be_unread("references", table.where[1], column.name):
                yield Found(
                    column.spot.statement.source,
                    column.spot.byte,
                    f"{table.name}.{column.name} looks like a reference to {target.name} and has no foreign key",
                    f"{target.name} has the primary key {target.primary[0]}, of the same type.",
                    _add_foreign_key(table, column, target),
                )


def _meant(schema: Schema, table: Relation, column: Column) -> Relation | None:
    stem = column.name.removesuffix(_SUFFIX)
    names = [f"{stem}s", f"{stem}es", stem, *([f"{stem[:-1]}ies"] if stem.endswith("y") else [])]
    for name in names:
        target = schema.relations.get((table.where[0], name))
        if target is None or target.kind != "table" or target.parent is not None or len(target.primary) != 1:
            continue
        key = target.columns.get(target.primary[0])
        own = target is table and table.primary == (column.name,)
        if key is not None and key.type == column.type and key.name in {"id", column.name} and not own:
            return target
    return None


def _add_foreign_key(table: Relation, column: Column, target: Relation) -> str | None:
    refers = f"REFERENCES {written(target.where)} ({quoted(target.primary[0])})"
    if column.spot.statement is table.born:
        return with_column_words(table.born, column.spot.byte, f" {refers}")
    own = written(table.where)
    name = quoted(cut(f"{table.where[1]}_{column.name}_fkey"))
    add = f"ALTER TABLE {own} ADD CONSTRAINT {name} FOREIGN KEY ({quoted(column.name)}) {refers}"
    if table.partitioned:
        return f"{add};"
    return f"{add} NOT VALID;\n-- in a file of its own, after that one:\nALTER TABLE {own} VALIDATE CONSTRAINT {name};"
