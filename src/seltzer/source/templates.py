"""The texts that `init` writes."""

from __future__ import annotations

INIT = '''"""Database migrations, applied by run_all_migrations() when the application starts."""
from seltzer import Migrations
run_all_migrations = Migrations(__file__).run_all
'''

SETTINGS = """
[tool.seltzer]
migrations = "{migrations}"
# database = "embedded"  # a private PostgreSQL for development; without it the application's own is looked for
"""
