"""What a migration needs and does not name: an enum's label in a bare string, columns that an INSERT leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.model import Name, NameKind
from seltzer.planning.reach import Home, Reach, read_names
from seltzer.sql.names import Key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from seltzer.model import Migration, Names
    from seltzer.planning.index import NameIndex

_EXTENDING = frozenset((NameKind.CAST.value, NameKind.OPERATOR.value, NameKind.OPERATOR_CLASS.value))

# Looked up once: Python 3.11 takes a call for each member of an enum, and a plan has many names.
_TYPE, _PARTITION, _TYPE_KIND = NameKind.TYPE.value, NameKind.PARTITION.value, NameKind.TYPE


def implied_needs(migrations: Sequence[Migration], index: NameIndex) -> Iterator[tuple[int, Name]]:
    """The needs that are likely and not certain; each deserves a soft edge.

    Args:
        migrations: In the base order.
        index: Their names.

    Yields:
        The place in the base order of who needs it, and the name.
    """
    reach = Reach(migrations, index)
    yield from _labels(migrations, index, reach)
    yield from _extended_types(migrations, index, reach)
    yield from _attached_tables(migrations, index)
    types = {(key.schema, key.name) for key in _events(index) if not key.part and _is_type(index, key)}
    for number, migration in enumerate(migrations):
        if migration.names is None:
            continue
        if types:
            yield from ((number, name) for name in _types_called(migration.names, types))
        for table, width in migration.names.widths.items():
            yield from ((number, name) for name in _added_columns(migrations, index, table, width))


def _labels(migrations: Sequence[Migration], index: NameIndex, reach: Reach) -> Iterator[tuple[int, Name]]:
    """Labels that come or go, in the text of whoever has to do with their enum: `WHERE mood = 'happy'`."""
    said = _said([key for key in _events(index) if key.space == _TYPE and key.part], migrations, index)
    for enum in sorted({(key.schema, key.name) for key in said}):
        near = reach.near(enum)
        for key in sorted(key for key in said if (key.schema, key.name) == enum):
            label = Name(NameKind.TYPE, key.schema, key.name, key.part)
            yield from ((number, label) for number in said[key] if number in near)


def _said(labels: Iterable[Key], migrations: Sequence[Migration], index: NameIndex) -> dict[Key, list[int]]:
    """Whose text has a label as a string constant, those left out that make it or take it away."""
    constants = [(key, "'" + key.part.replace("'", "''") + "'") for key in labels]
    found: dict[Key, list[int]] = {}
    for number, migration in enumerate(migrations) if constants else ():
        text = "".join(statement.text for _, statements in migration.sources for statement in statements)
        if "'" in text:
            for key, constant in constants:
                if constant in text and number not in {*index.providers.get(key, ()), *index.removers.get(key, ())}:
                    found.setdefault(key, []).append(number)
    return found


def _extended_types(migrations: Sequence[Migration], index: NameIndex, reach: Reach) -> Iterator[tuple[int, Name]]:
    """Casts, operators and operator classes of a type: who has to do with the type may use them without a word."""
    extending = [key for key in index.providers if key.space in _EXTENDING]
    makers = {maker for key in extending for maker in index.providers[key]}
    for key in extending:
        texts = [names for maker in index.providers[key] if (names := migrations[maker].names) is not None]
        types = {name for names in texts for name in read_names(names) if name.kind is _TYPE_KIND and not name.part}
        homes = {(name.schema, name.name) for name in types}
        near = set[int]().union(*(reach.near(home) for home in sorted(homes)))
        yield from ((number, index.labels[key]) for number in sorted(near - makers))


def _attached_tables(migrations: Sequence[Migration], index: NameIndex) -> Iterator[tuple[int, Name]]:
    """An index is attached to another after its table is: the table is one of those that its CREATE INDEX stands by."""
    for key in index.providers:
        made = Key("relation", key.schema, key.name, "")
        if key.space == _PARTITION and made in index.labels and index.labels[made].kind is NameKind.INDEX:
            makers = [
                names for maker in index.providers.get(made, ()) if (names := migrations[maker].names) is not None
            ]
            near = {(name.schema, name.name) for names in makers for name in (*names.provides, *names.needs)}
            tables = [Name(NameKind.PARTITION, *home) for home in sorted(near) if home != (key.schema, key.name)]
            yield from ((number, table) for number in index.providers[key] for table in tables)


def _types_called(names: Names, types: set[Home]) -> Iterator[Name]:
    """Types that are written like functions: `mood('happy')`."""
    for name in read_names(names):
        if name.kind is NameKind.FUNCTION and not name.part and (name.schema, name.name) in types:
            yield Name(NameKind.TYPE, name.schema, name.name)


def _added_columns(migrations: Sequence[Migration], index: NameIndex, table: Name, width: int) -> Iterator[Name]:
    """The columns that others add to a table, where an INSERT has more values than its CREATE TABLE lists columns."""
    makers = index.providers.get(Key("relation", table.schema, table.name, ""), ())
    if any(len(parts) >= width for parts in _listed(migrations, makers, table)):
        return
    for altering in index.alters.get(Key("relation", table.schema, table.name, ""), ()):
        names = migrations[altering].names
        for name in sorted(names.provides) if names is not None else ():
            if name.kind is NameKind.COLUMN and name[1:3] == table[1:3]:
                yield name


def _listed(migrations: Sequence[Migration], makers: Iterable[int], table: Name) -> Iterator[frozenset[str]]:
    for number in makers:
        names = migrations[number].names
        for name, parts in names.listed.items() if names is not None else ():
            if name[1:3] == table[1:3]:
                yield parts


def _events(index: NameIndex) -> Iterator[Key]:
    yield from index.providers
    yield from (key for key in index.removers if key not in index.providers)


def _is_type(index: NameIndex, key: Key) -> bool:
    """Whether a key is that of a type, and not of a table's rows."""
    return key.space == _TYPE and index.labels[key].kind is _TYPE_KIND
