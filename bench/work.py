"""The work that every tool gets: N modules, each the first example's (a table, two indexes, three comments)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Target:
    """An empty database for one run of one tool; everybody comes in by the same socket.

    Attributes:
        host: The socket's folder.
        port: The number in the socket's name.
        user: A superuser without password.
        database: Its name.
    """

    host: str
    port: int
    user: str
    database: str

    def url(self, scheme: str = "postgresql") -> str:
        """The database as a URL."""
        return f"{scheme}://{self.user}@/{self.database}?host={self.host}&port={self.port}"

    def keywords(self) -> str:
        """The database as libpq's keywords."""
        return f"host={self.host} port={self.port} user={self.user} dbname={self.database}"


@dataclass(frozen=True, slots=True)
class Command:
    """How a tool is called.

    Attributes:
        arguments: The program and its arguments.
        environment: What it needs besides the common environment.
    """

    arguments: tuple[str, ...]
    environment: Mapping[str, str]


def command(*arguments: str, **environment: str) -> Command:
    """A command with its variables."""
    return Command(arguments, environment)


def write_related(folder: Path, count: int) -> None:
    """Migrations that need each other across modules: for each module a table, two changes of it, and a view."""
    for number in range(count // 4):
        others = sorted({number // 2, number // 3, max(number - 1, 0)} - {number})
        keys = "".join(f",\n  r{other} integer REFERENCES r{other:05d} (id)" for other in others)
        name, module = f"r{number:05d}", folder / f"r{number:05d}"
        joins = "".join(f" LEFT JOIN r{other:05d} ON r{other:05d}.id = {name}.r{other}" for other in others)
        write(
            module / "create_tables.sql", f"CREATE TABLE IF NOT EXISTS {name} (\n  id integer PRIMARY KEY{keys}\n);\n"
        )
        write(module / "0001_note.sql", f"ALTER TABLE {name} ADD COLUMN note text;\n")
        write(module / "0002_index.sql", f"CREATE INDEX IF NOT EXISTS idx_{name}_note ON {name} (note);\n")
        write(
            module / "views.sql",
            f"CREATE OR REPLACE VIEW v_{name} AS\nSELECT {name}.id, {name}.note FROM {name}{joins};\n",
        )


def table_sql(number: int) -> str:
    """One migration's text."""
    name = f"t{number:05d}"
    return f"""-- Create table {name}
CREATE TABLE IF NOT EXISTS {name} (
    id SERIAL PRIMARY KEY,
    name VARCHAR(255) NOT NULL,
    owner_id INTEGER NOT NULL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX IF NOT EXISTS idx_{name}_name ON {name}(name);
CREATE INDEX IF NOT EXISTS idx_{name}_owner_id ON {name}(owner_id);
COMMENT ON TABLE {name} IS 'table {number}';
COMMENT ON COLUMN {name}.name IS 'the name';
"""


def write(path: Path, text: str) -> None:
    """Write a file, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
