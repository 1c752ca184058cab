"""The build that is tested, and what it is like."""

import os
import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("IDLED_BUILD_DIR") or REPOSITORY / "build/dev")


def is_sanitized() -> bool:
    """Whether the programs run under a sanitizer (the presets asan and tsan)."""
    cache = BUILD / "CMakeCache.txt"
    return cache.exists() and re.search(r"^IDLED_SANITIZE:\w+=.", cache.read_text(), re.MULTILINE) is not None


# How much less a sanitized build can be asked for, where a rate or milliseconds are measured.
SLOWER = 10 if is_sanitized() else 1
