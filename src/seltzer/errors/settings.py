"""The settings are wrong: found before anything ran, exit code 2."""

from __future__ import annotations

from seltzer.errors.base import SeltzerError


class SettingsError(SeltzerError):
    """Something the user set, or did not set, has to change first."""

    exit_code = 2


class UnknownSettingError(SettingsError):
    """A name that is no setting; the hint has the nearest one."""


class InvalidSettingError(SettingsError):
    """A setting whose value is not of its type."""


class InvalidDatabaseError(SettingsError):
    """A database text that cannot be read; it is never repeated, not even in part."""


class NotConfiguredError(SettingsError):
    """No database is configured anywhere; the message says where was looked."""


class NoServerBinariesError(SettingsError):
    """A private server was asked for, and no PostgreSQL programs were found to run one."""


class NotEmbeddedError(SettingsError):
    """What is only for an embedded database was asked of another one."""


class UnknownRuleError(SettingsError):
    """A name that is no rule of a check; the hint has the nearest three."""


class UsageError(SettingsError):
    """A command line that cannot be understood."""
