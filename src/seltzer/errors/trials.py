"""A check could not try a migration to its end: exit code 1."""

from __future__ import annotations

from seltzer.errors.base import SeltzerError


class TrialError(SeltzerError):
    """Trying a migration on a throw-away database came to no result; it says nothing about the migration's claims."""


class ReachedElsewhereError(TrialError):
    """A migration that was tried was about to reach another server, or to start a program: both are refused."""


class NoAnswerError(TrialError):
    """The process in which a migration's Python was tried hung, and was ended, or ended by itself."""
