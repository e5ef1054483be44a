"""Many rows changed a few at a time, each batch in its own transaction; a trigger for those written meanwhile."""

from __future__ import annotations

from seltzer.claims.fixes.recipe import File
from seltzer.claims.fixes.writing import quoted

_ROWS = 5000
_SUFFIX = "fill"
_SILENCE = "-- seltzer: ignore = needless-commit: each batch is a transaction of its own"


def fill_file(table: str, key: str | None, assignment: str, condition: str) -> File:
    """An UPDATE of the rows that satisfy a condition.

    Args:
        table: The table as it is written.
        key: The column that is its primary key; without one it is one UPDATE, and somebody has to cut it.
        assignment: `column = expression`.
        condition: Which rows still have to be changed.
    """
    if key is None:
        note = "on a large table in batches of some thousand rows, each in a transaction of its own"
        return File((f"UPDATE {table} SET {assignment} WHERE {condition}",), note, _SUFFIX)
    return batch_file(table, key, f"UPDATE {table} SET {assignment}", condition)


def batch_file(table: str, key: str, change: str, condition: str) -> File:
    """A statement that changes or removes rows, done in the order of the key.

    Args:
        table: The table as it is written.
        key: The column that is its primary key.
        change: The statement up to its WHERE.
        condition: What stands there; empty for all rows.
    """
    name = quoted(key)
    rest = f" AND ({condition})" if condition else ""
    text = f"""{_SILENCE}
DO $fill$
DECLARE
  fill_from {table}.{name}%TYPE;
  fill_until {table}.{name}%TYPE;
BEGIN
  SELECT {name} INTO fill_from FROM {table} ORDER BY {name} LIMIT 1;
  WHILE fill_from IS NOT NULL LOOP
    SELECT {name} INTO fill_until FROM {table} WHERE {name} > fill_from ORDER BY {name} OFFSET {_ROWS - 1} LIMIT 1;
    {change}
    WHERE {name} >= fill_from AND (fill_until IS NULL OR {name} < fill_until){rest};
    COMMIT;
    fill_from := fill_until;
  END LOOP;
END $fill$"""
    return File((text,), f"{_ROWS} rows at a time, each batch in a transaction of its own", _SUFFIX)


def trigger_function(name: str, body: str) -> str:
    """A function that a trigger runs for each row."""
    return f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $sync$ {body} $sync$"


def sync_trigger(table: str, name: str, function: str) -> str:
    """The trigger that computes a column of every row that is written meanwhile."""
    runs = f"FOR EACH ROW EXECUTE FUNCTION {function}()"
    return f"CREATE OR REPLACE TRIGGER {name} BEFORE INSERT OR UPDATE ON {table} {runs}"
