"""What README.md says of a start with nothing to do, counted on the server."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from seltzer.model import DatabaseState

if TYPE_CHECKING:
    from support import Database, Project

MIGRATION = "import sys\nsys.modules['a_migration_was_imported'] = sys\n\n\ndef apply(conn):\n    pass\n"


def said_by(database: Database) -> list[str]:
    """What the server has logged about a database: its statements, and its errors."""
    log = (database.server.data.parent / "server.log").read_text(encoding="utf-8")
    return re.findall(rf"(?m)^{database.name}\|\S*\|(?:LOG:  (?:statement|execute)|ERROR).*", log)


def test_a_start_with_nothing_to_do_is_one_statement(project: Project) -> None:
    """The server is asked once, raises nothing, and no migration is imported."""
    project.write({"users/create_tables.sql": "SELECT 1;", "users/0001_python.py": MIGRATION}).migrations().run_all()
    assert sys.modules.pop("a_migration_was_imported", None) is not None
    before = said_by(project.database)

    result = project.migrations().run_all()

    after = said_by(project.database)
    assert result.state is DatabaseState.CURRENT
    assert len(before) > 1
    assert [line.partition("|LOG:  ")[2][:17] for line in after[len(before) :]] == ["statement: SELECT"]
    assert "a_migration_was_imported" not in sys.modules
