"""Where findings are, for programs that read them: below the root of the repository, and with a name that stays."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from seltzer.source.python_excerpt import python_place
from seltzer.sql.passwords import without_passwords
from seltzer.sql.redact import safe_excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from seltzer.claims.finding import Finding


_DIRECTIVE = re.compile("-- *seltzer:")


class Located(NamedTuple):
    """A finding with what programs know it by.

    Attributes:
        finding: The finding.
        path: Its file below the root of the repository, with `/`; outside of it the whole path.
        fingerprint: The same for the same finding when lines move, and no other's.
    """

    finding: Finding
    path: str
    fingerprint: str


def located(findings: Iterable[Finding]) -> Iterator[Located]:
    """Findings with their places; equal ones of one file are told apart by their order."""
    seen: Counter[str] = Counter()
    for finding in findings:
        path = path_in_repository(finding.file)
        text = repr((finding.claim, finding.rule, finding.id, path, finding.message))
        seen[text] += 1
        digest = hashlib.sha256(f"{text} {seen[text]}".encode()).hexdigest()
        yield Located(finding, path, digest[:32])


def path_in_repository(file: Path) -> str:
    """A file's path below the next folder above it with a `.git`, else below the working directory."""
    absolute = file.absolute()
    for folder in absolute.parents:
        if (folder / ".git").exists():
            return absolute.relative_to(folder).as_posix()
    here = Path.cwd()
    return absolute.relative_to(here).as_posix() if absolute.is_relative_to(here) else absolute.as_posix()


def excerpt_of(finding: Finding) -> str | None:
    """The line that a finding points at, free of passwords and row values; None where there is none to show."""
    if finding.line is None:
        return None
    if finding.file.suffix == ".py":
        return python_place(finding.file, finding.line).excerpt
    try:
        text = finding.file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None  # what is wrong with the file is what the finding says
    lines = _shown_lines(text)
    if not 0 < finding.line <= len(lines):
        return None
    written = text.split("\n")[finding.line - 1].strip()
    if _DIRECTIVE.match(written):
        return without_passwords(written)  # a comment like any other is masked, but this one is the finding
    return without_passwords(lines[finding.line - 1].rstrip()) or None


@lru_cache(maxsize=8)
def _shown_lines(text: str) -> list[str]:
    """The lines of a file with what is nobody's business masked: once for all findings of it."""
    return safe_excerpt(text, 0, len(text)).split("\n")
