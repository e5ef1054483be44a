"""A clone for each trial: alone, side by side, and gone afterwards."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psycopg
import pytest

from database.shadow.shadows import Place, Tables, databases_of, run, tables_of
from seltzer.errors import ShadowError
from seltzer.server import private_server, stop_server
from seltzer.shadow import clone, open_shadow
from seltzer.shadow.databases import CLONE, EMPTY

if TYPE_CHECKING:
    from seltzer.shadow import Shadow

STAY = """
with place.open() as shadow, clone(shadow, Tables(["t"]).template(shadow)) as made:
    print(made.name, flush=True)
    sys.stdin.read()
"""


def test_a_clone_is_nobody_elses(place: Place) -> None:
    """What happens in one is not seen in another, nor in the template."""
    with place.open() as shadow:
        template = Tables(["t"]).template(shadow)
        with clone(shadow, template) as one, clone(shadow, template) as other:
            run(one.parameters, "DROP TABLE t")
            assert tables_of(other.parameters) == {"t"}
        with clone(shadow, template) as third:
            assert tables_of(third.parameters) == {"t"}


def test_clones_are_made_side_by_side(place: Place) -> None:
    """From any number of threads, while others are in use and dropped."""

    def trial(shadow: Shadow) -> set[str]:
        with clone(shadow, Tables(["t"]).template(shadow)) as made:
            run(made.parameters, "CREATE TABLE mine ()")
            return tables_of(made.parameters)

    with place.open() as shadow, ThreadPoolExecutor(8) as threads:
        seen = list(threads.map(trial, [shadow] * 24))

    assert seen == [{"t", "mine"}] * 24
    with place.open() as shadow:
        assert databases_of(shadow, CLONE) == set()


@pytest.mark.parametrize(("fsync", "logged"), [("off", False), ("on", True)])
def test_only_a_server_that_never_waits_for_its_disk_copies_file_by_file(
    place: Place, fsync: str, *, logged: bool
) -> None:
    """Two checkpoints are nothing there, and seconds on a durable server, which drops at once, too."""
    with (
        private_server(place.binaries, {"fsync": fsync}) as server,
        open_shadow(place.config(shadow=server.url("postgres")), None) as shadow,
    ):
        before = end_of_log(shadow)
        with clone(shadow, EMPTY):
            written = end_of_log(shadow) - before
        left = shadow.databases.session.execute(
            "SELECT count(*) FROM pg_database WHERE starts_with(datname, %s)", [CLONE]
        ).fetchone()

    assert (written > 1_000_000) is logged
    assert (left == (0,)) is logged


def end_of_log(shadow: Shadow) -> int:
    """How many bytes the server has written to its log since it was made."""
    row = shadow.databases.session.execute("SELECT pg_current_wal_insert_lsn() - '0/0'").fetchone()
    assert row is not None
    return int(row[0])


def test_a_clone_is_dropped_whoever_is_connected(place: Place) -> None:
    """A trial that left a connection open does not keep it."""
    with place.open() as shadow:
        with clone(shadow, Tables(["t"]).template(shadow)) as made:
            left = psycopg.connect(**made.parameters)  # pyright: ignore[reportArgumentType]  # libpq's keywords
        assert databases_of(shadow, CLONE) == set()
        left.close()
        assert shadow.failures == []


def test_a_clone_of_a_killed_run_is_dropped_by_the_next(place: Place) -> None:
    """One of a run that lives is not."""
    killed, living = place.starts(STAY), place.starts(STAY)
    names = killed.line(), living.line()
    with place.open() as shadow:
        assert databases_of(shadow, CLONE) == set(names)

    killed.kill()
    with place.open() as shadow:
        assert databases_of(shadow, CLONE) == {names[1]}
    living.end()


def test_a_template_that_is_gone_is_an_error_of_ours(place: Place) -> None:
    """The server's own words are in it, and what to do."""
    gone = "seltzer_shadow_t_none"
    with place.open() as shadow, pytest.raises(ShadowError, match="not exist") as caught, clone(shadow, gone):
        pytest.fail("it was made")

    assert "seltzer shadow stop" in str(caught.value.hint)


def test_a_server_that_is_stopped_meanwhile_is_an_error_of_ours(place: Place) -> None:
    """The next use starts it again, with its templates."""
    tables = Tables(["kept"])
    with place.open() as shadow:
        template = tables.template(shadow)
        stop_server(place.folder, place.binaries)
        with pytest.raises(ShadowError), clone(shadow, template):
            pytest.fail("it was made")

    with place.open() as shadow, clone(shadow, tables.template(shadow)) as made:
        assert tables_of(made.parameters) == {"kept"}
    assert tables.built == [0]
