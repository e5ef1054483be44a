"""Schemas that grew file by file come out the same when Seltzer orders the files, whatever the modules are called."""

from __future__ import annotations

import itertools
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from database.order_actions import ACTIONS, LOOSE, create_table
from database.order_growth import Growth
from seltzer.planning.plan import order_of
from seltzer.source.discover import discover
from seltzer.source.read import read_migration
from support import Database, Project

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path
    from random import Random

    from database.order_growth import File
    from seltzer.server import Binaries, Server

_NUMBERS = itertools.count(1)
_PATHS = (("public",), ("public",), ("app", "public"))


@st.composite
def growths(draw: st.DrawFn, most: int) -> tuple[Growth, Random]:
    """A schema that grew by up to `most` files, and what decides how they are named."""
    random = draw(st.randoms(use_true_random=False))
    growth = Growth(random, random.choice(_PATHS))
    growth.grow([create_table], [])
    for _ in range(random.randint(4, most)):
        growth.grow(ACTIONS, LOOSE)
    return growth, random


def named(files: list[File], random: Random) -> dict[str, str]:
    """The files as they lie in the folder: a module's first may be its first day, loose ones have any name."""
    names = {module: f"{random.choice('abyz')}{random.randint(0, 99):02d}_{module}" for module in _modules(files)}
    found: dict[str, str] = {}
    numbers = dict.fromkeys(names, 0)
    for file in files:
        if file.loose:
            name = f"{random.choice('abyz')}{len(found)}"
        elif not numbers[file.module] and random.random() < 0.6:
            name = "create_tables"
        else:
            name = f"{numbers[file.module] * 3 + 1:04d}_step"
        numbers[file.module] += not file.loose
        found[f"{names[file.module]}/{name}.sql"] = "".join(f"{text};\n" for text in file.statements)
    return found


def _modules(files: list[File]) -> list[str]:
    return sorted({file.module for file in files})


def entries(dump: str) -> list[str]:
    """The statements of a dump in an order that does not depend on when a thing was made; of grants line by line."""
    parts = re.split(r"^--\n-- Name: .*\n--\n", dump, flags=re.MULTILINE)
    kept = [re.sub(r"^(SET default_.*|--.*)\n?", "", part, flags=re.MULTILINE).strip() for part in parts[1:]]
    return sorted("\n".join(sorted(part.splitlines())) if part.startswith("GRANT") else part for part in kept)


@contextmanager
def fresh_database(server: Server, binaries: Binaries) -> Generator[Database]:
    """An empty database for one example."""
    database = Database(server, binaries, f"grown_{next(_NUMBERS)}")
    admin = Database(server, binaries, "postgres")
    admin.query(f"CREATE DATABASE {database.name}")
    yield database
    admin.query(f"DROP DATABASE {database.name} WITH (FORCE)")


def check_growth(server: Server, binaries: Binaries, folder: Path, growth: Growth, random: Random) -> None:
    """Apply the files in Seltzer's order, and compare with the schema that grew in theirs."""
    files = named(growth.files, random)
    note("\n\n".join(f"-- {name}\n{text}" for name, text in files.items()))
    with fresh_database(server, binaries) as grown, fresh_database(server, binaries) as applied:
        with grown.connect() as conn:
            conn.execute(f"SET search_path = {', '.join(growth.path)}".encode())
            for text in files.values():
                conn.execute(text.encode())
        project = Project(folder / applied.name, applied)
        project.folder.mkdir(parents=True)
        project.write(files)
        planned = orders(project.folder, growth.path, random)
        applied_ids = project.migrations(search_path=",".join(growth.path)).apply().applied
        assert planned == [list(applied_ids)] * len(planned)
        came_out, grew = entries(applied.schema()), entries(grown.schema())
        only_here, only_there = set(came_out) - set(grew), set(grew) - set(came_out)
        assert (only_here, only_there) == (set(), set())
        assert len(came_out) == len(grew)


def orders(folder: Path, path: tuple[str, ...], random: Random) -> list[list[str]]:
    """The orders that come of the same files, read one after the other in several sequences."""
    migrations = [read_migration(file, path) for file in discover(folder)]
    known = {item.id: item.file.path for item in migrations}
    found: list[list[str]] = []
    for _ in range(3):
        random.shuffle(migrations)
        found.append(order_of(migrations, known))
    return found


def few(examples: int) -> settings:
    """The same examples at every run, as many as there is time for."""
    checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=examples, derandomize=True, database=None, deadline=None, suppress_health_check=checks)


@few(22)
@given(grown=growths(20))
def test_what_grew_step_by_step_comes_out_the_same(
    server: Server, binaries: Binaries, tmp_path: Path, grown: tuple[Growth, Random]
) -> None:
    """Random schemas, their files in random modules: the plan builds what grew, in whichever sequence it read them."""
    check_growth(server, binaries, tmp_path, *grown)


@pytest.mark.slow
@few(400)
@given(grown=growths(40))
def test_what_grew_step_by_step_comes_out_the_same_many_times(
    server: Server, binaries: Binaries, tmp_path: Path, grown: tuple[Growth, Random]
) -> None:
    """The same, with more and larger schemas."""
    check_growth(server, binaries, tmp_path, *grown)
