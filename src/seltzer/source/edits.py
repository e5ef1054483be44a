"""New contents of several files at once: shown as a diff, or written all or none."""

from __future__ import annotations

import difflib
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from seltzer.errors import Place, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping
    from pathlib import Path


def diff_of(edits: Mapping[Path, bytes | None], root: Path) -> Iterator[str]:
    """The lines of a unified diff, as `patch -p1` and `git apply` take it.

    Args:
        edits: The new content of each file; None where it goes.
        root: What the shown paths count from.
    """
    for path in sorted(edits):
        before, after = _content(path), edits[path]
        if before == after:
            continue
        name = os.path.relpath(path, root).replace(os.sep, "/")
        yield from (
            line.rstrip("\n")
            for line in difflib.unified_diff(
                _lines(before),
                _lines(after),
                f"a/{name}" if before is not None else "/dev/null",
                f"b/{name}" if after is not None else "/dev/null",
            )
        )


@contextmanager
def put_back_on_error(edits: Mapping[Path, bytes | None]) -> Generator[dict[Path, bytes | None]]:
    """Files as they are, and will be again if anything is raised meanwhile: an interruption, too.

    Args:
        edits: The files that are about to be written or removed.

    Yields:
        Their present content; None of those that are not there.
    """
    before = {path: _content(path) for path in edits}
    try:
        yield before
    except BaseException:
        write_edits(before)
        raise


def write_edits(edits: Mapping[Path, bytes | None]) -> None:
    """Write and remove all of it, or leave all of it as it was.

    Raises:
        UnreadableFileError: One cannot be written.
    """
    before = {path: _content(path) for path in edits}
    done: list[Path] = []
    for path, data in edits.items():
        try:
            done.append(path)
            _put(path, data)
        except OSError as error:
            for other in done:
                if _content(other) != before[other]:
                    _put(other, before[other])
            raise UnreadableFileError(
                f"cannot be written: {(error.strerror or str(error)).lower()}; nothing was changed",
                hint="Check its permissions.",
                place=Place(path),
            ) from None


def _put(path: Path, data: bytes | None) -> None:
    if data is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(data)


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _lines(data: bytes | None) -> list[str]:
    text = (data or b"").decode()
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n\\ No newline at end of file\n"
    return lines
