#!/usr/bin/python3
"""Whichever way somebody got in, on a system without utmp whose /proc hides processes from others."""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import under_idled  # noqa: E402


def bare_machine():
    subprocess.run(["mount", "-o", "remount,hidepid=2", "/proc"], check=True)
    return under_idled.machine_without_utmp()


if __name__ == "__main__":
    sys.exit(under_idled.main(["ways in"], bare_machine))
