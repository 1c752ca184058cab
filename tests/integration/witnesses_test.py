#!/usr/bin/python3
"""A kernel that gives fewer witnesses: no inotify, no INET_DIAG. The daemon says at its start which it has, and works.

The kernel is the real one; a seccomp(2) filter, which the daemon inherits, answers as one built without them would.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases, promise  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402
from idled_testing.waiting import now, until  # noqa: E402

PROGRAM, REAL = Path("/usr/sbin/idled"), Path("/usr/sbin/idled.real")
WRAPPER = f"""#!/usr/bin/python3
import ctypes, os, platform, struct, sys
INOTIFY_INIT1, SOCKET = {{"x86_64": (294, 41), "aarch64": (26, 198)}}[platform.machine()]
LOAD, EQUAL, RETURN, ALLOW, ERRNO = 0x20, 0x15, 0x06, 0x7fff0000, 0x00050000
ENOSYS, EAFNOSUPPORT, AF_NETLINK = 38, 97, 16
code = [(LOAD, 0, 0, 0), (EQUAL, 0, 1, INOTIFY_INIT1), (RETURN, 0, 0, ERRNO | ENOSYS),
        (EQUAL, 0, 3, SOCKET), (LOAD, 0, 0, 16), (EQUAL, 0, 1, AF_NETLINK), (RETURN, 0, 0, ERRNO | EAFNOSUPPORT),
        (RETURN, 0, 0, ALLOW)]
program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *one) for one in code))
fprog = struct.pack("HxxxxxxP", len(code), ctypes.addressof(program))
libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, fprog, 0, 0):
    sys.exit("seccomp: " + os.strerror(ctypes.get_errno()))
os.execv("{REAL}", ["{PROGRAM}", *sys.argv[1:]])
"""


@case("the daemon says which witnesses it has, and which it has not")
def _(t):
    said = t.machine.daemon.wait_for("evidence: ")[0] and t.machine.daemon.log.text
    assert "terminal times, unread lines" in said, said
    assert "inotify" not in said and "INET_DIAG" not in said, said
    status = t.machine.idlectl("status", user="root")
    assert status.status == 0 and "terminal times" in status.stdout and "inotify" not in status.stdout, status


@case("who is idle is warned, told why and ended, by the terminal's times alone")
def _(t):
    client = t.login(t.new_user())
    key = client.type("\n")
    promise.assert_logged_out_between(client, key)
    promise.assert_told_why(client)


@case("who comes back after the warning is seen within the second, by looking")
def _(t):
    client = t.login(t.new_user())
    client.type("\n")
    promise.wait_for_warning(client)
    key = client.type("x")
    assert client.wait_for(promise.CANCELLED, 3.5).time - key < 3
    promise.assert_alive_until(client, key + 18, t.machine)


@case("touch once: the doubtful past counts once")
def _(t):
    client = t.login(t.new_user())
    client.type("touch $(tty)\n")
    promise.assert_logged_out_between(client, client.last_key_at, low=20, high=2 * 20 + 9)


@case("who types is kept")
def _(t):
    client = t.login(t.new_user())
    for _ in range(4):
        client.type("x")
        until(now() + 17)
        promise.assert_alive(client)


@case("logins that PAM did not announce are found by looking: dropbear", needs=["dropbear"], timeout=150)
def _(t):
    t.machine.start_dropbear()
    client = t.login(t.new_user(), port=2222)
    key = client.type("\n")
    promise.assert_logged_out_between(client, key)


def prepare():
    machine = Machine()
    PROGRAM.rename(REAL)
    PROGRAM.write_text(WRAPPER)
    PROGRAM.chmod(0o755)
    machine.start_daemon({"defaults": {"idle": "20s", "warn": ["5s"], "tmout": "off"}})
    return machine


sys.exit(cases.main(prepare))
