"""`python -m seltzer`, and the program `seltzer`."""

from __future__ import annotations

import gc
import sys

# A command lives for a moment: looking for garbage in what it loads would take a third of that.
gc.disable()

from seltzer.cli.main import main  # noqa: E402  # after the line above, which is for this import

if __name__ == "__main__":
    sys.exit(main())
