"""How a file runs: as one transaction, or in units that are recorded one by one."""

from __future__ import annotations

import pytest

from seltzer.sql.shape import PLAIN_BEGIN, OneTransaction, Stepwise, Unit, shape_of
from seltzer.sql.statements import read_statements


def shape(text: str, *, transaction: bool = True) -> OneTransaction | Stepwise:
    """The shape of a file."""
    return shape_of(text, read_statements(text), transaction=transaction)


def whole(text: str) -> OneTransaction:
    """The shape of a file that is one transaction."""
    found = shape(text)
    assert isinstance(found, OneTransaction)
    return found


def units(text: str, *, transaction: bool = True) -> list[tuple[list[str], str, bool]]:
    """Of a stepwise file: each unit's statements, what opens it, and whether it keeps what it did."""
    found = shape(text, transaction=transaction)
    assert isinstance(found, Stepwise)
    return [([item.text for item in unit.statements], unit.begin, unit.keeps) for unit in found.units]


def test_plain_statements_are_one_transaction() -> None:
    """The text is sent as it stands."""
    text = "CREATE TABLE t ();\n-- and\nDROP TABLE t;\n"

    found = whole(text)

    assert (found.begin, found.body) == (PLAIN_BEGIN, text)
    assert [item.text for item in found.statements] == ["CREATE TABLE t ()", "DROP TABLE t"]


@pytest.mark.parametrize("text", ["", "-- nothing yet\n"])
def test_a_file_without_statements_is_one_transaction(text: str) -> None:
    """There is a history row to write."""
    assert whole(text).statements == ()


def test_a_files_own_begin_and_commit_are_blanked_out() -> None:
    """The history row has to be inside; every other character keeps its place, so that errors keep theirs."""
    text = "BEGIN;\nCREATE TABLE ä ();\nCOMMIT;\n"

    found = whole(text)

    assert found.begin == ("BEGIN",)
    assert found.body == "     ;\nCREATE TABLE ä ();\n      ;\n"
    assert [item.text for item in found.statements] == ["CREATE TABLE ä ()"]


def test_what_a_file_asks_of_its_transaction_is_kept() -> None:
    """Its isolation level opens ours, before any query: afterwards PostgreSQL would refuse it."""
    found = whole("BEGIN;\nSET TRANSACTION ISOLATION LEVEL REPEATABLE READ;\nSELECT 1;\nCOMMIT;")

    assert found.begin == ("BEGIN", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    assert found.body.split() == [";", ";", "SELECT", "1;", ";"]
    assert whole("START TRANSACTION READ ONLY;\nSELECT 1;\nEND;").begin == ("START TRANSACTION READ ONLY",)


def test_settings_may_stand_around_a_files_own_transaction() -> None:
    """As pg_dump and editors write them."""
    assert isinstance(shape("SET client_encoding = 'UTF8';\nBEGIN;\nSELECT 1;\nCOMMIT;\n"), OneTransaction)


def test_savepoints_stay_in_the_transaction() -> None:
    """They are the file's own affair."""
    found = whole("SAVEPOINT s;\nSELECT 1;\nROLLBACK TO s;\n")

    assert [item.control for item in found.statements] == ["savepoint", "", "savepoint"]


@pytest.mark.parametrize(
    "text",
    [
        "CREATE INDEX CONCURRENTLY i ON t (a);",
        "BEGIN; SELECT 1; COMMIT; SELECT 2;",
        "SELECT 1; BEGIN; SELECT 2; COMMIT;",
        "BEGIN; SELECT 1; COMMIT; BEGIN; SELECT 2; COMMIT;",
        "BEGIN; SELECT 1; COMMIT AND CHAIN; SELECT 2; COMMIT;",
        "BEGIN; SELECT 1; ROLLBACK;",
        "SELECT 1; COMMIT; SELECT 2;",
        "BEGIN; SELECT 1;",
        "ALTER TYPE e ADD VALUE 'new'; SELECT 'new'::e;",
        "DO $$ BEGIN COMMIT; END $$;",
    ],
)
def test_what_cannot_be_one_transaction_is_stepwise(text: str) -> None:
    """What PostgreSQL refuses inside of one, and transactions of the file's own that ours cannot stand for."""
    assert isinstance(shape(text), Stepwise)


def test_a_file_may_ask_to_run_statement_by_statement() -> None:
    """With `transaction = off`."""
    assert units("SELECT 1; SELECT 2;", transaction=False) == [(["SELECT 1"], "", True), (["SELECT 2"], "", True)]


def test_a_block_of_the_files_own_is_one_unit() -> None:
    """It commits together with its record; a ROLLBACK of the file's leaves nothing but the record."""
    text = "VACUUM; BEGIN; SELECT 1; SELECT 2; COMMIT; BEGIN READ ONLY; SELECT 3; ROLLBACK; SELECT 4;"

    assert units(text) == [
        (["VACUUM"], "", True),
        (["SELECT 1", "SELECT 2"], "BEGIN", True),
        (["SELECT 3"], "BEGIN READ ONLY", False),
        (["SELECT 4"], "", True),
    ]


def test_a_chained_block_opens_the_next_one() -> None:
    """COMMIT AND CHAIN begins a transaction with the same properties, ROLLBACK AND CHAIN too."""
    text = "BEGIN READ ONLY; SELECT 1; COMMIT AND CHAIN; SELECT 2; ROLLBACK AND CHAIN; SELECT 3; COMMIT;"

    assert units(text) == [
        (["SELECT 1"], "BEGIN READ ONLY", True),
        (["SELECT 2"], "BEGIN READ ONLY", False),
        (["SELECT 3"], "BEGIN READ ONLY", True),
    ]


def test_a_unit_knows_where_it_begins() -> None:
    """Its index is that of its first statement in the file: what a message says was done."""
    found = shape("VACUUM; BEGIN; SELECT 1; COMMIT; SELECT 2;")

    assert isinstance(found, Stepwise)
    assert [unit.index for unit in found.units] == [0, 2, 4]


def test_a_unit_shares_a_transaction_with_its_record_where_it_can() -> None:
    """A VACUUM alone cannot; of a procedure nobody knows whether it commits."""

    def unit(text: str, begin: str = "") -> Unit:
        return Unit(read_statements(text), begin, keeps=True, index=0)

    assert not unit("VACUUM").transactional
    assert not unit("CALL p()").transactional
    assert unit("CALL p()", "BEGIN").transactional
    assert unit("SELECT 1").transactional
    assert unit("SELECT 1", "BEGIN").transactional
