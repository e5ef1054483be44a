"""Whom the server's programs run as: PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
import stat
from typing import TYPE_CHECKING, NamedTuple

from seltzer.errors import ServerStartError

if TYPE_CHECKING:
    from pathlib import Path

# Accounts that systems have for work of this kind, best first; none is created.
_CANDIDATES = ("postgres", "_postgres", "nobody", "daemon")


class Account(NamedTuple):
    """An unprivileged account of this system."""

    name: str
    uid: int
    gid: int


def server_account() -> Account | None:
    """The existing account that root lends to the server; None when this process is not root.

    Raises:
        ServerStartError: This process is root and the system has none of the usual accounts.
    """
    if os.geteuid() != 0:
        return None
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise ServerStartError(
        f"PostgreSQL does not run as root, and this system has no account named {', '.join(_CANDIDATES)}",
        hint="Run this command as an ordinary user.",
    )


def owner_account(data: Path, otherwise: Account | None) -> Account | None:
    """The account that existing data belongs to, which may have been chosen before a better one was installed."""
    if otherwise is None or not data.is_dir():
        return otherwise
    found = data.stat()
    return Account(f"uid {found.st_uid}", found.st_uid, found.st_gid) if found.st_uid else otherwise


def may_use(path: Path, account: Account | None) -> bool:
    """Whether the account can read and enter (or execute) `path`, as its permission bits and its parents' say."""
    if account is None:
        return True
    try:
        parents_open = all(_allows(parent.stat(), account, stat.S_IXOTH) for parent in path.parents)
        return parents_open and _allows(path.stat(), account, stat.S_IROTH | stat.S_IXOTH)
    except OSError:
        return False


def _allows(found: os.stat_result, account: Account, bits: int) -> bool:
    """Whether the class of the account (owner, group or others) has these bits, given as those of others."""
    if found.st_uid == account.uid:
        bits <<= 6
    elif found.st_gid == account.gid:
        bits <<= 3
    return found.st_mode & bits == bits
