"""Sphinx's settings: `make docs` builds the manual from these pages and from the code."""  # noqa: INP001

import sys
from pathlib import Path

import seltzer

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "Seltzer"
author = "The Seltzer developers"
release = version = seltzer.__version__

extensions = ["myst_parser", "generated"]
# What lies beside the manual is read on its own: the decisions, and whatever has no place in its contents.
include_patterns = [
    "index.md",
    "tutorial.md",
    "how-to/**.md",
    "frameworks/**.md",
    "concepts/**.md",
    "reference/**.md",
    "guarantees.md",
    "real-files.md",
]
exclude_patterns = ["_build", "_ext"]

# Links to headings are written as on any page of the repository.
myst_heading_anchors = 3
myst_links_external_new_tab = True

html_theme = "furo"
html_title = f"Seltzer {release}"
html_copy_source = False
html_show_sourcelink = False
