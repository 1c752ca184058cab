#!/usr/bin/python3
"""Who opens PAM sessions and is nobody at a terminal: tests/support/idled_testing/scenarios/neighbours.py."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import under_idled  # noqa: E402

if __name__ == "__main__":
    sys.exit(under_idled.main(["neighbours"]))
