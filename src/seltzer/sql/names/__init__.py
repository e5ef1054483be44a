"""What a statement, or a file, provides, needs and removes, read from PostgreSQL's own parse tree."""

from seltzer.model import Names, Options, Spot
from seltzer.sql.names.fold import read_file_names, read_names
from seltzer.sql.names.keys import Key, needed_key, provided_keys
from seltzer.sql.names.result import Parsed

__all__ = [
    "Key",
    "Names",
    "Options",
    "Parsed",
    "Spot",
    "needed_key",
    "provided_keys",
    "read_file_names",
    "read_names",
]
