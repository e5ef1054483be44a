"""Schemas that grow file by file, each file in a module, in an order that is known to work.

What could come out differently when the same files run in another order is left out: the columns of one table are
added in one module, a table that others copy columns from does not change any more, and nobody uses a name twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from random import Random

_WORDS = ("users", "order", "Mixed Case", "item", "été", "a_name_of_a_good_length", "log", "Select")
_SCALARS = ("integer", "text", "numeric(10,2)", "timestamp with time zone", "jsonb", "boolean[]")


@dataclass(eq=False)
class Thing:
    """An object of the schema.

    Attributes:
        kind: As SQL says it: `TABLE`, `VIEW`, `TYPE`, `FUNCTION`.
        schema: Its schema; empty for a schema.
        name: Its name.
        module: The module that made it.
        columns: What it has: columns or labels, each with its type.
        keys: Columns that are unique.
        sources: What it was built on, each with a column or an empty text.
        signature: A function's argument types.
        marks: `copied` when others copied its columns, which stay as they are; `altered` when its columns changed
            after its CREATE; `loose` when a repeatable made it, which says for good that it is there; and whatever
            an action has to remember.
        birth: The number of the file that made it.
    """

    kind: str
    schema: str
    name: str
    module: str
    columns: dict[str, str] = field(default_factory=dict[str, str])
    keys: list[str] = field(default_factory=list[str])
    sources: list[tuple[Thing, str]] = field(default_factory=list["tuple[Thing, str]"])
    signature: str = ""
    marks: set[str] = field(default_factory=set[str])
    birth: int = 0


@dataclass
class File:
    """One file of the growth.

    Attributes:
        module: Its module.
        statements: Its SQL.
        loose: Whether it may run at any time after what it needs: a repeatable.
    """

    module: str
    statements: list[str]
    loose: bool


def quoted(name: str) -> str:
    """A name as it may stand in SQL."""
    return f'"{name}"'


class Growth:
    """A schema, and the files that made it.

    Attributes:
        random: What decides.
        path: The search path of all files.
        things: What exists.
        files: The files so far, in an order that works.
        module: The module whose file is being written.
        loose: Whether that file is a repeatable.
        copied: Columns that more than one table has.
    """

    def __init__(self, random: Random, path: tuple[str, ...]) -> None:
        self.random = random
        self.path = path
        self.things: list[Thing] = []
        self.files: list[File] = []
        self.module = ""
        self.loose = False
        self._numbers = 0
        self.copied: set[str] = set()
        for schema in path:
            if schema != "public":
                self.module = "base"
                self.add("SCHEMA", "", schema)
                self.files.append(File("base", [f"CREATE SCHEMA {quoted(schema)}"], loose=False))

    def grow(
        self, actions: Iterable[Callable[[Growth], list[str]]], loose: Iterable[Callable[[Growth], list[str]]]
    ) -> None:
        """Add one file of up to four actions.

        Args:
            actions: What a numbered file may do.
            loose: What a repeatable may do.
        """
        repeatable = list(loose)
        self.loose = bool(repeatable) and self.random.random() < 0.3
        choice = repeatable if self.loose else list(actions)
        self.module = self._some_module()
        statements: list[str] = []
        wanted = self.random.randint(1, 4)
        for _ in range(3 * wanted):
            if len(statements) < wanted:
                statements += self.random.choice(choice)(self)
        if statements:
            self.files.append(File(self.module, statements, self.loose))

    def _some_module(self) -> str:
        known = sorted({file.module for file in self.files})
        if known and self.random.random() < 0.6:
            return self.random.choice(known)
        return f"m{self.random.randint(0, 999):03d}"

    def add(  # noqa: PLR0913  # what a thing has
        self,
        kind: str,
        schema: str,
        name: str,
        *,
        sources: Sequence[tuple[Thing, str]] = (),
        columns: Mapping[str, str] | None = None,
        signature: str = "",
        marks: Iterable[str] = (),
    ) -> Thing:
        """Note that a thing exists from here on."""
        thing = Thing(kind, schema, name, self.module, dict(columns or {}), [], list(sources), signature, set(marks))
        return self.keep(thing)

    def keep(self, thing: Thing) -> Thing:
        """Note a thing that was put together before."""
        if self.loose:
            thing.marks.add("loose")
        thing.birth = len(self.files)
        self.things.append(thing)
        return thing

    def may_lose(self, thing: Thing) -> bool:
        """Whether the file being written may drop a thing or a part of it.

        Any module may when the file that made it did nothing else: what was built on it there would have to be
        dropped before, and only the server knows that.
        """
        return self.mine(thing) or len(self.files[thing.birth].statements) == 1

    def number(self) -> int:
        """A number that nothing had before."""
        self._numbers += 1
        return self._numbers

    def name(self) -> str:
        """A name that nothing had before."""
        return f"{self.random.choice(_WORDS)}{self.number()}"

    def schema(self) -> str:
        """A schema to make something in."""
        return self.random.choice(["public", *(thing.name for thing in self.things if thing.kind == "SCHEMA")])

    def new(self, schema: str, name: str) -> str:
        """How a new thing's name is written: where the path leads, the schema may be left out."""
        if schema == self.path[0] and self.random.random() < 0.5:
            return quoted(name)
        return f"{quoted(schema)}.{quoted(name)}"

    def ref(self, thing: Thing) -> str:
        """How a thing's name is written."""
        if not thing.schema:
            return quoted(thing.name)
        if thing.schema in self.path and self.random.random() < 0.5:
            return quoted(thing.name)
        return f"{quoted(thing.schema)}.{quoted(thing.name)}"

    def ref_to_move(self, thing: Thing) -> str:
        """The same, where a thing gets another name: on a longer path nobody knows which of two schemas it was in."""
        if len(self.path) == 1 or not thing.schema:
            return self.ref(thing)
        return f"{quoted(thing.schema)}.{quoted(thing.name)}"

    def some(self, *kinds: str, where: Callable[[Thing], bool] = lambda _: True) -> Thing | None:
        """A thing of one of these kinds; None when there is none."""
        found = [thing for thing in self.things if thing.kind in kinds and where(thing)]
        return self.random.choice(found) if found else None

    def mine(self, thing: Thing) -> bool:
        """Whether the module whose file is being written made it."""
        return thing.module == self.module

    def used(self, thing: Thing, column: str | None = None) -> bool:
        """Whether something was built on a thing, or on a column of it."""
        return any(
            source is thing and column in (None, part) for other in self.things for source, part in other.sources
        )

    def type(self) -> tuple[str, list[tuple[Thing, str]]]:
        """A type for a column, and what it is built on."""
        made = self.some("TYPE", "DOMAIN") if self.random.random() < 0.4 else None
        if made is None:
            return self.random.choice(_SCALARS), []
        array = self.random.choice(["", "[]"])
        return self.ref(made) + array, [(made, "")]

    def scalar_column(self, thing: Thing, kind: str) -> str | None:
        """A column of a type."""
        found = [column for column, type_ in thing.columns.items() if type_ == kind]
        return self.random.choice(found) if found else None
