"""The endpoints on the tables."""

import secrets
from dataclasses import asdict, dataclass
from typing import Annotated, Any, TypeVar

import psycopg
from fastapi import APIRouter, Depends, HTTPException, Query
from schemas import ApiKey, AuditEntry, IssuedApiKey, NewApiKey, NewOrganisation, NewUser, Organisation, User
from store import Caller, fetch_all, fetch_one, sha256, transaction

Row = TypeVar("Row")

PREFIX_LENGTH = 12

router = APIRouter()


@dataclass(frozen=True)
class Page:
    """Which part of a list: the first `limit` rows whose id is above `after`."""

    after: Annotated[int, Query(ge=0)] = 0
    limit: Annotated[int, Query(ge=1, le=200)] = 50


From = Annotated[Caller, Depends()]
Part = Annotated[Page, Depends()]


@router.get("/organisations")
def list_organisations(caller: From, page: Part) -> list[Organisation]:
    """List organisations, oldest first."""
    query = """
        SELECT id, name, slug, billing_email, created_at, updated_at FROM organisations
        WHERE id > %(after)s ORDER BY id LIMIT %(limit)s
    """
    with transaction(caller) as conn:
        return fetch_all(conn, Organisation, query, asdict(page))


@router.post("/organisations", status_code=201)
def create_organisation(new: NewOrganisation, caller: From) -> Organisation:
    """Create an organisation; 409 when the slug is taken."""
    query = """
        INSERT INTO organisations (name, slug, billing_email) VALUES (%(name)s, %(slug)s, %(billing_email)s)
        RETURNING id, name, slug, billing_email, created_at, updated_at
    """
    with transaction(caller) as conn:
        return found(fetch_one(conn, Organisation, query, new.model_dump()))


@router.get("/users")
def list_users(caller: From, page: Part) -> list[User]:
    """List active users, oldest first."""
    query = "SELECT * FROM active_users WHERE id > %(after)s ORDER BY id LIMIT %(limit)s"
    with transaction(caller) as conn:
        return fetch_all(conn, User, query, asdict(page))


@router.post("/users", status_code=201)
def create_user(new: NewUser, caller: From) -> User:
    """Create a user; 409 when the address is taken in any spelling, 422 when the organisation does not exist."""
    with transaction(caller) as conn:
        user_id = insert_user(conn, new)
        return found(fetch_one(conn, User, "SELECT * FROM active_users WHERE id = %(id)s", {"id": user_id}))


def insert_user(conn: psycopg.Connection[Any], new: NewUser) -> int:
    """Write a user, the address in lower case, and return its id."""
    query = """
        INSERT INTO users (organisation_id, full_name, email, email_as_entered)
        VALUES (%(organisation_id)s, %(full_name)s, lower(%(email)s), nullif(%(email)s, lower(%(email)s)))
        RETURNING id
    """
    return found(conn.execute(query, new.model_dump()).fetchone())[0]


@router.post("/api-keys", status_code=201)
def issue_api_key(new: NewApiKey, caller: From) -> IssuedApiKey:
    """Issue an API key. Only its SHA-256 digest is stored: this answer is the one place that shows the key."""
    query = """
        INSERT INTO api_keys (user_id, name, prefix, key_sha256, expires_at)
        VALUES (%(user_id)s, %(name)s, %(prefix)s, %(digest)s, %(expires_at)s)
        RETURNING id, user_id, name, prefix, created_at, expires_at, revoked_at
    """
    key = f"soda_{secrets.token_urlsafe(32)}"
    row = new.model_dump() | {"prefix": key[:PREFIX_LENGTH], "digest": sha256(key)}
    with transaction(caller) as conn:
        issued = found(fetch_one(conn, ApiKey, query, row))
    return IssuedApiKey(**issued.model_dump(), key=key)


@router.delete("/api-keys/{key_id}")
def revoke_api_key(key_id: int, caller: From) -> ApiKey:
    """Revoke an API key; 404 when there is none that works."""
    query = """
        UPDATE api_keys
        SET revoked_at = now(), revoked_by = nullif(current_setting('soda.actor_user_id', true), '')::bigint
        WHERE id = %(id)s AND revoked_at IS NULL
        RETURNING id, user_id, name, prefix, created_at, expires_at, revoked_at
    """
    with transaction(caller) as conn:
        return found(fetch_one(conn, ApiKey, query, {"id": key_id}))


@router.get("/audit-log")
def read_audit_log(caller: From, page: Part) -> list[AuditEntry]:
    """List changes, oldest first."""
    query = """
        SELECT id, occurred_at, table_name, row_id, action, changed_columns, actor_user_id, api_key_id, request_id
        FROM audit_log WHERE id > %(after)s ORDER BY id LIMIT %(limit)s
    """
    with transaction(caller) as conn:
        return fetch_all(conn, AuditEntry, query, asdict(page))


def found(row: Row | None) -> Row:
    """Return `row`; 404 where there is none."""
    if row is None:
        raise HTTPException(404, "There is no such row.")
    return row
