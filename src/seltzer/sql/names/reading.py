"""What has been read of a file so far: statements are read into it one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.model import Name, NameKind, Names, Options, Spot
from seltzer.sql.names.grounds import Grounds
from seltzer.sql.names.keys import TABLE_PARTS, Key, needed_key, provided_keys
from seltzer.sql.names.shapes import Shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from google.protobuf.message import Message
    from postgast.pg_query_pb2 import Node

    from seltzer.sql.names.scope import Scope

# A named tuple's own constructor takes half as long again, and thousands are made.
_name: Callable[[type[Name], tuple[NameKind, str, str, str]], Name] = tuple[NameKind | str, ...].__new__
_COLUMN = NameKind.COLUMN
_place: Callable[[type[Spot], tuple[int, int]], Spot] = tuple[int, int].__new__
_SYSTEM = "pg_"

# No schema at all, and the one that every database has: a file that creates it if missing is nobody's condition.
_EVERYWHERE = frozenset(("", "public"))


def usable_path(path: Iterable[str]) -> tuple[str, ...]:
    """The schemas of a search path that can hold things of the user's."""
    return tuple(dict.fromkeys(word for word in path if word and word != "$user" and not word.startswith(_SYSTEM)))


class Reading:
    """The names of one file, as far as it has been read.

    Attributes:
        path: The search path that holds at this point of the file.
        first_path: The one that it began with.
        checks_bodies: Whether PostgreSQL looks into function bodies (`check_function_bodies`).
        grounds: What the file's own things stand on, of its own.
        shapes: What is known of the columns of tables.
        soft: While true, what is needed is only wanted.
        tolerant: Whether the statement lets be what was provided before: IF NOT EXISTS, OR REPLACE.
        temporary: Temporary relations of the file; they hide permanent ones of the same name.
        queries: Queries found and not yet read, each with the scope around it.
        inner: Statements found inside a statement, each with the search path that holds there.
    """

    __slots__ = (
        "_alters", "_base", "_choices", "_fixed", "_needs", "_number", "_parts", "_provides", "_raw", "_recreates",
        "_removes", "_tolerates", "_wants", "checks_bodies", "first_path", "grounds", "inner", "path", "queries",
        "shapes", "soft", "temporary", "tolerant",
    )  # fmt: skip

    def __init__(self, search_path: Iterable[str]) -> None:
        self.path = self.first_path = usable_path(search_path)
        self.checks_bodies = True
        self.soft = False
        self.tolerant = False
        self.shapes = Shapes()
        self.grounds = Grounds()
        self.temporary: set[str] = set()
        self.queries: list[tuple[str, Message, Scope | None]] = []
        self.inner: list[tuple[Node, tuple[str, ...]]] = []
        self._provides: dict[Key, Name] = {}
        self._parts: dict[tuple[str, ...], list[Name]] = {}
        self._removes: dict[Key, Name] = {}
        self._recreates: set[Name] = set()
        self._tolerates: set[Name] = set()
        self._needs: dict[Name, Spot] = {}
        self._wants: dict[Name, Spot] = {}
        self._choices: dict[Options, Spot] = {}
        self._alters: set[Name] = set()
        self._number = self._base = 0
        self._raw: bytes | None = None
        self._fixed = False

    def begin(self, number: int, text: str, base: int) -> None:
        """Turn to the next statement of the file."""
        self._number = number
        self.grounds.begin(number)
        self._base = base
        self._raw = None if text.isascii() else text.encode()
        self.tolerant = False

    def fix_places(self) -> None:
        """From here on locations count in some other text: every place is the statement's beginning."""
        self._fixed = True

    def free_places(self) -> None:
        """From here on locations count in the statement again."""
        self._fixed = False

    def options(self, kind: NameKind, schema: str, name: str, part: str = "") -> Options:
        """What a name as it is written can stand for; nothing when it can only be PostgreSQL's own."""
        if schema:
            if schema.startswith(_SYSTEM) or schema == "information_schema":
                return ()
            return (_name(Name, (kind, schema, name, part)),)
        path = self.path
        if len(path) == 1:
            return (_name(Name, (kind, path[0], name, part)),)
        found = tuple(Name(kind, schema, name, part) for schema in path)
        return next(((name,) for name in found if needed_key(name) in self._provides), found)

    def need(self, options: Options, location: int = 0) -> None:
        """Note that one of these must exist before the file runs, unless the file made it itself."""
        provides = self._provides
        if provides:
            for name in options:
                if (mine := provides.get(needed_key(name))) is not None:
                    self.grounds.use(mine)
                    return
        if self.soft:
            self.want(options, location)
        elif len(options) == 1:
            name = options[0]
            if name not in self._needs:
                self._needs[name] = self._spot(location)
                if name[1] not in _EVERYWHERE:
                    self._need_schema(name[1], location)
        elif options and options not in self._choices:
            self._choices[options] = self._spot(location)
            schemas = {name[1] for name in options}
            if len(schemas) == 1 and options[0][1] not in _EVERYWHERE:
                self._need_schema(options[0][1], location)

    def want(self, options: Options, location: int = 0) -> None:
        """Note that each of these had better exist before the file runs."""
        for name in options:
            if name not in self._wants and needed_key(name) not in self._provides:
                self._wants[name] = self._spot(location)

    def guess(self, options: Options, location: int = 0) -> None:
        """Note that one of these is probably needed, even when there is only one."""
        if any(needed_key(name) in self._provides for name in options):
            return
        if self.soft:
            self.want(options, location)
        elif options and options not in self._choices:
            self._choices[options] = self._spot(location)

    def need_column(self, table: Options, column: str, location: int = 0) -> None:
        """Note a need of a table's column; a table that the file made itself has what the file gave it."""
        if self._provides:
            for name in table:
                if needed_key(name) in self._provides and self.shapes.has(name, column):
                    self.grounds.use(self._provides[needed_key(name)])
                    return
            table = next((self._before(name, column) for name in table if name in self.shapes.former), table)
        self.need(tuple([_name(Name, (_COLUMN, name[1], name[2], column)) for name in table]), location)

    def _before(self, table: Name, column: str) -> Options:
        """What a table was called whose column is needed, unless the file added that after it renamed the table."""
        return (table,) if self.has(Name(_COLUMN, table[1], table[2], column)) else self.shapes.former[table]

    def guess_column(self, tables: Iterable[Options], column: str, location: int = 0) -> None:
        """Note that a column of one of these tables is probably needed."""
        owners = [name for table in tables for name in table]
        if not any(column in self.shapes.listed.get(name, ()) for name in owners):
            columns = [Name(NameKind.COLUMN, name.schema, name.name, column) for name in owners if not self.has(name)]
            self.guess(tuple(columns), location)

    def provide(self, name: Name, location: int = 0) -> None:
        """Note that a name exists from here on."""
        self.grounds.make(name)
        for key in provided_keys(name):
            self._provides[key] = name
            if self._removes and key in self._removes:
                self._recreate(key, name)
        if name[3] or name[0] in TABLE_PARTS:
            self._parts.setdefault(name[1:3], []).append(name)
        if self.tolerant:
            self._tolerates.add(name)
        if name[1] not in _EVERYWHERE:
            self._need_schema(name[1], location)

    def has(self, name: Name) -> bool:
        """Whether the file made this itself."""
        return needed_key(name) in self._provides

    def remove(self, options: Options) -> None:
        """Note that a name is gone from here on; what the file itself had made leaves no trace."""
        for name in options:
            key = needed_key(name)
            if key in self._provides:
                self._withdraw(self._provides[key], name)
            else:
                self._removes[key] = name

    def remove_schema(self, name: str) -> None:
        """Note that a schema is gone from here on, and all that the file had made in it."""
        for made in [made for made in self._provides.values() if made.schema == name]:
            self._forget(made)
            self.shapes.forget(made)
        self.remove((Name(NameKind.SCHEMA, "", name),))

    def rename(self, old: Options, new: Name, location: int = 0) -> None:
        """Note that a thing has a new name from here on, and its parts with it."""
        mine = self._provides.get(needed_key(old[0]))
        if mine is None:
            self._rename_unmade(old, new, location)
            return
        moved = [mine] if mine.part else self._with_parts(mine)
        for name in moved:
            self._forget(name)
        for name in moved:
            self.provide(Name(name.kind, new.schema, new.name, new.part or name.part), location)
        self._forget_bare_function(mine)
        self.shapes.rename(mine, Name(mine.kind, new.schema, new.name))

    def _rename_unmade(self, old: Options, new: Name, location: int) -> None:
        """Note the new name of a thing that another file made, in whichever of the path's schemas it is."""
        self.remove(tuple(name for name in old if name[1:] != new[1:]))
        self.provide(new, location)
        for other in [new._replace(schema=name.schema) for name in old[1:] if new[2:] != old[0][2:]]:
            self._provides.setdefault(needed_key(other), other)
        if not new.part:
            self.shapes.former[new] = old

    def alter(self, table: Options) -> None:
        """Note that a table that was there before is changed."""
        self._alters.update(name for name in table if needed_key(name) not in self._provides)

    def fill(self, table: Options, width: int) -> None:
        """Note that rows of so many values are put into a table, as many as it has columns or fewer."""
        for name in table:
            if not self.has(name):
                self.shapes.fill(name, width)

    def names(self) -> Names:
        """All that was read."""
        return Names(
            provides=frozenset(self._provides.values()),
            needs=frozenset(self._needs),
            choices=frozenset(self._choices),
            wants=frozenset(self._wants.keys() - self._needs.keys()),
            removes=frozenset(self._removes.values()),
            recreates=frozenset(self._recreates),
            tolerates=frozenset(self._tolerates),
            alters=frozenset(self._alters),
            listed={name: frozenset(parts) for name, parts in self.shapes.listed.items()},
            parents={name: frozenset(parents) for name, parents in self.shapes.parents.items()},
            widths=self.shapes.widths,
            grounds=self.grounds.found(),
            frees=frozenset(self.grounds.frees),
            cascades=frozenset(self.grounds.cascades),
            places=self._places(),
        )

    def _need_schema(self, schema: str, location: int) -> None:
        if not schema.startswith(_SYSTEM):
            self.need((Name(NameKind.SCHEMA, "", schema),), location)

    def _recreate(self, key: Key, name: Name) -> None:
        # With IF EXISTS it was only wanted, in case that it was there.
        self._wants.pop(self._removes.pop(key), None)
        again = {name, name._replace(part="")} if name.kind is NameKind.FUNCTION else {name}
        self._recreates |= again
        for made in again:
            self._wants.pop(made, None)

    def _withdraw(self, mine: Name, name: Name) -> None:
        for made in [name] if name.part else self._with_parts(mine):
            self._forget(made)
            if made in self._recreates:
                self._recreates.discard(made)
                self._removes[needed_key(made)] = made
        self._forget_bare_function(name)
        self.shapes.forget(mine)

    def _forget_bare_function(self, gone: Name) -> None:
        """A function stands for its name as long as one overload is left."""
        if gone.kind is NameKind.FUNCTION and gone.part:
            bare = gone._replace(part="")
            if self._with_parts(bare) == [bare]:
                self._forget(bare)

    def _with_parts(self, whole: Name) -> list[Name]:
        same = TABLE_PARTS | {whole.kind}
        made = dict.fromkeys((whole, *self._parts.get(whole[1:3], ())))
        return [name for name in made if name.kind in same and self._provides.get(needed_key(name)) == name]

    def _forget(self, name: Name) -> None:
        for key in provided_keys(name):
            self._provides.pop(key, None)

    def _places(self) -> dict[Name, Spot]:
        places = {options[0]: spot for options, spot in self._choices.items()}
        return {**places, **self._wants, **self._needs}

    def _spot(self, location: int) -> Spot:
        offset = location - self._base
        if offset <= 0 or self._fixed:
            return _place(Spot, (self._number, 0))
        if self._raw is not None:
            offset = len(self._raw[:offset].decode(errors="ignore"))
        return _place(Spot, (self._number, offset))
