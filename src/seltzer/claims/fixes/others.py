"""Materialized views and domains."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seltzer.claims.fixes.recipe import File, Recipe
from seltzer.claims.fixes.writing import made_name, quoted

if TYPE_CHECKING:
    from seltzer.claims.fixes.facts import Facts
    from seltzer.claims.fixes.writing import Written

_ADDS = "C"


def refresh(written: Written, facts: Facts) -> Recipe | None:
    """REFRESH … CONCURRENTLY lets readers go on; it needs a unique index to tell rows apart by."""
    statement = written.tree.refresh_mat_view_stmt
    if statement.concurrent or statement.skip_data:
        return None
    view = facts.table(statement.relation)
    by_hand = "" if view is not None and any(_tells_apart(item.definition) for item in view.indexes) else (
        "the view needs a unique index over columns, which tells its rows apart"
    )  # fmt: skip
    text = re.sub(r"(?is)^(refresh\s+materialized\s+view)\b", r"\1 CONCURRENTLY", written.between(0), count=1)
    return Recipe((File((text.rstrip("; \n"),), by_hand, "refresh"),), by_hand)


def _tells_apart(definition: str) -> bool:
    return definition.startswith("CREATE UNIQUE ") and " WHERE " not in definition


def add_domain_check(written: Written, facts: Facts) -> Recipe | None:
    """A check of a domain is NOT VALID first; to validate it keeps writers out of every table that uses the domain."""
    del facts
    statement = written.tree.alter_domain_stmt
    if statement.subtype != _ADDS or getattr(statement, "def").constraint.skip_validation:
        return None
    constraint = getattr(statement, "def").constraint
    domain = ".".join(quoted(item.string.sval) for item in statement.type_name)
    last = statement.type_name[-1].string.sval
    name = quoted(constraint.conname) if constraint.conname else made_name([last, "check"])
    added = f"ALTER DOMAIN {domain} ADD CONSTRAINT {name} {written.definition(constraint.location)} NOT VALID"
    by_hand = "VALIDATE keeps writers out of the tables that use the domain: it belongs where nobody writes"
    validate = File((f"ALTER DOMAIN {domain} VALIDATE CONSTRAINT {name}",), by_hand, "validate")
    return Recipe((File((added,), suffix="constraint"), validate), by_hand)
