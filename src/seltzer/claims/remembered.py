"""Verdicts from text are remembered: where no file and no setting has changed, nothing is read or parsed again."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seltzer.claims.finding import Finding, Judgement, Verdict
from seltzer.claims.guidelines.verdicts import TextVerdicts
from seltzer.claims.silences import Silence
from seltzer.model import Severity
from seltzer.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seltzer.model import MigrationFile

_FORMAT = 2
# Several projects and branches share the folder; what has not been asked for the longest goes first.
_MOST_KEPT = 20


def key_of(files: Iterable[MigrationFile], settings: Iterable[object], ids: Iterable[str]) -> str:
    """What the verdicts depend on, as a digest: every file with its content, the settings, and who is judged.

    Args:
        files: All of the project.
        settings: What the rules read, in a fixed order.
        ids: The judged migrations.
    """
    parts = [f"{_FORMAT} {__version__}", *(repr(item) for item in settings), *sorted(ids)]
    parts += [f"{file.id} {file.checksum} {file.path} {_way_back(file)}" for file in files]
    return hashlib.sha256("\0".join(parts).encode(errors="surrogateescape")).hexdigest()


def _way_back(file: MigrationFile) -> str:
    """The content of a down file, which is in no checksum."""
    if file.down is None:
        return ""
    try:
        return hashlib.sha256(file.down.read_bytes()).hexdigest()
    except OSError:
        return ""  # what is wrong with it, its reader says


def recall(folder: Path, key: str) -> TextVerdicts | None:
    """The verdicts that were kept under a key; None where there are none, or not any more."""
    path = folder / f"{key}.json"
    try:
        content: Any = json.loads(path.read_bytes())
        os.utime(path)
        shared: list[str] = content["shared"]
        return TextVerdicts(
            [_judgement(item, shared) for item in content["judgements"]],
            [_silence(item) for item in content["silences"]],
        )
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None  # what cannot be read is made again


def keep(folder: Path, key: str, verdicts: TextVerdicts) -> None:
    """Keep verdicts under a key, and let go of old ones; where nothing can be written the next check takes longer."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(json.dumps(_content(verdicts)))  # json.dump is the slow one, written in Python
        Path(name).replace(folder / f"{key}.json")
        kept = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
        for path in kept[:-_MOST_KEPT]:
            path.unlink(missing_ok=True)


def _ends(lines: range | None) -> list[int] | None:
    return None if lines is None else [lines.start, lines.stop]


class _Shared:
    """Texts that thousands of findings share, each once."""

    def __init__(self) -> None:
        self.places: dict[str, int] = {}

    def place(self, text: str) -> int:
        """Where a text stands."""
        return self.places.setdefault(text, len(self.places))


def _content(verdicts: TextVerdicts) -> dict[str, Any]:
    shared = _Shared()
    judgements = [_judgement_content(item, shared) for item in verdicts.judgements]
    silences = [
        [item.rule, item.reason, item.id, str(item.file), item.line, _ends(item.lines)] for item in verdicts.silences
    ]
    return {"shared": list(shared.places), "judgements": judgements, "silences": silences}


def _judgement_content(item: Judgement, shared: _Shared) -> list[Any]:
    findings = [_finding_content(one, shared) for one in item.findings]
    return [item.claim, item.id, item.verdict, item.evidence, findings]


def _finding_content(item: Finding, shared: _Shared) -> list[Any]:
    evidence, why = shared.place(item.evidence), shared.place(item.why)
    return [item.rule, item.severity, shared.place(str(item.file)), item.line, item.message, evidence, why, item.fix]


def _judgement(content: list[Any], shared: list[str]) -> Judgement:
    claim: str
    id_: str
    claim, id_, verdict, evidence, found = content
    return Judgement(
        claim, id_, Verdict(verdict), evidence, tuple(_finding(claim, id_, item, shared) for item in found)
    )


def _finding(claim: str, id_: str, content: list[Any], shared: list[str]) -> Finding:
    places: list[int] = [content[2], content[5], content[6]]
    file, evidence, why = (shared[place] for place in places)
    rule, severity, _, line, message, _, _, fix = content
    return Finding(claim, rule, Severity(severity), id_, _path(file), line, message, evidence, why, fix)


def _silence(content: list[Any]) -> Silence:
    rule, reason, id_, file, line, lines = content
    return Silence(rule, reason, id_, _path(file), line, None if lines is None else range(*lines))


@cache
def _path(text: str) -> Path:
    return Path(text)
