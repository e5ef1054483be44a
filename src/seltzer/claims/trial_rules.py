"""The rules of the claims that are tried: what a finding of each means. What shows them is a trial, and no text."""

from __future__ import annotations

from typing import NamedTuple

from seltzer.claims.guidelines.rule import Page
from seltzer.model import Severity


class TrialRule(NamedTuple):
    """A rule whose findings come out of a trial."""

    name: str
    claim: str
    severity: Severity
    page: Page


TRIAL_RULES = (
    TrialRule(
        "applies",
        "idempotent",
        Severity.ERROR,
        Page(
            "A migration fails on a database that has everything before it.",
            "A deploy stops at it, and so does every start of the application. What comes after it is not "
            "tried. The finding stands with the first claim that was asked for.",
        ),
    ),
    TrialRule(
        "idempotent",
        "idempotent",
        Severity.ERROR,
        Page(
            "A second run of the migration fails, or leaves something else than the first.",
            "Repeatable files and runners run again whenever their content changes: an error. A numbered file "
            "runs once, and is run again by hand after a failure, or on a database that has the objects "
            "already: a warning. Catalog and rows after both runs were compared.",
            "CREATE TABLE users (id bigint PRIMARY KEY);",
            "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);",
        ),
    ),
    TrialRule(
        "partly-applied",
        "atomic",
        Severity.ERROR,
        Page(
            "A failure in the middle of a migration leaves a part of it on the database.",
            "A fault was put in behind each statement, and what stayed was compared with what was there before. "
            "A deploy that fails at such a place leaves a schema that no release was written for.",
            "CREATE TABLE IF NOT EXISTS users (id bigint);\nCOMMIT;\nCREATE TABLE IF NOT EXISTS teams (id bigint);",
            "CREATE TABLE IF NOT EXISTS users (id bigint);\nCREATE TABLE IF NOT EXISTS teams (id bigint);",
        ),
    ),
    TrialRule(
        "swallowed-failure",
        "atomic",
        Severity.ERROR,
        Page(
            "A migration goes on after one of its statements failed, and counts as applied.",
            "The history says that it was applied, and no run will do again what failed. In Python it is an "
            "except without a raise.",
        ),
    ),
    TrialRule(
        "needless-commit",
        "atomic",
        Severity.ERROR,
        Page(
            "A file ends its transaction where PostgreSQL would take both sides in one.",
            "A deploy that is killed or fails behind it leaves what came before; in one transaction it would "
            "leave nothing.",
            "DELETE FROM sessions;\nCOMMIT;\nDROP TABLE IF EXISTS devices;",
            "DELETE FROM sessions;\nDROP TABLE IF EXISTS devices;",
        ),
    ),
    TrialRule(
        "does-not-resume",
        "atomic",
        Severity.ERROR,
        Page(
            "A file that runs statement by statement cannot go on where it was cut off.",
            "A deploy that is killed there leaves what ran before; the next start fails, or makes another "
            "database of it.",
            "CREATE INDEX CONCURRENTLY idx_users_email ON users (email);\n"
            "VACUUM users;\nUPDATE users SET visits = visits + 1;",
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_users_email ON users (email);\nVACUUM users;",
        ),
    ),
    TrialRule(
        "reversible",
        "reversible",
        Severity.ERROR,
        Page(
            "The way back fails, or does not lead to where the migration began.",
            "Whoever needs the way back needs it at once, with a release that does not work. Catalog and rows "
            "after up and down were compared with those before, the order of columns apart; then the migration "
            "was applied again.",
        ),
    ),
    TrialRule(
        "fails-on-rows",
        "survives-rows",
        Severity.ERROR,
        Page(
            "A migration that works on empty tables fails on tables with rows.",
            "Tests meet empty tables, production does not: the deploy stops there. The rows of the trial "
            "satisfy every constraint that the tables have.",
            "ALTER TABLE users ADD COLUMN email text NOT NULL;",
            "ALTER TABLE users ADD COLUMN IF NOT EXISTS email text;",
        ),
    ),
    TrialRule(
        "loses-rows",
        "survives-rows",
        Severity.ERROR,
        Page(
            "Rows are gone after a migration whose statements do not say so.",
            "What is deleted comes back from a backup only, without all that was written since.",
        ),
    ),
    TrialRule(
        "loses-columns",
        "survives-rows",
        Severity.ERROR,
        Page(
            "A column with values in it is gone, and made again empty.",
            "DROP and ADD of a column are no change of its type: the values are lost. ALTER COLUMN … TYPE keeps "
            "them. A column that a CASCADE takes along is lost as well.",
            "ALTER TABLE users DROP COLUMN zip;\nALTER TABLE users ADD COLUMN zip text;",
            "ALTER TABLE users ALTER COLUMN zip TYPE text;",
        ),
    ),
    TrialRule(
        "changes-rows",
        "survives-rows",
        Severity.ERROR,
        Page(
            "Rows have other values after a migration whose statements do not say so.",
            "A trigger, a cascade or a changed type wrote them. Nobody looks for a change that no statement mentions.",
        ),
    ),
    TrialRule(
        "loses-values",
        "survives-rows",
        Severity.ERROR,
        Page(
            "Another type of a column cuts its values, or rounds them.",
            "What was cut off is in no table any more, and no error was raised.",
            "ALTER TABLE prices ALTER COLUMN amount TYPE integer;",
            "ALTER TABLE prices ADD COLUMN IF NOT EXISTS amount_cents bigint;",
        ),
    ),
    TrialRule(
        "converges",
        "converges",
        Severity.ERROR,
        Page(
            "A database that has the old files and takes the new ones ends with another catalog than an empty one.",
            "Tests run on new databases, production is an old one: what works in the one fails in the other. A "
            "changed repeatable was applied on top of what it was before, a late migration in both of its "
            "places.",
        ),
    ),
    TrialRule(
        "rewrite",
        "effects",
        Severity.ERROR,
        Page(
            "A table that was there before is written anew, row by row, while others wait for it.",
            "It takes as long as the table is large, and twice its space on disk. Reads and writes wait "
            "meanwhile, and the requests behind them.",
            "ALTER TABLE events ALTER COLUMN id TYPE bigint;",
            "ALTER TABLE events ADD COLUMN IF NOT EXISTS id_new bigint;",
        ),
    ),
    TrialRule(
        "index-build",
        "effects",
        Severity.ERROR,
        Page(
            "An index of a table that was there before is built while writers wait.",
            "It takes as long as the table is large. CONCURRENTLY lets writers go on; it needs a file of its "
            "own, outside of a transaction.",
            "CREATE INDEX IF NOT EXISTS idx_events_day ON events (day);",
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_events_day ON events (day);",
        ),
    ),
    TrialRule(
        "scan",
        "effects",
        Severity.ERROR,
        Page(
            "Every row of a table that was there before is read while others wait for it.",
            "A constraint that is proven at once keeps its lock as long as the table is large. NOT VALID adds "
            "it at once, and VALIDATE CONSTRAINT in the next file proves it beside running writes.",
            "ALTER TABLE events ADD CONSTRAINT positive CHECK (n > 0);",
            "ALTER TABLE events ADD CONSTRAINT positive CHECK (n > 0) NOT VALID;",
        ),
    ),
    TrialRule(
        "long-lock",
        "effects",
        Severity.ERROR,
        Page(
            "A table stays locked by an earlier statement while a later one takes long.",
            "Locks are held until the transaction ends. What takes long belongs into a file of its own, so that "
            "it begins without them.",
            "ALTER TABLE users ADD COLUMN IF NOT EXISTS seen date;\nUPDATE users SET seen = CURRENT_DATE;",
            "ALTER TABLE users ADD COLUMN IF NOT EXISTS seen date;",
        ),
    ),
    TrialRule(
        "deadlock",
        "traffic",
        Severity.WARNING,
        Page(
            "A session of the application and the migration wait for each other, and the session is ended.",
            "Whoever used the application at that moment gets an error.",
        ),
    ),
    TrialRule(
        "long-queue",
        "traffic",
        Severity.ERROR,
        Page(
            "Others wait behind the migration for as long as any older transaction lasts.",
            "A lock that is waited for is a queue: one forgotten transaction, and everybody waits.",
            "SET lock_timeout = 0;\nALTER TABLE users ADD COLUMN IF NOT EXISTS seen date;",
            "ALTER TABLE users ADD COLUMN IF NOT EXISTS seen date;",
        ),
    ),
    TrialRule(
        "long-hold",
        "traffic",
        Severity.ERROR,
        Page(
            "The migration keeps others from a table for longer than the lock timeout.",
            "Requests pile up behind the lock until the connections of the application run out.",
        ),
    ),
    TrialRule(
        "called-at-once",
        "traffic",
        Severity.INFO,
        Page(
            "A runner that two processes call at once, past Seltzer's lock, fails in one of them.",
            "Seltzer's own runs wait for each other. Whoever calls run_migration() directly is not kept apart: "
            "IF NOT EXISTS does not see what another transaction has not committed.",
        ),
    ),
    TrialRule(
        "does-not-get-through",
        "traffic",
        Severity.ERROR,
        Page(
            "A migration does not get its locks while others use its tables, and is not tried again.",
            "A deploy fails by chance: whenever a transaction of the application is in the way. Or it keeps that to "
            "itself (an EXCEPTION around it, SKIP LOCKED) and counts as applied, with work left undone.",
        ),
    ),
)
