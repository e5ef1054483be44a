"""What a file drops and makes anew under its old name, as one unit: the new one is there before the old one goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from postgast import pg_query_pb2 as pg

from seltzer.claims.fixes.constraints import constraint_files
from seltzer.claims.fixes.facts import dropped_relations
from seltzer.claims.fixes.indexes import OUTSIDE
from seltzer.claims.fixes.recipe import File, Recipe
from seltzer.claims.fixes.writing import made_name, quoted, schema_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postgast.pg_query_pb2 import Constraint, IndexStmt, RangeVar

    from seltzer.claims.fixes.facts import Facts
    from seltzer.claims.fixes.writing import Written

_NOT_VALID = {pg.CONSTR_CHECK, pg.CONSTR_FOREIGN}
_LONGEST = 59  # what is put behind the name has to fit in


class Earlier(NamedTuple):
    """A statement before it in the file.

    Attributes:
        line: Where it begins.
        offset: The character that it begins at.
        written: What it is.
    """

    line: int
    offset: int
    written: Written


def replacement(written: Written, earlier: Sequence[Earlier], facts: Facts) -> Recipe | None:
    """What to write instead of a DROP and the CREATE, or ADD, that follows; None where there is no such pair.

    Args:
        written: The CREATE INDEX, or ALTER TABLE … ADD CONSTRAINT.
        earlier: The statements before it in its file.
        facts: What is known of its table.
    """
    kind = written.tree.WhichOneof("node")
    if kind == "index_stmt":
        return _index(written, earlier, facts)
    if kind != "alter_table_stmt" or len(written.tree.alter_table_stmt.cmds) != 1:
        return None
    command = written.tree.alter_table_stmt.cmds[0].alter_table_cmd
    constraint = getattr(command, "def").constraint
    if command.subtype != pg.AT_AddConstraint or constraint.contype not in _NOT_VALID or not constraint.conname:
        return None
    return _constraint(written, constraint, earlier)


def _index(written: Written, earlier: Sequence[Earlier], facts: Facts) -> Recipe | None:
    statement = written.tree.index_stmt
    table = facts.table(statement.relation)
    own = [item for item in table.indexes if item.name == statement.idxname] if table is not None else []
    found = next((item for item in reversed(earlier) if (old := _dropped(item.written, statement)) is not None), None)
    if found is None or table is None or table.kind == "p" or not own or own[0].kind is not None:
        return None
    old = _dropped(found.written, statement)
    schema, name = schema_of(old) if old is not None else "", quoted(statement.idxname)
    new = made_name([statement.idxname.encode()[:_LONGEST].decode(errors="ignore"), "new"])
    unique = "UNIQUE " if statement.unique else ""
    rest = written.between(statement.relation.location).rstrip("; \n")
    create = f"CREATE {unique}INDEX CONCURRENTLY IF NOT EXISTS {new} ON {rest}"
    drop = f"DROP INDEX CONCURRENTLY IF EXISTS {schema}{name}"
    files = (
        File((create,), OUTSIDE, "index"),
        File((drop,), "when the new one is there: no query is without an index", "drop"),
        File((f"ALTER INDEX IF EXISTS {schema}{new} RENAME TO {name}",), "in a moment", "rename"),
    )
    return Recipe(files, also=(found.line,))


def _dropped(written: Written, statement: IndexStmt) -> RangeVar | None:
    """The index of a CREATE, as a DROP of it alone names it."""
    drop = written.tree.drop_stmt
    if written.tree.WhichOneof("node") != "drop_stmt" or drop.remove_type != pg.OBJECT_INDEX or drop.concurrent:
        return None
    names = list(dropped_relations(drop))
    return names[0] if len(names) == 1 and names[0].relname == statement.idxname else None


def _constraint(written: Written, constraint: Constraint, earlier: Sequence[Earlier]) -> Recipe | None:
    relation = written.tree.alter_table_stmt.relation
    found = next((item for item in reversed(earlier) if _drops(item.written, relation, constraint.conname)), None)
    if found is None:
        return None
    table = written.relation(relation)
    first, validate = constraint_files(table, quoted(constraint.conname), written.definition(constraint.location))
    drop = found.written.between(0).rstrip("; \n")
    both = File((drop, *first.statements), "in one transaction: no row goes by unchecked between the two", first.suffix)
    return Recipe((both, validate), also=(found.line,))


def _drops(written: Written, relation: RangeVar, name: str) -> bool:
    """Whether a statement is the DROP CONSTRAINT of that name, and nothing else."""
    statement = written.tree.alter_table_stmt
    if written.tree.WhichOneof("node") != "alter_table_stmt" or len(statement.cmds) != 1:
        return False
    command = statement.cmds[0].alter_table_cmd
    same = (statement.relation.schemaname, statement.relation.relname) == (relation.schemaname, relation.relname)
    return command.subtype == pg.AT_DropConstraint and command.name == name and same
