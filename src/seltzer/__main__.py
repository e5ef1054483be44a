"""`python -m seltzer`."""

from __future__ import annotations

import sys

from seltzer.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
