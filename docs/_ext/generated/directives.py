"""A section for each directive that the code knows."""

from __future__ import annotations

from typing import NamedTuple

from generated.markdown import code, section
from seltzer.sql.directives import NAMES


class _Page(NamedTuple):
    """What a reader wants to know of a directive: what it does, and how it is written in SQL and in Python."""

    text: str
    sql: str
    python: str


_PAGES = {
    "depends-on": _Page(
        "These migrations or modules run first. Needed where the order cannot be read from the SQL: Python, `DO` "
        "blocks, bodies in PL/pgSQL. It may stand several times.",
        "-- seltzer: depends-on = users/0002_add_email, billing",
        'DEPENDS_ON = ["users/0002_add_email", "billing"]',
    ),
    "independent-of": _Page(
        "No order is inferred between this file and these, whatever the SQL of both says.",
        "-- seltzer: independent-of = billing/0003_add_due_date",
        'INDEPENDENT_OF = ["billing/0003_add_due_date"]',
    ),
    "was": _Page(
        "The former id of a renamed file: what the history says of that id counts for this file. `seltzer renumber` "
        "and `seltzer rename-module` write it.",
        "-- seltzer: was = users/0003_old_name",
        'WAS = "users/0003_old_name"',
    ),
    "accepts": _Page(
        "A checksum in the history that counts as this file's: the file was edited after it ran, and the edit changed "
        "nothing that matters. The error about the edited file prints the line to add.",
        "-- seltzer: accepts = sha256-1:0f3e…",
        'ACCEPTS = ["sha256-1:0f3e…"]',
    ),
    "transaction": _Page(
        "`off` runs the file statement by statement, each recorded, without a transaction around them. What PostgreSQL "
        "refuses in a transaction is recognised without it.",
        "-- seltzer: transaction = off",
        "",
    ),
    "parse": _Page(
        "`off` sends the file to the server as it stands, as one query: for grammar that is newer than PostgreSQL "
        "18's. Nothing is read from it, so it needs `depends-on`.",
        "-- seltzer: parse = off",
        "",
    ),
    "lock-timeout": _Page(
        "How long a statement of this migration waits for a lock, with a unit; `0` is no limit. It comes before the "
        "setting of the same name.",
        "-- seltzer: lock-timeout = 500ms",
        'LOCK_TIMEOUT = "500ms"',
    ),
    "statement-timeout": _Page(
        "How long a statement of this migration may run, with a unit; `0` is no limit. It comes before the setting of "
        "the same name.",
        "-- seltzer: statement-timeout = 10min",
        'STATEMENT_TIMEOUT = "10min"',
    ),
    "ignore": _Page(
        "A rule of a check, or a claim with all of its rules, and the reason to silence it. Directly above a statement "
        "it speaks of that statement; at the head of the file, with a blank line below, of all of it. It may stand "
        "several times. One that silences nothing is a finding.",
        "-- seltzer: ignore = missing-foreign-key: users live in another database",
        'IGNORE = "idempotent: it fills a table once"',
    ),
}


def directive_sections() -> str:
    """All directives in the order of the code; one without a text is a KeyError, and the manual is not built."""
    return "\n".join(_section(name, _PAGES[name]) for name in NAMES)


def examples() -> dict[str, tuple[str, str]]:
    """The lines of each directive in SQL and in Python; empty where there is none."""
    return {name: (page.sql, page.python) for name, page in _PAGES.items()}


def _section(name: str, page: _Page) -> str:
    python = code("python", page.python) if page.python else ""
    return section(f"directive-{name}", f"`{name}`", page.text, code("sql", page.sql), python)
