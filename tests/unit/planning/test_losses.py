"""What a CASCADE would take along for good: by the statements that stand on what it drops."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seltzer.errors import StillNeededError
from seltzer.planning.losses import may_lose, refuse_losses
from seltzer.source.discover import discover
from seltzer.source.read import read_migration
from unit.planning.planned import write

if TYPE_CHECKING:
    from pathlib import Path

VIEW = "DROP VIEW IF EXISTS v CASCADE; CREATE VIEW v AS SELECT 1 AS id"
ON_IT = "CREATE MATERIALIZED VIEW mv AS SELECT id FROM v"


def refusal(folder: Path, plan: dict[str, str], *applied: tuple[str, str]) -> str | None:
    """What is refused of a plan, after these were applied in this order."""
    write(folder, {**plan, **dict(applied)})
    read = {file.id: read_migration(file) for file in discover(folder)}
    planned = [read[path.removesuffix(".sql")] for path in plan]
    before = [read[path.removesuffix(".sql")] for path, _ in applied]
    if not may_lose(planned):
        return None
    try:
        refuse_losses(planned, before, ["public"])
    except StillNeededError as error:
        return error.message
    return None


@pytest.mark.parametrize(
    "text",
    [
        ON_IT,
        "SET search_path = public; CREATE RULE r AS ON DELETE TO v DO INSTEAD NOTHING",
        "CREATE TRIGGER g INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE TABLE t (v v)",
        "CREATE FUNCTION f() RETURNS SETOF v LANGUAGE sql AS 'SELECT 1'",
    ],
)
def test_what_stands_on_it(tmp_path: Path, text: str) -> None:
    """Each of these is dropped with the view."""
    message = refusal(tmp_path, {"b/v.sql": VIEW}, ("c/0001_x.sql", text))

    assert message is not None
    assert message.startswith("c/0001_x stands on view public.v, and b/v drops that with CASCADE")


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE t AS SELECT id FROM v",
        "SELECT * INTO t FROM v",
        "INSERT INTO t SELECT id FROM v",
        "SELECT 1 FROM v; CREATE TABLE t (a int)",
        "CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM v'",
        "CREATE FUNCTION f() RETURNS bigint LANGUAGE plpgsql AS 'DECLARE x v; BEGIN END'",
        "SET search_path = other; CREATE VIEW w AS SELECT id FROM v",
        ON_IT + "; DROP MATERIALIZED VIEW mv",
    ],
)
def test_what_only_used_it_once(tmp_path: Path, text: str) -> None:
    """None of these is dropped with the view."""
    assert refusal(tmp_path, {"b/v.sql": VIEW}, ("c/0001_x.sql", text)) is None


def test_by_way_of_repeatables(tmp_path: Path) -> None:
    """They run again, what a numbered file built on them does not."""
    plan = {"b/v.sql": VIEW, "d/d.sql": "CREATE OR REPLACE VIEW d AS SELECT id FROM v"}

    message = refusal(tmp_path, plan, ("c/0001_x.sql", "CREATE VIEW w AS SELECT id FROM d"))

    assert message is not None
    assert message.startswith("c/0001_x stands on view public.d, and b/v drops that with CASCADE")
    assert refusal(tmp_path / "again", plan, ("c/c.sql", "CREATE OR REPLACE VIEW w AS SELECT id FROM d")) is None


def test_without_a_cascade_the_server_refuses(tmp_path: Path) -> None:
    """So nobody has to say anything before."""
    assert refusal(tmp_path, {"b/v.sql": VIEW.replace(" CASCADE", "")}, ("c/0001_x.sql", ON_IT)) is None


def test_a_numbered_file_that_says_it_itself(tmp_path: Path) -> None:
    """It drops and makes anew once, and whoever wrote it knew."""
    assert refusal(tmp_path, {"b/0001_v.sql": VIEW}, ("c/0001_x.sql", ON_IT)) is None


@pytest.mark.parametrize("later", ["DROP MATERIALIZED VIEW mv", "DROP MATERIALIZED VIEW IF EXISTS mv; " + ON_IT])
def test_what_the_plan_or_a_later_file_sees_to(tmp_path: Path, later: str) -> None:
    """Removed, or made anew."""
    assert refusal(tmp_path, {"c/0002_y.sql": later, "b/v.sql": VIEW}, ("c/0001_x.sql", ON_IT)) is None
    gone = refusal(tmp_path / "two", {"b/v.sql": VIEW}, ("c/0001_x.sql", ON_IT), ("c/0002_y.sql", later))
    assert gone is None if later.startswith("DROP MATERIALIZED VIEW mv") else gone is not None


def test_of_two_overloads_the_other_stays(tmp_path: Path) -> None:
    """An index stands on a function by its name; which one, only the server knows."""
    one = "CREATE FUNCTION f(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1'"
    plan = {"b/f.sql": f"DROP FUNCTION IF EXISTS f(int) CASCADE; {one}"}
    index = ("c/0002_i.sql", "CREATE INDEX i ON t (f(a))")

    assert refusal(tmp_path, plan, ("c/0001_o.sql", one.replace("int", "text", 1)), index) is None
    assert refusal(tmp_path / "one", plan, index) is not None
