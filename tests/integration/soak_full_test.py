#!/usr/bin/python3
"""soak_test.py for ten minutes, with hundreds of logins at a time."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
import soak_test  # noqa: E402
from idled_testing import cases  # noqa: E402
from idled_testing.cases import case  # noqa: E402


@case("ten minutes, with up to three hundred logins at a time", timeout=1200)
def _(t):
    soak_test.run(t, 600, 300, seed=2)


if __name__ == "__main__":
    sys.exit(cases.main(soak_test.prepare, at_once=1, argv=sys.argv[1:] or ["ten minutes*"]))
