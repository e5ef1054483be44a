"""What statements do, form by form: expectations from PostgreSQL's manual, confirmed by looking at it from outside."""

from __future__ import annotations

from dataclasses import dataclass

# The words of the manual, shortened.
MODES = {
    "AS": "ACCESS SHARE",
    "RS": "ROW SHARE",
    "RX": "ROW EXCLUSIVE",
    "SUX": "SHARE UPDATE EXCLUSIVE",
    "S": "SHARE",
    "SRX": "SHARE ROW EXCLUSIVE",
    "X": "EXCLUSIVE",
    "AX": "ACCESS EXCLUSIVE",
}
HAZARD = True
FINE = False


@dataclass(frozen=True)
class Form:
    """One statement on the shop.

    Attributes:
        statement: What is run.
        hazard: Whether others wait while something takes long.
        locks: `AX customers, SRX orders`: each relation's strongest new lock; None is not compared.
        rewritten: Names, as every list below.
        scanned: Tables read from beginning to end; None is not compared.
        built: Indexes.
        validated: Constraints, `table.constraint`.
        before: What the same transaction did before.
        since: The first major version that has it.
    """

    statement: str
    hazard: bool
    locks: str | None
    rewritten: str = ""
    scanned: str | None = ""
    built: str = ""
    validated: str = ""
    before: str = ""
    since: int = 16


_INDEXES = "customers_email customers_pkey"
_WHOLE = "AX customers, AX customers_email, AX customers_pkey"


def _rewrites(statement: str) -> Form:
    return Form(statement, HAZARD, _WHOLE, "customers", "customers", _INDEXES)


def _instant(statement: str, locks: str = "AX customers", since: int = 16) -> Form:
    return Form(statement, FINE, locks, since=since)


COLUMNS = (
    _instant("ALTER TABLE customers ADD COLUMN age int"),
    _instant("ALTER TABLE customers ADD COLUMN age int NOT NULL DEFAULT 3"),
    _instant("ALTER TABLE customers ADD COLUMN seen timestamptz DEFAULT now()"),
    _instant("ALTER TABLE customers ADD COLUMN tag label DEFAULT 'a'"),
    _instant("ALTER TABLE customers ADD COLUMN home address"),
    _instant("ALTER TABLE customers ADD COLUMN mood2 state DEFAULT 'paid'"),
    _instant("ALTER TABLE customers ADD COLUMN next int GENERATED ALWAYS AS (visits + 1) VIRTUAL", since=18),
    _rewrites("ALTER TABLE customers ADD COLUMN next int GENERATED ALWAYS AS (visits + 1) STORED"),
    _rewrites("ALTER TABLE customers ADD COLUMN key uuid DEFAULT gen_random_uuid()"),
    _rewrites("ALTER TABLE customers ADD COLUMN ticks int DEFAULT tick()"),
    _rewrites("ALTER TABLE customers ADD COLUMN pieces quantity"),
    _instant("ALTER TABLE customers DROP COLUMN notes"),
    _instant("ALTER TABLE customers DROP COLUMN IF EXISTS nothing"),
    _instant("ALTER TABLE customers DROP COLUMN email", "AX customers, AX customers_email"),
    _instant("ALTER TABLE customers ALTER visits SET DEFAULT 0"),
    _instant("ALTER TABLE customers ALTER notes SET STORAGE EXTERNAL"),
    _instant("ALTER TABLE customers ALTER visits SET STATISTICS 500", "SUX customers"),
    _instant("ALTER TABLE customers ALTER visits SET (n_distinct = 5)", "SUX customers"),
    _instant("ALTER TABLE customers RENAME COLUMN visits TO calls"),
    Form("ALTER TABLE customers ADD COLUMN level int CHECK (level > 0)", HAZARD, "AX customers", "", "customers",
         validated="customers.customers_level_check"),
    Form("ALTER TABLE customers ADD COLUMN level int UNIQUE", HAZARD, "AX customers", "", "customers",
         "customers_level_key", "customers.customers_level_key"),
    Form("ALTER TABLE customers ALTER visits SET NOT NULL", HAZARD, "AX customers", "", "customers",
         validated="customers.customers_visits_not_null", since=18),
    Form("ALTER TABLE checked ALTER amount SET NOT NULL", FINE, "AX checked"),
    Form("ALTER TABLE events ADD COLUMN note text", FINE, "AX events, AX events_1, AX events_rest"),
    Form("ALTER TABLE base_things ADD COLUMN note text", FINE, "AX base_things, AX small_things"),
    Form("ALTER TABLE people ALTER double DROP EXPRESSION", FINE, "AX people"),
    Form("ALTER TABLE people ALTER id SET GENERATED ALWAYS", FINE, "AX people, SRX people_id_seq"),
)  # fmt: skip

TYPES = (
    _instant("ALTER TABLE customers ALTER notes TYPE varchar"),
    _instant("ALTER TABLE customers ALTER credit TYPE numeric(12, 2)"),
    _rewrites("ALTER TABLE customers ALTER visits TYPE bigint"),
    _rewrites("ALTER TABLE customers ALTER country TYPE char(3)"),
    _rewrites("ALTER TABLE customers ALTER credit TYPE numeric(8, 3)"),
    _rewrites("ALTER TABLE customers ALTER mood TYPE text"),
    _rewrites("ALTER TABLE customers ALTER visits TYPE quantity"),
    _rewrites("ALTER TABLE customers ALTER visits TYPE int USING visits + 1"),
    # The entry of the index is made anew, its file stays.
    _instant("ALTER TABLE customers ALTER email TYPE varchar(80)", "AX customers, AX customers_email"),
    Form('ALTER TABLE customers ALTER email TYPE varchar(40) COLLATE "POSIX"', HAZARD,
         "AX customers, AX customers_email", "", "customers", "customers_email"),
    Form("ALTER TABLE events ALTER kind TYPE varchar(20)", FINE, "AX events, AX events_1, AX events_rest"),
    Form("ALTER TABLE times ALTER at TYPE timestamp", FINE, "AX times", before="SET LOCAL timezone TO 'UTC'"),
    Form("ALTER TABLE times ALTER at TYPE timestamp", HAZARD, "AX times", "times", "times",
         before="SET LOCAL timezone TO 'Europe/Berlin'"),
)  # fmt: skip

CONSTRAINTS = (
    Form("ALTER TABLE customers ADD CONSTRAINT c CHECK (visits > 0)", HAZARD, "AX customers", "", "customers",
         validated="customers.c"),
    Form("ALTER TABLE customers ADD CONSTRAINT c CHECK (visits > 0) NOT VALID", FINE, "AX customers"),
    Form("ALTER TABLE items VALIDATE CONSTRAINT items_pieces", FINE, "SUX items", "", "items",
         validated="items.items_pieces"),
    Form("ALTER TABLE orders ADD FOREIGN KEY (customer) REFERENCES customers (id) NOT VALID", FINE,
         "SRX orders, SRX customers"),
    Form("ALTER TABLE items VALIDATE CONSTRAINT items_orders", FINE, None, "", None, validated="items.items_orders"),
    Form("ALTER TABLE items ADD UNIQUE (orders, id)", HAZARD, "AX items", "", "items", "items_orders_id_key",
         "items.items_orders_id_key"),
    Form("ALTER TABLE items ADD PRIMARY KEY (id)", HAZARD, "AX items", "", "items", "items_pkey", "items.items_pkey"),
    Form("ALTER TABLE items ADD PRIMARY KEY USING INDEX items_id", FINE, "AX items, AS items_id"),
    Form("ALTER TABLE items ADD EXCLUDE USING btree (id WITH =)", HAZARD, "AX items", "", "items", "items_id_excl",
         "items.items_id_excl"),
    Form("ALTER TABLE orders DROP CONSTRAINT orders_customer", FINE, "AX orders, AX customers"),
    Form("ALTER TABLE orders ALTER CONSTRAINT orders_customer DEFERRABLE", FINE, None),
    Form("ALTER TABLE events ADD CONSTRAINT c CHECK (id > 0)", HAZARD, "AX events, AX events_1, AX events_rest", "",
         "events_1 events_rest", validated="events_1.c events_rest.c"),
    # The check is validated while the lock that added it is still held.
    Form("ALTER TABLE customers VALIDATE CONSTRAINT c", HAZARD, "SUX customers", "", "customers",
         validated="customers.c", before="ALTER TABLE customers ADD CONSTRAINT c CHECK (visits > 0) NOT VALID"),
)  # fmt: skip

INDEXES = (
    Form("CREATE INDEX ON customers (born)", HAZARD, "S customers", "", "customers", "customers_born_idx"),
    Form("CREATE INDEX IF NOT EXISTS customers_email ON customers (email)", FINE, "S customers"),
    Form("CREATE INDEX ON ONLY events (kind)", FINE, "S events"),
    Form("CREATE INDEX ON events (kind)", HAZARD, "S events, S events_1, S events_rest", "", "events_1 events_rest",
         "events_1_kind_idx events_rest_kind_idx"),
    Form("CREATE INDEX ON totals (amount)", HAZARD, "S totals", "", "totals", "totals_amount_idx"),
    Form("DROP INDEX customers_email", FINE, "AX customers, AX customers_email"),
    Form("DROP INDEX IF EXISTS nothing", FINE, ""),
    Form("ALTER INDEX customers_email RENAME TO customers_mail", FINE, "SUX customers_email"),
    Form("ALTER TABLE customers_email RENAME TO customers_mail", FINE, "AX customers_email"),
    Form("ALTER INDEX customers_email SET (fillfactor = 70)", FINE, "SUX customers_email"),
    Form("REINDEX INDEX customers_email", HAZARD, "S customers, AX customers_email", "", "customers",
         "customers_email"),
    Form("REINDEX TABLE orders", HAZARD, "S orders, AX orders_pkey", "", "orders", "orders_pkey"),
)  # fmt: skip

WHOLE_TABLES = (
    _instant("ALTER TABLE customers SET ACCESS METHOD heap"),
    _instant("ALTER TABLE customers SET LOGGED"),
    _rewrites("CLUSTER customers USING customers_email"),
    Form("ALTER TABLE items SET UNLOGGED", HAZARD, "AX items, AX items_id", "items", "items", "items_id"),
    Form("TRUNCATE watched", HAZARD, "AX watched", "watched"),
    _instant("ALTER TABLE customers RENAME TO clients"),
    _instant("ALTER TABLE customers SET (fillfactor = 70)", "SUX customers"),
    _instant("ALTER TABLE customers SET (autovacuum_enabled = off)", "SUX customers"),
    _instant("ALTER TABLE customers REPLICA IDENTITY FULL"),
    _instant("ALTER TABLE customers FORCE ROW LEVEL SECURITY"),
    _instant("ALTER TABLE customers CLUSTER ON customers_email", "SUX customers, SUX customers_email"),
    _instant("COMMENT ON TABLE customers IS 'people'", "SUX customers"),
    _instant("CREATE STATISTICS s ON visits, credit FROM customers", "SUX customers"),
    Form("DROP TABLE orders CASCADE", FINE, None),
    Form("ALTER TABLE small_things NO INHERIT base_things", FINE, "AX small_things, AS base_things"),
    Form("CREATE TABLE copies (LIKE customers INCLUDING ALL)", FINE, "AS customers"),
    Form("CREATE TABLE lines (orders bigint REFERENCES orders (id))", FINE, "SRX orders"),
    Form("ALTER PUBLICATION feed ADD TABLE items", FINE, "SUX items"),
    Form("LOCK TABLE items IN SHARE MODE", FINE, "S items"),
)

PARTITIONS = (
    Form("ALTER TABLE logs ATTACH PARTITION logs_new FOR VALUES FROM (10) TO (20)", HAZARD, "SUX logs, AX logs_new", "",
         "logs_new"),
    Form("ALTER TABLE logs ATTACH PARTITION logs_fit FOR VALUES FROM (20) TO (30)", FINE, "SUX logs, AX logs_fit"),
    Form("ALTER TABLE logs DETACH PARTITION logs_1", FINE, "AX logs, AX logs_1"),
    Form("CREATE TABLE logs_2 PARTITION OF logs FOR VALUES FROM (30) TO (40)", FINE, "AX logs"),
    Form("CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM (40) TO (50)", HAZARD,
         "AX events, AX events_rest, SUX events_day", "", "events_rest"),
)  # fmt: skip

OTHERS = (
    Form("CREATE TRIGGER w BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION audit()", FINE, "SRX items"),
    Form("DROP TRIGGER watch ON watched", FINE, "AX watched"),
    Form("ALTER TABLE watched DISABLE TRIGGER watch", FINE, "SRX watched"),
    Form("CREATE POLICY p ON items USING (true)", FINE, "AX items"),
    Form("CREATE RULE r AS ON DELETE TO watched DO INSTEAD NOTHING", FINE, "AX watched"),
    Form("CREATE OR REPLACE VIEW recent AS SELECT id, born FROM customers", FINE, "AX recent, AS customers"),
    Form("DROP VIEW recent", FINE, "AX recent"),
    Form("REFRESH MATERIALIZED VIEW totals", HAZARD, "AX totals, AX totals_id, AS orders, AS orders_pkey", "totals",
         "orders totals", "totals_id"),
    Form("ALTER SEQUENCE numbers RESTART", FINE, "SRX numbers", "numbers"),
    Form("ALTER SEQUENCE numbers OWNED BY customers.id", FINE, "SRX numbers, AS customers"),
    Form("ALTER TYPE state ADD VALUE 'sent'", FINE, ""),
    Form("ALTER TYPE address ADD ATTRIBUTE zip text", FINE, "AX address"),
    Form("ALTER DOMAIN label ADD CHECK (VALUE <> '')", FINE, ""),
    Form("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", FINE, ""),
    Form("DO $$ BEGIN CREATE INDEX ON customers (born); END $$", HAZARD, "S customers", "", "customers",
         "customers_born_idx"),
)  # fmt: skip

ROWS = (
    Form("UPDATE customers SET visits = 0", FINE, "RX customers, RX customers_email, RX customers_pkey", "",
         "customers"),
    Form("UPDATE customers SET visits = 0 WHERE id = 5", FINE, "RX customers, RX customers_email, RX customers_pkey"),
    Form("INSERT INTO watched SELECT id FROM customers", FINE, None, "", "customers"),
    Form("SELECT count(*) FROM items", FINE, "AS items, AS items_id", "", "items"),
    # The whole backfill happens under the lock that added the column.
    Form("UPDATE customers SET age = 1", HAZARD, None, "", "customers",
         before="ALTER TABLE customers ADD COLUMN age int"),
    Form("UPDATE items SET pieces = 1", HAZARD, None, "", "items", before="ALTER TABLE customers ADD COLUMN age int"),
    Form("CREATE TABLE copies AS SELECT * FROM items", HAZARD, None, "", "items",
         before="ALTER TABLE customers ADD COLUMN age int"),
    Form("UPDATE customers SET visits = 0 WHERE id = 5", FINE, None,
         before="ALTER TABLE customers ADD COLUMN age int"),
)  # fmt: skip

IN_TRANSACTION = (
    *COLUMNS,
    *TYPES,
    *CONSTRAINTS,
    *INDEXES,
    *WHOLE_TABLES,
    *PARTITIONS,
    *OTHERS,
    *ROWS,
)

ALONE = (
    Form("CREATE INDEX CONCURRENTLY born ON customers (born)", FINE, "SUX customers", "", None, "born"),
    Form("CREATE INDEX CONCURRENTLY IF NOT EXISTS customers_email ON customers (email)", FINE, "SUX customers", "",
         None),
    Form("CREATE INDEX CONCURRENTLY amounts ON totals (amount)", FINE, "SUX totals", "", None, "amounts"),
    Form("DROP INDEX CONCURRENTLY customers_email", FINE, "SUX customers, SUX customers_email", "", None),
    Form("REINDEX INDEX CONCURRENTLY customers_email", FINE, "SUX customers, SUX customers_email", "", None,
         "customers_email"),
    Form("REINDEX TABLE CONCURRENTLY orders", FINE, "SUX orders, SUX orders_pkey", "", None, "orders_pkey"),
    Form("REINDEX SCHEMA public", HAZARD, None, "", None,
         "customers_email customers_pkey events_1_day_idx events_rest_day_idx items_id orders_pkey stamps_at "
         "totals_id"),
    Form("ALTER TABLE logs DETACH PARTITION logs_1 CONCURRENTLY", FINE, "SUX logs, SUX logs_1", "", None),
    Form("VACUUM customers", FINE, "SUX customers", "", None),
    Form("VACUUM customers, orders", FINE, "SUX customers, SUX orders", "", None),
    Form("VACUUM FULL items", HAZARD, "AX items", "items", None, "items_id"),
    Form("VACUUM FULL items, checked", HAZARD, "AX items, AX checked", "items checked", None, "items_id"),
    Form("ALTER SYSTEM SET work_mem = '5MB'", FINE, "", "", None),
)  # fmt: skip
