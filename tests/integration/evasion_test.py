#!/usr/bin/python3
"""Ways to look busy while nobody types: tests/support/idled_testing/scenarios/evasion.py."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import under_idled  # noqa: E402

if __name__ == "__main__":
    sys.exit(under_idled.main(["evasion"]))
