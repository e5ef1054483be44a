"""Where what can be made anew is kept for a user; by itself, because it takes no psycopg to know."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def cache_folder(environ: Mapping[str, str]) -> Path:
    """The user's folder for what can be made anew; in the temporary place for who has no home."""
    given = environ.get("XDG_CACHE_HOME", "")
    if Path(given).is_absolute():  # the rule of XDG: a relative path is no path
        return Path(given) / "seltzer"
    try:
        home = Path.home()
    except RuntimeError:
        home = Path()
    if not os.access(home, os.W_OK) or not home.is_absolute():
        return Path(tempfile.gettempdir()) / f"seltzer-{os.geteuid()}" / "cache"
    return home / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "seltzer"
