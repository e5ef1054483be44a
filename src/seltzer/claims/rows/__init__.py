"""Rows for the tables of a throw-away database: they satisfy every constraint, and are as awkward as those allow."""

from seltzer.claims.rows.closure import Wanted
from seltzer.claims.rows.fill import Filled, fill_tables

__all__ = ["Filled", "Wanted", "fill_tables"]
