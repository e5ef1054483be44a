-- Takes a picture of how things stand before and after each command on the schema, and after each change of rows.
CREATE SCHEMA seltzer_trace;
CREATE TABLE seltzer_trace.seen (
    number pg_catalog.int8 GENERATED ALWAYS AS IDENTITY,
    pid pg_catalog.int4 NOT NULL,
    xid pg_catalog.text NOT NULL,
    kind pg_catalog.text NOT NULL,
    what pg_catalog.text NOT NULL,
    relations pg_catalog.jsonb NOT NULL,
    locks pg_catalog.jsonb NOT NULL,
    scans pg_catalog.jsonb NOT NULL
);

CREATE FUNCTION seltzer_trace.look(kind pg_catalog.text, what pg_catalog.text) RETURNS pg_catalog.void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $look$
BEGIN
    INSERT INTO seltzer_trace.seen (pid, xid, kind, what, relations, locks, scans)
    SELECT pg_backend_pid(), pg_current_xact_id()::text, kind, what,
        (SELECT coalesce(jsonb_agg(jsonb_build_array(
                c.oid::int8, format('%I.%I', n.nspname, c.relname), c.relname, c.relkind::text,
                coalesce(pg_relation_filenode(c.oid), 0)::int8, i.indrelid::int8)), '[]')
            FROM pg_class AS c
            JOIN pg_namespace AS n ON n.oid = c.relnamespace
            LEFT JOIN pg_index AS i ON i.indexrelid = c.oid
            WHERE n.nspname NOT IN ('information_schema', 'seltzer_trace') AND n.nspname !~ '^pg_'),
        (SELECT coalesce(jsonb_agg(jsonb_build_array(l.relation::int8, l.mode)), '[]')
            FROM pg_locks AS l
            WHERE l.locktype = 'relation' AND l.pid = pg_backend_pid()
                AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())),
        (SELECT coalesce(jsonb_agg(jsonb_build_array(s.relid::int8, s.seq_scan)), '[]')
            FROM pg_stat_xact_user_tables AS s WHERE s.seq_scan > 0);
END
$look$;

CREATE FUNCTION seltzer_trace.on_start() RETURNS pg_catalog.event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $start$
BEGIN
    PERFORM seltzer_trace.look('start', tg_tag);
END
$start$;

CREATE FUNCTION seltzer_trace.on_end() RETURNS pg_catalog.event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $end$
BEGIN
    PERFORM seltzer_trace.look('end', tg_tag);
END
$end$;

CREATE FUNCTION seltzer_trace.on_rows() RETURNS pg_catalog.trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $rows$
BEGIN
    PERFORM seltzer_trace.look('rows', tg_op);
    RETURN NULL;
END
$rows$;

DO $attach$
DECLARE
    found record;
BEGIN
    FOR found IN
        SELECT n.nspname, c.relname
        FROM pg_catalog.pg_class AS c
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
            AND n.nspname NOT IN ('information_schema', 'seltzer_trace') AND n.nspname !~ '^pg_'
            AND NOT EXISTS (
                SELECT FROM pg_catalog.pg_depend AS d
                WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e'
            )
    LOOP
        EXECUTE pg_catalog.format(
            'CREATE TRIGGER seltzer_trace AFTER INSERT OR UPDATE OR DELETE ON %I.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION seltzer_trace.on_rows()',
            found.nspname, found.relname
        );
    END LOOP;
END
$attach$;

CREATE EVENT TRIGGER seltzer_trace_start ON ddl_command_start EXECUTE FUNCTION seltzer_trace.on_start();
CREATE EVENT TRIGGER seltzer_trace_end ON ddl_command_end EXECUTE FUNCTION seltzer_trace.on_end();
