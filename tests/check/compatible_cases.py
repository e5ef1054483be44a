"""The form of what is planted for `backward-compatible`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from seltzer.model import Severity


class Defect(NamedTuple):
    """A change that the running release does not survive.

    Attributes:
        planted: The migration.
        rule: What it breaks.
        severity: How much that matters.
        said: A part of message, evidence or fix.
    """

    planted: str
    rule: str
    severity: Severity
    said: str
