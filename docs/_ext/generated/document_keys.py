"""What the keys of the JSON documents say."""

from __future__ import annotations

_STATE_AFTER = "The database's state afterwards: `current`, `ahead`, `behind` or `diverged`."
_DURATION = "Milliseconds from the first look to the last commit."
_ERROR = "Null after a success, else [the error](#json-error)."
_FILES = "The files, relative to the working directory where they lie below it."
_RUN = {
    "state": f"{_STATE_AFTER} Null when nobody looked.",
    "applied": "The ids that were applied, in order; after a failure those before it.",
    "duration_ms": _DURATION,
    "error": _ERROR,
}

KEYS: dict[str, dict[str, str]] = {
    "apply": _RUN,
    "completion": {"shell": "`bash`, `zsh` or `fish`.", "script": "What the shell is to run."},
    "forget": {"forgotten": "The ids that the history was told are gone."},
    "history": {
        "rows": "The rows of the history, oldest first.",
        "rows[].id": "Of the migration.",
        "rows[].state": "`applied`, `reverted`, `stamped`, or `failed`.",
        "rows[].started_at": "When it began, by the server's clock, in UTC.",
        "rows[].finished_at": "When it ended.",
        "rows[].duration_ms": "Milliseconds between the two.",
        "rows[].user": "The role whose privileges counted.",
        "rows[].checksum": "Of the file's content.",
        "rows[].application": "The setting `application` of that run.",
        "rows[].sqlstate": "PostgreSQL's code of a failure; else null.",
        "rows[].message": "What a failure said, without row values; else null.",
    },
    "init": {"written": "The files that were written.", "kept": "The files that were there already, and were left."},
    "new": {"files": f"{_FILES} They were written."},
    "plan": {
        "state": "The database's state now; `behind` for an empty one.",
        "database": "`user@host:port/name`; null with `--all`.",
        "steps": "What an apply would run, in order.",
        "steps[].id": "Of the migration.",
        "steps[].reason": "Why it runs: `new`, `changed`, `failed`, `needed` or `late`.",
        "steps[].transactional": "Whether it is one transaction; null for a runner with a connection of its own.",
        "steps[].statements": "How many it has; null where only running it would tell.",
        "steps[].depends_on": "What runs before it in this plan.",
        "steps[].depends_on[].id": "The one that runs before it.",
        "steps[].depends_on[].because": "The name that it needs, or `declared`, or the order in its module.",
    },
    "rename-module": {"files": f"{_FILES} They have a new name, or directives that follow it."},
    "renumber": {"files": f"{_FILES} They have a new name, or directives that follow it."},
    "reset": _RUN,
    "revert": {
        "state": _STATE_AFTER,
        "reverted": "The ids that were reverted, in order; after a failure those before it.",
        "duration_ms": _DURATION,
        "error": _ERROR,
    },
    "server": {
        "running": "Whether it runs.",
        "url": "Where the project's database on it is; null while it does not run.",
        "data": "The folder of its data.",
    },
    "rules": {
        "rules": "The rules, in the order of their claims.",
        "rules[].name": "Its name: what a silence says.",
        "rules[].claim": "The claim that a finding of it refutes.",
        "rules[].severity": "`error`, `warning` or `info`, unless a finding says otherwise.",
        "rules[].summary": "What is wrong, in one sentence.",
        "rules[].why": "What follows from it; paragraphs with an empty line between them.",
        "rules[].bad": "SQL that it finds; null for a rule that only a trial shows.",
        "rules[].good": "SQL to write instead, likewise.",
    },
    "settings": {
        "settings": "All settings, in the order of the table in the code.",
        "settings[].name": "Its name.",
        "settings[].value": "Its value as it would stand in a settings file; `(set)` for a database, null for none.",
        "settings[].source": "`flag`, `argument`, `environment`, `file` or `default`.",
        "settings[].where": "The flag, the variable, or file and line.",
    },
    "shadow": {
        "servers": "One for each major version that was needed so far.",
        "servers[].version": "Its major version.",
        "servers[].running": "Whether it runs.",
        "servers[].in_use": "Whether any process uses it.",
        "servers[].data": "The folder of its data.",
    },
    "stamp": {"state": _STATE_AFTER, "stamped": "The ids that were recorded, in order."},
    "status": {
        "state": "The database's state: `current`, `ahead`, `behind` or `diverged`.",
        "database": "`user@host:port/name`.",
        "migrations": "All files in the order of their ids, then what is missing.",
        "migrations[].id": "`module/name`.",
        "migrations[].module": "The module.",
        "migrations[].name": "The name in it.",
        "migrations[].kind": "`repeatable`, `versioned` or `runner`.",
        "migrations[].language": "`sql` or `python`.",
        "migrations[].state": "One of the states of a file.",
        "migrations[].late": "Whether it is pending below an applied number of its module.",
        "migrations[].applied_at": "When its newest row was written, in UTC; null without one.",
        "run": "The run that holds the migration lock; null when there is none.",
        "run.pid": "Its backend on the server.",
        "run.application": "Its application name.",
        "run.since": "Since when, by the server's clock.",
        "run.id": "The migration at work, as far as it can be seen.",
        "stop": "What would stop a run before anything happens, in the form of an error; null when nothing would.",
    },
    "stats": {
        "version": "The version of this form, which `--stats` reads; a number.",
        "tables": "Tables, partitions and materialized views.",
        "tables[].name": "`schema.table`, quoted where SQL needs it.",
        "tables[].rows": "About how many rows, as ANALYZE or VACUUM counted them last; null when neither has.",
        "tables[].bytes": "Its size without indexes, with what is stored outside of its rows.",
        "tables[].indexes": "Its indexes.",
        "tables[].indexes[].name": "`schema.index`.",
        "tables[].indexes[].bytes": "Its size.",
    },
    "trace": {
        "effects": "One for each statement, in order; `BEGIN` and `COMMIT` are none.",
        "effects[].line": "Where it begins in the file.",
        "effects[].statement": "Its text, without row values and passwords.",
        "effects[].transactional": "Whether PostgreSQL takes it inside a transaction.",
        "effects[].locks": (
            "The strongest lock that it newly took on each relation that was there before the file; of a statement "
            "outside of transactions, up to its last wait for others. Null when it was not seen."
        ),
        "effects[].rewritten": "Tables and sequences that were written anew.",
        "effects[].scanned": "Tables that were read from beginning to end; null when it was not seen.",
        "effects[].indexes_built": "Indexes that were built or rebuilt.",
        "effects[].constraints_validated": "Constraints that every row was checked for, `schema.table.constraint`.",
        "effects[].hazard": "Whether others wait while something is done that takes long on a large table.",
        "effects[].duration_ms": "Milliseconds that it took where it was tried.",
        "effects[].error": "What PostgreSQL refused; else null.",
    },
}

ERROR_KEYS = {
    "type": "The error's name in lower case with hyphens: the headings of [the errors](errors.md) say which.",
    "message": "What happened, in one sentence.",
    "hint": "The next thing to do.",
    "id": "The migration it is about.",
    "file": "The file to blame.",
    "line": "Its line, counted from 1.",
    "column": "The character in that line, counted from 1.",
    "sqlstate": "PostgreSQL's five characters.",
    "detail": "PostgreSQL's detail and context, without row values.",
    "rolled_back": "Whether the failing migration left nothing behind; null when nothing ran.",
}
