"""Columns whose values differ from row to row: added empty, filled in batches; what is proven of them comes after."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import postgast
from postgast import pg_query_pb2 as pg

from seltzer.claims.fixes.batches import fill_file, sync_trigger, trigger_function
from seltzer.claims.fixes.constraints import constraint_files, not_null_files
from seltzer.claims.fixes.keys import key_files
from seltzer.claims.fixes.recipe import File, Recipe
from seltzer.claims.fixes.writing import made_name, of_new_row, quoted, schema_of, without_name

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import ColumnDef, Constraint, RangeVar

    from seltzer.claims.fixes.facts import Facts
    from seltzer.claims.fixes.writing import Written

_SERIALS = {
    "smallserial": "smallint", "serial2": "smallint", "serial": "integer", "serial4": "integer",
    "bigserial": "bigint", "serial8": "bigint",
}  # fmt: skip
_SPLIT = {pg.CONSTR_CHECK, pg.CONSTR_UNIQUE, pg.CONSTR_PRIMARY, pg.CONSTR_FOREIGN}
_KNOWN = {pg.CONSTR_DEFAULT, pg.CONSTR_NOTNULL, pg.CONSTR_NULL, *_SPLIT}
# What says more of the constraint before it.
_ATTRIBUTES = {
    pg.CONSTR_ATTR_DEFERRABLE, pg.CONSTR_ATTR_NOT_DEFERRABLE, pg.CONSTR_ATTR_DEFERRED, pg.CONSTR_ATTR_IMMEDIATE,
}  # fmt: skip


class _Part(NamedTuple):
    """A constraint of the column, and how it was written."""

    node: Constraint
    text: str


class _Added(NamedTuple):
    """A column that is added."""

    table: str
    schema: str
    bare: str
    name: str
    column: ColumnDef
    parts: list[_Part]
    facts: Facts
    key: str | None

    def of(self, kind: int) -> list[_Part]:
        return [part for part in self.parts if part.node.contype == kind]

    @property
    def is_required(self) -> bool:
        return bool(self.of(pg.CONSTR_NOTNULL) or self.of(pg.CONSTR_PRIMARY) or self.of(pg.CONSTR_IDENTITY))


def add_column(written: Written, relation: RangeVar, column: ColumnDef, facts: Facts) -> Recipe | None:
    """What has to be computed or proven for each row comes after the column."""
    parts = _parts(written, column)
    kinds = {part.node.contype for part in parts}
    table = facts.table(relation)
    added = _Added(
        written.relation(relation),
        schema_of(relation),
        relation.relname,
        quoted(column.colname),
        column,
        parts,
        facts,
        table.key if table is not None else None,
    )
    if kinds & _ATTRIBUTES:
        return None
    serial = _SERIALS.get(column.type_name.names[-1].string.sval)
    if serial is not None and kinds <= _KNOWN - {pg.CONSTR_DEFAULT}:
        return _with_sequence(added, serial)
    if pg.CONSTR_GENERATED in kinds:
        return _generated(written, added)
    if pg.CONSTR_IDENTITY in kinds:
        return _identity(written, added) if kinds <= _KNOWN | {pg.CONSTR_IDENTITY} else None
    return _plain(written, added) if kinds <= _KNOWN else None


def _parts(written: Written, column: ColumnDef) -> list[_Part]:
    nodes = [item.constraint for item in column.constraints]
    starts = [*(node.location for node in nodes), None]
    texts = [written.between(start or 0, end).rstrip("; \n") for start, end in pairwise(starts)]
    return [_Part(node, text) for node, text in zip(nodes, texts, strict=True)]


def _plain(written: Written, added: _Added) -> Recipe | None:
    """A column with a default, or with constraints, or with both."""
    starts = [part.node.location for part in added.parts]
    head = written.between(added.column.location, starts[0] if starts else None).rstrip("; \n")
    defaults = added.of(pg.CONSTR_DEFAULT)
    computed = defaults and not _is_same_for_all(defaults[0].node.raw_expr)
    if not computed and not any(part.node.contype in _SPLIT for part in added.parts):
        return None
    kept = [] if computed else [part.text for part in (*defaults, *added.of(pg.CONSTR_NOTNULL))]
    statements = [f"ALTER TABLE {added.table} ADD COLUMN IF NOT EXISTS {' '.join([head, *kept])}"]
    if not computed:
        return Recipe((File(tuple(statements), suffix="column"), *_proven(added, skips_not_null=bool(defaults))))
    statements.append(f"ALTER TABLE {added.table} ALTER COLUMN {added.name} SET {defaults[0].text}")
    expression = defaults[0].text[len("DEFAULT") :].strip()
    return Recipe((File(tuple(statements), suffix="column"), _fill(added, expression), *_proven(added)))


def _with_sequence(added: _Added, type_: str) -> Recipe:
    """A serial is a column, a sequence and a default."""
    sequence = _beside(added, "seq")
    default = f"nextval('{sequence.replace(chr(39), chr(39) * 2)}')"
    first = (
        f"CREATE SEQUENCE IF NOT EXISTS {sequence} AS {type_}",
        f"ALTER TABLE {added.table} ADD COLUMN IF NOT EXISTS {added.name} {type_}",
        f"ALTER TABLE {added.table} ALTER COLUMN {added.name} SET DEFAULT {default}",
        f"ALTER SEQUENCE {sequence} OWNED BY {added.table}.{added.name}",
    )
    files = (File(first, suffix="column"), _fill(added, default))
    return Recipe((*files, *_proven(added, is_required=True)))


def _identity(written: Written, added: _Added) -> Recipe | None:
    """A sequence of its own fills the column; that it is an identity is said when no row is without a value."""
    (identity,) = added.of(pg.CONSTR_IDENTITY)
    if any(item.def_elem.defname == "sequence_name" for item in identity.node.options):
        return None
    sequence = _beside(added, "fill")
    options = identity.text[identity.text.index("(") :].strip("() \n") if identity.node.options else ""
    default = f"nextval('{sequence.replace(chr(39), chr(39) * 2)}')"
    head = written.between(added.column.location, added.parts[0].node.location)
    first = (
        f"CREATE SEQUENCE IF NOT EXISTS {sequence} {options}".rstrip(),
        f"ALTER TABLE {added.table} ADD COLUMN IF NOT EXISTS {head}",
        f"ALTER TABLE {added.table} ALTER COLUMN {added.name} SET DEFAULT {default}",
    )
    table, column = (text.replace("'", "''") for text in (added.table, added.column.colname))
    last = (
        f"ALTER TABLE {added.table} ALTER COLUMN {added.name} DROP DEFAULT",
        f"ALTER TABLE {added.table} ALTER COLUMN {added.name} ADD {identity.text}",
        f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), {default}, false)",
        f"DROP SEQUENCE IF EXISTS {sequence}",
    )
    swap = File(last, "its sequence goes on where the values end", "identity")
    return Recipe((File(first, suffix="column"), _fill(added, default), *_proven(added), swap))


def _generated(written: Written, added: _Added) -> Recipe | None:
    """A column that is computed when it is read, or by a trigger: there is no way to a stored one without a rewrite."""
    generated = added.of(pg.CONSTR_GENERATED)[0].node
    head = written.between(added.column.location, added.parts[0].node.location)
    opening = written.between(generated.location).find("(")
    if len(added.parts) != 1 or opening < 0:
        return None
    if added.facts.virtual is not None:
        by_hand = "the column would be computed when it is read, and take no index"
        return Recipe((File((added.facts.virtual,), by_hand, "column"),), by_hand)
    text = added.parts[0].text[opening:]
    expression = text[: text.rindex(")") + 1]
    of_row = of_new_row(generated.raw_expr, expression, written.data.index(expression.encode(), generated.location))
    function = _beside(added, "compute")
    body = f"BEGIN new.{added.name} := {of_row}; RETURN new; END"
    trigger = made_name([added.column.colname, "compute"])
    first = (
        f"ALTER TABLE {added.table} ADD COLUMN IF NOT EXISTS {head}",
        trigger_function(function, body),
        sync_trigger(added.table, trigger, function),
    )
    differs = f"{added.name} IS DISTINCT FROM {expression}"
    by_hand = "a trigger would compute the column: PostgreSQL has no way to make it a stored generated one in a moment"
    fill = fill_file(added.table, added.key, f"{added.name} = {expression}", differs)
    return Recipe((File(first, by_hand, "column"), fill), by_hand)


def _fill(added: _Added, expression: str) -> File:
    return fill_file(added.table, added.key, f"{added.name} = {expression}", f"{added.name} IS NULL")


def _beside(added: _Added, suffix: str) -> str:
    """A name in the schema of the table, where it has one."""
    return f"{added.schema}{made_name([added.bare, added.column.colname, suffix])}"


def _proven(added: _Added, *, is_required: bool = False, skips_not_null: bool = False) -> list[File]:
    """The files for what is proven of every row."""
    files: list[File] = []
    column = added.column.colname
    if (is_required or added.is_required) and not skips_not_null:
        files += not_null_files(added.table, added.bare, column, added.facts.major)
    for part in added.parts:
        kind = part.node.contype
        name = quoted(part.node.conname) if part.node.conname else ""
        text = without_name(part.text)
        if kind == pg.CONSTR_CHECK:
            files += constraint_files(added.table, name or made_name([added.bare, column, "check"]), text)
        elif kind == pg.CONSTR_FOREIGN:
            definition = f"FOREIGN KEY ({added.name}) {text}"
            files += constraint_files(added.table, name or made_name([added.bare, column, "fkey"]), definition)
        elif kind == pg.CONSTR_UNIQUE:
            own = name or made_name([added.bare, column, "key"])
            files += key_files(added.table, own, "UNIQUE", [column], like=part.node)
        elif kind == pg.CONSTR_PRIMARY:
            own = name or made_name([added.bare, "pkey"])
            files += key_files(added.table, own, "PRIMARY KEY", [column], like=part.node)
    return files


def _is_same_for_all(expression: pg.Node) -> bool:
    """Whether it is a constant, or one of the clock's: PostgreSQL notes it once."""
    allowed = (pg.A_Const, pg.TypeCast, pg.SQLValueFunction, pg.TypeName, pg.String, pg.Integer, pg.Float, pg.Boolean)
    return all(isinstance(node, (*allowed, pg.Node)) for _, node in postgast.walk(expression))
