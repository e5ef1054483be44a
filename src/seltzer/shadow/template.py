"""States as templates: a database in the state after some steps, kept between runs, known by the steps' checksums."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeAlias

import psycopg

from seltzer.errors import ShadowError
from seltzer.shadow.databases import BUILDING, DRAFT, EMPTY, IN_USE, TEMPLATE, answers
from seltzer.shadow.leftovers import drop_unused, lock_key, note_use

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from seltzer.shadow.shadow import Shadow

Build: TypeAlias = "Callable[[Mapping[str, str], int], None]"
"""Brings a database, given by libpq's keywords, from the state before a step, given by its index, to the wanted one."""

_FORMAT = "1"  # another one makes every template anew

_COMPLETE = "SELECT datname FROM pg_catalog.pg_database WHERE datname = ANY(%s) AND NOT datallowconn"


def ensure_template(shadow: Shadow, keys: Sequence[str], build: Build) -> str:
    """The name of a template in the state after some steps; it is built if need be, from the longest part there is.

    It stays as long as the shadow is open. Whoever wants the same template meanwhile waits for this builder; one that
    dies leaves nothing that counts as a template.

    Args:
        shadow: Where.
        keys: For each step a digest of it and all before it, and of whatever else its result depends on. Without any,
            the state is that of an empty database.
        build: Applies the steps that are missing.

    Raises:
        ShadowError: The server refuses, or went away.
        Exception: What `build` raises.
    """
    if not keys:
        return EMPTY
    names = [_name(shadow, key) for key in keys]
    wanted = names[-1]
    if _hold(shadow, wanted):
        return wanted
    with _building(shadow, wanted):
        if not _hold(shadow, wanted):
            _build(shadow, names, build)
    return wanted


def _build(shadow: Shadow, names: Sequence[str], build: Build) -> None:
    done = _longest(shadow, names[:-1])
    draft = shadow.databases.new_name(DRAFT)
    try:
        shadow.databases.create(draft, names[done - 1] if done else EMPTY)
        build(shadow.parameters_of(draft), done)
        note_use(shadow, draft)
        shadow.databases.freeze(draft, names[-1])
    except BaseException:
        shadow.later(lambda shadow: shadow.databases.drop(draft))
        raise
    if not _hold(shadow, names[-1]):
        raise ShadowError(f"the template {names[-1]} was dropped by somebody else", hint="Try again.")
    shadow.later(drop_unused)


def _longest(shadow: Shadow, names: Sequence[str]) -> int:
    """How many steps the longest template has that is there."""
    with answers():
        there = {row[0] for row in shadow.databases.session.execute(_COMPLETE, [list(names)])}
    for index in reversed(range(len(names))):
        if names[index] in there and _hold(shadow, names[index]):
            return index + 1
    return 0


def _hold(shadow: Shadow, name: str) -> bool:
    """Keep everybody from dropping a template as long as the shadow is open; returns whether it is there."""
    if name in shadow.held:
        return True
    keys = [IN_USE, lock_key(name)]
    session = shadow.databases.session
    with answers():
        # In this order: who drops one holds its lock alone meanwhile.
        session.execute("SELECT pg_catalog.pg_advisory_lock_shared(%s, %s)", keys)
        if session.execute(_COMPLETE, [[name]]).fetchone() is None:
            session.execute("SELECT pg_catalog.pg_advisory_unlock_shared(%s, %s)", keys)
            return False
    shadow.held.add(name)
    shadow.later(lambda shadow: note_use(shadow, name))
    return True


@contextmanager
def _building(shadow: Shadow, name: str) -> Generator[None]:
    """Be the only one who builds a template; the server drops the lock of who dies."""
    keys = [BUILDING, lock_key(name)]
    with shadow.databases.connection() as conn:
        with answers():
            conn.execute("SELECT pg_catalog.pg_advisory_lock(%s, %s)", keys)
        try:
            yield
        finally:
            with suppress(psycopg.OperationalError):  # the server dropped the lock with the connection
                conn.execute("SELECT pg_catalog.pg_advisory_unlock(%s, %s)", keys)


def _name(shadow: Shadow, key: str) -> str:
    # A role can copy only what it owns: on a named server each has its own.
    digest = hashlib.sha256(f"{_FORMAT}\0{shadow.databases.user}\0{key}".encode())
    return f"{TEMPLATE}{digest.hexdigest()[:32]}"
