"""The running release keeps working on the new schema: what it sends is sent to the old one and to the new one."""

from seltzer.claims.compatible.judging import CLAIM, judge

__all__ = ["CLAIM", "judge"]
