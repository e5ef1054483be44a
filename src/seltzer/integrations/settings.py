"""The settings of the project whose tests run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from seltzer.config import Config, Source, read_config

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def read_settings(arguments: Mapping[str, str | None], folders: Sequence[Path]) -> Config:
    """The settings of a project, as the command line finds them.

    Args:
        arguments: Those that were given, by keyword; paths in them are absolute.
        folders: Where the project may be: the first with migrations is it.

    Raises:
        SettingsError: A value is none of its setting's.
    """
    found = [
        read_config(arguments, given_as=Source.FLAG, environ=os.environ, working_folder=folder, file=None)
        for folder in folders
    ]
    return next((config for config in found if config.migrations.is_dir()), found[0])
