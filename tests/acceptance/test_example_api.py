"""The example application serves: its endpoints, the audit log behind them, and what wrong requests get."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from acceptance.example_service import IN_ORDER, applied, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acceptance.example_service import Service
    from support import Database

ON_18 = pytest.mark.parametrize("binaries", [18], ids=["pg18"], indirect=True)
SODA = {"name": "Soda Works", "slug": "soda-works"}


@pytest.fixture
def service(database: Database) -> Iterator[Service]:
    """The service on an empty database."""
    with running(database) as service:
        yield service


def ada(service: Service, email: str = "Ada@Soda.example") -> dict[str, object]:
    """A user of a new organisation."""
    organisation = service.post("/organisations", SODA).content["id"]
    new = {"organisation_id": organisation, "email": email, "full_name": "Ada Lovelace"}
    return dict(service.post("/users", new).content)


def test_the_service_migrates_an_empty_database_and_serves(service: Service, database: Database) -> None:
    """At its start every migration is applied, in the order of need, and the service is healthy."""
    health = service.get("/health")

    assert (health.status, health.content) == (200, {"status": "ok", "migrations": "current"})
    assert tuple(applied(database)) == IN_ORDER
    assert service.get("/users").content == []


@ON_18
def test_organisations_are_created_and_listed(service: Service) -> None:
    """What is created is listed, oldest first, in pages."""
    slugs = ["a", "b", "c"]

    created = [service.post("/organisations", {"name": "Soda", "slug": slug}) for slug in slugs]
    first = service.get("/organisations?limit=2").content
    rest = service.get(f"/organisations?after={first[-1]['id']}").content

    assert [answer.status for answer in created] == [201, 201, 201]
    assert [row["slug"] for row in first + rest] == slugs
    assert first == [answer.content for answer in created[:2]]


@ON_18
def test_users_are_found_in_lower_case_with_their_organisation(service: Service, database: Database) -> None:
    """The address is kept in lower case; the spelling as typed is kept beside it."""
    user = ada(service)

    assert service.get("/users").content == [user]
    assert (user["email"], user["organisation"]) == ("ada@soda.example", "Soda Works")
    assert database.query("SELECT email_as_entered FROM users") == [("Ada@Soda.example",)]


@ON_18
def test_what_does_not_fit_the_tables_is_refused_without_its_values(service: Service) -> None:
    """A taken name is a conflict, a wrong reference or form is unprocessable; no answer repeats a value of a row."""
    user = ada(service)
    again = {"organisation_id": user["organisation_id"], "email": "ADA@soda.example", "full_name": "Ada"}

    taken = service.post("/organisations", SODA)
    taken_in_capitals = service.post("/users", again)
    nowhere = service.post("/users", {**again, "organisation_id": 12345, "email": "b@soda.example"})
    shapeless = service.post("/organisations", {"name": "Soda", "slug": "Soda Works"})

    assert (taken.status, taken.content) == (409, {"detail": "Taken already (idx_organisations_slug)."})
    assert (taken_in_capitals.status, taken_in_capitals.content) == (
        409,
        {"detail": "Taken already (idx_users_email)."},
    )
    assert (nowhere.status, nowhere.content) == (
        422,
        {"detail": "The values do not fit (users_organisation_id_fkey)."},
    )
    assert shapeless.status == 422
    assert service.get("/users").content == [user]


@ON_18
def test_the_audit_log_names_the_key_and_the_request_of_a_change(service: Service) -> None:
    """A change made with a key is written down with the key, its user and the request; without one, nobody is named."""
    user = ada(service)
    key = service.post("/api-keys", {"user_id": user["id"], "name": "deploy"}).content

    revoked = service.ask("DELETE", f"/api-keys/{key['id']}", None, {"X-API-Key": key["key"], "X-Request-ID": "r-1"})
    log = service.get("/audit-log").content

    assert (revoked.status, revoked.content["revoked_at"] is None) == (200, False)
    assert [(row["table_name"], row["action"], row["changed_columns"]) for row in log] == [
        ("users", "INSERT", []),
        ("api_keys", "INSERT", []),
        ("api_keys", "UPDATE", ["revoked_at", "revoked_by"]),
    ]
    assert [(row["actor_user_id"], row["api_key_id"], row["request_id"]) for row in log] == [
        (None, None, None),
        (None, None, None),
        (user["id"], key["id"], "r-1"),
    ]


@ON_18
def test_a_key_is_shown_once_and_refused_when_it_does_not_work(service: Service, database: Database) -> None:
    """Only a digest is stored; an unknown key is refused, and so is a revoked one; revoking it twice finds nothing."""
    key = service.post("/api-keys", {"user_id": ada(service)["id"], "name": "deploy"}).content
    known = service.get("/users", X_API_Key=key["key"]).status
    unknown = service.get("/users", X_API_Key="soda_unknown").status
    path = f"/api-keys/{key['id']}"

    statuses = [service.ask("DELETE", path, None, {}).status for _ in range(2)]

    assert (known, unknown) == (200, 401)
    assert statuses == [200, 404]
    assert service.get("/users", X_API_Key=key["key"]).status == 401
    assert database.query(f"SELECT api_keys::text LIKE '%{key['key']}%' FROM api_keys") == [(False,)]
