"""`trace`: what each statement of a SQL file does to a database, seen on one that may be thrown away."""

from __future__ import annotations

import os
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from seltzer.claims.cluster import sql_changes_server, sql_subscribes
from seltzer.claims.lab import Case
from seltzer.claims.tracing import Effect, trace_statements
from seltzer.commands.checked import plan_from_nothing
from seltzer.commands.start import embedded_parameters, find_parameters
from seltzer.commands.trying import conditions_of, lab_on, whose_server
from seltzer.config.database import Target, read_named_database
from seltzer.db.connect import connect, describe_parameters
from seltzer.db.text import compose, identifier, joined
from seltzer.errors import ConnectionFailedError, DatabaseError, NotConfiguredError, TrialError
from seltzer.errors.base import alone
from seltzer.shadow import Whose, open_shadow
from seltzer.source.discover import discover
from seltzer.source.heads import read_text, sql_directives
from seltzer.source.read import parse_script
from seltzer.sql.redact import safe_server_text
from seltzer.sql.shape import Stepwise, shape_of

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from seltzer.commands.call import Call
    from seltzer.model import Statement

STDIN = Path("-")
_SHOWN = 8
_SUBSCRIBES = "WITH (connect = false) makes a subscription that connects nowhere."
_NAMED = "Let the shadow be a private server: --shadow embedded"


@dataclass(frozen=True, slots=True)
class TraceResult:
    """What the statements of a file did.

    Attributes:
        effects: One for each statement, in order; BEGIN and COMMIT are none.
        database: Where: in words, nothing secret.
        stays: Whether something that the file did was not rolled back, in a database that was named.
    """

    effects: tuple[Effect, ...]
    database: str
    stays: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """A database to trace on."""

    parameters: Mapping[str, str]
    said: str


def trace(call: Call, file: Path, text: str | None = None, on: str | None = None) -> TraceResult:
    """Run a file's statements one by one and report what each did; what can be rolled back is rolled back.

    Args:
        call: The settings.
        file: The file; `-` when `text` is given.
        text: What to run instead of the file's content.
        on: A database in any of the forms that a database is written in; None traces on a shadow with all migrations
            of the project applied.

    Raises:
        FilesError: The file cannot be read or does not parse.
        ConnectionFailedError: The database cannot be reached.
        ServerStartError: There is no shadow.
        TrialError: It would change a server that is not ours to change, or connect to another one.
    """
    text = read_text(file) if text is None else text
    statements = parse_script(file, text)
    transaction = sql_directives(file, text).transaction
    kept = _kept(text, statements, transaction=transaction)
    if on is not None and kept:
        call.warn([_warning(kept, statements)])
    opened = _on_shadow(call, text, kept) if on is None else _on_database(call, on)
    with opened as place, _refusals():
        opener = partial(_open, place.parameters, call.config.search_path)
        effects = tuple(trace_statements(opener, text, statements, transaction=transaction, counts_own=True))
        return TraceResult(effects, place.said, stays=on is not None and bool(kept))


def _kept(text: str, statements: tuple[Statement, ...], *, transaction: bool) -> list[Statement]:
    """The statements whose work cannot be rolled back, or is needed by what comes after."""
    shape = shape_of(text, statements, transaction=transaction)
    if not isinstance(shape, Stepwise):
        return []
    kept = [unit for unit in shape.units if not unit.transactional or (unit.keeps and unit is not shape.units[-1])]
    return sorted((item for unit in kept for item in unit.statements), key=lambda item: item.transactional)


def _warning(kept: list[Statement], statements: tuple[Statement, ...]) -> str:
    why = "" if kept[0].transactional else f": line {kept[0].line} cannot run inside a transaction"
    if len(kept) == sum(not item.control for item in statements):
        return f"what this file does stays in the database{why}"
    lines = sorted({item.line for item in kept})
    shown = ", ".join(map(str, lines[:_SHOWN])) + (f" and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else "")
    words = f"line {shown} does" if len(lines) == 1 else f"lines {shown} do"
    return f"what {words} stays in the database, the rest is rolled back{why or ': what comes later needs it'}"


@contextmanager
def _on_database(call: Call, on: str) -> Generator[_Place]:
    found = read_named_database(on, "--on", call.config)
    call.warn(found.warnings)
    parameters = found.parameters if isinstance(found, Target) else embedded_parameters(call.config, found)
    yield _Place(parameters, describe_parameters(parameters))


@contextmanager
def _on_shadow(call: Call, text: str, kept: list[Statement]) -> Generator[_Place]:
    cases = [Case(step, judged=False) for step in plan_from_nothing(call, discover(call.config.migrations)).steps]
    if sql_subscribes(text):
        raise TrialError("it subscribes to a publication: the shadow would connect to that server", hint=_SUBSCRIBES)
    stays = any(sql_changes_server(item.text) for item in kept)  # what is rolled back is nobody's business
    whose = Whose.OWN if stays else whose_server(cases)
    with (
        open_shadow(call.config, _major(call), whose=whose, warn=lambda words: call.warn([words])) as shadow,
        closing(lab_on(shadow, conditions_of(call), cases)) as lab,
        lab.database(len(cases)) as made,
    ):
        if stays and shadow.whose is Whose.NAMED:
            raise TrialError("it changes the server of the shadow, and that was named by its address", hint=_NAMED)
        yield _Place(made.parameters, f"{shadow.said}, with all migrations of the project applied")


def _major(call: Call) -> int | None:
    """The version of the configured database; None without one."""
    try:
        with connect(find_parameters(call, os.environ)[1]) as conn:
            return conn.info.server_version // 10000
    except (NotConfiguredError, ConnectionFailedError):
        return None


def _open(parameters: Mapping[str, str], search_path: tuple[str, ...] | None) -> psycopg.Connection[Any]:
    conn = connect(parameters)
    if search_path:
        names = joined(", ", [identifier(name) for name in search_path])
        conn.execute(compose("SET search_path TO {names}", names=names).encode())
    return conn


@contextmanager
def _refusals() -> Generator[None]:
    """What the server refuses outside of a statement of the file: a look at its catalog, a connection that is gone."""
    with alone():
        try:
            yield
        except psycopg.Error as error:
            said = error.diag.message_primary or str(error).strip().partition("\n")[0]
            raise DatabaseError(
                safe_server_text(error.sqlstate, said), hint="Look at the server's log.", sqlstate=error.sqlstate
            ) from None
