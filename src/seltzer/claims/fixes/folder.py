"""The migrations folder while it is fixed: files that become several, numbers that move, references that follow."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seltzer.claims.fixes.splitting import CannotSplit
from seltzer.source.rewrite import follow_references

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from seltzer.claims.fixes.splitting import Piece

_NUMBERED = re.compile(r"(?P<number>[0-9]{4,14})_(?P<name>[a-z0-9_]+)(?P<rest>\.down\.sql|\.sql|\.py)")


class FixedFolder:
    """Contents of files as they will be.

    Attributes:
        contents: Every SQL and Python file, by its path.
    """

    def __init__(self, paths: Iterable[Path], reason_not: Callable[[Path], str | None]) -> None:
        """Read the files.

        Args:
            paths: All of them.
            reason_not: Why a file must not be touched; None where it may be.
        """
        self.before = {path: path.read_bytes() for path in paths}
        self.contents = dict(self.before)
        self._reason_not = reason_not
        self._origins = {path: path for path in self.contents}

    def edits(self) -> dict[Path, bytes | None]:
        """What is to be written, and what is to be removed."""
        gone = {path: None for path in self.before if path not in self.contents}
        return gone | {path: data for path, data in self.contents.items() if self.before.get(path) != data}

    def now_at(self, path: Path) -> Path:
        """Where a file is that was at `path`."""
        return next(now for now, before in self._origins.items() if before == path)

    def split(self, path: Path, pieces: Sequence[Piece]) -> list[Path]:
        """Put pieces into the place of a file; later numbers make way where there are none between.

        Returns:
            Where the pieces are.

        Raises:
            CannotSplit: A file that must not be touched is in the way.
        """
        match = _match(path)
        first = int(match["number"])
        moved = self._making_way(path, first, len(pieces) - 1)
        names = _names(match["name"], [piece.suffix for piece in pieces])
        width = len(match["number"])
        made = [path.with_name(f"{first + at:0{width}d}_{name}.sql") for at, name in enumerate(names)]
        words = {_id(old): _id(new) for old, new in moved.items()} | {_id(path): _id(made[-1])}
        words |= {_short(old): _short(new) for old, new in moved.items()} | {_short(path): _short(made[-1])}
        followed = self._followed(words, {path, *moved})
        contents = {moved.get(at, at): followed.get(at, data) for at, data in self.contents.items() if at != path}
        self._origins = {moved.get(at, at): before for at, before in self._origins.items()}
        self.contents = contents | {at: piece.data for at, piece in zip(made, pieces, strict=True)}
        return made

    def _making_way(self, path: Path, number: int, count: int) -> dict[Path, Path]:
        """The later files of the module that get other numbers, with what they are called then."""
        moved: dict[Path, Path] = {}
        free = number + count
        for later in sorted((at for at in self._module(path) if _number(at) > number), key=_number):
            # A way back has the number of what it takes back.
            new = _moved_number(moved, later)
            if new is None:
                if _number(later) > free:
                    break
                free += 1
                new = free
            match = _match(later)
            moved[later] = later.with_name(f"{new:0{len(match['number'])}d}_{match['name']}{match['rest']}")
            reason = self._reason(later)
            if reason is not None:
                raise CannotSplit(f"it becomes {count + 1} files, and {later.name}, which would have to move: {reason}")
        return moved

    def _reason(self, path: Path) -> str | None:
        """Why a file must stay as it is; a piece that was made just now is nobody's yet."""
        return self._reason_not(self._origins[path]) if path in self._origins else None

    def _module(self, path: Path) -> list[Path]:
        return [at for at in self.contents if at.parent == path.parent and _NUMBERED.fullmatch(at.name)]

    def _followed(self, words: dict[str, str], free: set[Path]) -> dict[Path, bytes]:
        """The files whose directives name what moved."""
        found: dict[Path, bytes] = {}
        for at, data in self.contents.items():
            after = follow_references(data, at.suffix, lambda word: words.get(word, word))
            if after == data:
                continue
            reason = self._reason(at) if at not in free else None
            if reason is not None:
                raise CannotSplit(f"{at.parent.name}/{at.name} names it: {reason}")
            found[at] = after
        return found


def _moved_number(moved: dict[Path, Path], path: Path) -> int | None:
    """The new number of those that share a number with `path`."""
    return next((_number(new) for old, new in moved.items() if _number(old) == _number(path)), None)


def _match(path: Path) -> re.Match[str]:
    match = _NUMBERED.fullmatch(path.name)
    if match is None:
        raise CannotSplit("it has no number, and would have to become several files")
    return match


def _number(path: Path) -> int:
    return int(_match(path)["number"])


def _id(path: Path) -> str:
    match = _match(path)
    return f"{path.parent.name}/{match['number']}_{match['name']}"


def _short(path: Path) -> str:
    return f"{path.parent.name}/{_match(path)['number']}"


def _names(name: str, suffixes: Sequence[str]) -> list[str]:
    """A name for each piece, no two alike."""
    found: list[str] = []
    for suffix in suffixes:
        wanted = f"{name}_{suffix}" if suffix else name
        number = 2
        while wanted in found:
            wanted, number = f"{name}_{suffix}_{number}", number + 1
        found.append(wanted)
    return found
