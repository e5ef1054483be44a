"""Throw-away databases: a server that is kept warm, states of the schema as templates, a clone for each trial."""

from seltzer.shadow.clone import Clone, clone
from seltzer.shadow.globals import Globals, read_globals, restore_globals
from seltzer.shadow.server import open_shadow
from seltzer.shadow.shadow import Shadow, Whose
from seltzer.shadow.template import ensure_template

__all__ = [
    "Clone",
    "Globals",
    "Shadow",
    "Whose",
    "clone",
    "ensure_template",
    "open_shadow",
    "read_globals",
    "restore_globals",
]
