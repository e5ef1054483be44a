"""Seltzer."""
