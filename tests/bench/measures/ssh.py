"""What pam_idled adds to a login over ssh, beside what the rest of its PAM stack takes."""

import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support import Measured, Row, main, median_row, say, storm  # noqa: E402
from idled_testing.machine import OUR_PAM_LINE, Machine  # noqa: E402
from idled_testing.waiting import now  # noqa: E402

STACK = Path("/etc/pam.d/sshd")
ROUNDS, LOGINS = 15, 8


def measure(quick: bool) -> Measured:
    del quick
    as_shipped = STACK.read_text()  # the machine takes out what greets
    machine = Machine(pam_line="")
    machine.start_daemon({"defaults": {"idle": "10m"}})
    Path("/etc/pam.d/rest").write_text(as_shipped)
    Path("/etc/pam.d/whole").write_text(as_shipped + OUR_PAM_LINE + "\n")
    shares, rests = [], []
    for _ in range(ROUNDS):
        rest = storm("rest", callers=1, rate=50, seconds=1)["median_ms"]
        whole = storm("whole", callers=1, rate=50, seconds=1)["median_ms"]
        rests.append(rest)
        shares.append((whole - rest) / rest)
    added = [added_to_ssh(machine, as_shipped) for _ in range(ROUNDS)]
    machine.daemon.stop()
    return Measured([
        median_row("share that pam_idled adds to sshd's PAM session stack", shares, "", reach=0.1,
                   how="pam_open_session of Debian's /etc/pam.d/sshd with our line and without, in turn; each round the "
                       "median of 50; the rest takes " f"{statistics.median(rests):.2f} ms"),
        Row("`ssh host true`, with our line", statistics.median(one for one, _ in added), "ms",
            beside={"without": statistics.median(other for _, other in added)},
            how=f"real sshd, {ROUNDS} rounds in turn, each the median of {LOGINS}"),
    ])


def added_to_ssh(machine: Machine, stack: str) -> tuple[float, float]:
    """Milliseconds with our line, and without."""
    STACK.write_text(stack + OUR_PAM_LINE + "\n")
    ours = statistics.median(one_login(machine) for _ in range(LOGINS))
    STACK.write_text(stack)
    theirs = statistics.median(one_login(machine) for _ in range(LOGINS))
    say(f"ssh host true: {ours:.1f} ms with, {theirs:.1f} ms without")
    return ours, theirs


def one_login(machine: Machine) -> float:
    began = now()
    client = machine.ssh("alice", "true")
    status = client.wait()
    assert status == 0, client.evidence()
    return ((client.ended_at or now()) - began) * 1e3


if __name__ == "__main__":
    main(measure)
