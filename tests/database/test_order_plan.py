"""What a plan says: the whole document, the SQL, plans without a database; late and needed steps; parts of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from support import Database, Project

FILES = {
    "accounts/create_tables.sql": "CREATE TABLE IF NOT EXISTS accounts (id bigint, u bigint REFERENCES users);\n",
    "accounts/0001_rich.sql": "DROP TABLE users_of_old;\n",
    "accounts/0002_notes.py": "def apply(conn):\n    pass\n",
    "accounts/emails.sql": "CREATE OR REPLACE VIEW emails AS SELECT slug(email) FROM users;\n",
    "example/__init__.py": "def run_migration():\n    pass\n",
    "legacy/create_tables.sql": "CREATE TABLE users_of_old (id bigint);\n",
    "users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);\n",
    "users/0001_email.sql": "-- seltzer: depends-on = example\nALTER TABLE users ADD COLUMN email text;\n"
    "INSERT INTO users SELECT id FROM users_of_old;\n",
    "users/0002_index.sql": "CREATE INDEX CONCURRENTLY users_email ON users (email);\n",
    "users/slug.sql": "CREATE OR REPLACE FUNCTION slug(text) RETURNS text LANGUAGE sql AS 'SELECT $1';\n",
}


# Whether a step is one transaction; only running it would tell of a runner with its own connection.
HOW = {"whole": True, "in units": False, "unknown": None}


def step(id_: str, how: str, statements: int | None, *edges: str) -> dict[str, Any]:
    """A new step as the document says it, its edges written `id: reason`."""
    pairs = [edge.split(": ", 1) for edge in edges]
    return {
        "id": id_,
        "reason": "new",
        "transactional": HOW[how],
        "statements": statements,
        "depends_on": [{"id": before, "because": because} for before, because in pairs],
    }


STEPS = [
    step("example/run_migration", "unknown", None),
    step("legacy/create_tables", "whole", 1),
    step("users/create_tables", "whole", 1),
    step(
        "accounts/create_tables", "whole", 1,
        "users/create_tables: table public.users",
        "users/create_tables: unique key public.users",
    ),
    step(
        "users/0001_email", "whole", 2,
        "example/run_migration: declared",
        "legacy/create_tables: table public.users_of_old",
        "users/create_tables: order in the module",
        "users/create_tables: table public.users",
    ),
    step(
        "accounts/0001_rich", "whole", 1,
        "accounts/create_tables: order in the module",
        "legacy/create_tables: table public.users_of_old",
        "users/0001_email: removes table public.users_of_old",
    ),
    step("accounts/0002_notes", "whole", None, "accounts/0001_rich: order in the module"),
    step(
        "users/0002_index", "in units", 1,
        "users/0001_email: column public.users.email",
        "users/0001_email: order in the module",
        "users/create_tables: table public.users",
    ),
    step("users/slug", "whole", 1, "users/0002_index: order in the module", "users/create_tables: order in the module"),
    step(
        "accounts/emails", "whole", 1,
        "accounts/0002_notes: order in the module",
        "accounts/create_tables: order in the module",
        "users/0001_email: column public.users.email",
        "users/0001_email: table public.users",
        "users/create_tables: table public.users",
        "users/slug: function public.slug",
    ),
]  # fmt: skip


def test_the_document_of_a_plan(project: Project) -> None:
    """State, database and steps; each step with its reason and why it stands where it stands."""
    document = project.write(FILES).run("plan", "--json").json()

    assert document == {"format": 1, "state": "behind", "database": document["database"], "steps": STEPS}
    assert project.database.name in document["database"]
    assert project.run("apply").code == 0
    after = project.run("plan", "--json").json()
    assert (after["state"], after["steps"]) == ("current", [])
    rows = project.database.query("SELECT id FROM seltzer.history ORDER BY position")
    assert [id_ for (id_,) in rows] == [made["id"] for made in STEPS]


def test_a_plan_of_everything_needs_no_database(project: Project) -> None:
    """Whatever is applied, and where nothing is configured or reached."""
    project.write(FILES).migrations().run_all()
    nowhere = {"SELTZER_DATABASE": "postgresql://nobody@127.0.0.1:1/nothing"}

    document = project.run("plan", "--all", "--json", environment=nowhere).json()

    assert document == {"format": 1, "state": "behind", "database": None, "steps": STEPS}
    assert project.run("plan", "--all").out.startswith("an empty database: 10 migrations to apply")


def test_the_sql_of_a_plan(project: Project) -> None:
    """The files' own text in the order of the plan; what is no SQL is named."""
    out = project.write(FILES).run("plan", "--sql").out

    texts = [text for name, text in FILES.items() if name.endswith(".sql")]
    assert all(text.strip() in out for text in texts)
    places = [out.index(made["id"]) for made in STEPS]
    assert places == sorted(places)
    for line in (line for line in out.splitlines() if "accounts/0002_notes" in line or "run_migration" in line):
        assert line.startswith("--")


def test_what_is_asked_for_comes_with_what_it_needs(project: Project) -> None:
    """Through names, declared edges and the order inside modules; nothing else comes along."""
    project.write(FILES)
    expected = ["example/run_migration", "legacy/create_tables", "users/create_tables", "users/0001_email"]

    planned = project.run("plan", "--json", "users/0001").json()
    applied = project.run("apply", "--json", "users/0001").json()

    assert [made["id"] for made in planned["steps"]] == applied["applied"] == expected
    assert project.run("apply", "--json", "accounts/0001").json()["applied"] == [
        "accounts/create_tables",
        "accounts/0001_rich",
    ]


def test_the_reasons_of_steps(project: Project) -> None:
    """New, changed, failed, needed and late."""
    view = "DROP VIEW IF EXISTS one CASCADE;\nCREATE VIEW one AS SELECT id FROM users;\n"
    project.write(
        {
            "users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id bigint);\n",
            "users/0002_b.sql": "SELECT 1;\n",
            "views/one.sql": view,
            "views/two.sql": "CREATE OR REPLACE VIEW two AS SELECT id FROM one;\n",
            "views/three.sql": "CREATE OR REPLACE VIEW three AS SELECT id FROM two;\n",
            "views/apart.sql": "CREATE OR REPLACE VIEW apart AS SELECT id FROM users;\n",
        }
    ).migrations().run_all()
    project.write({"users/0003_fails.sql": "SELECT 1 / 0;\n"})
    assert project.run("apply").code == 1
    project.write(
        {
            "users/0001_a.sql": "SELECT 1;\n",
            "users/0004_d.sql": "SELECT 1;\n",
            "views/one.sql": view + "-- x\nSELECT 1;\n",
        }
    )

    steps = project.run("plan", "--json").json()["steps"]

    assert [(made["id"], made["reason"]) for made in steps] == [
        ("users/0001_a", "late"),
        ("users/0003_fails", "failed"),
        ("users/0004_d", "new"),
        ("views/one", "changed"),
        ("views/two", "needed"),
        ("views/three", "needed"),
    ]
    project.write({"users/0003_fails.sql": "SELECT 1;\n"}).migrations().run_all()
    assert project.database.query("SELECT FROM one, two, three, apart") == []


def test_a_view_that_is_dropped_to_make_room_is_made_again(project: Project, database: Database) -> None:
    """A fresh database has it as well as one that grew, with the views on it."""
    files = {
        "users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id integer);\n",
        "views/one.sql": "CREATE OR REPLACE VIEW one AS SELECT id FROM users;\n",
        "views/two.sql": "CREATE OR REPLACE VIEW two AS SELECT id FROM one;\n",
        "views/apart.sql": "CREATE OR REPLACE VIEW apart AS SELECT 1 AS id;\n",
    }
    room = "DROP VIEW IF EXISTS one CASCADE;\nALTER TABLE users ALTER id TYPE bigint;\n"
    project.write(files).migrations().run_all()

    grown = project.write({"users/0001_wide.sql": room}).run("apply", "--json").json()["applied"]

    assert grown == ["users/0001_wide", "views/one", "views/two"]
    grew = database.schema()
    assert "CREATE VIEW public.two" in grew
    database.query("DROP TABLE users CASCADE; DROP VIEW apart; DROP SCHEMA seltzer CASCADE")
    fresh = project.run("apply", "--json").json()["applied"]
    assert fresh == ["users/create_tables", "users/0001_wide", "views/apart", "views/one", "views/two"]
    assert database.schema() == grew
    assert project.run("plan", "--json").json()["steps"] == []


def test_a_ring_is_an_error_that_shows_it_whole(project: Project) -> None:
    """Every edge with file, line and name, and the ways out; nothing runs; a program gets it too."""
    project.write(
        {
            "a/0001_x.sql": "SELECT 1;\nCREATE TABLE a (\n  b int REFERENCES b (id)\n);\n",
            "b/0001_x.sql": "CREATE TABLE b (id int PRIMARY KEY, c int REFERENCES c (id));\n",
            "c/0001_x.sql": "CREATE TABLE c (id int PRIMARY KEY);\nSELECT FROM\n  a;\n",
            "d/0001_x.sql": "CREATE TABLE d ();\n",
        }
    )

    error = project.run("apply", "--json").json()["error"]

    lines = error["message"].splitlines()
    assert lines[0] == "3 migrations wait for each other:"
    assert sorted(lines[1:]) == [
        "  a/0001_x runs after b/0001_x: table public.b (a/0001_x.sql:3)",
        "  b/0001_x runs after c/0001_x: table public.c (b/0001_x.sql:1)",
        "  c/0001_x runs after a/0001_x: table public.a (c/0001_x.sql:3)",
    ]
    for way in ("numbered file of its own", "depends-on", "-- seltzer: independent-of = "):
        assert way in error["hint"]
    assert project.run("apply").code == 2
    assert project.database.query("SELECT to_regclass('d'), to_regclass('seltzer.history')") == [(None, None)]
