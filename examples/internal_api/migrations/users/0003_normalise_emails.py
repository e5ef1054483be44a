"""Write every e-mail address in lower case and keep the typed spelling in `email_as_entered`.

Batches bound each statement, not the transaction: a row that was changed stays locked until the commit. The release
before this one goes on working: it finds users by `lower(email)`, and so does this one, which makes addresses that
the old one writes meanwhile harmless.
"""

from typing import Any, LiteralString

import psycopg

BATCH_ROWS = 1_000

NORMALISE = """
    WITH batch AS (
        SELECT id FROM users
        WHERE id > %(after)s AND email <> lower(email) AND email_as_entered IS NULL
        ORDER BY id LIMIT %(rows)s FOR NO KEY UPDATE
    ), changed AS (
        UPDATE users SET email = lower(email), email_as_entered = email
        FROM batch WHERE users.id = batch.id
        RETURNING users.id
    )
    SELECT max(id) FROM changed
"""

RESTORE = """
    WITH batch AS (
        SELECT id FROM users
        WHERE id > %(after)s AND lower(email_as_entered) = email
        ORDER BY id LIMIT %(rows)s FOR NO KEY UPDATE
    ), changed AS (
        UPDATE users SET email = email_as_entered, email_as_entered = NULL
        FROM batch WHERE users.id = batch.id
        RETURNING users.id
    )
    SELECT max(id) FROM changed
"""


def apply(conn: psycopg.Connection[Any]) -> None:
    """Write addresses in lower case."""
    _update_in_batches(conn, NORMALISE)


def revert(conn: psycopg.Connection[Any]) -> None:
    """Put the typed spellings back."""
    _update_in_batches(conn, RESTORE)


def _update_in_batches(conn: psycopg.Connection[Any], update: LiteralString) -> None:
    after: int | None = 0
    while after is not None:
        row = conn.execute(update, {"after": after, "rows": BATCH_ROWS}).fetchone()
        after = row[0] if row else None
