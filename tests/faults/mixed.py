"""A plan with every sort of migration in it, and what must be true of its database at any moment and at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.model import DatabaseState

if TYPE_CHECKING:
    from support import Database, Project

MARK = "INSERT INTO marks VALUES ('{}');\n"
_OWN = """\
import os
import psycopg2


def run_migration():
    conn = psycopg2.connect(
        dbname=os.environ["DB_NAME"], user=os.environ["DB_USER"], host=os.environ["DB_HOST"], port=os.environ["DB_PORT"]
    )
    conn.autocommit = True
    with conn.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS own (word text PRIMARY KEY)")
        cursor.execute("CREATE INDEX IF NOT EXISTS idx_own_word ON own (word)")
        cursor.execute("INSERT INTO own VALUES ('own') ON CONFLICT DO NOTHING")
    conn.close()
"""
_PYTHON = """\
def apply(conn):
    conn.execute("CREATE TABLE IF NOT EXISTS counted (id bigint)")
    for number in range(5):
        conn.execute("INSERT INTO counted SELECT id + %s FROM items", [number])
    conn.execute("INSERT INTO marks VALUES ('core/0003_count')")
"""
FILES: dict[str, str | bytes] = {
    "core/create_tables.sql": "CREATE TABLE IF NOT EXISTS marks (word text NOT NULL);\n"
    "CREATE TABLE IF NOT EXISTS items (id bigint PRIMARY KEY, word text);\n"
    "CREATE TABLE IF NOT EXISTS parts (id int) PARTITION BY RANGE (id);\n"
    "CREATE TABLE IF NOT EXISTS part1 PARTITION OF parts FOR VALUES FROM (0) TO (10);\n"
    + MARK.format("core/create_tables"),
    "core/0001_fill.sql": "CREATE TYPE mood AS ENUM ('glad');\n"
    "INSERT INTO items SELECT n, 'word ' || n FROM generate_series(1, 2000) AS n;\n" + MARK.format("core/0001_fill"),
    "core/0002_index.sql": "CREATE INDEX CONCURRENTLY idx_items_word ON items (word);\n"
    + MARK.format("core/0002_index#1")
    + "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_items_length ON items (length(word));\n"
    + "CREATE INDEX CONCURRENTLY ON items (lower(word));\n"
    + MARK.format("core/0002_index#2"),
    "core/0003_count.py": _PYTHON,
    "core/0004_enum.sql": "ALTER TYPE mood ADD VALUE 'calm';\n"
    "CREATE TABLE moods (mood mood NOT NULL DEFAULT 'calm');\n" + MARK.format("core/0004_enum#1"),
    "core/0005_again.sql": "REINDEX TABLE CONCURRENTLY items;\n"
    + MARK.format("core/0005_again#1")
    + "ALTER TABLE parts DETACH PARTITION part1 CONCURRENTLY;\n"
    + "DROP INDEX CONCURRENTLY idx_items_length;\n",
    "core/0006_blocks.sql": "BEGIN;\nCREATE TABLE block1 (id int);\n"
    + MARK.format("core/0006_blocks#1")
    + "COMMIT;\nBEGIN;\nALTER TABLE block1 ADD COLUMN word text;\n"
    + MARK.format("core/0006_blocks#2")
    + "COMMIT;\n",
    "core/0007_alter.sql": "ALTER TABLE items ADD COLUMN note text NOT NULL DEFAULT '';\n"
    "CREATE INDEX idx_items_note ON items (note);\n" + MARK.format("core/0007_alter"),
    "core/items_view.sql": "CREATE OR REPLACE VIEW items_view AS SELECT id, note FROM items;\n"
    + MARK.format("core/items_view"),
    "joined/__init__.py": "import seltzer\n\n\ndef run_migration():\n    seltzer.execute_sql_file('joined.sql')\n",
    "joined/joined.sql": "-- seltzer: depends-on = core/0001_fill\nCREATE TABLE joined (id int PRIMARY KEY);\n"
    + MARK.format("joined/run_migration"),
    "own/__init__.py": _OWN,
}
for _name in "abcdef":
    FILES[f"{_name}/create_tables.sql"] = (
        f"-- seltzer: depends-on = core/create_tables\nCREATE TABLE {_name} (id bigserial PRIMARY KEY, word text);\n"
        f"COMMENT ON TABLE {_name} IS 'one of several';\n" + MARK.format(f"{_name}/create_tables")
    )
    FILES[f"{_name}/0001_index.sql"] = f"CREATE INDEX idx_{_name}_word ON {_name} (word);\n" + MARK.format(
        f"{_name}/0001_index"
    )

MARKS = sorted(
    line.split("'")[1]
    for text in FILES.values()
    for line in str(text).splitlines()
    if line.strip().startswith(("INSERT INTO marks", 'conn.execute("INSERT INTO marks'))
)
"""What `marks` has in the end; a word without `#` is the id of a migration that is one transaction."""

IDS = sorted(
    [word for word in MARKS if "#" not in word]
    + ["core/0002_index", "core/0004_enum", "core/0005_again", "core/0006_blocks", "own/run_migration"]
)

_TORN = """
SELECT coalesce(m.word, h.id), m.count, h.count
FROM (SELECT word, count(*) FROM marks WHERE word NOT LIKE '%#%' GROUP BY word) AS m
FULL JOIN (
    SELECT id, count(*) FROM seltzer.history
    WHERE state = 'applied' AND NOT (id LIKE 'core/%' AND substr(id, 6) IN
        ('0002_index', '0004_enum', '0005_again', '0006_blocks')) AND id <> 'own/run_migration'
    GROUP BY id
) AS h ON h.id = m.word
WHERE m.count IS DISTINCT FROM h.count OR m.count > 1
"""
_INVALID = (
    "SELECT c.relname FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid AND c.relkind = 'i' "
    "WHERE NOT (i.indisvalid AND i.indisready AND i.indislive)"
)


def assert_nothing_torn(database: Database) -> None:
    """No transactional migration's effect without its history row, nor the reverse: seen in one snapshot."""
    there = database.query("SELECT to_regclass('public.marks') IS NOT NULL, to_regclass('seltzer.history') IS NOT NULL")
    if there == [(True, True)]:
        assert database.query(_TORN) == []
    elif there[0][0]:
        raise AssertionError("there is an effect, and no history")


def assert_finished(project: Project, catalog: str) -> None:
    """Everything is applied, each migration and each of its parts once, nothing is left over, the catalog is right."""
    database = project.database
    assert_nothing_torn(database)
    rows = project.migrations().history().rows
    assert sorted(row.id for row in rows if row.state == "applied") == IDS
    assert {row.state for row in rows} <= {"applied", "failed"}
    assert [word for (word,) in database.query('SELECT word FROM marks ORDER BY word COLLATE "C"')] == MARKS
    assert database.query("SELECT count(*) FROM counted") == [(10_000,)]
    assert database.query("SELECT word FROM own") == [("own",)]
    assert database.query("SELECT * FROM seltzer.progress") == []
    assert database.query(_INVALID) == []
    assert database.schema() == catalog
    assert project.migrations().status().state is DatabaseState.CURRENT
