"""Foreign keys: an index for each, and one for each column that looks like a reference."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from seltzer.claims.guidelines.rewriting import cut, index_name, snake_case, with_column_words
from seltzer.claims.guidelines.rule import Found, schema_rule
from seltzer.claims.guidelines.schema import ForeignKey, Relation, Schema, quoted, written
from seltzer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from seltzer.claims.guidelines.schema import Column, Index, Search
    from seltzer.claims.guidelines.settings import GuidelineSettings

# What a text that nothing is read from may say instead.
_KEY_OR_INDEX = r"\bindex\b|\bunique\b|\bprimary\s+key\b"
_REFERENCES = r"\breferences\b"
_SUFFIX = re.compile(r"_(?:id|uuid)$")
_NAMES_OF_KEYS = frozenset({"id", "uuid"})
_OWN = "parent"


@schema_rule("unindexed-foreign-key", Severity.WARNING)
def unindexed_foreign_key(schema: Schema, settings: GuidelineSettings) -> Iterator[Found]:
    """The columns of a foreign key have no index.

    PostgreSQL makes an index for the table that is referred to, none for the one that refers. Each DELETE there, and
    each UPDATE of its key, then reads the whole referring table, under a lock on the row; joins do it too. An index
    that begins with the columns is enough, a primary key or unique constraint as well; of several columns also one that
    is unique in some of them.

    Bad:
        CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);
        CREATE TABLE IF NOT EXISTS orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users (id));

    Good:
        CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);
        CREATE TABLE IF NOT EXISTS orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users (id));
        CREATE INDEX IF NOT EXISTS idx_orders_user_id ON orders (user_id);
    """
    indexes = schema.indexes_by_table()
    for table in schema.tables():
        for key in _keys_to_judge(table):
            indexed = any(_finds(search, key) for search in schema.searches(table, indexes))
            if not indexed and not schema.may_be_unread(_KEY_OR_INDEX, table.where[1], *key.columns):
                yield Found(
                    key.spot.statement.source,
                    key.spot.byte,
                    f"the foreign key of {table.name} ({', '.join(key.columns)}) has no index",
                    _what_there_is(indexes.get(table.where, ()), table, key),
                    _create_index(table, key, settings),
                )


def _keys_to_judge(table: Relation) -> Iterator[ForeignKey]:
    """Its foreign keys, one for the same columns; of a table with indexes that nobody sees, those of new columns."""
    seen: set[frozenset[str]] = set()
    for key in table.foreign_keys:
        columns = frozenset(key.columns)
        if columns not in seen and (not table.guessed or columns <= table.columns.keys()):
            seen.add(columns)
            yield key


def _finds(search: Search, key: ForeignKey) -> bool:
    return _begins_with(search.columns, key) or (search.one and set(search.columns) <= set(key.columns))


def _begins_with(columns: tuple[str, ...], key: ForeignKey) -> bool:
    return set(columns[: len(key.columns)]) == set(key.columns)


def _what_there_is(indexes: Sequence[Index], table: Relation, key: ForeignKey) -> str:
    columns = ", ".join(key.columns)
    useless = [item for item in indexes if _begins_with(item.columns, key)]
    if not useless:
        return f"No index or key of {table.name} begins with {columns}, in any of the files."
    names = ", ".join(item.name or "an index without a name" for item in useless)
    return (
        f"What begins with {columns} is no help to a search for one key, for it has some rows only (WHERE) "
        f"or is of a kind that does not find them: {names}."
    )


def _create_index(table: Relation, key: ForeignKey, settings: GuidelineSettings) -> str:
    is_new = table.born.source is key.spot.statement.source and not table.elsewhere
    concurrently = "" if is_new or table.partitioned else "CONCURRENTLY "
    name = quoted(index_name(settings.index_name_patterns[0], table.where[1], key.columns))
    columns = ", ".join(quoted(column) for column in key.columns)
    return f"CREATE INDEX {concurrently}IF NOT EXISTS {name} ON {written(table.where)} ({columns});"


@schema_rule("missing-foreign-key", Severity.WARNING)
def missing_foreign_key(schema: Schema, settings: GuidelineSettings) -> Iterator[Found]:
    """A column looks like a reference and has no foreign key.

    Nothing keeps a row from naming a user who does not exist, or stops existing later. The rule speaks up only where
    the files have a table of that name (`users` for `user_id`, `user_uuid` or `"userId"`; the table itself for
    `parent_id`) whose primary key is one column of the same type: in the same schema, or the only one anywhere. Left
    alone are a column with another that says of which type its target is (`owner_type` beside `owner_id`), and a
    foreign key that a file dropped.

    Bad:
        CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);
        CREATE TABLE IF NOT EXISTS orders (id bigint PRIMARY KEY, user_id bigint NOT NULL);

    Good:
        CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);
        CREATE TABLE IF NOT EXISTS orders (id bigint PRIMARY KEY, user_id bigint NOT NULL REFERENCES users (id));
        CREATE INDEX IF NOT EXISTS idx_orders_user_id ON orders (user_id);
    """
    del settings
    targets = _targets(schema)
    for table in schema.tables():
        referring = {name for key in table.foreign_keys for name in key.columns} | table.released
        for column in table.columns.values() if table.parent is None else ():
            target = _meant(targets, table, column) if column.name not in referring else None
            if target is not None and not schema.may_be_unread(_REFERENCES, table.where[1], column.name):
                yield Found(
                    column.spot.statement.source,
                    column.spot.byte,
                    f"{table.name}.{column.name} looks like a reference to {target.name} and has no foreign key",
                    f"{target.name} has the primary key {target.primary[0]}, of the same type.",
                    _add_foreign_key(table, column, target),
                )


def _targets(schema: Schema) -> Mapping[str, Sequence[Relation]]:
    """What can be referred to, by its name in lower case with underscores."""
    found: dict[str, list[Relation]] = defaultdict(list)
    for table in schema.tables():
        if table.parent is None and len(table.primary) == 1 and table.primary[0] in table.columns:
            found[snake_case(table.where[1])].append(table)
    return found


def _meant(targets: Mapping[str, Sequence[Relation]], table: Relation, column: Column) -> Relation | None:
    """The table that a column seems to refer to."""
    name = snake_case(column.name)
    stem = _SUFFIX.sub("", name)
    if stem == name or any(snake_case(other) == f"{stem}_type" for other in table.columns):
        return None
    plurals = [f"{stem}s", f"{stem}es", stem, *([f"{stem[:-1]}ies"] if stem.endswith("y") else [])]
    for plural in plurals:
        found = _one_of(targets.get(plural, ()), table)
        if found is not None and found is not table and _fits(found, column):
            return found
    itself = _one_of(targets.get(snake_case(table.where[1]), ()), table) if stem == _OWN else None
    return table if itself is table and _fits(table, column) else None


def _one_of(found: Sequence[Relation], table: Relation) -> Relation | None:
    """The one in the table's own schema, else the only one."""
    own = [item for item in found if item.where[0] == table.where[0]]
    return (own or found)[0] if own or len(found) == 1 else None


def _fits(target: Relation, column: Column) -> bool:
    key = target.columns[target.primary[0]]
    return key.type == column.type and snake_case(key.name) in {*_NAMES_OF_KEYS, snake_case(column.name)}


def _add_foreign_key(table: Relation, column: Column, target: Relation) -> str | None:
    refers = f"REFERENCES {written(target.where)} ({quoted(target.primary[0])})"
    if column.spot.statement is table.born and not table.elsewhere:
        return with_column_words(table.born, column.spot.byte, f" {refers}")
    own = written(table.where)
    name = quoted(cut(f"{table.where[1]}_{column.name}_fkey"))
    add = f"ALTER TABLE {own} ADD CONSTRAINT {name} FOREIGN KEY ({quoted(column.name)}) {refers}"
    if table.partitioned:
        return f"{add};"
    return f"{add} NOT VALID;\n-- in a file of its own, after that one:\nALTER TABLE {own} VALIDATE CONSTRAINT {name};"
