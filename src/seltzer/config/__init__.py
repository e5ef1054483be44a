"""The settings: one table, four sources, one frozen `Config`.

`seltzer.config.database` is not loaded with the room: it needs psycopg, which a command without a database does not.
"""

from seltzer.config.settings import (
    SETTINGS,
    Config,
    Late,
    NewModule,
    Numbering,
    Origin,
    Policy,
    Setting,
    Source,
)
from seltzer.config.sources import read_config
from seltzer.config.values import HistoryName

__all__ = [
    "SETTINGS",
    "Config",
    "HistoryName",
    "Late",
    "NewModule",
    "Numbering",
    "Origin",
    "Policy",
    "Setting",
    "Source",
    "read_config",
]
