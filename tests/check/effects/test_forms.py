"""Every form of `forms.py` does on a real server what is written beside it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql

from check.effects.forms import ALONE, IN_TRANSACTION, MODES, Form
from seltzer.catalog.relations import take_picture
from seltzer.claims.tracing import Watch, trace_statements
from seltzer.sql.statements import read_statements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seltzer.claims.tracing import Effect
    from seltzer.server import Binaries, Server

SHOP = Path(__file__).with_name("shop.sql").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def shop(server: Server) -> Iterator[str]:
    """A database with the shop; statements in transactions leave nothing in it."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
        conn.execute("CREATE DATABASE shop")
    with psycopg.connect(server.url("shop"), autocommit=True) as conn:
        conn.execute(SHOP.encode())
    yield "shop"
    with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
        conn.execute("DROP DATABASE shop WITH (FORCE)")


@pytest.fixture
def own_shop(server: Server, shop: str) -> Iterator[str]:
    """A copy of the shop for one test."""
    own = sql.Identifier(f"own_{shop}")
    with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(own, sql.Identifier(shop)))
    yield f"own_{shop}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(own))


def connect(server: Server, database: str) -> psycopg.Connection[Any]:
    """An autocommit connection."""
    return psycopg.connect(server.url(database), autocommit=True)


def named(form: Form) -> str:
    """The form's name in the list of tests."""
    return f"{form.before}; {form.statement}" if form.before else form.statement


@pytest.mark.parametrize("form", IN_TRANSACTION, ids=named)
def test_a_form_in_a_transaction(form: Form, server: Server, binaries: Binaries, shop: str) -> None:
    """What a statement does is what is written beside it."""
    if binaries.major < form.since:
        pytest.skip(f"PostgreSQL {form.since} has it first")
    (statement,) = read_statements(form.statement)
    with connect(server, shop) as conn:
        conn.execute("BEGIN")
        if form.before:
            conn.execute(form.before.encode())
        effect = Watch(conn, frozenset(take_picture(conn).relations)).run(statement)
        conn.execute("ROLLBACK")

    assert said(effect, form) == expected(form)


@pytest.mark.parametrize("form", ALONE, ids=named)
def test_a_form_outside_of_transactions(form: Form, server: Server, own_shop: str) -> None:
    """The same for what PostgreSQL takes only by itself: it is made to wait, and seen."""
    statements = read_statements(form.statement)
    (effect,) = trace_statements(partial(connect, server, own_shop), form.statement, statements)

    assert not effect.transactional
    assert said(effect, form) == expected(form)


def said(effect: Effect, form: Form) -> dict[str, object]:
    """An effect in the words of the forms."""
    words = {mode: short for short, mode in MODES.items()}
    locks = {f"{words[mode]} {bare(name)}" for name, mode in (effect.locks or {}).items()}
    return {
        "error": effect.error,
        "hazard": effect.hazard,
        "locks": locks if form.locks is not None else None,
        "rewritten": {bare(name) for name in effect.rewritten},
        "scanned": {bare(name) for name in effect.scanned or ()} if form.scanned is not None else None,
        "built": {bare(name) for name in effect.indexes_built},
        "validated": {bare(name) for name in effect.constraints_validated},
    }


def expected(form: Form) -> dict[str, object]:
    """What a form is to be."""
    return {
        "error": None,
        "hazard": form.hazard,
        "locks": {item for item in form.locks.split(", ") if item} if form.locks is not None else None,
        "rewritten": set(form.rewritten.split()),
        "scanned": set(form.scanned.split()) if form.scanned is not None else None,
        "built": set(form.built.split()),
        "validated": set(form.validated.split()),
    }


def bare(name: str) -> str:
    """A name without its schema."""
    return name.removeprefix("public.")
