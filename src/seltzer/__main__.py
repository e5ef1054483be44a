"""`python -m seltzer`, and the program `seltzer`."""

from __future__ import annotations

import gc
import sys

# A command lives for a moment: looking for garbage in what it loads would take a third of that.
gc.disable()

from seltzer.cli.main import main as command  # noqa: E402  # after the line above, which is for these imports
from seltzer.cli.output import keep_stdout_for_results  # noqa: E402


def main() -> int:
    """Run one command; the exit code."""
    keep_stdout_for_results()
    code = command()
    # Likewise at the end, where the interpreter would look through everything once more before it lets go of it.
    gc.freeze()
    return code


if __name__ == "__main__":
    sys.exit(main())
