"""What the example's migrations leave in the catalog, and what the guidelines of the README ask of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from acceptance.example_service import IN_ORDER, migrations

if TYPE_CHECKING:
    from support import Database

_OURS = "nspname NOT IN ('seltzer', 'information_schema') AND nspname NOT LIKE 'pg\\_%'"
_RELATIONS = f"""
    SELECT relname, relkind, pg_catalog.obj_description(c.oid, 'pg_class')
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = relnamespace
    WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND {_OURS}
"""
_COLUMNS = f"""
    SELECT relname || '.' || attname, attname, pg_catalog.col_description(c.oid, attnum)
    FROM pg_catalog.pg_attribute
    JOIN pg_catalog.pg_class AS c ON c.oid = attrelid JOIN pg_catalog.pg_namespace AS n ON n.oid = relnamespace
    WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p', 'v', 'm', 'f') AND {_OURS}
"""
_FUNCTIONS = f"""
    SELECT proname, pg_catalog.obj_description(p.oid, 'pg_proc')
    FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = pronamespace
    WHERE {_OURS}
"""
_FOREIGN_KEYS = f"""
    SELECT conname, convalidated, EXISTS (
        SELECT FROM pg_catalog.pg_index AS i
        WHERE i.indrelid = k.conrelid AND i.indisvalid AND i.indpred IS NULL
            AND (i.indkey::int2[])[0:pg_catalog.cardinality(k.conkey) - 1] @> k.conkey
    )
    FROM pg_catalog.pg_constraint AS k JOIN pg_catalog.pg_namespace AS n ON n.oid = connamespace
    WHERE contype = 'f' AND {_OURS}
"""
_INDEXES = f"""
    SELECT c.relname, t.relname, i.indisvalid, ARRAY(
        SELECT pg_catalog.pg_get_indexdef(i.indexrelid, position, true)
        FROM pg_catalog.generate_series(1, i.indnkeyatts) AS position
    )
    FROM pg_catalog.pg_index AS i
    JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE {_OURS} AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE conindid = i.indexrelid)
"""
_TRIGGERS = "SELECT tgname FROM pg_catalog.pg_trigger WHERE NOT tgisinternal"
_LOWERCASE_WITH_UNDERSCORES = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def test_the_modules_are_applied_in_the_order_of_need(database: Database) -> None:
    """Tables before what refers to them, whatever the alphabet says; functions and views after the numbered files."""
    result = migrations(database).run_all()

    assert result.applied == IN_ORDER


def test_every_table_view_column_and_function_has_a_comment(database: Database) -> None:
    """The catalog describes itself: psql alone is the manual."""
    migrations(database).run_all()

    described = {name: text for name, _, text in database.query(_RELATIONS) + database.query(_COLUMNS)}
    described |= dict(database.query(_FUNCTIONS))

    assert {"example_table", "active_users", "audit_log.request_id", "audit_row_change"} <= described.keys()
    assert [name for name, text in described.items() if not text] == []


def test_every_foreign_key_is_valid_and_has_an_index(database: Database) -> None:
    """A deleted parent finds its children without a scan of their table."""
    migrations(database).run_all()

    found = {name: (valid, indexed) for name, valid, indexed in database.query(_FOREIGN_KEYS)}

    assert len(found) == 5
    assert [name for name, facts in found.items() if facts != (True, True)] == []


def test_names_follow_the_conventions(database: Database) -> None:
    """Lower case with underscores, and idx_table_name_column_name for an index that was asked for."""
    migrations(database).run_all()

    names = [row[0] for row in database.query(_RELATIONS) + database.query(_FUNCTIONS) + database.query(_TRIGGERS)]
    names += [column for _, column, _ in database.query(_COLUMNS)]
    indexes = database.query(_INDEXES)

    assert [name for name in names if not _LOWERCASE_WITH_UNDERSCORES.fullmatch(name)] == []
    assert {name: valid for name, _, valid, _ in indexes} == {
        f"idx_{table}_{'_'.join(column_in(key) for key in keys)}": True for _, table, _, keys in indexes
    }
    assert len(indexes) == 10


def column_in(key: str) -> str:
    """The column of an index key: the key itself, or what the expression is about."""
    return re.findall(r"\w+", key)[-1]
