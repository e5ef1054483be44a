"""The procedures of a throw-away database, for a while without the COMMITs in them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from seltzer.claims.bodies import without_commits
from seltzer.db.connect import fetch
from seltzer.db.text import raw

if TYPE_CHECKING:
    from collections.abc import Generator

    from seltzer.claims.trial import TrialDatabase

_PROCEDURES = """
SELECT pg_catalog.pg_get_functiondef(p.oid)
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE p.prokind = 'p' AND l.lanname = 'plpgsql' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
"""


@contextmanager
def procedures_without_commits(database: TrialDatabase) -> Generator[None]:
    """While the block runs, COMMIT in procedures that the database has does nothing."""
    with database.connect() as conn:
        found = [text for (text,) in fetch(conn, raw(_PROCEDURES))]
        committing = [text for text in found if without_commits(text) != text]
        for text in committing:
            conn.execute(without_commits(text).encode())
    yield
    with database.connect() as conn:
        for text in committing:
            conn.execute(text.encode())
