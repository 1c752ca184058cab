"""logind's StopIdleSessionSec beside idled, on a booted Debian 12: run by `tests/boot/run bench`.

On Debian 13, which has no utmp, logind ends no login over ssh: there is nothing to be compared with.
"""

import statistics
import sys
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE.parent), str(HERE.parents[1] / "boot")]
from forgotten import LIMIT, people  # noqa: E402
from support import SERVICE, Crowd, Measured, Plot, Row, main, median_row, resident, say, timed, used_while  # noqa: E402
import booted  # noqa: E402
from booted import BootedMachine, apt, must  # noqa: E402
from idled_testing.waiting import wait_until  # noqa: E402

LOGINS, AT_ONCE = 120, 24
CROWD, CROWDS_LIMIT = 1000, 120  # whose opening takes less than the limit
SETTLED = 15
LOGIND_CONF = Path("/etc/systemd/logind.conf.d/50-idle.conf")
PAM_STACK = Path("/etc/pam.d", SERVICE)


def measure(quick: bool) -> Measured:
    del quick
    machine = BootedMachine()
    stop_idle_after(LIMIT)
    (late,) = people([(lambda: machine.login("bob"), LOGINS, AT_ONCE)])
    say(f"logind: from {min(late):.2f} to {max(late):.2f} s")

    PAM_STACK.write_text("session required pam_systemd.so\n")
    stop_idle_after(CROWDS_LIMIT)
    logind = costs_of_a_limit({"logind": pid_of("systemd-logind.service"), "systemd": 1})

    stop_idle_after(None)
    apt("install", booted.package())
    PAM_STACK.write_text("session required pam_systemd.so\nsession optional pam_idled.so\n")
    booted.use_policy(machine, {"defaults": {"idle": f"{CROWDS_LIMIT}s", "warn": ["60s"]}})
    ours, theirs = [], []

    def list_them() -> None:
        for _ in range(5):
            ours.append(timed(["idlectl", "list"]) * 1e3)
            theirs.append(timed(["loginctl", "list-sessions"]) * 1e3)

    idled = costs_of_a_limit({"idled": booted.main_pid(), "logind": pid_of("systemd-logind.service"), "systemd": 1},
                             list_them)
    memory = {name: resident(pid) / 1e6 for name, pid in
              {"idled": booted.main_pid(), "logind": pid_of("systemd-logind.service")}.items()}
    how = (f"{CROWD:,} logins on a booted Debian 12, each of logind's sessions, too; a limit of {CROWDS_LIMIT} s that "
           "ends them; once by logind's StopIdleSessionSec, and once by idled")
    return Measured(
        [Row("logind's StopIdleSessionSec: earliest logout", -min(late), "s before the limit",
             how=f"{LOGINS} logins by ssh on a booted Debian 12, as of idled in the plot"),
         Row("logind's StopIdleSessionSec: latest logout", max(late), "s after the limit"),
         Row("processor time to watch a login for a limit and end it", idled["idled"], "µs",
             beside={"logind": logind["logind"]}, how=how),
         Row("the same, with what logind and systemd have to do for it", sum(idled.values()), "µs",
             beside={"logind": sum(logind.values())}),
         median_row(f"`idlectl list` on a booted system, {CROWD:,} logins", ours, "ms",
                    beside={"loginctl": statistics.median(theirs)}, how="loginctl list-sessions in turn with it"),
         Row("memory on a booted system, after that", memory["idled"], "MB", beside={"logind": memory["logind"]})],
        [Plot("lateness", "", "", {"logind's StopIdleSessionSec": late})])


def stop_idle_after(seconds: int | None) -> None:
    LOGIND_CONF.parent.mkdir(exist_ok=True)
    LOGIND_CONF.write_text(f"[Login]\nStopIdleSessionSec={'infinity' if seconds is None else seconds}\n")
    must("systemctl", "restart", "systemd-logind.service")


def pid_of(unit: str) -> int:
    return int(booted.property_of("MainPID", unit))


def costs_of_a_limit(pids: dict[str, int], meanwhile: Callable[[], None] = lambda: None) -> dict[str, float]:
    """Microseconds a login that each of them uses until all of the crowd have been ended."""
    crowd = Crowd()
    opened = crowd.open(CROWD)
    say(f"{CROWD} logins: {opened}")
    assert opened["seconds"] < CROWDS_LIMIT and crowd.still_in() == CROWD, f"{opened}; {crowd.still_in()} are in"
    meanwhile()
    used = used_while(pids, CROWDS_LIMIT + SETTLED)
    wait_until(lambda: crowd.still_in() == 0, "all of them to be ended", timeout=30)
    say(f"{used}")
    crowd.close()
    return {name: each.cpu / CROWD * 1e6 for name, each in used.items()}


if __name__ == "__main__":
    main(measure)
