"""What a file has done before a statement: a DROP makes the CREATE behind it one that can be repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from postgast import pg_query_pb2 as pg

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from seltzer.claims.guidelines.files import ReadStatement


class Created(NamedTuple):
    """What a statement creates: the words for it, its name, and the schema that is written before that."""

    kind: str
    name: str
    schema: str = ""


def created_relation(kind: str, relation: pg.RangeVar) -> Created | None:
    """A relation that a statement creates; None for a temporary one."""
    return None if relation.relpersistence == "t" else Created(kind, relation.relname, relation.schemaname)


def created_named(kind: str, names: Sequence[pg.Node]) -> Created:
    """Something else, from the words of its dotted name."""
    words = [item.string.sval for item in names] or [""]
    return Created(kind, words[-1], words[-2] if len(words) > 1 else "")


def is_dropped_before(statement: ReadStatement, created: Created) -> bool:
    """Whether the file drops something of this name, or the schema that it is in, before the statement."""
    wanted = {created.name, created.schema} - {""}
    earlier = statement.source.statements[: statement.number]
    return any(not wanted.isdisjoint(_dropped(item)) for item in earlier)


def _dropped(statement: ReadStatement) -> Iterator[str]:
    if statement.kind == "alter_table_stmt":
        commands = (item.alter_table_cmd for item in statement.node.cmds)
        yield from (item.name for item in commands if item.subtype == pg.AT_DropColumn)
    elif statement.kind == "drop_stmt":
        yield from (last_word(item) for item in statement.node.objects)


def last_word(item: pg.Node) -> str:
    """The own name of what a DROP names, whatever its kind."""
    which = item.WhichOneof("node")
    if which == "string":
        return item.string.sval
    if which == "list":
        return item.list.items[-1].string.sval
    if which == "type_name":
        return item.type_name.names[-1].string.sval
    if which == "object_with_args":
        return item.object_with_args.objname[-1].string.sval
    return ""
