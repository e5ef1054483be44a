"""Which failure of a trial says something about the migration."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seltzer.claims.lacking import what_lacks
from seltzer.errors import (
    ConnectionFailedError,
    ConnectionLostError,
    FilesError,
    MigrationError,
    NotConvergedError,
    PrivilegeError,
    ShadowError,
)

if TYPE_CHECKING:
    from seltzer.errors import SeltzerError

_OWN = (FilesError, MigrationError, NotConvergedError, PrivilegeError)
# What both drivers raise without an SQLSTATE when the server went away, whatever a runner or Python was doing.
_GONE = re.compile(r"\b(?:OperationalError|InterfaceError)\b")


def is_gone(error: SeltzerError) -> bool:
    """Whether the shadow went away meanwhile."""
    told = error.sqlstate is None and _GONE.search(error.message) is not None
    return told or isinstance(error, (ConnectionLostError, ConnectionFailedError, ShadowError))


def is_own_failure(error: SeltzerError) -> bool:
    """Whether the migration is to blame, and neither the shadow, which lacks something or went away, nor the trial."""
    return isinstance(error, _OWN) and not is_gone(error) and what_lacks(error) is None


def said_by(error: SeltzerError) -> list[str]:
    """What an error says, a fact a line: where, what, and PostgreSQL's detail."""
    place = error.place
    where = f"{place.file.name}, line {place.line}: " if place is not None and place.line is not None else ""
    lines = [f"{where}{error.message}"]
    if place is not None and place.excerpt:
        lines.append(place.excerpt.strip())
    return [*lines, *(line for line in (error.detail or "").splitlines() if line)]
