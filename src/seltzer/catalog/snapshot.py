"""The whole schema of a database as it stands: every object with what it is made of, in one round trip.

It says what pg_dump --schema-only says, and whether indexes and constraints are valid. Names and definitions are
PostgreSQL's own. OIDs, and names that PostgreSQL makes of them, are not in it: two databases that were built alike have
equal snapshots. Members of an extension are left out, as pg_dump leaves them out. Not in it: what belongs to the server
and not to the database (roles, tablespaces), large objects, the last value of a sequence, how a subscription connects.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from psycopg.rows import tuple_row

from seltzer.catalog.queries import query
from seltzer.sql.redact import without_passwords

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import psycopg

Attribute: TypeAlias = "str | int | bool | None"
Attributes: TypeAlias = "Mapping[str, Attribute]"

# What is known of each row before anything is said of the object; the rest of its columns are attributes.
_IDENTITY = frozenset({"kind", "of", "name", "class", "oid", "sub", "root_class", "root", "namespace"})
_FIRST = ("settings", "namespaces", "dependencies", "comments")
_KINDS = (
    "database",
    "schemas",
    "extensions",
    "languages",
    "types",
    "functions",
    "aggregates",
    "operators",
    "operator_families",
    "operator_classes",
    "operator_family_members",
    "casts",
    "text_search",
    "foreign_servers",
    "relations",
    "sequences",
    "columns",
    "constraints",
    "indexes",
    "rules",
    "triggers",
    "policies",
    "statistics",
    "event_triggers",
    "publications",
    "subscriptions",
    "default_privileges",
    "built_in_privileges",
)
_OTHERS_SCHEMAS = ("pg_temp_", "pg_toast")  # sessions' temporary tables, and what big values lie in
_COLUMN_ORDER = "column order"
# Said by the OID of what they are a part of: a name for each of thousands takes time.
_PARTS = frozenset({"column", "constraint"})
_WITH_PARTS = frozenset({"table", "partitioned table", "foreign table", "view", "materialized view", "type", "domain"})
_LONGEST_LINE = 100
_OLD_PUBLICATIONS = 150000  # before it, a publication had whole tables and no schemas


class ObjectName(NamedTuple):
    """What an object is called.

    Attributes:
        kind: `table`, `column`, `index`, `constraint`, `function` and so on.
        name: Qualified where it is in a schema, quoted where that is needed; functions with their argument types.
        of: The qualified name of the table (type, publication, …) that it is a part of; empty when it stands alone.
    """

    kind: str
    name: str
    of: str = ""

    def __str__(self) -> str:
        """Such as `column public.orders.total`."""
        return f"{self.kind} {self.of}.{self.name}" if self.of else f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Snapshot:
    """The schema of a database.

    Attributes:
        objects: Every object with its attributes; those that do not apply to it are None.
    """

    objects: Mapping[ObjectName, Attributes]

    def of_kind(self, kind: str) -> Mapping[ObjectName, Attributes]:
        """The objects of one kind."""
        return self._by_kind.get(kind, {})

    def without_column_order(self) -> Snapshot:
        """The same, but for the order of a table's columns: one that was dropped and made again stands last."""
        return Snapshot(
            {
                name: {key: value for key, value in attributes.items() if key != _COLUMN_ORDER}
                if _COLUMN_ORDER in attributes
                else attributes
                for name, attributes in self.objects.items()
            }
        )

    @cached_property
    def _by_kind(self) -> Mapping[str, Mapping[ObjectName, Attributes]]:
        found: dict[str, dict[ObjectName, Attributes]] = {}
        for name, attributes in self.objects.items():
            found.setdefault(name.kind, {})[name] = attributes
        return found


@dataclass(frozen=True, slots=True)
class Change:
    """An object that is not the same in two snapshots.

    Attributes:
        object: Its name.
        before: Its attributes before; None when it is new.
        after: Its attributes after; None when it is gone.
    """

    object: ObjectName
    before: Attributes | None
    after: Attributes | None

    @property
    def attributes(self) -> tuple[str, ...]:
        """Those that differ; none when the object is new or gone."""
        if self.before is None or self.after is None:
            return ()
        names = {**self.before, **self.after}
        return tuple(name for name in names if self.before.get(name) != self.after.get(name))

    def __str__(self) -> str:
        """One line for people, such as `column public.orders.total: type integer → bigint`."""
        before, after = self.before, self.after
        if before is None or after is None:
            return f"{self.object} is {'gone' if after is None else 'new'}"
        return f"{self.object}{_words(self.attributes, before, after)}"


def _words(names: tuple[str, ...], before: Attributes, after: Attributes) -> str:
    """What became of the attributes: ` is no longer valid`, `: type integer → bigint`."""
    first, *_ = names
    if len(names) == 1 and isinstance(before.get(first), bool) and isinstance(after.get(first), bool):
        return f" is {'now' if after[first] else 'no longer'} {first}"
    return ": " + "; ".join(_pair(name, before.get(name), after.get(name)) for name in names)


def _pair(name: str, before: Attribute, after: Attribute) -> str:
    """`type integer → bigint`; of texts of several lines the first that differs."""
    if isinstance(before, bool) and isinstance(after, bool):
        return f"{'now' if after else 'no longer'} {name}"
    lines = ("" if before is None else str(before)).split("\n"), ("" if after is None else str(after)).split("\n")
    pairs = zip_longest(*lines, fillvalue="")
    old, new = next((pair for pair in pairs if pair[0] != pair[1]), ("", ""))
    return f"{name} {_short(old)} → {_short(new)}"


def _short(line: str) -> str:
    line = without_passwords(line.strip())
    return (line if len(line) <= _LONGEST_LINE else line[: _LONGEST_LINE - 1] + "…") or "none"


def read_snapshot(conn: psycopg.Connection[Any], without: Collection[str] = ()) -> Snapshot:
    """The schema as it stands.

    Args:
        conn: A connection in autocommit mode, whose settings are left as they are; inside a transaction what it needs
            is set until that ends: take a savepoint before, and go back to it.
        without: Schemas to leave out with everything in them: those of the history.
    """
    with conn.cursor(row_factory=tuple_row) as cursor:
        # Several statements in a message cannot be prepared, which psycopg would try at the fifth time.
        cursor.execute(_message(conn.info.server_version), prepare=False)
        first = [_next_rows(cursor) for _ in _FIRST[1:]]
        reading = _Reading(*first, without=without)
        while cursor.nextset():
            reading.take([column.name for column in cursor.description or ()], cursor.fetchall())
    return Snapshot(reading.objects)


def difference(before: Snapshot, after: Snapshot) -> tuple[Change, ...]:
    """What is not the same in both, by kind and name; empty when nothing differs."""
    if before.objects == after.objects:
        return ()
    names = sorted(
        name
        for name in before.objects.keys() | after.objects.keys()
        if before.objects.get(name) != after.objects.get(name)
    )
    changes = (Change(name, before.objects.get(name), after.objects.get(name)) for name in names)
    return tuple(change for change in changes if not _is_only_more_or_fewer_columns(change))


def _is_only_more_or_fewer_columns(change: Change) -> bool:
    """Whether a table differs in nothing but columns that are new or gone, which are changes of their own."""
    if change.attributes != (_COLUMN_ORDER,) or change.before is None or change.after is None:
        return False
    before, after = (str(each[_COLUMN_ORDER] or "").split(", ") for each in (change.before, change.after))
    return [name for name in before if name in after] == [name for name in after if name in before]


@cache
def _message(version: int) -> bytes:
    publication_tables = "publication_tables_14" if version < _OLD_PUBLICATIONS else "publication_tables"
    return b";\n".join(query(name).encode() for name in (*_FIRST, *_KINDS, publication_tables))


def _next_rows(cursor: psycopg.Cursor[Any]) -> list[tuple[Any, ...]]:
    cursor.nextset()
    return cursor.fetchall()


class _Reading:
    """Rows become objects; comments and memberships, which are said by OID, find theirs."""

    def __init__(
        self,
        schemas: list[tuple[Any, ...]],
        dependencies: list[tuple[Any, ...]],
        remarks: list[tuple[Any, ...]],
        without: Collection[str],
    ) -> None:
        self.objects: dict[ObjectName, Attributes] = {}
        self._hidden = {oid for oid, name in schemas if name in without or name.startswith(_OTHERS_SCHEMAS)}
        self._members = {(class_, oid) for class_, oid, is_member, _ in dependencies if is_member}
        self._remarks: dict[tuple[int, int, int], dict[str, Attribute]] = {}
        for class_, oid, sub, what, text in remarks:
            self._remarks.setdefault((class_, oid, sub), {})[what] = text
        for class_, oid, is_member, extension in dependencies:
            if not is_member:
                self._remarks.setdefault((class_, oid, 0), {})["depends on extension"] = extension
        self._whole: dict[tuple[int, int], tuple[str, dict[str, Attribute]]] = {}

    def take(self, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
        """Take the rows of one statement."""
        attributes = [(place, name.replace("_", " ")) for place, name in enumerate(columns) if name not in _IDENTITY]
        place = {name: place for place, name in enumerate(columns)}
        kind, name, class_, oid = (place[each] for each in ("kind", "name", "class", "oid"))
        of, sub, namespace = (place.get(each) for each in ("of", "sub", "namespace"))
        root_class, root = place.get("root_class", class_), place.get("root", oid)
        for row in rows:
            if (row[root_class], row[root]) in self._members:
                continue
            if namespace is not None and row[namespace] in self._hidden:
                continue
            found: dict[str, Attribute] = {key: row[index] for index, key in attributes}
            if row[kind] in _PARTS:
                whole, attributes_of_whole = self._whole[row[root_class], row[root]]
                key = ObjectName(row[kind], row[name], whole)
                if sub is not None:
                    self._append_column(attributes_of_whole, key.name)
            else:
                key = ObjectName(row[kind], row[name], "" if of is None else row[of])
                if key.kind in _WITH_PARTS:
                    self._whole[row[class_], row[oid]] = key.name, found
            found.update(self._remarks.get((row[class_], row[oid], 0 if sub is None else row[sub]), {}))
            self.objects[key] = found

    @staticmethod
    def _append_column(relation: dict[str, Attribute], column: str) -> None:
        before = relation.get(_COLUMN_ORDER)
        relation[_COLUMN_ORDER] = column if before is None else f"{before}, {column}"
