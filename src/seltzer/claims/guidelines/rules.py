"""All guidelines: each family registers its rules when it is loaded."""

from seltzer.claims.guidelines import (
    missing_if_exists,
    missing_if_not_exists,
    missing_or_replace,
    names,
    references,
    secrets_in_sql,
    transaction_command,
    undocumented,
)
from seltzer.claims.guidelines.rule import RULES

__all__ = ["FAMILIES", "RULES"]

FAMILIES = (
    missing_if_not_exists,
    missing_or_replace,
    missing_if_exists,
    names,
    references,
    transaction_command,
    secrets_in_sql,
    undocumented,
)
