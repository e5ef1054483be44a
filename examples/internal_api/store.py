"""One connection a request, and the two shapes in which rows are read."""

import hashlib
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, LiteralString, TypeVar

import psycopg
from fastapi import Header, HTTPException
from psycopg.rows import class_row
from pydantic import BaseModel
from shared.config import config

Model = TypeVar("Model", bound=BaseModel)

INTRODUCE_REQUEST = "SELECT set_config('soda.request_id', %(request_id)s, true)"

INTRODUCE_KEY = """
    SELECT set_config('soda.api_key_id', id::text, true), set_config('soda.actor_user_id', user_id::text, true)
    FROM api_keys
    WHERE key_sha256 = %(digest)s AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
"""


@dataclass(frozen=True)
class Caller:
    """Who asks: the headers that end up in the audit log."""

    x_api_key: Annotated[str | None, Header()] = None
    x_request_id: Annotated[str | None, Header(max_length=200)] = None


@contextmanager
def transaction(caller: Caller) -> Generator[psycopg.Connection[Any]]:
    """Give a connection that knows the caller; commit when the block ends, roll back when it raises.

    Raises:
        HTTPException: 401, the key is unknown, revoked or expired.
    """
    with psycopg.connect(
        dbname=config.DB_NAME,
        user=config.DB_USER,
        password=config.DB_PASSWORD,
        host=config.DB_HOST,
        port=config.DB_PORT,
        application_name="soda-internal-api",
    ) as conn:
        introduce(conn, caller)
        yield conn


def introduce(conn: psycopg.Connection[Any], caller: Caller) -> None:
    """Tell the transaction of `conn` who the caller is; the audit trigger reads it there."""
    conn.execute(INTRODUCE_REQUEST, {"request_id": caller.x_request_id or ""})
    if caller.x_api_key is None:
        return
    if conn.execute(INTRODUCE_KEY, {"digest": sha256(caller.x_api_key)}).fetchone() is None:
        raise HTTPException(401, "This API key is unknown, revoked or expired.")


def sha256(key: str) -> bytes:
    """Return the digest under which an API key is stored."""
    return hashlib.sha256(key.encode()).digest()


def fetch_all(
    conn: psycopg.Connection[Any], model: type[Model], query: LiteralString, parameters: Mapping[str, Any]
) -> list[Model]:
    """Run `query` and return its rows."""
    with conn.cursor(row_factory=class_row(model)) as cursor:
        return cursor.execute(query, parameters).fetchall()


def fetch_one(
    conn: psycopg.Connection[Any], model: type[Model], query: LiteralString, parameters: Mapping[str, Any]
) -> Model | None:
    """Run `query` and return its first row, None where there is none."""
    with conn.cursor(row_factory=class_row(model)) as cursor:
        return cursor.execute(query, parameters).fetchone()
