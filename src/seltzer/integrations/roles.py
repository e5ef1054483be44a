"""Migrations that make roles: a server has one set of them, so each state of theirs gets a private one of its own."""

from __future__ import annotations

import hashlib
import shutil
import time
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from seltzer.integrations.states import StateLab
from seltzer.server import server_status
from seltzer.shadow import Globals, open_shadow, read_globals, restore_globals
from seltzer.shadow.server import find_programs
from seltzer.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from seltzer.config import Config
    from seltzer.config.database import Embedded, Local
    from seltzer.model import Step
    from seltzer.server import Binaries
    from seltzer.shadow import Shadow

KEPT = timedelta(days=7)
"""How long a server of a state is kept that nobody uses: the files have changed since."""

_OWN_DATABASES = frozenset({"postgres", "template0", "template1"})
_NAME = "roles-"


def state_digest(steps: Sequence[Step]) -> str:
    """What tells a state from others."""
    known = [(step.migration.id, step.migration.file.checksum) for step in steps]
    return hashlib.sha256(repr((__version__, known)).encode()).hexdigest()[:16]


def open_roles_server(config: Config, choice: Embedded | Local, digest: str) -> AbstractContextManager[Shadow]:
    """The server of a state; those that were not used for long are removed.

    Raises:
        ServerStartError: It does not start.
    """
    binaries = find_programs(config, choice, config.server_version)
    for home in choice.folder.glob(f"{_NAME}*"):
        if home.name != f"{_NAME}{digest}":
            _remove_unused(home, binaries)
    own = replace(config, shadow=f"embedded:{choice.folder / f'{_NAME}{digest}'}")
    return open_shadow(own, config.server_version)


def _remove_unused(home: Path, binaries: Binaries) -> None:
    status = server_status(home, binaries)
    with suppress(OSError):  # it is gone, or somebody else's
        used = status.server is not None or status.in_use
        if not used and time.time() - status.data.stat().st_mtime > KEPT.total_seconds():
            shutil.rmtree(status.data.parent)
            shutil.rmtree(home, ignore_errors=True)


class RolesLab(StateLab):
    """A lab on a server that has one state alone."""

    def bring(self, parameters: Mapping[str, str], done: int, count: int) -> None:
        """Make the state, on a server without what a run that ended in the middle has left.

        Raises:
            SeltzerError: One of the steps failed.
        """
        if not done:
            now = read_globals(self.shadow)
            restore_globals(self.shadow, _pristine(now, self.shadow.databases.user))
        super().bring(parameters, done, count)


def _pristine(now: Globals, owner: str) -> Globals:
    """What a server has that nobody has used."""
    return Globals(
        {role: words for role, words in now.roles.items() if role == owner or role.startswith("pg_")},
        frozenset(pair for pair in now.memberships if all(name.startswith("pg_") for name in pair)),
        frozenset(name for name in now.tablespaces if name.startswith("pg_")),
        now.databases & _OWN_DATABASES,
    )
