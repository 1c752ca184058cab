"""How large the module is, and what it needs: it lives inside sshd."""

import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support import BUILD, Measured, Row, main  # noqa: E402


def measure(quick: bool) -> Measured:
    module = BUILD / "pam_module/pam_idled.so"
    stripped = Path("/tmp/pam_idled.so")
    subprocess.run(["strip", "-o", stripped, module], check=True)
    dynamic = subprocess.run(["readelf", "-dW", module], check=True, capture_output=True, text=True).stdout
    needed = re.findall(r"\(NEEDED\).*\[(.*?)\]", dynamic)
    foreign = [name for name in needed if not re.match(r"lib(pam|c)\.so|ld-linux", name)]
    del quick
    return Measured([
        Row("pam_idled.so", stripped.stat().st_size / 1000, "kB", 400, how="stripped"),
        Row("libraries beyond libpam and libc", len(foreign), "", 0, how="readelf -d"),
    ])


if __name__ == "__main__":
    main(measure)
