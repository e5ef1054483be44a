"""A project on disk, and the settings read for it as the command line or an application would."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from seltzer.config import Config, Source, read_config
from seltzer.config.database import Database, find_database

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Project:
    """A folder with files, and an environment."""

    root: Path
    environ: dict[str, str] = field(default_factory=dict[str, str])

    def write(self, name: str, text: str) -> Path:
        """A file of the project."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def write_shared_config(self, **values: object) -> None:
        """`shared/config.py` with a `config` that has these attributes."""
        lines = "".join(f"    {name} = {value!r}\n" for name, value in values.items())
        self.write("shared/config.py", f"class Config:\n{lines or '    pass'}\n\n\nconfig = Config()\n")

    def flags(self, file: Path | None = None, /, **flags: object) -> Config:
        """The settings as the command line reads them."""
        return read_config(flags, given_as=Source.FLAG, environ=self.environ, working_folder=self.root, file=file)

    def code(self, **arguments: object) -> Config:
        """The settings as `run_all_migrations` reads them."""
        return read_config(arguments, given_as=Source.ARGUMENT, environ=self.environ, working_folder=self.root)

    def database(self, **flags: object) -> Database:
        """The database that the command line would work on."""
        return find_database(self.flags(**flags), self.environ)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project in a folder of its own."""
    root = tmp_path / "soda"
    root.mkdir()
    return Project(root)
