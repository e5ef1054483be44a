"""How much what a check finds matters."""

from __future__ import annotations

from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters, the worst first; the exit code goes by it."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
