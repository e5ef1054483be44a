"""Migration discovery and execution."""

from seltzer import Migrations

run_all_migrations = Migrations(__file__).run_all
