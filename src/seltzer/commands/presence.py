"""Whether a database has the objects of migrations that are to be stamped: what a file names, and nothing implied."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seltzer.catalog.objects import existing, is_checkable
from seltzer.catalog.others import existing_others, is_other
from seltzer.db.connect import fetch
from seltzer.db.text import raw
from seltzer.errors import MissingObjectsError, Place
from seltzer.model import Name, NameKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from seltzer.commands.start import OpenTarget
    from seltzer.model import Migration

# What goes with the table that it belongs to.
_PARTS = frozenset({NameKind.COLUMN, NameKind.CONSTRAINT, NameKind.TRIGGER, NameKind.INDEX, NameKind.SEQUENCE})


def refuse_missing_objects(target: OpenTarget, migrations: Sequence[Migration]) -> None:
    """Refuse migrations whose objects the database lacks; what a later one of them takes away may be gone.

    Raises:
        MissingObjectsError: An object that one of them provides is not there.
    """
    removed = {name for item in migrations if item.names for name in item.names.removes}
    wanted = {item.id: sorted(_written(item, removed)) for item in migrations}
    schemas = [row[0] for row in fetch(target.conn, raw("SELECT pg_catalog.unnest(pg_catalog.current_schemas(false))"))]
    elsewhere = {name: list(_places(name, schemas)) for names in wanted.values() for name in names}
    asked = {place for places in elsewhere.values() for place in places}
    there = existing(target.conn, asked) | existing_others(target.conn, asked)
    for item in migrations:
        lost = [name for name in wanted[item.id] if not there.intersection(elsewhere[name])]
        if lost:
            more = f", nor {len(lost) - 1} more" if len(lost) > 1 else ""
            raise MissingObjectsError(
                f"{lost[0]}, which {item.id} provides, is not in the database{more}",
                hint="Apply it instead, or stamp it all the same with --force.",
                place=Place(item.path),
                migration=item.id,
            )


def _written(item: Migration, removed: Iterable[Name]) -> Iterator[Name]:
    """The names that a migration's text has; not `users_pkey`, nor what comes with an extension."""
    names = item.names
    if names is None:
        return
    text = "\n".join(statement.text for _, statements in item.sources for statement in statements)
    words = {word.lower() for word in re.findall(r"\w+", text)}
    gone = set(removed)
    loses_parts = any(name in gone for name in (*names.provides, *names.needs, *names.alters))
    for name in names.provides - gone:
        if loses_parts and name.kind in _PARTS:
            continue
        word = name.part if name.part and name.kind is not NameKind.FUNCTION else name.name
        if (is_checkable(name) or is_other(name)) and set(re.findall(r"\w+", word.lower())) <= words:
            yield name


def _places(name: Name, schemas: Sequence[str]) -> Iterator[Name]:
    """Where a name may be: the search path was not asked when the file was read."""
    yield name
    if name.schema == "public":
        yield from (name._replace(schema=schema) for schema in schemas)
