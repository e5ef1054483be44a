"""Folders of ours: in the system's temporary place, where others can write too, and in the user's project."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from seltzer.errors import ServerStartError
from seltzer.server.account import Account, may_use
from seltzer.server.locks import exclusive, is_held

if TYPE_CHECKING:
    from collections.abc import Iterator

SOCKET_NAME = ".s.PGSQL.5432"
# The kernel's limit is 104 bytes on macOS and 108 on Linux, the closing NUL included.
_SOCKET_PATH_BYTES = 100
_SOCKET_PREFIX = "s-"


def temporary_place(account: Account | None) -> Path:
    """The folder in the system's temporary place that only this user can write to, made at the first call.

    It is short enough for sockets. As root it can be entered, not listed, by others: the account must pass.

    Raises:
        ServerStartError: No temporary place is safe and reachable.
    """
    candidates = [*_candidates()]
    for base in candidates:
        place = base / f"seltzer-{os.geteuid()}"
        fits = len(os.fsencode(place / f"{_SOCKET_PREFIX}12345678" / SOCKET_NAME)) <= _SOCKET_PATH_BYTES
        if fits and _is_trusted(base) and may_use(base, account) and own_folder(place, place_mode(account)):
            return place
    raise ServerStartError(
        f"no temporary place for a private server: {', '.join(map(str, candidates))} "
        "cannot be written, are not safe, or hold a folder of ours that another user made",
        hint="Set TMPDIR to a folder with a short path that belongs to you.",
    )


def _candidates() -> Iterator[Path]:
    yield Path(tempfile.gettempdir()).resolve()
    yield from (Path("/tmp"), Path("/var/tmp"))  # noqa: S108  # only what _is_trusted and own_folder accept is used


def _is_trusted(base: Path) -> bool:
    """Whether nobody but root and this user could put another folder in the place of ours."""
    try:
        found = base.stat()
    except OSError:
        return False
    shared = bool(found.st_mode & (stat.S_IWOTH | stat.S_IWGRP)) and not found.st_mode & stat.S_ISVTX
    return found.st_uid in {0, os.geteuid()} and not shared


def place_mode(account: Account | None) -> int:
    """The permission bits of a folder of ours in which the account has folders of its own."""
    return 0o700 if account is None else 0o711


def own_folder(path: Path, mode: int) -> bool:
    """Make a folder with this mode unless it is there; False when what is there is no folder of this user's."""
    try:
        path.mkdir(mode=mode)
    except FileExistsError:
        pass
    except OSError:
        return False
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        return False
    if stat.S_IMODE(found.st_mode) != mode:  # the umask took some of it
        path.chmod(mode)
    return True


def new_folder(parent: Path, prefix: str, account: Account | None) -> Path:
    """A new folder for the account alone, its name unknown beforehand."""
    path = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    if account is not None:
        os.chown(path, account.uid, account.gid)
    return path


def new_socket_folder(account: Account | None) -> Path:
    """A new folder for the sockets of one start.

    A server whose data folder was deleted under it lives on for up to a minute and then removes its socket:
    with one name for all starts that would be its successor's.
    """
    return new_folder(temporary_place(account), _SOCKET_PREFIX, account)


def discard_socket_folder(path: Path) -> None:
    """Remove a socket folder of ours with what a crash left in it; any other folder stays."""
    if not path.name.startswith(_SOCKET_PREFIX) or path.parent.name != f"seltzer-{os.geteuid()}" or not path.is_dir():
        return
    for name in (SOCKET_NAME, f"{SOCKET_NAME}.lock"):
        (path / name).unlink(missing_ok=True)
    path.rmdir()


def shared_home(folder: Path, major: int, account: Account | None) -> Path:
    """Where the server of a project keeps its data, locks and log: in `folder`, as root in the temporary place."""
    if account is None:
        return folder.resolve() / f"postgres-{major}"
    digest = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
    return temporary_place(account) / f"postgres-{major}-{digest}"


def make_shared_home(folder: Path, home: Path, account: Account | None) -> None:
    """Make the home of a project's server; git ignores the folder, and as root a note in it says where the data is.

    Raises:
        ServerStartError: The home is there and belongs to another user.
        OSError: It cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / ".gitignore", "*\n")
    if not own_folder(home, place_mode(account)):
        raise ServerStartError(
            f"{home} cannot be written or belongs to another user",
            hint="Use the database as that user, remove the folder, or name another one: embedded:DIR.",
        )
    if account is not None:
        note = folder / home.name.rpartition("-")[0] / "where-the-data-is.txt"
        with exclusive(home / "start.lock"):
            if not note.exists() and not is_held(home / "server.lock"):
                # Who removed the project's folder meant the data too.
                shutil.rmtree(home / "data", ignore_errors=True)
            note.parent.mkdir(exist_ok=True)
            _write(note, _NOTE.format(account=account.name, home=home))


_NOTE = """\
The private PostgreSQL server of this folder was started by root, and PostgreSQL does not run as root.
It runs as the account {account}, and its data is in

    {home}

which lives as long as the system keeps its temporary files.
"""


def _write(path: Path, text: str) -> None:
    """Leave a file with this text, whole at any moment; one that has it already is not touched."""
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    descriptor, draft = tempfile.mkstemp(prefix=path.name, dir=path.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    Path(draft).chmod(0o644)
    Path(draft).replace(path)
