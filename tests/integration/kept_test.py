#!/usr/bin/python3
"""Who works is kept, and what is not of the idle: tests/support/idled_testing/scenarios/kept.py."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import under_idled  # noqa: E402

if __name__ == "__main__":
    sys.exit(under_idled.main(["kept"]))
