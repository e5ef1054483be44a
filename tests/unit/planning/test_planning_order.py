"""What runs before what: declared, inside a module, by rank; and rings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seltzer.errors import RingError, UnknownMigrationError
from seltzer.model import Reason
from unit.planning.planned import ids, plan, write

if TYPE_CHECKING:
    from pathlib import Path

NOTHING = "SELECT 1;\n"
B_FIRST = ["b/0001_one", "b/0002_two", "a/0001_one", "b/0003_three", "c/0001_one"]
DECLARED = {
    "a migration": ("b/0002_two", B_FIRST),
    "a number": ("b/0002", B_FIRST),
    "a number without its noughts": ("b/2", B_FIRST),
    "a module": ("b", ["b/0001_one", "b/0002_two", "b/0003_three", "a/0001_one", "c/0001_one"]),
    "several": ("c, b/0002_two", ["b/0001_one", "b/0002_two", "b/0003_three", "c/0001_one", "a/0001_one"]),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty migrations folder."""
    return tmp_path / "migrations"


def after(text: str) -> str:
    """A file that depends on something and does nothing else."""
    return f"-- seltzer: depends-on = {text}\n{NOTHING}"


@pytest.mark.parametrize(("reference", "order"), DECLARED.values(), ids=DECLARED.keys())
def test_depends_on_puts_what_it_names_first(folder: Path, reference: str, order: list[str]) -> None:
    """In each form that an id can have, and no more than that: otherwise module a runs before module b."""
    write(folder, {f"{name}.sql": after(reference) if name == "a/0001_one" else NOTHING for name in order})

    assert ids(plan(folder)) == order


def test_depends_on_works_from_python_and_runners(folder: Path) -> None:
    """As a constant, and in any SQL file that a runner owns."""
    write(
        folder,
        {
            "a/0001_one.py": 'DEPENDS_ON = ["d"]\n\n\ndef apply(conn):\n    pass\n',
            "b/__init__.py": "def run_migration():\n    pass\n",
            "b/setup.sql": after("c"),
            "c/0001_one.sql": NOTHING,
            "d/0001_one.sql": NOTHING,
        },
    )

    assert ids(plan(folder)) == ["c/0001_one", "b/run_migration", "d/0001_one", "a/0001_one"]


def test_what_is_applied_already_orders_nothing(folder: Path) -> None:
    """A dependency that is not pending is fulfilled."""
    write(folder, {"a/0001_one.sql": after("b/0001"), "b/0001_one.sql": NOTHING, "b/0002_two.sql": after("a")})

    assert ids(plan(folder, pending=["a/0001_one", "b/0002_two"])) == ["a/0001_one", "b/0002_two"]


def test_depends_on_something_unknown_is_an_error_with_its_place(folder: Path) -> None:
    """File and line of the directive, and the nearest that exist."""
    write(folder, {"a/0001_one.sql": "-- what it does\n" + after("user"), "users/0001_one.sql": NOTHING})

    with pytest.raises(UnknownMigrationError, match="'user'") as caught:
        plan(folder)

    assert caught.value.place is not None
    assert (caught.value.place.file.name, caught.value.place.line) == ("0001_one.sql", 2)
    assert "users" in (caught.value.hint or "")


def test_without_edges_rank_then_module_then_number_then_name_decide(folder: Path) -> None:
    """First days and runners, then numbered files, then the other repeatables, each by module."""
    names = ["b/view.sql", "b/0001_one.sql", "b/create_tables.sql", "a/view.sql", "a/other.sql", "a/0001_one.sql"]
    write(folder, {**dict.fromkeys(names, NOTHING), "c/__init__.py": "def run_migration():\n    pass\n"})

    assert ids(plan(folder)) == [
        "b/create_tables",
        "c/run_migration",
        "a/0001_one",
        "b/0001_one",
        "a/other",
        "a/view",
        "b/view",
    ]


def test_numbers_are_numbers(folder: Path) -> None:
    """A longer number is not before a shorter one because its text is."""
    names = ["a/00010_ten", "a/0009_nine", "a/00100_hundred", "a/0101_later", "a/20240101000000_date", "a/0000_zero"]
    write(folder, {f"{name}.sql": NOTHING for name in names})

    assert ids(plan(folder)) == [
        "a/0000_zero",
        "a/0009_nine",
        "a/00010_ten",
        "a/00100_hundred",
        "a/0101_later",
        "a/20240101000000_date",
    ]


def test_each_numbered_file_follows_the_one_before_it(folder: Path) -> None:
    """A file that has to wait keeps all later ones of its module waiting."""
    write(folder, {"a/0001_one.sql": NOTHING, "a/0002_two.sql": after("b"), "a/0003_three.sql": NOTHING})
    write(folder, {"b/0001_one.sql": NOTHING})

    assert ids(plan(folder)) == ["a/0001_one", "b/0001_one", "a/0002_two", "a/0003_three"]


def test_a_changed_first_day_comes_after_its_modules_numbered_files(folder: Path) -> None:
    """A new one before them, a changed one after; other modules do not matter."""
    names = ["a/create_tables.sql", "a/0001_one.sql", "a/0002_two.sql", "b/create_tables.sql", "b/0001_one.sql"]
    write(folder, dict.fromkeys(names, NOTHING))

    made = plan(folder, changed=["a/create_tables"])

    assert ids(made) == ["b/create_tables", "a/0001_one", "a/0002_two", "a/create_tables", "b/0001_one"]
    assert {step.migration.id: step.generation for step in made.steps if step.generation > 1} == {"a/create_tables": 2}
    assert [step.migration.id for step in made.steps if step.reason is Reason.CHANGED] == ["a/create_tables"]


def test_a_numbered_file_may_ask_for_a_changed_first_day_before_it(folder: Path) -> None:
    """That order is soft: a declared edge the other way wins."""
    write(folder, {"a/create_tables.sql": NOTHING, "a/0001_one.sql": after("a/create_tables")})

    assert ids(plan(folder, changed=["a/create_tables"])) == ["a/create_tables", "a/0001_one"]


def test_a_soft_edge_is_dropped_where_it_would_close_a_ring(folder: Path) -> None:
    """A view comes after the numbered files of its module, unless one of them asks for it."""
    write(folder, {"a/view.sql": NOTHING, "a/0001_one.sql": NOTHING, "a/0002_two.sql": after("a/view")})

    assert ids(plan(folder)) == ["a/0001_one", "a/view", "a/0002_two"]


def test_a_dependency_on_a_module_with_views_makes_no_ring(folder: Path) -> None:
    """Two modules, the views of the first need the second, the second's numbered file needs the first."""
    write(
        folder,
        {
            "a/0001_one.sql": NOTHING,
            "a/view.sql": after("b"),
            "b/0001_one.sql": after("a"),
        },
    )

    assert ids(plan(folder)) == ["a/0001_one", "b/0001_one", "a/view"]


def test_a_ring_is_shown_whole(folder: Path) -> None:
    """Every edge with both ends, why it is there, and file and line of the word that makes it."""
    write(
        folder,
        {
            "a/0001_one.sql": "-- first\n" + after("c"),
            "b/0001_one.sql": after("a"),
            "c/0001_one.sql": "\n\n" + after("b/0001"),
            "d/0001_one.sql": after("c"),
        },
    )

    with pytest.raises(RingError) as caught:
        plan(folder)

    head, *lines = caught.value.message.splitlines()
    assert head == "3 migrations wait for each other:"
    assert len(lines) == 3
    for later, earlier, place in (
        ("a", "c", "a/0001_one.sql:2"),
        ("b", "a", "b/0001_one.sql:1"),
        ("c", "b", "c/0001_one.sql:3"),
    ):
        line = next(line for line in lines if line.strip().startswith(f"{later}/0001_one "))
        assert f"{earlier}/0001_one" in line
        assert "declared" in line
        assert line.endswith(f"({place})")
    assert "d/0001_one" not in caught.value.message
    assert caught.value.exit_code == 2
    assert caught.value.place is not None


def test_a_ring_through_the_order_inside_a_module_names_that_order(folder: Path) -> None:
    """Not every edge is a word in a file."""
    write(folder, {"a/0001_one.sql": after("b"), "a/0002_two.sql": NOTHING, "b/0001_one.sql": after("a/0002_two")})

    with pytest.raises(RingError) as caught:
        plan(folder)

    assert "a/0002_two runs after a/0001_one: order in the module" in caught.value.message


def test_a_file_cannot_wait_for_itself(folder: Path) -> None:
    """A dependency on its own module means the others in it."""
    write(folder, {"a/0001_one.sql": NOTHING, "a/0002_two.sql": after("a")})

    assert ids(plan(folder)) == ["a/0001_one", "a/0002_two"]


def test_what_was_asked_for_brings_what_it_needs(folder: Path) -> None:
    """And nothing else: neither what only needs it nor what stands beside it."""
    write(folder, {"a/0001_one.sql": NOTHING, "a/0002_two.sql": after("b"), "a/0003_three.sql": NOTHING})
    write(folder, {"b/0001_one.sql": NOTHING, "c/0001_one.sql": NOTHING, "a/view.sql": NOTHING})

    assert ids(plan(folder, only=["a/0002_two"])) == ["a/0001_one", "b/0001_one", "a/0002_two"]
    assert ids(plan(folder, only=["a/view"])) == ["a/view"]
