"""Values that a file adds to an enum and uses."""

from __future__ import annotations

import pytest

from seltzer.sql.enums import uses_new_value
from seltzer.sql.statements import read_statements

ADD = "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'it''s' BEFORE 'sad';"


@pytest.mark.parametrize(
    "text",
    [
        f"{ADD} SELECT 'it''s'::mood;",
        f"SELECT 1; {ADD} CREATE TABLE t (); ALTER TABLE t ADD COLUMN m mood DEFAULT 'it''s';",
        f"{ADD} DO $$ BEGIN PERFORM 'it''s'::mood; END $$;",
        f"CREATE TYPE other AS ENUM (); {ADD} SELECT 'it''s'::mood;",
        "ALTER TYPE s.mood ADD VALUE 'a'; ALTER TYPE s.mood ADD VALUE 'b' AFTER 'a';",
    ],
)
def test_a_value_that_is_used_further_on(text: str) -> None:
    """As a literal of any statement after it."""
    assert uses_new_value(read_statements(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        ADD,
        f"SELECT 'it''s'; {ADD}",
        f"{ADD} SELECT 'its';",
        f"CREATE TYPE mood AS ENUM ('sad'); {ADD} SELECT 'it''s'::mood;",
        "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'; SELECT 'blue'::mood;",
        "ALTER TYPE mood OWNER TO app; SELECT 'it''s';",
    ],
)
def test_a_value_that_is_not(text: str) -> None:
    """Alone, before it is added, in an enum of the file's own, under a new name."""
    assert not uses_new_value(read_statements(text))
