"""The rules of the claims that are tried: what a finding of each means. What shows them is a trial, and no text."""

from __future__ import annotations

from typing import NamedTuple

from seltzer.claims.finding import Severity
from seltzer.claims.guidelines.rule import Page


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
            "A deploy stops at it, and so does every start of the application. What comes after it is not tried. The "
            "finding stands with the first claim that was asked for.",
        ),
    ),
    TrialRule(
        "partly-applied",
        "atomic",
        Severity.ERROR,
        Page(
            "A failure in the middle of a migration leaves a part of it on the database.",
            "The run was ended behind each statement, and what stayed was compared with what was there before. A "
            "deploy that fails at such a place leaves a schema that no release was written for.",
            "CREATE TABLE IF NOT EXISTS users (id bigint);\nCOMMIT;\nCREATE TABLE IF NOT EXISTS teams (id bigint);",
            "CREATE TABLE IF NOT EXISTS users (id bigint);\nCREATE TABLE IF NOT EXISTS teams (id bigint);",
        ),
    ),
    TrialRule(
        "fails-on-rows",
        "survives-rows",
        Severity.ERROR,
        Page(
            "A migration that works on empty tables fails on tables with rows.",
            "Tests meet empty tables, production does not: the deploy stops there. The rows of the trial satisfy every "
            "constraint that the tables have.",
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
            "DROP and ADD of a column are no rename: the values are lost. ALTER TABLE … RENAME COLUMN keeps them.",
            "ALTER TABLE users DROP COLUMN mail;\nALTER TABLE users ADD COLUMN email text;",
            "ALTER TABLE users RENAME COLUMN mail TO email;",
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
)
