#!/usr/bin/python3
"""Logins that are older than the daemon, on a system without utmp."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import under_idled  # noqa: E402

if __name__ == "__main__":
    sys.exit(under_idled.main(["older logins"], under_idled.machine_without_utmp,
                              under_idled.start_later))
