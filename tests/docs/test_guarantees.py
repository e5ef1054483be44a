"""The page of guarantees names tests that exist, and as many trials as there are."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from faults.trials import JOBS, RUNS, SEEDS, Kind

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
ROWS = [line.strip("|").split("|") for line in PAGE.splitlines() if line.startswith("| ") and "promise |" not in line]
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))
POINTS = len(Kind) * len(JOBS) * len(SEEDS) * RUNS


@pytest.mark.parametrize(("file", "name"), NAMED, ids="::".join)
def test_every_test_that_is_named_exists(file: str, name: str) -> None:
    """A function of that name in that file."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))

    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_promise_has_a_test_and_a_number_of_trials() -> None:
    """Three cells: a sentence, at least one test, how often."""
    assert ROWS
    for promise, tests, trials in ROWS:
        assert promise.strip().endswith("."), promise
        assert re.findall(r"`tests/[\w/]+\.py::\w+`", tests), promise
        assert trials.strip(), promise


def test_the_number_of_points_is_the_one_that_is_tried() -> None:
    """On the page and where README quotes it."""
    assert POINTS >= 200
    assert f"| {POINTS} runs on each server |" in PAGE
    assert f"{POINTS} random points" in " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
