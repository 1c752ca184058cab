"""When a login is ended, after its last key: a thousand logouts at random phases."""

import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from forgotten import BLOCK, LIMIT, people  # noqa: E402
from support import Measured, Plot, Row, main, quantile, say  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402
from idled_testing.rlogin import RloginHost  # noqa: E402
from idled_testing.sshd import Sshd  # noqa: E402

SLACK = 0.25
POLICY = {
    "defaults": {"idle": f"{LIMIT}s", "warn": ["4s"], "tmout": "off"},
    "rules": [{"name": "sshd's own limit", "match": {"user": "carol"}, "idle": "never"}],
}
OTHER_PORT = 2200


def measure(quick: bool) -> Measured:
    del quick
    machine = Machine()
    machine.start_daemon(POLICY)
    Sshd(("ChannelTimeout session:shell=" f"{LIMIT}s",), port=OTHER_PORT)
    host = RloginHost()
    wire, channel, terminal = people([
        (lambda: machine.login("alice"), 340, 24),
        (lambda: machine.login("carol", port=OTHER_PORT), 70, 5),
        (lambda: host.login("bob"), 660, 46),
    ])
    say(f"over ssh at the most {max(wire):.2f} s late, by rlogin {max(terminal):.2f} s, "
        f"ChannelTimeout {min(channel):.2f} to {max(channel):.2f} s")
    machine.daemon.stop()
    return Measured(
        [Row("earliest logout, of all", -min(wire + terminal), "s before the limit", 0,
             how=f"{len(wire)} logins by ssh, whose connection is a witness, and {len(terminal)} by a way in like "
                 f"rlogind's, which has none; limit {LIMIT} s; the last key of each at a random phase of the kernel's 8 s"),
         Row("lateness over ssh, median", statistics.median(wire), "s", SLACK,
             how="from the limit to the end of the client"),
         Row("lateness over ssh, 99 of 100", quantile(wire, 0.99), "s"),
         Row("lateness over ssh, latest", max(wire), "s", BLOCK + SLACK),
         Row("lateness by the terminal alone, median", statistics.median(terminal), "s",
             how="from the limit to the end of the login"),
         Row("lateness by the terminal alone, latest", max(terminal), "s", BLOCK + SLACK)],
        [Plot("lateness", f"When a login is ended, after a limit of {LIMIT} s", "seconds after the limit",
              {"idled, over ssh": wire, "idled, by rlogin": terminal, "sshd's ChannelTimeout": channel})])


if __name__ == "__main__":
    main(measure)
