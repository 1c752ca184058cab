"""The promise to the user as assertions, with messages that say by how much it was broken."""

import re

from .process import Process
from .ssh import Ssh
from .transcript import Seen
from .waiting import TookTooLong, now, shown, wait_until

WARNING = re.compile(r"\*\*\* You will be logged out in (\d+) seconds?, at \d\d:\d\d:\d\d")
CANCELLED = "*** You are back: logout cancelled."


def assert_logged_out_between(client: Process, since: float, low: float = 20.0, high: float = 29.0,
                              late: float = 5.0) -> float:
    """Waits for the client to be logged out, low to high seconds after the last key at `since`; returns how long.

    An idle limit of 20 s may last 28 (the kernel keeps the time of input to 8 s) plus a second for hanging up.
    Waits `late` seconds more, so that what came too late can be told from what never came.
    """
    allowed = f"allowed {low:g} to {high:g} s after the last key at {shown(since).strip()}"
    if not client.ended(max(0.0, since + high + late - now())):
        raise AssertionError(f"{client.name}: STILL LOGGED IN {now() - since:.1f} s after the last key ({allowed})")
    lasted = client.ended_at - since
    when = f"{lasted:.1f} s after the last key, at {shown(client.ended_at).strip()} ({allowed})"
    if lasted < low:
        raise AssertionError(f"{client.name}: logged out {low - lasted:.1f} s EARLY: {when}")
    if lasted > high:
        raise AssertionError(f"{client.name}: logged out {lasted - high:.1f} s LATE: {when}")
    return lasted


def assert_alive(client: Process, machine=None) -> None:
    """The client runs, so does its shell or command, and the daemon (if `machine` runs one) lists its session.

    Nothing is typed to find out: that would be activity.
    """
    if client.ended():
        last = f", {client.ended_at - client.last_key_at:.1f} s after the last key" if client.typed else ""
        raise AssertionError(f"{client.name}: ended at {shown(client.ended_at).strip()} with status "
                             f"{client.status}{last}; it should be alive")
    if not isinstance(client, Ssh) or not client.marked:
        return
    if client.has_tty and not client.processes():
        raise AssertionError(f"{client.name}: the client runs, but no process of its login is left on the server")
    if machine is not None and machine.daemon is not None and machine.session_of(client) is None:
        raise AssertionError(f"{client.name}: is alive, but idlectl list does not show it "
                             f"({client.terminal()}, leader {client.leader_pid()})")


def assert_alive_until(client: Process, moment: float, machine=None) -> None:
    """Watches the client until then."""
    client.ended(max(0.0, moment - now()))
    assert_alive(client, machine)


def assert_nothing_left(client: Ssh, timeout: float = 10.0) -> None:
    """No process of the client's login remains on the server, whatever became of the client."""
    wait_until(lambda: not client.processes(), f"the processes of {client.name} to be gone", timeout)


def assert_all_gone_between(client: Ssh, since: float, low: float = 20.0, high: float = 29.0) -> float:
    """As assert_logged_out_between(), where the client cannot say it: by what runs on the server."""
    try:
        wait_until(lambda: not client.processes(), "", since + high + 5 - now(), every=0.2)
    except TookTooLong:
        raise AssertionError(f"{client.name}: STILL THERE {now() - since:.1f} s after the last key: "
                             f"processes {client.processes()}") from None
    lasted = now() - since
    if not low <= lasted <= high:
        raise AssertionError(f"{client.name}: its processes were gone {lasted:.1f} s after the last key at "
                             f"{shown(since).strip()} (allowed {low:g} to {high:g} s)")
    return lasted


def wait_for_warning(client: Process, timeout: float = 29.0) -> Seen:
    """Waits until the client's terminal shows a warning; [1] is the seconds it says are left."""
    return client.wait_for(WARNING, timeout)


def assert_told_why(client: Process, limit: str = "20 seconds", rule: str = "defaults") -> None:
    """The client, logged out, saw first a warning and then a farewell with the reason."""
    farewell = f"*** Logged out by idled: no input for {limit} (rule: {rule})."
    text = client.output.text
    warning = WARNING.search(text)
    if not warning:
        raise AssertionError(f"{client.name}: was logged out without a warning")
    if farewell not in text[warning.end():]:
        raise AssertionError(f"{client.name}: after the warning there is no {farewell!r}")
