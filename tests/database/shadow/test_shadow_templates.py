"""States of the schema as templates: built once, found again, safe among many processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from database.shadow.shadows import Place, Tables, databases_of, run, tables_of
from seltzer.shadow import clone, ensure_template, leftovers
from seltzer.shadow.databases import DRAFT, TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Mapping

BUILD_SLOWLY = """
def build(parameters, first):
    Tables(["killed"]).build(parameters, first)
    print("half", flush=True)
    sys.stdin.read()
with place.open() as shadow:
    ensure_template(shadow, ["killed", "killed more"], build)
"""
WANT = """
tables = Tables(["one", "two", "three"])
with place.open() as shadow:
    print("open", flush=True)
    sys.stdin.readline()
    with clone(shadow, tables.template(shadow)) as made:
        print(len(tables.built), len(tables_of(made.parameters)), flush=True)
"""
HOLD = """
with place.open() as shadow:
    print(Tables(["held"]).template(shadow), flush=True)
    sys.stdin.read()
"""


def test_a_template_is_built_once(place: Place) -> None:
    """The next run finds it."""
    tables = Tables(["users", "orders"])
    for _ in range(2):
        with place.open() as shadow, clone(shadow, tables.template(shadow)) as made:
            assert tables_of(made.parameters) == {"users", "orders"}

    assert tables.built == [0]


def test_only_the_missing_steps_are_applied(place: Place) -> None:
    """The longest state that is there is gone on from."""
    first, more = Tables(["a", "b"]), Tables(["a", "b", "c", "d"])
    with place.open() as shadow:
        first.template(shadow)
        with clone(shadow, more.template(shadow)) as made:
            assert tables_of(made.parameters) == {"a", "b", "c", "d"}

    assert (first.built, more.built) == ([0], [2])


def test_a_step_that_differs_makes_all_after_it_differ(place: Place) -> None:
    """Keys go over everything that came before."""
    changed = Tables(["p", "changed", "r"])
    with place.open() as shadow:
        Tables(["p", "q", "r"]).template(shadow)
        with clone(shadow, changed.template(shadow)) as made:
            assert tables_of(made.parameters) == {"p", "changed", "r"}


def test_no_steps_are_an_empty_database(place: Place) -> None:
    """Nothing is built for it."""
    none = Tables([])
    with place.open() as shadow, clone(shadow, none.template(shadow)) as made:
        assert tables_of(made.parameters) == set()

    assert none.built == []


def test_settings_of_the_database_go_along(place: Place) -> None:
    """CREATE DATABASE leaves them behind: those of the database and those of a role in it."""

    def build(parameters: Mapping[str, str], _first: int) -> None:
        run(
            parameters,
            """
            DO $$ BEGIN
              EXECUTE format('ALTER DATABASE %I SET search_path = app, "Mixed Case"', current_database());
              EXECUTE format('ALTER DATABASE %I SET app.name = %L', current_database(), 'it''s');
              EXECUTE format('ALTER ROLE postgres IN DATABASE %I SET statement_timeout = %L', current_database(), '7s');
            END $$
            """,
        )

    steps = Tables(["settings"])
    with place.open() as shadow, clone(shadow, ensure_template(shadow, steps.keys, build)) as made:
        seen = run(made.parameters, "SELECT current_setting('search_path'), current_setting('app.name')")
        seen += run(made.parameters, "SELECT current_setting('statement_timeout'), current_setting('role')")

    assert seen == [('app, "Mixed Case"', "it's"), ("7s", "none")]


def test_a_build_that_fails_leaves_nothing(place: Place) -> None:
    """Its error is the caller's, and the next who builds begins anew."""
    tables = Tables(["wrong"])

    def fail(parameters: Mapping[str, str], first: int) -> None:
        tables.build(parameters, first)
        raise ZeroDivisionError

    with place.open() as shadow:
        with pytest.raises(ZeroDivisionError):
            ensure_template(shadow, tables.keys, fail)
        assert databases_of(shadow, DRAFT) == set()
        tables.template(shadow)

    assert tables.built == [0, 0]


def test_a_killed_builder_leaves_nothing_that_counts(place: Place) -> None:
    """Its draft is no template; the next run removes it, and builds."""
    builder = place.starts(BUILD_SLOWLY)
    assert builder.line() == "half"
    with place.open() as shadow:
        assert len(databases_of(shadow, DRAFT)) == 1
    builder.kill()

    tables = Tables(["killed", "more"])
    with place.open() as shadow:
        tables.template(shadow)
        assert databases_of(shadow, DRAFT) == set()
    assert tables.built == [0]


def test_of_many_who_want_a_template_one_builds_it(place: Place) -> None:
    """The others wait for it, whatever process they are in."""
    wanting = [place.starts(WANT) for _ in range(4)]
    assert [process.line() for process in wanting] == ["open"] * 4

    for process in wanting:
        assert process.process.stdin
        process.process.stdin.write("go\n")
        process.process.stdin.flush()
    said = [process.end().split() for process in wanting]

    assert sorted(built for built, _ in said) == ["0", "0", "0", "1"]
    assert [tables for _, tables in said] == ["3"] * 4


def test_templates_that_were_not_used_for_longest_go(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few are kept; none goes that anyone uses."""
    holder = place.starts(HOLD)
    held = holder.line()
    with place.open() as shadow:
        old = [Tables([f"old_{number}"]).template(shadow) for number in range(4)]

    monkeypatch.setattr(leftovers, "KEPT_TEMPLATES", 2)
    with place.open() as shadow:
        used, new = Tables(["old_1"]).template(shadow), Tables(["new"]).template(shadow)
        left = databases_of(shadow, TEMPLATE)
    holder.end()

    assert {used, new, held} <= left
    assert len(left - {held}) <= 3
    assert old[0] not in left
