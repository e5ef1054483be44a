"""The tools: where each comes from, the files that it wants, and how it is called.

The same work and the same calls as in the script that the project's facts were measured with; only the way to the
server differs: everybody takes the socket of the private server.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from work import Command, Target, command, table_sql, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Tool:
    """One row of the table.

    Attributes:
        name: As the table shows it.
        make: Writes the files of N migrations into a folder; returns how they are applied.
        pip: Packages of PyPI, its own one first; flags for pip may stand before it.
        npm: Packages of npm, its own one first.
        peer: Whether it is a migration tool to be compared with; psql only shows what the server itself needs.
        records: Whether a second run finds nothing to do.
    """

    name: str
    make: Callable[[Path, int, Target], Command]
    pip: tuple[str, ...] = ()
    npm: tuple[str, ...] = ()
    peer: bool = True
    records: bool = True

    @property
    def package(self) -> str:
        """The package that the tool's version is read from; empty for psql."""
        return next((name for name in (*self.pip, *self.npm) if not name.startswith("-")), "")


def seltzer(folder: Path, count: int, target: Target) -> Command:
    for number in range(count):
        write(folder / f"migrations/m{number:05d}/create_tables.sql", table_sql(number))
    return command("seltzer", "apply", "--database", target.url(), "--migrations", "migrations")


def seltzer_jobs(jobs: int) -> Callable[[Path, int, Target], Command]:
    def made(folder: Path, count: int, target: Target) -> Command:
        one = seltzer(folder, count, target)
        return Command((*one.arguments, "--jobs", str(jobs)), one.environment)

    return made


def _psql(target: Target) -> Command:
    quiet = {"PGOPTIONS": "-c client_min_messages=warning"}
    return command("psql", "-qX", "-v", "ON_ERROR_STOP=1", "-d", target.url(), "-f", "all.sql", **quiet)


def psql(folder: Path, count: int, target: Target) -> Command:
    write(folder / "all.sql", "BEGIN;\n" + "".join(table_sql(number) for number in range(count)) + "COMMIT;\n")
    return _psql(target)


def psql_per_file(folder: Path, count: int, target: Target) -> Command:
    for number in range(count):
        write(folder / f"m/{number:05d}.sql", f"BEGIN;\n{table_sql(number)}COMMIT;\n")
    write(folder / "all.sql", "".join(f"\\i m/{number:05d}.sql\n" for number in range(count)))
    return _psql(target)


def alembic(folder: Path, count: int, target: Target) -> Command:
    url = target.url("postgresql+psycopg")
    write(folder / "alembic.ini", f"[alembic]\nscript_location = al\nsqlalchemy.url = {url}\n")
    write(
        folder / "al/env.py",
        "from alembic import context\nfrom sqlalchemy import create_engine\n"
        "engine = create_engine(context.config.get_main_option('sqlalchemy.url'))\n"
        "with engine.connect() as connection:\n"
        "    context.configure(connection=connection, transaction_per_migration=True)\n"
        "    with context.begin_transaction():\n"
        "        context.run_migrations()\n",
    )
    for number in range(count):
        down = repr(f"r{number - 1:05d}") if number else "None"
        write(
            folder / f"al/versions/r{number:05d}_m.py",
            f"revision='r{number:05d}'\ndown_revision={down}\nbranch_labels=None\ndepends_on=None\n"
            f"from alembic import op\ndef upgrade():\n    op.execute('''{table_sql(number)}''')\n"
            "def downgrade():\n    pass\n",
        )
    return command("alembic", "upgrade", "head")


def yoyo(folder: Path, count: int, target: Target) -> Command:
    for number in range(count):
        depends = f"-- depends: {number - 1:05d}_m\n" if number else ""
        write(folder / f"m/{number:05d}_m.sql", depends + table_sql(number))
    return command("yoyo", "apply", "--batch", "--no-config-file", "-d", target.url("postgresql+psycopg"), "m")


def django(folder: Path, count: int, target: Target) -> Command:
    database = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": target.database,
        "USER": target.user,
        "HOST": target.host,
        "PORT": target.port,
    }
    write(
        folder / "settings.py",
        f"SECRET_KEY='x'\nDATABASES={{'default': {database!r}}}\nINSTALLED_APPS=['app']\nUSE_TZ=True\n"
        "DEFAULT_AUTO_FIELD='django.db.models.AutoField'\n",
    )
    for name in ("app/__init__.py", "app/models.py", "app/migrations/__init__.py"):
        write(folder / name, "")
    for number in range(count):
        depends = f"[('app', 'm{number - 1:05d}')]" if number else "[]"
        write(
            folder / f"app/migrations/m{number:05d}.py",
            "from django.db import migrations\nclass Migration(migrations.Migration):\n"
            f"    dependencies={depends}\n    operations=[migrations.RunSQL('''{table_sql(number)}''')]\n",
        )
    return command("django-admin", "migrate", "-v0", "--settings=settings", "--pythonpath=.")


def pgmigrate(folder: Path, count: int, target: Target) -> Command:
    for number in range(count):
        write(folder / f"migrations/V{number + 1:04d}__m.sql", table_sql(number))
    return command("pgmigrate", "-t", "latest", "-c", target.keywords(), "migrate")


def dbmate(folder: Path, count: int, target: Target) -> Command:
    for number in range(count):
        text = f"-- migrate:up\n{table_sql(number)}\n-- migrate:down\nDROP TABLE t{number:05d};\n"
        write(folder / f"db/migrations/{20240101000000 + number}_m{number:05d}.sql", text)
    url = f"postgres://{target.user}@/{target.database}?socket={target.host}&port={target.port}&sslmode=disable"
    return command("dbmate", "--no-dump-schema", "up", DATABASE_URL=url)


def node_pg_migrate(folder: Path, count: int, target: Target) -> Command:
    for number in range(count):
        text = f"-- Up Migration\n{table_sql(number)}-- Down Migration\n"
        write(folder / f"migrations/{1600000000000 + number}_m{number:05d}.sql", text)
    flags = ("--no-check-order", "--single-transaction=false", "-m", "migrations")
    return command("node-pg-migrate", "up", *flags, DATABASE_URL=target.url())


def graphile_migrate(folder: Path, count: int, target: Target) -> Command:
    previous = "-"
    for number in range(count):
        before = "" if previous == "-" else previous
        text = f"{before}\n{table_sql(number).strip()}".strip() + "\n"
        digest = "sha1:" + hashlib.sha1(text.encode()).hexdigest()
        head = f"--! Previous: {previous}\n--! Hash: {digest}\n\n"
        write(folder / f"migrations/committed/{number + 1:06d}.sql", head + table_sql(number))
        previous = digest
    write(folder / ".gmrc", "{}\n")
    root = replace(target, database="postgres").url()
    return command("graphile-migrate", "migrate", DATABASE_URL=target.url(), ROOT_DATABASE_URL=root)


def squawk(folder: Path, count: int, target: Target) -> Command:
    del target  # it reads files only
    for number in range(count):
        write(folder / f"m/{number:05d}.sql", table_sql(number))
    return command("sh", "-c", "squawk m/*.sql >squawk.out 2>&1; test -s squawk.out")


SELTZER, PSQL, PSQL_PER_FILE = "seltzer", "psql", "psql_per_file"
WITH_JOBS = {"seltzer-jobs-2": 2, "seltzer-jobs-4": 4}
ALEMBIC, YOYO, SQUAWK = "alembic", "yoyo", "squawk"

TOOLS = {
    tool.name: tool
    for tool in (
        Tool(SELTZER, seltzer, pip=("seltzer",), peer=False),
        *(Tool(name, seltzer_jobs(jobs), pip=("seltzer",), peer=False) for name, jobs in WITH_JOBS.items()),
        Tool(PSQL_PER_FILE, psql_per_file, peer=False, records=False),
        Tool(PSQL, psql, peer=False, records=False),
        Tool(ALEMBIC, alembic, pip=("alembic", "sqlalchemy", "psycopg[binary]")),
        Tool(YOYO, yoyo, pip=("yoyo-migrations", "psycopg[binary]", "setuptools")),
        Tool("django", django, pip=("django", "psycopg[binary]")),
        Tool("pgmigrate", pgmigrate, pip=("--no-deps", "yandex-pgmigrate", "psycopg2-binary", "sqlparse", "PyYAML")),
        Tool("dbmate", dbmate, npm=("dbmate",)),
        Tool("node-pg-migrate", node_pg_migrate, npm=("node-pg-migrate", "pg")),
        Tool("graphile-migrate", graphile_migrate, npm=("graphile-migrate",)),
        Tool(SQUAWK, squawk, pip=("squawk-cli",), peer=False, records=False),
    )
}
