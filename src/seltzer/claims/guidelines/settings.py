"""What a project decides about its guidelines."""

from __future__ import annotations

from typing import NamedTuple

from seltzer.model import Severity


class GuidelineSettings(NamedTuple):
    """The settings that the rules read.

    Attributes:
        table_name_pattern: The regular expression that a table's whole name matches.
        index_name_patterns: What an index may be called: `{table}` and `{columns}` stand for the names.
        documented_severity: How much a missing comment matters.
        search_path: Where names without a schema are looked for.
    """

    table_name_pattern: str = "[a-z_][a-z0-9_]*"
    index_name_patterns: tuple[str, ...] = ("idx_{table}_{columns}",)
    documented_severity: Severity = Severity.INFO
    search_path: tuple[str, ...] = ("public",)
