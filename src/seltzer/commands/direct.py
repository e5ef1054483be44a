"""The database to change: by the way around a pooler, where there is one."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from seltzer.commands.start import embedded_parameters
from seltzer.config.database import Target, find_direct_database
from seltzer.db.connect import connect, describe, parameters_of
from seltzer.db.pooler import read_identity
from seltzer.errors import InvalidDatabaseError

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from seltzer.commands.call import Call
    from seltzer.commands.start import OpenTarget


def direct_parameters(call: Call) -> Mapping[str, str] | None:
    """The keywords of libpq for `direct-database`; None without one."""
    found = find_direct_database(call.config)
    if found is None:
        return None
    call.warn(found.warnings)
    return found.parameters if isinstance(found, Target) else embedded_parameters(call.config, found)


@contextmanager
def changing(call: Call, target: OpenTarget) -> Generator[OpenTarget]:
    """Where changes go: `direct-database`, or else what `target` looks at.

    Raises:
        ConnectionFailedError: It cannot be reached.
        InvalidDatabaseError: It leads to another database.
    """
    parameters = direct_parameters(call)
    if parameters is None:
        yield target
        return
    with connect(parameters) as conn:
        if read_identity(conn) != read_identity(target.conn):
            raise InvalidDatabaseError(
                f"direct-database leads to {describe(conn)}, which is not the database that {describe(target.conn)} is",
                hint="Give both the same database: direct-database is only another way to it.",
            )
        yield replace(target, conn=conn, parameters=parameters_of(conn, parameters))
