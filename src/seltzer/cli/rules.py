"""The command that explains what a check finds."""

from __future__ import annotations

from typing import Any

import click

from seltzer.cli.flags import output_flags, output_of
from seltzer.cli.group import GROUP
from seltzer.commands.rules import rules
from seltzer.report.rules import rules_content, rules_lines


@GROUP.command("rules")
@click.argument("rule", metavar="[RULE]", required=False)
@output_flags
def rules_command(rule: str | None, **flags: Any) -> int:
    """Show what check looks for: every rule, those of a claim, or the page of one RULE.

    A page says what is wrong, what follows from it, what to write instead, and how to accept it.
    """
    output = output_of("rules", flags)
    result = rules(rule)
    output.result(rules_content(result), rules_lines(result))
    return 0
