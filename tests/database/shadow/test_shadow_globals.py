"""What all databases of a server share: what a trial made there is dropped, what it changed is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from database.shadow.shadows import Place, Tables, run
from seltzer.shadow import Whose, clone, read_globals, restore_globals

if TYPE_CHECKING:
    from seltzer.shadow import Shadow


def roles(shadow: Shadow) -> set[str]:
    """The roles that are not PostgreSQL's own."""
    query = "SELECT rolname FROM pg_roles WHERE NOT starts_with(rolname, 'pg_')"
    return {name for (name,) in run(shadow.parameters_of("postgres"), query)}


def test_nothing_is_to_be_put_back_after_a_trial_that_made_nothing(place: Place) -> None:
    """What a clone holds is its own."""
    with place.open() as shadow:
        before = read_globals(shadow)
        with clone(shadow, Tables(["t"]).template(shadow)) as made:
            run(made.parameters, "CREATE TABLE mine ()")
        assert restore_globals(shadow, before) == ()


def test_what_was_made_is_dropped(place: Place) -> None:
    """Roles that own tables, have members and privileges; another database."""
    with place.open() as shadow:
        before = read_globals(shadow)
        with clone(shadow, Tables(["t"]).template(shadow)) as made:
            run(made.parameters, 'CREATE ROLE "Mixed Case" NOLOGIN')
            run(made.parameters, "CREATE ROLE reader LOGIN")
            run(made.parameters, 'GRANT "Mixed Case", pg_monitor TO reader')
            run(made.parameters, 'ALTER TABLE t OWNER TO "Mixed Case"')
            run(made.parameters, "GRANT CONNECT ON DATABASE postgres TO reader")
            run(made.parameters, "CREATE DATABASE another OWNER reader")

        assert restore_globals(shadow, before) == ()
        assert read_globals(shadow) == before
        assert roles(shadow) == {"postgres"}


def test_what_was_changed_is_said(place: Place) -> None:
    """A line for each role, membership and name."""
    with place.open(whose=Whose.OWN) as shadow:
        there = shadow.parameters_of("postgres")
        run(there, "CREATE ROLE changed")
        run(there, "CREATE ROLE dropped")
        before = read_globals(shadow)
        run(there, "ALTER ROLE changed CREATEDB")
        run(there, "DROP ROLE dropped")
        run(there, "GRANT pg_monitor TO changed")

        assert restore_globals(shadow, before) == (
            "role changed was changed: CONNECTION LIMIT -1 before, CREATEDB CONNECTION LIMIT -1 now",
            "role dropped was dropped",
        )


def test_a_server_of_ones_own_has_nobody_elses_roles(place: Place) -> None:
    """And its own are gone with it."""
    with place.open(whose=Whose.OWN) as shadow:
        run(shadow.parameters_of("postgres"), "CREATE ROLE mine")
        assert shadow.said == f"PostgreSQL {place.binaries.major}, a private server of its own"

    with place.open(whose=Whose.OWN) as own, place.open() as shared:
        assert roles(own) == roles(shared) == {"postgres"}
