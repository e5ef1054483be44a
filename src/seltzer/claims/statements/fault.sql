-- Counts what changes the database, and fails or ends the session at the wanted count. Made of its own schema alone, so
-- that dropping that takes all of it away, triggers on the migration's tables and all.
CREATE SCHEMA seltzer_fault;
CREATE SEQUENCE seltzer_fault.ticks;
CREATE TABLE seltzer_fault.wanted (at pg_catalog.int8 NOT NULL, kills pg_catalog.bool NOT NULL);
INSERT INTO seltzer_fault.wanted VALUES (0, false);
CREATE TABLE seltzer_fault.seen (tick pg_catalog.int8 NOT NULL, what pg_catalog.text NOT NULL);

CREATE FUNCTION seltzer_fault.tick(what pg_catalog.text) RETURNS pg_catalog.void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $tick$
DECLARE
    tick bigint := nextval('seltzer_fault.ticks');
    wanted record;
BEGIN
    SELECT w.at, w.kills INTO wanted FROM seltzer_fault.wanted AS w;
    IF wanted.at = 0 THEN
        INSERT INTO seltzer_fault.seen VALUES (tick, what);
    ELSIF tick = wanted.at AND wanted.kills THEN
        PERFORM pg_terminate_backend(pg_backend_pid());
        PERFORM pg_sleep(60);
    ELSIF tick = wanted.at THEN
        RAISE EXCEPTION 'a fault was injected after %', what USING ERRCODE = 'SZ001';
    END IF;
END
$tick$;

CREATE FUNCTION seltzer_fault.on_statement() RETURNS pg_catalog.trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $statement$
BEGIN
    PERFORM seltzer_fault.tick(tg_op || ' on ' || tg_relid::regclass::text);
    RETURN NULL;
END
$statement$;

CREATE FUNCTION seltzer_fault.attach() RETURNS pg_catalog.void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $attach$
DECLARE
    found record;
BEGIN
    PERFORM set_config('seltzer_fault.busy', 'on', true);
    FOR found IN
        SELECT n.nspname, c.relname
        FROM pg_class AS c
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
            AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'seltzer_fault')
            AND (n.nspname, c.relname) NOT IN (SELECT o.schema, o.name FROM seltzer_fault.ours AS o)
            AND NOT EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgrelid = c.oid AND t.tgname = 'seltzer_fault')
            -- A table of an extension is the extension's.
            AND NOT EXISTS (
                SELECT FROM pg_depend AS d
                WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
            )
    LOOP
        EXECUTE format(
            'CREATE TRIGGER seltzer_fault AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON %I.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION seltzer_fault.on_statement()',
            found.nspname, found.relname
        );
        EXECUTE format(
            'ALTER TABLE %I.%I ENABLE ALWAYS TRIGGER seltzer_fault', found.nspname, found.relname
        );
    END LOOP;
    PERFORM set_config('seltzer_fault.busy', '', true);
END
$attach$;

-- The end of a migration: its row in the history, which commits with it.
CREATE FUNCTION seltzer_fault.on_end() RETURNS pg_catalog.trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $end$
BEGIN
    IF (SELECT w.at FROM seltzer_fault.wanted AS w) = -1 AND new.state <> 'failed' THEN
        RAISE EXCEPTION 'a fault was injected at its end' USING ERRCODE = 'SZ001';
    END IF;
    RETURN NULL;
END
$end$;

CREATE FUNCTION seltzer_fault.on_command() RETURNS pg_catalog.event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $command$
DECLARE
    what text;
BEGIN
    IF current_setting('seltzer_fault.busy', true) = 'on' THEN
        RETURN;
    END IF;
    -- What an extension consists of is one command, its own.
    IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() AS d WHERE d.in_extension) THEN
        RETURN;
    END IF;
    PERFORM seltzer_fault.attach();
    SELECT string_agg(DISTINCT d.object_identity, ', ') INTO what FROM pg_event_trigger_ddl_commands() AS d;
    PERFORM seltzer_fault.tick(concat_ws(' ', tg_tag, what));
END
$command$;
