"""The reference of the manual, made from the code when the manual is built.

A page under `docs/reference` has lines such as `<!-- generated: settings -->`. When Sphinx reads the page, each of them
becomes what the function of that name says. The sections have ids of their own (`setting-lock-wait`, `verb-apply`,
`error-lock-held`, `exit-code-5`, `json-apply`, `directive-was`, `rule-table-name`), which the tests look for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from generated.directives import directive_sections
from generated.documents import document_sections, error_keys
from generated.errors import error_sections
from generated.history import history_columns
from generated.python import event_sections, python_sections
from generated.rules import rule_sections
from generated.settings import setting_sections
from generated.verbs import verb_sections

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

_PLACE = re.compile(r"^<!-- generated: (\S+) -->$", re.MULTILINE)

CONTENTS: dict[str, Callable[[], str]] = {
    "directives": directive_sections,
    "documents": document_sections,
    "error-keys": error_keys,
    "errors": error_sections,
    "events": event_sections,
    "history-columns": history_columns,
    "python": python_sections,
    "rules": rule_sections,
    "settings": setting_sections,
    "verbs": verb_sections,
}


def setup(app: Sphinx) -> dict[str, bool]:
    """Let Sphinx fill pages while it reads them."""
    app.connect("source-read", _fill)
    app.connect("env-get-outdated", _always_anew)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _fill(_app: Sphinx, _page: str, source: list[str]) -> None:
    source[0] = _PLACE.sub(lambda place: CONTENTS[place[1]](), source[0])


def _always_anew(_app: Sphinx, env: BuildEnvironment, *_pages: AbstractSet[str]) -> list[str]:
    # The code can have changed although the page has not.
    return [page for page in env.found_docs if page.startswith("reference/")]
