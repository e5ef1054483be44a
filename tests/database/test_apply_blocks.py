"""Files with a BEGIN and COMMIT of their own, in every form that real files have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from seltzer.errors import StatementError
from seltzer.model import DatabaseState

if TYPE_CHECKING:
    from support import Database, Project

FIRST = {
    "m/create_tables.sql": "CREATE TABLE IF NOT EXISTS marks (word text, isolation text, read_only text, number xid8);"
}
MARK = (
    "INSERT INTO marks VALUES ('{}', current_setting('transaction_isolation'), "
    "current_setting('transaction_read_only'), pg_current_xact_id());\n"
)
A, B, C = (MARK.format(word) for word in "abc")


def marks(database: Database, columns: str = "word") -> list[Any]:
    """What the files inserted, by word."""
    rows = database.query(f"SELECT {columns} FROM marks ORDER BY word")
    return [row[0] if len(row) == 1 else row for row in rows]


def start(project: Project, text: str) -> None:
    """Apply one file, and see it recorded once."""
    project.write({**FIRST, "m/0001_blocks.sql": text})
    result = project.migrations().run_all()
    assert (result.state, result.applied) == (DatabaseState.CURRENT, ("m/create_tables", "m/0001_blocks"))
    assert project.database.query("SELECT count(*) FROM seltzer.progress") == [(0,)]
    assert project.migrations().run_all().applied == ()


@pytest.mark.parametrize(
    "text",
    [
        f"BEGIN;\n{A}{B}COMMIT;\n",
        f"begin work;\n{A}{B}end;",
        f"START TRANSACTION;\n{A}{B}COMMIT TRANSACTION;\n",
        f"-- what it does\nSET work_mem = '7MB';\nBEGIN;\n{A}{B}COMMIT;\nRESET work_mem;\n",
        f"BEGIN;\nSAVEPOINT one;\n{A}RELEASE one;\n{B}COMMIT;\n",
        f"{A}SAVEPOINT one;\n{B}RELEASE SAVEPOINT one;\n",
        f"{A}{B}",
    ],
)
def test_one_block_is_one_transaction_with_its_history_row(project: Project, text: str) -> None:
    """Everything of the file and its row have one transaction id: no crash can come between them."""
    start(project, text)

    numbers = set(marks(project.database, "number::text"))
    row = project.database.query("SELECT xmin::text FROM seltzer.history WHERE id = 'm/0001_blocks'")
    assert marks(project.database) == ["a", "b"]
    assert numbers == {row[0][0]}


def test_several_blocks_are_several_transactions(project: Project) -> None:
    """Each is committed where the file says so."""
    start(project, f"BEGIN;\n{A}COMMIT;\nBEGIN;\n{B}COMMIT;\n{C}")

    assert marks(project.database) == ["a", "b", "c"]
    assert len(set(marks(project.database, "number::text"))) == 3


def test_a_block_that_fails_leaves_the_ones_before_it(project: Project) -> None:
    """The error says that something stays; the repaired file goes on at the block that failed."""
    fail = "SELECT 1 / (SELECT 0);\n"
    project.write({**FIRST, "m/0001_blocks.sql": f"BEGIN;\n{A}COMMIT;\nBEGIN;\n{B}{fail}COMMIT;\nBEGIN;\n{C}COMMIT;\n"})

    with pytest.raises(StatementError) as caught:
        project.migrations().run_all()

    assert caught.value.rolled_back is False
    assert caught.value.place is not None
    assert caught.value.place.line == 6
    assert marks(project.database) == ["a"]
    start_again = project.write({"m/0001_blocks.sql": f"BEGIN;\n{A}COMMIT;\nBEGIN;\n{B}COMMIT;\nBEGIN;\n{C}COMMIT;\n"})
    assert start_again.migrations().run_all().applied == ("m/0001_blocks",)
    assert marks(project.database) == ["a", "b", "c"]


def test_a_first_block_that_fails_leaves_nothing(project: Project) -> None:
    """Nothing was committed before it, and the error says so."""
    project.write({**FIRST, "m/0001_blocks.sql": f"BEGIN;\n{A}SELECT 1 / (SELECT 0);\nCOMMIT;\nBEGIN;\n{B}COMMIT;\n"})

    with pytest.raises(StatementError) as caught:
        project.migrations().run_all()

    assert caught.value.rolled_back is True
    assert marks(project.database) == []


@pytest.mark.parametrize("end", ["ROLLBACK", "ABORT", "rollback work"])
def test_a_block_that_the_file_rolls_back_leaves_nothing(project: Project, end: str) -> None:
    """It runs, it leaves no trace, and the rest of the file is applied."""
    start(project, f"BEGIN;\n{A}{end};\nBEGIN;\n{B}COMMIT;\n")

    assert marks(project.database) == ["b"]


def test_a_block_that_is_rolled_back_to_a_savepoint(project: Project) -> None:
    """What came after the savepoint is undone, even a statement that failed would have been."""
    start(project, f"BEGIN;\n{A}SAVEPOINT one;\n{B}ROLLBACK TO SAVEPOINT one;\n{C}COMMIT;\n")

    assert marks(project.database) == ["a", "c"]


def test_commit_and_chain_opens_the_next_block_like_the_first(project: Project) -> None:
    """Two transactions, and the second has the first one's isolation level."""
    start(project, f"BEGIN ISOLATION LEVEL SERIALIZABLE;\n{A}COMMIT AND CHAIN;\n{B}COMMIT;\n{C}")

    assert marks(project.database, "word, isolation") == [
        ("a", "serializable"),
        ("b", "serializable"),
        ("c", "read committed"),
    ]
    assert len(set(marks(project.database, "number::text"))) == 3


def test_rollback_and_chain(project: Project) -> None:
    """The first part is undone, the second is committed."""
    start(project, f"BEGIN;\n{A}ROLLBACK AND CHAIN;\n{B}COMMIT;\n")

    assert marks(project.database) == ["b"]


@pytest.mark.parametrize(
    "text",
    [
        f"BEGIN;\nSET TRANSACTION ISOLATION LEVEL SERIALIZABLE;\n{A}COMMIT;\n",
        f"BEGIN;\nSET TRANSACTION READ WRITE;\nSET TRANSACTION ISOLATION LEVEL SERIALIZABLE;\n{A}COMMIT;\n",
        f"BEGIN ISOLATION LEVEL SERIALIZABLE, READ WRITE;\n{A}COMMIT;\n",
        f"START TRANSACTION ISOLATION LEVEL SERIALIZABLE;\n{A}COMMIT;\n",
        f"SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;\n{A}",
        f"BEGIN;\nSET TRANSACTION ISOLATION LEVEL SERIALIZABLE;\n{A}COMMIT;\nBEGIN;\nSELECT 1;\nCOMMIT;\n",
    ],
)
def test_a_file_may_choose_its_isolation_level(project: Project, text: str) -> None:
    """It has to come before any query of its transaction, and no query of ours is in its way."""
    start(project, text)

    assert marks(project.database, "word, isolation") == [("a", "serializable")]


def test_a_database_with_other_defaults_changes_nothing(project: Project) -> None:
    """A file that does not choose runs in read committed, read write, whatever the database's default is."""
    project.write(FIRST).migrations().run_all()
    project.database.query(f"ALTER DATABASE {project.database.name} SET default_transaction_isolation = serializable")

    project.write({"m/0001_blocks.sql": A}).migrations().run_all()

    assert marks(project.database, "isolation, read_only") == [("read committed", "off")]


def test_python_and_unparsed_files_cannot_end_the_transaction(project: Project) -> None:
    """A COMMIT that nobody could see coming is told: what it committed stays, and no row says that it was applied."""
    project.write({**FIRST, "m/0001_blocks.sql": f"-- seltzer: parse = off\n{A}COMMIT;\n{B}"})

    outcome = project.run("apply", "--json")

    error = outcome.json()["error"]
    assert (outcome.code, error["type"], error["rolled_back"]) == (1, "transaction-ended", False)
    assert marks(project.database)[0] == "a"
    assert [row.state for row in project.migrations().history("m/0001").rows] == ["failed"]
