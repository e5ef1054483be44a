"""A column whose type is a domain that asks something of its values: the base type, and the same asked of the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postgast import pg_query_pb2 as pg

from seltzer.claims.fixes.columns import add_column
from seltzer.claims.fixes.constraints import constraint_files, not_null_files
from seltzer.claims.fixes.recipe import File, Recipe
from seltzer.claims.fixes.writing import made_name, quoted, read_written
from seltzer.sql.tokens import scan

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import ColumnDef, RangeVar

    from seltzer.claims.fixes.facts import Domain, Facts
    from seltzer.claims.fixes.writing import Written

_KNOWN = {pg.CONSTR_DEFAULT, pg.CONSTR_NOTNULL, pg.CONSTR_NULL}


def add_domain_column(written: Written, relation: RangeVar, column: ColumnDef, facts: Facts) -> Recipe | None:
    """The checks of the domain become checks of the table, which can be NOT VALID; None for what is no domain."""
    domain, nodes = facts.domain, [item.constraint for item in column.constraints]
    if domain is None or not (domain.checks or domain.not_null) or column.HasField("coll_clause"):
        return None
    if {node.contype for node in nodes} - _KNOWN:
        return None
    start, end = column.type_name.location, min((node.location for node in nodes), default=None)
    rest = f" {written.between(end)}" if end is not None else ""
    plain = read_written(f"{written.between(0, start)} {domain.base}{rest}".rstrip("; \n"))
    if plain is None:
        return None
    (command,) = plain.tree.alter_table_stmt.cmds
    found = add_column(plain, relation, getattr(command.alter_table_cmd, "def").column_def, facts)
    first = found.files if found is not None else (File((plain.between(0),), suffix="column"),)
    by_hand = f"the column would be {domain.base}: one of the domain is written anew row by row"
    return Recipe((*first, *_asked(written.relation(relation), relation.relname, column, facts, domain)), by_hand)


def _asked(table: str, bare: str, column: ColumnDef, facts: Facts, domain: Domain) -> list[File]:
    """What the domain asks, asked of the table."""
    files: list[File] = []
    if domain.not_null and not any(item.constraint.contype == pg.CONSTR_NOTNULL for item in column.constraints):
        files += not_null_files(table, bare, column.colname, facts.major)
    for number, check in enumerate(domain.checks, 1):
        name = made_name([bare, column.colname, "check", *([str(number)] if number > 1 else [])])
        files += constraint_files(table, name, _of_column(check, quoted(column.colname)))
    return files


def _of_column(check: str, column: str) -> str:
    """A check that speaks of VALUE, speaking of a column."""
    tokens = scan(check)
    data = check.encode()
    spots = zip(tokens.texts, tokens.starts, tokens.ends, strict=True) if tokens is not None else ()
    for text, start, end in sorted(spots, key=lambda item: -item[1]):
        if text == b"value":
            data = data[:start] + column.encode() + data[end:]
    return data.decode()
