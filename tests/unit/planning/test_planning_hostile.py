"""Files that no person wrote: the plan neither crashes nor stalls, and its order holds where the text can be read."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from unit.planning.planned import ids, plan, write

if TYPE_CHECKING:
    from pathlib import Path

TABLE = "CREATE TABLE t (a text, b text);\n"
MEGABYTES = 10
HOSTILE = {
    "ten thousand chained operators": "INSERT INTO t (a) SELECT " + " || ".join(["'x'"] * 10_000) + ";\n",
    "ten thousand chained conditions": "SELECT FROM t WHERE " + " AND ".join(f"a <> '{n}'" for n in range(10_000)),
    "deep queries": "SELECT FROM " + "(SELECT * FROM " * 2_000 + "t" + ") x" * 2_000,
    "deep parentheses": "INSERT INTO t (a) VALUES (" + "(" * 2_000 + "1" + ")" * 2_000 + ")",
    "deep calls": "SELECT " + "lower(" * 2_000 + "a" + ")" * 2_000 + " FROM t",
    "deep arrays": "INSERT INTO t (a) SELECT " + "ARRAY[" * 2_000 + "1" + "]" * 2_000,
    "an INSERT of ten megabytes": "INSERT INTO t (a, b) VALUES\n"
    + ",\n".join(["('abcdefghijklmnop', 'It''s VALUES (1)')"] * (MEGABYTES * 25_000)),
    "an INSERT of one value of ten megabytes": f"INSERT INTO t (a) VALUES ('{'x' * MEGABYTES * 1_000_000}')",
    "a thousand joins": "SELECT FROM t " + " ".join(f"JOIN t t{n} USING (a)" for n in range(1_000)),
    "ten thousand statements": "UPDATE t SET a = 'x';\n" * 10_000,
}  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_input_is_ordered_in_time(tmp_path: Path, text: str) -> None:
    """Seconds of work at most, with room for a slow machine; the table comes first, against the alphabet."""
    folder = write(tmp_path, {"a/0001_x.sql": text, "z/create_tables.sql": TABLE})
    started = time.process_time()

    made = plan(folder)

    assert time.process_time() - started < 10
    assert ids(made) == ["z/create_tables", "a/0001_x"]


def test_what_cannot_be_decoded_is_opaque(tmp_path: Path) -> None:
    """No error, and no edge: what the rest of its file says holds."""
    opaque = "SELECT '" + "x" * 1_100_000 + "' FROM nothing;\n"
    folder = write(tmp_path, {"a/0001_x.sql": f"{opaque}SELECT a FROM t", "z/create_tables.sql": TABLE})

    made = plan(folder)

    assert ids(made) == ["z/create_tables", "a/0001_x"]
    assert [edge.because for edge in made.steps[1].depends_on] == ["table public.t"]
    assert made.steps[1].depends_on[0].place == (folder / "a/0001_x.sql", 2)
