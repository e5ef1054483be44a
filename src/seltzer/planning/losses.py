"""What a CASCADE would take along for good: objects of applied numbered files, which never run again."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from postgast import pg_query_pb2 as pb

from seltzer.errors import Place, StillNeededError
from seltzer.model import NameKind
from seltzer.planning.selection import resolve
from seltzer.sql.names import Key, Parsed, needed_key, provided_keys, read_file_names
from seltzer.sql.parse import parse_statements

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from postgast.pg_query_pb2 import Node

    from seltzer.model import Migration, Name, Names, Statement

# Statements whose result PostgreSQL drops with what they name; all others only use it once.
_STANDING = frozenset(
    (
        "alter_domain_stmt",
        "alter_table_stmt",
        "composite_type_stmt",
        "create_cast_stmt",
        "create_domain_stmt",
        "create_event_trig_stmt",
        "create_function_stmt",
        "create_op_class_stmt",
        "create_policy_stmt",
        "create_range_stmt",
        "create_stats_stmt",
        "create_stmt",
        "create_table_as_stmt",
        "create_transform_stmt",
        "create_trig_stmt",
        "define_stmt",
        "index_stmt",
        "rule_stmt",
        "view_stmt",
    )
)

# Those that are dropped whole, and take along what stands on them in turn.
_WHOLE = frozenset(("create_function_stmt", "create_table_as_stmt", "view_stmt"))

# Bodies in SQL and PL/pgSQL are text: nothing of what they name keeps the function from staying.
_NO_BODIES = "SET check_function_bodies = off"


class _Loss(NamedTuple):
    """A name that a CASCADE begins with, or comes by.

    Attributes:
        dropper: Whose CASCADE it is.
        label: The name, for people.
    """

    dropper: Migration
    label: str


class _Made(NamedTuple):
    """A statement of an applied migration, with what it makes, and the loss that takes it along."""

    migration: Migration
    path: Path
    statement: Statement
    names: Names
    loss: _Loss


def may_lose(pending: Sequence[Migration]) -> bool:
    """Whether a look at what is applied is worth its time: some file says CASCADE."""
    return any(_says_cascade(statement) for item in pending for _, found in item.sources for statement in found)


def refuse_losses(plan: Sequence[Migration], applied: Sequence[Migration], search_path: Sequence[str]) -> None:
    """Refuse a plan that would drop what no migration of it makes again.

    Args:
        plan: Its migrations.
        applied: All others that are applied, in the order in which they were.
        search_path: Where names without a schema are looked for.

    Raises:
        StillNeededError: An object of a numbered file would be gone.
    """
    lost = _begun(plan, applied, search_path)
    again = {key for item in plan for key in _touched(item)}
    waiting = [*enumerate(applied), *((len(applied), item) for item in plan if item.file.number is None)]
    while lost:
        hit = [pair for pair in waiting if not lost.keys().isdisjoint(_needed(pair[1].names))]
        if not hit:
            return
        waiting = [pair for pair in waiting if pair not in hit]
        for place, item in hit:
            for made in _standing(item, lost, search_path):
                if item.file.number is not None and _lasts(made, again, applied[place + 1 :]):
                    _refuse(made, [other.id for other in (*plan, *applied)])
                if made.statement.kind in _WHOLE:
                    for name in made.names.provides:
                        loss = made.loss._replace(label=str(name))
                        lost |= {key: loss for key in provided_keys(name) if key not in lost}


def _begun(plan: Sequence[Migration], applied: Sequence[Migration], search_path: Sequence[str]) -> dict[Key, _Loss]:
    """What is dropped with CASCADE and is there in the end, because a repeatable makes it."""
    stays = {key for item in plan if item.file.number is None for key in _provided(item.names)}
    signatures: dict[tuple[str, str], set[str]] = {}
    for item in (*plan, *applied):
        for name in item.names.provides if item.names is not None else ():
            if name.kind is NameKind.FUNCTION and name.part:
                signatures.setdefault((name.schema, name.name), set()).add(name.part)
    lost: dict[Key, _Loss] = {}
    for item in plan:
        for name in _cascaded(item, search_path):
            loss = _Loss(item, str(name))
            if needed_key(name) in stays:
                lost = dict.fromkeys(provided_keys(name), loss) | lost
                if len(signatures.get((name.schema, name.name), ())) == 1:
                    lost.setdefault(needed_key(name)._replace(part=""), loss)
    return lost


def _cascaded(item: Migration, search_path: Sequence[str]) -> Iterator[Name]:
    mine = _provided(item.names)
    for _, statement, before in _statements(item):
        if _says_cascade(statement):
            tree, names = _read(statement, before, search_path)
            if tree is not None and tree.drop_stmt.behavior == pb.DROP_CASCADE:
                # A numbered file that makes anew itself what it drops has said so once and for all.
                yield from (name for name in names.removes if item.file.number is None or needed_key(name) not in mine)


def _says_cascade(statement: Statement) -> bool:
    return statement.kind == "drop_stmt" and "cascade" in statement.text.lower()


def _standing(item: Migration, lost: Mapping[Key, _Loss], search_path: Sequence[str]) -> Iterator[_Made]:
    """The statements of a migration whose result goes with what is lost."""
    for path, statement, before in _statements(item):
        if statement.kind in _STANDING:
            tree, names = _read(statement, before, search_path)
            needed = _needed(names)
            loss = next((found for key, found in lost.items() if key in needed), None)
            copied = tree is not None and tree.HasField("create_table_as_stmt")
            if copied and tree is not None and tree.create_table_as_stmt.objtype != pb.OBJECT_MATVIEW:
                continue  # it has the rows, and knows no more of where they are from
            if loss is not None:
                yield _Made(item, path, statement, names, loss)


def _statements(item: Migration) -> Iterator[tuple[Path, Statement, list[str]]]:
    """The statements of a migration, each with what was SET before it."""
    for path, found in item.sources:
        settings = [_NO_BODIES]
        for statement in found:
            yield path, statement, settings
            if statement.kind == "variable_set_stmt":
                settings.append(statement.text)


def _read(statement: Statement, before: Sequence[str], search_path: Sequence[str]) -> tuple[Node | None, Names]:
    parsed = parse_statements(";\n".join((*before, statement.text)))
    return parsed[-1].tree, read_file_names([Parsed(item.tree, item.text.decode()) for item in parsed], search_path)


def _lasts(made: _Made, again: Collection[Key], later: Sequence[Migration]) -> bool:
    """Whether what a statement made is still there, and nobody in the plan makes or removes it."""
    keys = _provided(made.names)
    if not keys:
        return True
    return (
        not keys.isdisjoint(_provided(made.migration.names))
        and keys.isdisjoint(again)
        and not any(not keys.isdisjoint(_touched(item)) for item in later)
    )


def _refuse(made: _Made, known: Sequence[str]) -> None:
    dropper, who = made.loss.dropper, made.migration.id
    place = (dropper.file.path, dropper.directives.lines.get("independent-of", 1))
    if any(who in resolve(reference, known, place) for reference in dropper.directives.independent_of):
        return
    what = ", ".join(sorted(str(name) for name in made.names.provides if not name.part)) or "what this statement did"
    raise StillNeededError(
        f"{who} stands on {made.loss.label}, and {dropper.id} drops that with CASCADE: {what} would be gone, and no "
        "migration would make it again",
        hint=f"In {dropper.id} write CREATE OR REPLACE, not DROP and CREATE. Where that cannot be, make anew what\n"
        "stands on it, in a new numbered file, DROP … IF EXISTS and CREATE. If nothing of it is there any more, say\n"
        f"in {dropper.id}\n  -- seltzer: independent-of = {who}",
        place=Place(made.path, made.statement.line),
        migration=who,
    )


def _needed(names: Names | None) -> set[Key]:
    if names is None:
        return set()
    options = (option for choice in names.choices for option in choice)
    return {needed_key(name) for name in (*names.needs, *options)}


def _provided(names: Names | None) -> set[Key]:
    return {key for name in names.provides for key in provided_keys(name)} if names is not None else set()


def _touched(item: Migration) -> set[Key]:
    removed = item.names.removes if item.names is not None else ()
    return _provided(item.names) | {needed_key(name) for name in removed}
