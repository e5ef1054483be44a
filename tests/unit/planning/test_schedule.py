"""Which steps may run at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.planning.schedule import Schedule, can_share
from unit.planning import planned

if TYPE_CHECKING:
    from pathlib import Path

TABLE = "CREATE TABLE IF NOT EXISTS {0} (id int PRIMARY KEY);\n"
# One more behind the others: the last step always runs alone.
LAST = {"z/create_tables.sql": TABLE.format("z")}


def waves(folder: Path, files: dict[str, str]) -> list[list[str]]:
    """The steps that run at the same time if all that may begin do, and all end together."""
    plan = planned.plan(planned.write(folder, {**files, **LAST}))
    schedule = Schedule(plan.steps, can_share)
    found: list[list[str]] = []
    while schedule.unfinished:
        alone = schedule.next_alone()
        wave: list[int] = [] if alone is None else [alone]
        if alone is None:
            for number in schedule.startable():
                schedule.begin(number)
                wave.append(number)
        for number in wave:
            schedule.done(number)
        found.append([plan.steps[number].migration.id for number in wave])
    return found


def test_what_does_not_need_each_other_runs_together(tmp_path: Path) -> None:
    """All but the last, whose commit makes the others durable."""
    files = {f"{name}/create_tables.sql": TABLE.format(name) for name in "abc"}
    assert waves(tmp_path, files) == [
        ["a/create_tables", "b/create_tables", "c/create_tables"],
        ["z/create_tables"],
    ]


def test_what_needs_another_waits_for_it(tmp_path: Path) -> None:
    """By a name, by its number, by what it declares."""
    files = {
        "a/create_tables.sql": "CREATE TABLE IF NOT EXISTS a (id int REFERENCES b);\n",
        "b/create_tables.sql": TABLE.format("b"),
        "b/0001_more.sql": "SELECT 1;\n",
        "c/create_tables.sql": "-- seltzer: depends-on = a\n" + TABLE.format("c"),
    }
    turn = {id_: number for number, wave in enumerate(waves(tmp_path, files)) for id_ in wave}
    assert turn["b/create_tables"] < min(turn["a/create_tables"], turn["b/0001_more"])
    assert turn["a/create_tables"] < turn["c/create_tables"]


def test_providers_of_one_name_take_turns(tmp_path: Path) -> None:
    """Two that create one schema if it is not there, two that alter one table."""
    files = {
        "a/create_tables.sql": "CREATE SCHEMA IF NOT EXISTS s;\n",
        "b/create_tables.sql": "CREATE SCHEMA IF NOT EXISTS s;\n",
        "t/create_tables.sql": TABLE.format("t"),
        "c/0001_one.sql": "ALTER TABLE t ADD COLUMN one int;\n",
        "d/0001_two.sql": "ALTER TABLE t ADD COLUMN two int;\n",
    }
    found = waves(tmp_path, files)
    for one, other in (("a/create_tables", "b/create_tables"), ("c/0001_one", "d/0001_two")):
        assert not any(one in wave and other in wave for wave in found)


def test_what_nobody_can_read_runs_alone_in_its_place(tmp_path: Path) -> None:
    """After all before it, before all behind it."""
    files = {
        "a/create_tables.sql": TABLE.format("a"),
        "b/create_tables.sql": TABLE.format("b"),
        "b/0001_python.py": "def apply(conn):\n    pass\n",
        "c/0001_text.sql": "-- seltzer: parse = off\nSELECT 1;\n",
    }
    found = waves(tmp_path, files)
    assert ["b/0001_python"] in found
    assert ["c/0001_text"] in found


def test_what_is_put_back_waits_for_all_before_it_and_runs_alone(tmp_path: Path) -> None:
    """What had begun behind it is done meanwhile; what had not waits."""
    names = "abcd"
    files = {f"{name}/create_tables.sql": TABLE.format(name) for name in names}
    plan = planned.plan(planned.write(tmp_path, {**files, **LAST}))
    schedule = Schedule(plan.steps, can_share)
    for number in (0, 1, 2):
        schedule.begin(number)
    schedule.put_back(1)
    assert list(schedule.startable()) == []
    schedule.done(0)
    assert schedule.next_alone() is None
    schedule.done(2)
    assert schedule.next_alone() == 1
    schedule.done(1)
    assert list(schedule.startable()) == [3]
