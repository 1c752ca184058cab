#!/usr/bin/python3
"""Compliance scanners and TMOUT: they find it with our files in /etc/profile.d, and do not without.

    tests/support/throwaway tests/integration/tmout_scanners_test.py

Two kinds of them, and both read the text of the files, not what a shell makes of it:

 * greps: those of CIS's benchmarks (of old, and since 2024), of the STIGs, and of SCAP content newer or older than
   Debian's, with the limit each of them sets;
 * OpenSCAP with the SCAP Security Guide's own content. A rule of another distribution is "not applicable" here, so
   it is the definition behind the rule (OVAL) that is evaluated, with each limit that the guide's profiles for that
   distribution give to the rule.

Writes to /etc, so it runs in a throwaway machine only.
"""

import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SOURCES = sorted((pathlib.Path(__file__).resolve().parents[2] / "etc/profile.d").glob("*.sh"))
PROFILE_D = pathlib.Path("/etc/profile.d")
INSTALLED = [PROFILE_D / source.name for source in SOURCES]
OURS = 300  # what the files fall back to

CONTENT = pathlib.Path("/usr/share/xml/scap/ssg/content")
PRODUCTS = ["rhel7", "rhel8", "rhel9", "sle12", "sle15", "ubuntu2004", "ubuntu2204"]
DEFINITION, VARIABLE = "oval:ssg-accounts_tmout:def:1", "oval:ssg-var_accounts_tmout:var:1"
VARIABLES = f"""<?xml version="1.0" encoding="UTF-8"?>
<oval_variables xmlns="http://oval.mitre.org/XMLSchema/oval-variables-5"
                xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5">
  <generator>
    <oval:schema_version>5.11</oval:schema_version>
    <oval:timestamp>2000-01-01T00:00:00</oval:timestamp>
  </generator>
  <variables><variable id="{VARIABLE}" datatype="int" comment="limit"><value>%d</value></variable></variables>
</oval_variables>
"""


# --- greps ---------------------------------------------------------------------------------------------------


def scanned() -> list[pathlib.Path]:
    """The files in which every scanner looks."""
    files = [pathlib.Path("/etc/bash.bashrc"), pathlib.Path("/etc/profile"), *sorted(PROFILE_D.glob("*.sh"))]
    return [file for file in files if file.is_file()]


def grep(options: str, pattern: str, file: pathlib.Path) -> list[str]:
    """What the real grep prints: its regular expressions are what the benchmarks are written in."""
    result = subprocess.run(["grep", *options.split(), "--", pattern, file], capture_output=True, text=True)
    if result.returncode > 1 or result.stderr:
        raise RuntimeError(f"grep {options} {pattern!r} {file}: {result.stderr}")
    return result.stdout.splitlines()


UP_TO_900 = r"(900|[1-8][0-9][0-9]|[1-9][0-9]|[1-9])"
CIS_RIGHT = [
    rf"^\s*([^#]+\s+)?TMOUT={UP_TO_900}\b",
    rf"^\s*([^#]+;\s*)?readonly\s+TMOUT(\s+|\s*;|\s*$|={UP_TO_900})\b",
    rf"^\s*([^#]+;\s*)?export\s+TMOUT(\s+|\s*;|\s*$|={UP_TO_900})\b",
]
CIS_WRONG = r"^\s*([^#]+\s+)?TMOUT=(9[0-9][1-9]|9[1-9][0-9]|0+|[1-9]\d{3,})\b"


def cis_until_2023() -> str:
    """A file in which a right number, readonly and export are found; and a wrong number in none."""
    wrong = [str(file) for file in scanned() if grep("-P", CIS_WRONG, file)]
    right = [file for file in scanned() if all(grep("-P", pattern, file) for pattern in CIS_RIGHT)]
    return f"wrong in {wrong}" if wrong else "" if right else "not configured"


CIS_MENTIONED = r"^([^#\n\r]+)?\bTMOUT\b"
CIS_NUMBER = r"^([^#\n\r]+)?\bTMOUT=\d+\b"
CIS_READONLY = r"^\h*(typeset\h\-xr\hTMOUT=\d+|([^#\n\r]+)?\breadonly\h+TMOUT\b)"
CIS_EXPORT = r"^\h*(typeset\h\-xr\hTMOUT=\d+|([^#\n\r]+)?\bexport\b([^#\n\r]+\b)?TMOUT\b)"


def cis_since_2024() -> str:
    """Every file that mentions TMOUT must have one number, and one only (what is behind the "=" goes into a
    comparison as it is, all lines of it), with readonly and export."""
    mentioned = [file for file in scanned() if grep("-P", CIS_MENTIONED, file)]
    for file in mentioned:
        numbers = [line.split("=")[1] for line in grep("-Po", CIS_NUMBER, file)]
        if len(numbers) != 1 or not numbers[0].isdigit() or not 0 < int(numbers[0]) <= 900:
            return f"{file}: its numbers are {numbers}"
        if not grep("-P", CIS_READONLY, file) or not grep("-P", CIS_EXPORT, file):
            return f"{file}: no readonly or no export"
    return "" if mentioned else "not configured"


def stig_ubuntu() -> str:
    """UBTU-22-412030: a person looks at this grep's output; 0, or a comment, is a finding."""
    lines = [line for file in scanned() for line in grep("-E", r"\bTMOUT=[0-9]+", file)]
    findings = [line for line in lines if "#" in line or not 0 < int(re.search(r"TMOUT=(\d+)", line)[1]) <= 900]
    return f"finding: {findings}" if findings else "" if lines else "not configured"


def scap(pattern: str, limit: int):
    """A pattern as SCAP content applies it: to a whole file. Newer content wants all that it finds to be right."""

    def check() -> str:
        found = [value for file in scanned() for value in re.findall(pattern, file.read_text(), re.MULTILINE)]
        wrong = [value for value in found if not value.isdigit() or not 0 < int(value) <= limit]
        return f"cannot use {wrong}" if wrong else "" if found else "not configured"

    return check


GREPS = [
    ("CIS benchmarks until 2023, 1 to 900", cis_until_2023),
    ("CIS benchmarks since 2024, 1 to 900", cis_since_2024),
    ("STIG Ubuntu, up to 900", stig_ubuntu),
    ("SCAP for RHEL, up to 600", scap(r"^[\s]*declare[\s]+-xr[\s]+TMOUT=([\w$]+).*$", 600)),
    ("SCAP for RHEL, newer, up to 600", scap(r"^[\s]*(?:typeset|declare)[\s]+-xr[\s]+TMOUT=([\w$]+).*$", 600)),
    ("SCAP for SLE and Ubuntu, up to 600", scap(r"^[\s]*TMOUT=([\w$]+)[\s]*readonly TMOUT[\s]*export TMOUT$", 600)),
    ("SCAP before 2021, up to 600", scap(r"^[\s]*TMOUT=([\w$]+).*$", 600)),
]


# --- OpenSCAP ------------------------------------------------------------------------------------------------


def limits(product: str) -> set[int]:
    """The seconds that the guide's profiles for a product allow, and what holds without a profile."""
    text = (CONTENT / f"ssg-{product}-xccdf.xml").read_text()
    value = re.search(r'<[\w.:-]*Value\b[^>]*value_var_accounts_tmout".*?</[\w.:-]*Value>', text, re.DOTALL)[0]
    choices = {selector: int(number) for selector, number in
               re.findall(r'<[\w.:-]*value(?: selector="(\w+)")?>(\d+)<', value)}
    chosen = re.findall(r'refine-value\b[^>]*value_var_accounts_tmout"[^>]*selector="(\w+)"', text)
    return {choices[selector] for selector in {"", *chosen}}


def evaluate(product: str, limit: int) -> str:
    """true or false; error where the scanner could not make sense of what it found."""
    with tempfile.NamedTemporaryFile("w", suffix=".xml") as variables:
        variables.write(VARIABLES % limit)
        variables.flush()
        command = ["oscap", "oval", "eval", "--variables", variables.name, "--id", DEFINITION,
                   CONTENT / f"ssg-{product}-oval.xml"]
        result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    verdict = re.search(rf"^Definition {re.escape(DEFINITION)}: (.*)$", result.stdout, re.MULTILINE)
    return verdict[1] if verdict else f"no verdict: {result.stdout.strip()}"


# --- running -------------------------------------------------------------------------------------------------


def require_machine() -> None:
    if os.environ.get("IDLED_THROWAWAY") != "1":
        sys.exit("this test writes to /etc: run it as tests/support/throwaway tests/integration/tmout_scanners_test.py")
    missing = set() if shutil.which("oscap") else {"openscap-scanner"}
    for product in PRODUCTS:
        if not (CONTENT / f"ssg-{product}-oval.xml").exists():
            missing.add("ssg-debderived" if product.startswith("ubuntu") else "ssg-nondebian")
    if missing:
        sys.exit(f"FAIL: OpenSCAP or its content is missing; apt-get install {' '.join(sorted(missing))}")


def install() -> None:
    for source in SOURCES:
        shutil.copy(source, PROFILE_D)


def remove() -> None:
    for file in INSTALLED:
        file.unlink(missing_ok=True)


def set_number(number: int) -> None:
    """As an administrator would, by the advice at the head of idled.sh."""
    for file in INSTALLED:
        file.write_text(re.sub(rf"\bTMOUT={OURS}\b", f"TMOUT={number}", file.read_text()))


class Results:
    def __init__(self):
        self.passed = self.failed = 0

    def add(self, name: str, found: str, wanted: str) -> None:
        right = found == wanted
        self.passed, self.failed = self.passed + right, self.failed + (not right)
        print(f"ok   {name}: {found}" if right else f"FAIL {name}: {found}; wanted {wanted}", flush=True)


def run_greps(results: Results) -> None:
    remove()
    for name, check in GREPS:
        results.add(f"{name}: without idled", check(), "not configured")
    install()
    for name, check in GREPS:
        results.add(f"{name}: with idled", check() or "found", "found")
    for number in (0, 901):
        install()
        set_number(number)
        for name, check in GREPS:
            results.add(f"{name}: {number} in our files", "found" if check() == "" else "refused", "refused")


def run_openscap(results: Results) -> None:
    def run_all(title: str, table) -> None:
        """table: (product, limit, wanted verdict). Nothing changes in /etc while these run side by side."""
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            verdicts = list(pool.map(lambda row: evaluate(row[0], row[1]), table))
        for (product, limit, wanted), verdict in zip(table, verdicts):
            results.add(f"OpenSCAP, {product}, up to {limit}: {title}", verdict, wanted)

    allowed = {product: sorted(limits(product)) for product in PRODUCTS}
    remove()
    run_all("without idled", [(product, max(allowed[product]), "false") for product in PRODUCTS])
    install()
    run_all("with idled", [(product, limit, "true") for product in PRODUCTS for limit in allowed[product]])
    # That it is our number, and no other, which they read.
    run_all("with idled", [(product, OURS, "true") for product in PRODUCTS])
    run_all("with idled", [(product, OURS - 1, "false") for product in PRODUCTS])


def main() -> int:
    require_machine()
    results = Results()
    run_greps(results)
    run_openscap(results)
    print(f"{results.passed} passed, {results.failed} failed")
    return 1 if results.failed or not results.passed else 0


if __name__ == "__main__":
    sys.exit(main())
