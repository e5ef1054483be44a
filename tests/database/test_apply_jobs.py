"""Several connections at a time: the same result as one, and whatever goes wrong beside others is done again alone."""

from __future__ import annotations

import itertools
import random
import signal
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from seltzer.errors import StatementError
from seltzer.events import StepFinished, StepStarted

if TYPE_CHECKING:
    from seltzer.events import Event
    from support import Database, Project

# Waits until another migration is at work at the same moment; alone it would run into the timeout.
TOGETHER = """-- seltzer: statement-timeout = 60s
CREATE TABLE IF NOT EXISTS {0} ();
DO $$BEGIN
  LOOP
    PERFORM pg_stat_clear_snapshot();
    EXIT WHEN EXISTS (SELECT FROM pg_stat_activity WHERE application_name LIKE 'seltzer {1}/%' AND state = 'active')
      OR EXISTS (SELECT FROM seltzer.history WHERE id LIKE '{1}/%');
  END LOOP;
END$$;
"""


def modules(count: int, seed: int) -> dict[str, str]:
    """Modules that need each other: tables with foreign keys to earlier ones, numbered files, views, functions."""
    chance = random.Random(seed)  # noqa: S311  # the same every time
    files: dict[str, str] = {}
    for number in range(count):
        name = f"m{number:03d}"
        others = [f"t{chance.randrange(number):03d}" for _ in range(min(number, 2))]
        keys = "".join(f", o{i} int REFERENCES {other}" for i, other in enumerate(others))
        files[f"{name}/create_tables.sql"] = (
            "CREATE SCHEMA IF NOT EXISTS shared;\n"
            f"CREATE TABLE IF NOT EXISTS t{number:03d} (id serial PRIMARY KEY{keys});\n"
            f"COMMENT ON TABLE t{number:03d} IS 'of {name}';\n"
        )
        files[f"{name}/0001_more.sql"] = f"ALTER TABLE t{number:03d} ADD COLUMN more text;\n" + "".join(
            f"INSERT INTO t{number:03d} (more) SELECT more FROM {other};\n" for other in others[:1]
        )
        files[f"{name}/views.sql"] = f"CREATE OR REPLACE VIEW v{number:03d} AS SELECT more FROM t{number:03d};\n"
    return files


def twin(database: Database) -> str:
    """A second database beside one; its URL."""
    name = f"{database.name}_twin"
    with database.connect() as conn:
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return name


@pytest.mark.parametrize("jobs", [2, 4])
def test_the_result_is_that_of_one_connection(project: Project, jobs: int) -> None:
    """The same catalog, every migration once, in whatever order."""
    project.write(modules(25, seed=jobs))
    project.migrations(jobs=jobs).run_all()
    rows = project.migrations().history().rows
    assert len(rows) == len({row.id for row in rows}) == 75  # three files a module
    assert {row.state for row in rows} == {"applied"}
    found = project.database.schema()

    name = twin(project.database)
    url = project.database.url.replace(f"/{project.database.name}", f"/{name}")
    try:
        type(project.migrations())(project.folder, database=url, jobs=1).run_all()
        other = type(project.database)(project.database.server, project.database.binaries, name)
        assert other.schema() == found
    finally:
        with psycopg.connect(project.database.url, autocommit=True) as conn:
            conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_two_run_at_the_same_moment(project: Project) -> None:
    """Each waits for the other to be at work; with one connection neither would end."""
    project.write({
        "a/create_tables.sql": TOGETHER.format("a", "b"),
        "b/create_tables.sql": TOGETHER.format("b", "a"),
        "c/create_tables.sql": "CREATE TABLE IF NOT EXISTS the_last_one ();\n",
    })  # fmt: skip
    project.migrations(jobs=2).run_all()
    assert set(project.states().values()) == {"applied"}


def test_all_connections_are_at_work_at_the_same_moment(project: Project) -> None:
    """Each of four waits for three others to be at work; with one connection less none would end."""
    waits = """-- seltzer: statement-timeout = 60s
CREATE TABLE IF NOT EXISTS {0} ();
DO $$BEGIN
  LOOP
    PERFORM pg_stat_clear_snapshot();
    EXIT WHEN (SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'seltzer %/%' AND state = 'active'
        AND datname = current_database()) = 4 OR EXISTS (SELECT FROM seltzer.history WHERE id LIKE '_/%');
  END LOOP;
END$$;
"""
    project.write({f"{name}/create_tables.sql": waits.format(name) for name in "abcd"})
    project.write({"e/create_tables.sql": "CREATE TABLE IF NOT EXISTS the_last_one ();\n"})
    project.migrations(jobs=4).run_all()
    assert set(project.states().values()) == {"applied"}


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_was_begun_by_steps_under_a_former_name_goes_on_so(project: Project, jobs: int) -> None:
    """Repaired and renamed it would fit a transaction, in which its first statement would run again."""
    first = {"a/create_tables.sql": "CREATE TABLE IF NOT EXISTS marks (word text);\n"}
    one, two = "INSERT INTO marks VALUES ('one');\n", "INSERT INTO marks VALUES ('two');\n"
    begun = f"-- seltzer: transaction = off\n{one}INSERT INTO marks VALUES (1 / (SELECT 0));\n"
    project.write({**first, "a/0001_steps.sql": begun})
    with pytest.raises(StatementError):
        project.migrations().run_all()
    (project.folder / "a/0001_steps.sql").unlink()

    project.write({"a/0001_other.sql": f"-- seltzer: was = a/0001_steps\n{one}{two}"})
    last = "-- seltzer: depends-on = a/0001_other\nCREATE TABLE the_last_one_runs_alone ();\n"
    project.write({"a/0002_last.sql": last}).migrations(jobs=jobs).run_all()

    assert project.database.query("SELECT word FROM marks ORDER BY word") == [("one",), ("two",)]
    assert project.database.query("SELECT count(*) FROM seltzer.progress") == [(0,)]


def test_what_every_module_touches_is_no_failure(project: Project) -> None:
    """GRANT on one object by all: `tuple concurrently updated` beside others, nothing alone."""
    project.write({"a/create_tables.sql": "CREATE TABLE IF NOT EXISTS common ();\nCREATE ROLE reader_of_common;\n"})
    project.migrations().run_all()
    project.write({f"m{n:02d}/create_tables.sql": "GRANT SELECT ON common TO reader_of_common;\n" for n in range(30)})
    try:
        project.migrations(jobs=4).run_all()
        assert set(project.states().values()) == {"applied"}
    finally:
        project.database.query("DROP OWNED BY reader_of_common; DROP ROLE reader_of_common")


def test_foreign_keys_in_crossed_order_are_no_failure(project: Project) -> None:
    """A deadlock puts one of them back, and it runs alone."""
    project.write({"a/create_tables.sql": "CREATE TABLE IF NOT EXISTS p (id int PRIMARY KEY);\n"
                   "CREATE TABLE IF NOT EXISTS q (id int PRIMARY KEY);\n"})  # fmt: skip
    for number in range(20):
        first, second = ("p", "q") if number % 2 else ("q", "p")
        project.write({
            f"m{number:02d}/create_tables.sql": f"CREATE TABLE IF NOT EXISTS c{number} (x int REFERENCES {first});\n"
            f"ALTER TABLE c{number} ADD COLUMN y int REFERENCES {second};\n"
        })  # fmt: skip
    project.migrations(jobs=4).run_all()
    assert set(project.states().values()) == {"applied"}


def test_what_nobody_could_foresee_runs_in_the_order_of_the_plan(project: Project) -> None:
    """A text that names its table only at run time fails beside the file that makes the table, and then does not."""
    waits = "".join(f"SELECT count(*) FROM pg_class AS a{i}, pg_class AS b{i};\n" for i in range(5))
    project.write({
        "a/create_tables.sql": f"{waits}CREATE TABLE IF NOT EXISTS hidden ();\n",
        "b/create_tables.sql": "DO $$BEGIN EXECUTE 'ALTER TABLE hid' || 'den ADD COLUMN IF NOT EXISTS x int'; END$$;\n",
        "c/create_tables.sql": "CREATE TABLE IF NOT EXISTS c ();\n",
    })  # fmt: skip
    heard: list[Event] = []
    project.migrations(jobs=3).run_all(on_event=heard.append)
    finished = [event.id for event in heard if isinstance(event, StepFinished)]
    assert finished.index("a/create_tables") < finished.index("b/create_tables")
    assert set(project.states().values()) == {"applied"}


def test_a_failure_stops_the_rest_and_leaves_no_half(project: Project) -> None:
    """What came before it is applied, it left nothing, what needs it did not run."""
    project.write(modules(6, seed=1))
    project.write({"m002/0001_more.sql": "ALTER TABLE t002 ADD COLUMN more text;\nSELECT 1 / 0;\n"})
    with pytest.raises(StatementError) as caught:
        project.migrations(jobs=3).run_all()
    error = caught.value
    assert (error.migration, error.sqlstate, error.rolled_back) == ("m002/0001_more", "22012", True)
    states = project.states()
    assert states["m002/0001_more"] == "failed"
    assert states["m002/views"] == "pending"
    assert {id_ for id_, state in states.items() if state == "applied"} == set(error.applied)
    project.write({"m002/0001_more.sql": "ALTER TABLE t002 ADD COLUMN more text;\n"})
    project.migrations(jobs=3).run_all()
    assert set(project.states().values()) == {"applied"}


def test_what_is_no_plain_transaction_runs_alone(project: Project) -> None:
    """Python, runners, concurrent builds, unparsed files: nothing else is at work while they are."""
    others = {f"m{n:02d}/create_tables.sql": f"CREATE TABLE IF NOT EXISTS m{n:02d} (id int);\n" for n in range(12)}
    project.write({
        **others,
        "m03/0001_python.py": "def apply(conn):\n    conn.execute('CREATE TABLE by_python ()')\n",
        "m05/0001_build.sql": "CREATE INDEX CONCURRENTLY idx_m05 ON m05 (id);\n",
        "m07/0001_text.sql": "-- seltzer: parse = off\nCREATE TABLE by_text ();\n",
        "m09/__init__.py": "import seltzer\ndef run_migration():\n    seltzer.execute_sql_file('create_tables.sql')\n",
    })  # fmt: skip
    heard: list[Event] = []
    project.migrations(jobs=4).run_all(on_event=heard.append)
    steps = [event for event in heard if isinstance(event, StepStarted | StepFinished)]
    alone = {"m03/0001_python", "m05/0001_build", "m07/0001_text", "m09/run_migration"}
    for before, after in itertools.pairwise(steps):
        if isinstance(before, StepStarted) and before.id in alone:
            assert isinstance(after, StepFinished)
            assert after.id == before.id
    assert set(project.states().values()) == {"applied"}


def test_only_the_last_commit_waits_for_the_disk(project: Project) -> None:
    """It comes when all others have come."""
    project.write({"a/create_tables.sql": "CREATE TABLE IF NOT EXISTS commits (position serial, id text, how text);\n"})
    project.migrations().run_all()
    project.database.query("""
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
          INSERT INTO public.commits (id, how) VALUES (NEW.id, current_setting('synchronous_commit'));
          RETURN NULL; END$$;
        CREATE TRIGGER note AFTER INSERT ON seltzer.history FOR EACH ROW EXECUTE FUNCTION note()""")
    project.write(modules(8, seed=3))
    project.migrations(jobs=4).run_all()
    found = project.database.query("SELECT how FROM commits ORDER BY position")
    assert found[:-1] == [("off",)] * 23
    assert found[-1] == ("on",)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_all_that_are_at_work(project: Project, number: signal.Signals) -> None:
    """Nothing of them stays, the next run goes on."""
    project.write({"a/create_tables.sql": "CREATE TABLE IF NOT EXISTS gate (id int);\n"})
    project.migrations().run_all()
    project.write({f"m{n}/create_tables.sql": f"CREATE TABLE IF NOT EXISTS m{n} ();\nLOCK gate;\n" for n in range(4)})
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    with project.database.connect() as conn, project.database.connect() as gate:
        gate.execute("BEGIN; LOCK TABLE gate")
        process = project.start("apply", "--jobs", "3", "--lock-timeout", "0", "--json")
        while conn.execute(waiting).fetchone() != (3,):
            assert process.poll() is None
        process.send_signal(number)
        out, errors = process.communicate()
        assert process.returncode == 128 + number, (out, errors)
        assert '"rolled_back": true' in out
        assert "rolled back: m0/create_tables, m1/create_tables, m2/create_tables" in out
        gate.execute("ROLLBACK")
    assert set(project.states().values()) == {"applied", "pending"}
    done = project.run("apply", "--jobs", "3")
    assert done.code == 0, done.err
    assert set(project.states().values()) == {"applied"}


def test_a_lost_connection_is_settled_by_the_history(project: Project) -> None:
    """A backend that is ended beside others: its migration is applied in the end, once."""
    project.write({"a/create_tables.sql": "CREATE TABLE IF NOT EXISTS gate (id int);\n"})
    project.migrations().run_all()
    project.write({f"m{n}/create_tables.sql": f"CREATE TABLE IF NOT EXISTS m{n} ();\nLOCK gate;\n" for n in range(4)})
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    with project.database.connect() as conn, project.database.connect() as gate:
        gate.execute("BEGIN; LOCK TABLE gate")
        process = project.start("apply", "--jobs", "2", "--lock-timeout", "0")
        while conn.execute(waiting).fetchone() != (2,):
            assert process.poll() is None
        conn.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted LIMIT 1")
        gate.execute("ROLLBACK")
        assert process.wait() == 0, process.communicate()
        process.communicate()
    rows = project.database.query("SELECT id, count(*) FROM seltzer.history WHERE state = 'applied' GROUP BY id")
    assert sorted(rows) == [("a/create_tables", 1), *((f"m{n}/create_tables", 1) for n in range(4))]


def test_a_number_of_jobs_is_a_number(project: Project) -> None:
    """Anything else is refused with what is legal; the environment wins over code."""
    project.write({"a/create_tables.sql": "SELECT 1;\n"})
    refused = project.run("apply", "--jobs", "many")
    assert refused.code == 2
    assert "from 1 to 64" in refused.err
    assert project.run("apply", "--jobs", "2").code == 0
