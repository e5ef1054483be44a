"""A section for each setting, from the table in the code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generated.markdown import cell, section, table, words
from generated.verbs import commands_with
from seltzer.config import SETTINGS

if TYPE_CHECKING:
    from seltzer.config import Setting


def setting_sections() -> str:
    """All settings in the order of the table."""
    return "\n".join(
        section(f"setting-{setting.name}", f"`{setting.name}`", words(setting.sentence), _facts(setting))
        for setting in SETTINGS
    )


def _facts(setting: Setting) -> str:
    flags = ", ".join(f"`seltzer {verb}`" for verb in commands_with(setting.flag))
    rows = [
        ["value", words(setting.type.legal)],
        ["default", cell(setting.default or "") or "none"],
        ["settings file", cell(setting.name)],
        ["environment", cell(setting.variable)],
        ["command line", f"`{setting.flag}`, of {flags}" if flags else "no flag"],
        ["Python", cell(f"{setting.keyword}=")],
    ]
    if setting.operations_win:
        rows.append(["first found", "a flag, then the environment, then an argument in code"])
    return table(["", ""], rows)
