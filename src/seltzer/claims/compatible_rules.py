"""The rules of the claim `backward-compatible`: what the running release can no longer do, of each kind."""

from __future__ import annotations

from seltzer.claims.guidelines.rule import Page
from seltzer.claims.trial_rules import TrialRule
from seltzer.model import Severity

COMPATIBLE_RULES = (
    TrialRule(
        "dropped",
        "backward-compatible",
        Severity.ERROR,
        Page(
            "Something that the running release uses is gone.",
            "Until the last process of it has stopped, its statements fail. "
            "What nobody uses any more goes one release later.",
            "ALTER TABLE users DROP COLUMN nickname;",
            "ALTER TABLE users ALTER COLUMN nickname DROP NOT NULL;",
        ),
    ),
    TrialRule(
        "renamed",
        "backward-compatible",
        Severity.ERROR,
        Page(
            "Something that the running release uses has another name.",
            "Its statements name what is not there. "
            "A view under the former name, or a second column, lets both releases work.",
            "ALTER TABLE users RENAME TO people;",
            "ALTER TABLE users RENAME TO people;\nCREATE OR REPLACE VIEW users AS SELECT * FROM people;",
        ),
    ),
    TrialRule(
        "retyped",
        "backward-compatible",
        Severity.ERROR,
        Page(
            "A column has another type than the running release knows.",
            "Comparisons fail, or a driver that decodes by type fails on the values. "
            "A second column takes the new type.",
            "ALTER TABLE users ALTER COLUMN id TYPE text;",
            "ALTER TABLE users ADD COLUMN IF NOT EXISTS id_text text;",
        ),
    ),
    TrialRule(
        "required",
        "backward-compatible",
        Severity.ERROR,
        Page(
            "A column has to be given a value that the running release does not know of.",
            "Its INSERT leaves the column out, and is refused. A default, or a column that may be NULL, lets it go on.",
            "ALTER TABLE users ADD COLUMN team_id bigint NOT NULL;",
            "ALTER TABLE users ADD COLUMN IF NOT EXISTS team_id bigint;",
        ),
    ),
    TrialRule(
        "narrowed",
        "backward-compatible",
        Severity.WARNING,
        Page(
            "A column no longer takes what the running release may write.",
            "Values that it was allowed to write are refused, or rounded. The release that no longer writes them goes "
            "first. An error where every row of it is refused.",
            "ALTER TABLE users ADD CONSTRAINT short CHECK (length(name) < 20);",
            "COMMENT ON COLUMN users.name IS 'Shorter than 20, a release later';",
        ),
    ),
    TrialRule(
        "unique-added",
        "backward-compatible",
        Severity.WARNING,
        Page(
            "Rows that the running release may write twice have to be unique.",
            "Its INSERT fails on the second one. The release that asks first, or writes ON CONFLICT, goes before. An "
            "error where every second row of it is refused, whatever is in it.",
            "CREATE UNIQUE INDEX idx_users_email ON users (email);",
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_users_email ON users (email);",
        ),
    ),
    TrialRule(
        "reference-added",
        "backward-compatible",
        Severity.WARNING,
        Page(
            "Rows that the running release writes have to refer to others, or others keep them from going.",
            "What it writes in another order, or not at all, is refused; so is a DELETE without the ON DELETE CASCADE "
            "that it relied on.",
        ),
    ),
    TrialRule(
        "refused",
        "backward-compatible",
        Severity.ERROR,
        Page(
            "A statement that the running release sends is refused on the new schema, or does nothing there.",
            "It was prepared, or run on rows like its own, on both schemas. "
            "Every process of that release fails with it until it is replaced.",
        ),
    ),
    TrialRule(
        "revoked",
        "backward-compatible",
        Severity.ERROR,
        Page(
            "A role has lost a right that it had.",
            "The running release may connect as that role: its statements fail with insufficient privilege.",
            "REVOKE SELECT ON users FROM app;",
            "GRANT SELECT ON users TO app;",
        ),
    ),
    TrialRule(
        "lost-index",
        "backward-compatible",
        Severity.WARNING,
        Page(
            "A query of the workload finds its rows by no index any more, or has to sort them.",
            "Its generic plan used one before the migration. On a large table it reads every row instead, as often as "
            "the running release sends it.",
            "DROP INDEX idx_users_email;",
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_users_email_name ON users (email, name);",
        ),
    ),
)
