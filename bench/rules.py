"""Precision and recall for the rules that squawk and Seltzer both have, on files whose labels PostgreSQL confirmed.

    .venv/bin/python bench/rules.py [NAME…]

A file of `rules/` has the cases of one rule of squawk's: `--- defect:`, `--- twin:` (as like one as can be, and
harmless) or `--- debatable:` (shown, not counted). `labels.py` runs each on PostgreSQL first.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from labels import FOLDER, ORACLES, Base
from work import write

from seltzer.server import find_binaries, private_server

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

SQUAWK = Path(__file__).parent / ".peers/python/bin/squawk"
VERSION = 18
_REFUSED = "refused"  # `check` ends with an error that names the statement
_LOCKS = frozenset({"rewrite", "scan", "index-build", "long-lock"})
# A finding of any of them warns of the lock, whichever of the two tools' names it bears.
_SQUAWKS_LOCKS = frozenset(
    {
        "adding-field-with-default",
        "adding-foreign-key-constraint",
        "adding-not-nullable-field",
        "adding-serial-primary-key-field",
        "ban-alter-domain-with-add-constraint",
        "changing-column-type",
        "constraint-missing-not-valid",
        "disallowed-unique-constraint",
        "prefer-repack",
        "require-concurrent-index-creation",
        "require-concurrent-reindex",
    }
)
_BREAKS = frozenset({"dropped", "narrowed", "refused-statement", "renamed", "required", "retyped", "revoked"})
_GUARDS = frozenset({"missing-if-exists", "missing-if-not-exists", "missing-or-replace"})


class Topic(NamedTuple):
    """A rule of squawk's and what corresponds to it.

    Attributes:
        file: The rule of squawk's, which its file of cases is named after.
        claims: What is tried for it.
        ours: Our rules.
        counted: Whether it is part of the sum: a second look at the same cases is not.
    """

    file: str
    claims: tuple[str, ...]
    ours: frozenset[str]
    counted: bool = True

    @property
    def title(self) -> str:
        """Our rules, or where they belong to."""
        many = {_LOCKS: "those of `effects`", _BREAKS: "seven of `backward-compatible`"}.get(self.ours)
        return many or ", ".join(f"`{name}`" for name in sorted(self.ours))


def _topics() -> Iterator[Topic]:
    for name in sorted(_SQUAWKS_LOCKS):
        yield Topic(name, ("effects",), _LOCKS)
    required = frozenset({"required", "refused-statement", "fails-on-rows", "applies"})
    yield Topic("adding-required-field", ("backward-compatible", "survives-rows"), required)
    for name in ("ban-drop-column", "ban-drop-table", "renaming-column", "renaming-table"):
        yield Topic(name, ("backward-compatible",), _BREAKS)
    yield Topic("ban-truncate-cascade", ("survives-rows",), frozenset({"loses-rows"}))
    yield Topic("ban-duplicate-column-assignments", ("effects",), frozenset({"applies"}))
    yield Topic("ban-concurrent-index-creation-in-transaction", ("effects",), frozenset({_REFUSED, "applies"}))
    yield Topic("ban-uncommitted-transaction", ("atomic",), frozenset({_REFUSED}))
    yield Topic("transaction-nesting", ("guidelines", "atomic"), frozenset({"transaction-command", _REFUSED}))
    yield Topic("identifier-too-long", ("guidelines",), frozenset({"long-identifier"}))
    yield Topic("prefer-robust-stmts", ("guidelines", "idempotent"), _GUARDS, counted=False)
    yield Topic("prefer-robust-stmts", ("guidelines", "idempotent"), _GUARDS | {"idempotent"})


class Case(NamedTuple):
    """A labelled file."""

    topic: str
    label: str
    words: str
    text: str

    @property
    def defect(self) -> bool | None:
        """Whether it is one; None where that can be said either way."""
        return {"defect": True, "twin": False}.get(self.label)


@dataclass(slots=True)
class Score:
    """How often a tool was right."""

    found: int = 0
    missed: int = 0
    invented: int = 0

    def count(self, *, said: bool, true: bool | None) -> None:
        """Count one case, if its label is beyond doubt."""
        self.found += said and true is True
        self.missed += not said and true is True
        self.invented += said and true is False

    def __str__(self) -> str:
        """True and false positives, what was missed; precision and recall."""
        said, all_ = self.found + self.invented, self.found + self.missed
        precision = f"{self.found / said:.2f}" if said else "-"
        recall = f"{self.found / all_:.2f}" if all_ else "-"
        return f"{self.found} | {self.invented} | {self.missed} | {precision} | {recall}"

    def plus(self, other: Score) -> Score:
        """Both together."""
        return Score(self.found + other.found, self.missed + other.missed, self.invented + other.invented)


def main(names: Sequence[str]) -> None:
    """Print a row for each rule, and then each case that a tool was wrong about."""
    topics = [topic for topic in _topics() if not names or topic.file in names]
    cases = {topic.file: list(read_cases(FOLDER / f"{topic.file}.sql")) for topic in topics}
    measure({name: found for name, found in cases.items() if found})
    print("| squawk's rule | ours | defects, twins | ours: true | false | missed | precision | recall", end=" ")
    print("| squawk's: true | false | missed | precision | recall |")
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    claims = {topic.file: topic.claims for topic in topics}
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(2) as pool:
        environment = {**os.environ, "XDG_CACHE_HOME": scratch, "PYTHONPYCACHEPREFIX": f"{scratch}/bytecode"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        said = {
            name: list(pool.map(ours, found, repeat(claims[name]), repeat(environment)))
            for name, found in cases.items()
        }
        subprocess.run([_seltzer(), "shadow", "stop"], env=environment, capture_output=True, check=True)
    wrong: list[str] = []
    sums = Score(), Score()
    for topic in topics:
        mine, theirs = _row(topic, cases[topic.file], said[topic.file], wrong if topic.counted else [])
        sums = (sums[0].plus(mine), sums[1].plus(theirs)) if topic.counted else sums
    print(f"| all | | | {sums[0]} | {sums[1]} |\n\n| rule | case | label | ours | squawk's |\n|---|---|---|---|---|")
    print("\n".join(wrong))


def read_cases(path: Path) -> Iterator[Case]:
    """The cases of a file."""
    for part in re.split(r"(?m)^--- ", path.read_text(encoding="utf-8"))[1:]:
        head, _, text = part.partition("\n")
        label, _, words = head.partition(": ")
        yield Case(path.stem, label, words, text)


def measure(cases: Mapping[str, Sequence[Case]]) -> None:
    """Run each case on PostgreSQL; end here where it does not do what the label says."""
    with private_server(find_binaries(VERSION)) as server:
        base = Base(server)
        base.make()
        for name, found in cases.items():
            for case in found:
                seen = ORACLES[name](base, case.text)
                if case.defect is not None and seen is not case.defect:
                    sys.exit(f"{name}: {case.words}: the label is {case.label}, PostgreSQL says otherwise")


def ours(case: Case, claims: Sequence[str], environment: Mapping[str, str]) -> frozenset[str]:
    """The rules that a check of the file finds, behind the file that makes the base."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / "migrations/library/0001_base.sql", (FOLDER / "base.sql").read_text(encoding="utf-8"))
        write(Path(folder) / "migrations/next/0001_case.sql", f"-- seltzer: depends_on = library/0001\n\n{case.text}")
        command = [_seltzer(), "check", "next/0001", "--json", *(f"--only={claim}" for claim in claims)]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if not done.stdout:
        sys.exit(f"{case.topic}: {case.words}: {done.stderr}")
    document: dict[str, Any] = json.loads(done.stdout)
    found = {_name(item) for item in document["findings"]}
    return frozenset(found | {_REFUSED} if document["error"] else found)


def _name(finding: Mapping[str, str]) -> str:
    # One word for two things: a statement of the running release that is refused, and a file that is.
    return "refused-statement" if finding["rule"] == "refused" else finding["rule"]


def squawks(case: Case, *flags: str) -> frozenset[str]:
    """The rules that squawk finds."""
    version = 19 if case.topic == "prefer-repack" else VERSION  # which it has from there on
    with tempfile.NamedTemporaryFile("w", suffix=".sql", encoding="utf-8") as file:
        file.write(case.text)
        file.flush()
        command = [SQUAWK, "--reporter=json", f"--pg-version={version}", *flags, file.name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    return frozenset(item["rule_name"] for item in json.loads(done.stdout or "[]"))


def _row(
    topic: Topic, cases: Sequence[Case], found: Sequence[Collection[str]], wrong: list[str]
) -> tuple[Score, Score]:
    mine, saids = Score(), [bool(topic.ours & set(one)) for one in found]
    for case, said in zip(cases, saids, strict=True):
        mine.count(said=said, true=case.defect)
    theirs, squawk_saids = _better(topic, cases)
    counts = ", ".join(str(sum(case.label == label for case in cases)) for label in ("defect", "twin"))
    print(f"| `{topic.file}` | {topic.title} | {counts} | {mine} | {theirs} |", flush=True)
    for case, said, squawk_said in zip(cases, saids, squawk_saids, strict=True):
        if len({said, squawk_said, case.defect}) > 1:
            answers = " | ".join("said" if one else "silent" for one in (said, squawk_said))
            wrong.append(f"| `{topic.file}` | {case.words} | {case.label} | {answers} |")
    return mine, theirs


def _better(topic: Topic, cases: Sequence[Case]) -> tuple[Score, list[bool]]:
    """What squawk says when it is told that a tool wraps each file in a transaction, or not: whichever is better."""
    tried: list[tuple[Score, list[bool]]] = []
    names = _SQUAWKS_LOCKS if topic.file in _SQUAWKS_LOCKS else {topic.file}
    for flags in ((), ("--assume-in-transaction",)):
        score, saids = Score(), [bool(names & squawks(case, *flags)) for case in cases]
        for case, said in zip(cases, saids, strict=True):
            score.count(said=said, true=case.defect)
        tried.append((score, saids))
    return min(tried, key=lambda item: item[0].missed + item[0].invented)


def _seltzer() -> str:
    return str(Path(sys.executable).parent / "seltzer")


if __name__ == "__main__":
    main(sys.argv[1:])
