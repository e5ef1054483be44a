"""`seltzer stats`: how large the tables are, read and nothing written, in a form that `check --stats` takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seltzer.claims.production import read_statistics_file, size_words
from seltzer.config import Source, read_config
from seltzer.errors import InvalidSettingError

if TYPE_CHECKING:
    from pathlib import Path

    from support import Project

TABLES = """
CREATE SCHEMA "Big Shop";
CREATE TABLE "Big Shop".users (id bigint PRIMARY KEY, name text);
INSERT INTO "Big Shop".users SELECT g, repeat('x', 100) FROM generate_series(1, 3000) AS g;
ANALYZE "Big Shop".users;
CREATE TABLE fresh (id int);
"""


def test_tables_with_rows_bytes_and_indexes(project: Project) -> None:
    """Rows as they were counted last, none where nobody counted; names as SQL has to write them."""
    project.database.query(TABLES)

    document = project.run("stats", "--json").json()

    tables = {item["name"]: item for item in document["tables"]}
    users = tables['"Big Shop".users']
    assert document["version"] == 1
    assert users["rows"] == 3000
    assert users["bytes"] > 300_000
    assert [item["name"] for item in users["indexes"]] == ['"Big Shop".users_pkey']
    assert users["indexes"][0]["bytes"] > 10_000
    assert (tables["public.fresh"]["rows"], tables["public.fresh"]["bytes"]) == (None, 0)


def test_it_only_reads(project: Project) -> None:
    """What a server logs of it: looks at the catalog, in a transaction that may not write."""
    project.database.query(TABLES)
    before = project.database.schema()

    assert project.run("stats").code == 0

    assert project.database.schema() == before
    assert project.database.query("SELECT to_regnamespace('seltzer')") == [(None,)]


def test_a_file_is_what_a_check_reads(project: Project) -> None:
    """Written and read again, it says the same; the output of --json does too."""
    project.database.query(TABLES)
    file, printed = project.root / "stats.json", project.root / "printed.json"

    told = project.run("stats", str(file)).out
    printed.write_text(project.run("stats", "--json").out, encoding="utf-8")

    assert read_statistics_file(file) == read_statistics_file(printed)
    assert '"Big Shop".users: ' in told
    assert "written to stats.json" in told


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"version": 2, "tables": []}', '{"version": 1, "tables": [{}]}', None]
)
def test_another_file_is_refused(text: str | None, tmp_path: Path) -> None:
    """It is named, with what to do."""
    file = tmp_path / "stats.json"
    if text is not None:
        file.write_text(text, encoding="utf-8")

    with pytest.raises(InvalidSettingError) as caught:
        read_statistics_file(file)

    assert "seltzer stats" in str(caught.value.hint)
    assert caught.value.place is not None
    assert caught.value.place.file == file


def test_a_file_that_cannot_be_written_is_an_error(project: Project) -> None:
    """With the file's name, exit code 2."""
    outcome = project.run("stats", "nowhere/stats.json", "--json")

    assert outcome.code == 2
    assert outcome.json()["error"]["file"] == "nowhere/stats.json"


@pytest.mark.parametrize(
    ("text", "size_bytes"), [("10MB", 10 << 20), ("512kB", 512 << 10), ("1GB", 1 << 30), ("0", 0), ("77", 77)]
)
def test_a_size_is_written_with_its_unit(text: str, size_bytes: int, tmp_path: Path) -> None:
    """The setting `small-table`."""
    config = read_config({"small_table": text}, given_as=Source.FLAG, environ={}, working_folder=tmp_path)

    assert config.small_table == size_bytes


@pytest.mark.parametrize("text", ["10 MiB", "-1", "1.5GB", "many", ""])
def test_what_is_no_size_is_refused(text: str, tmp_path: Path) -> None:
    """With the words that are legal."""
    with pytest.raises(InvalidSettingError, match="size"):
        read_config({"small_table": text}, given_as=Source.FLAG, environ={}, working_folder=tmp_path)


@pytest.mark.parametrize(
    ("size_bytes", "words"), [(0, "0 bytes"), (1023, "1023 bytes"), (1 << 20, "1 MB"), (3 << 40, "3 TB")]
)
def test_sizes_in_words(size_bytes: int, words: str) -> None:
    """As a person says them."""
    assert size_words(size_bytes) == words
