#!/usr/bin/python3
"""What looks like somebody's login, and is none, or not theirs alone: servers, and programs under others' names."""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases, promise  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402
from idled_testing.waiting import now, until, wait_until  # noqa: E402

LIMIT = 8
POLICY = {"defaults": {"idle": f"{LIMIT}s", "warn": ["3s"], "tmout": "off"},
          "rules": [{"name": "mosh", "match": {"service": "mosh-server"}, "idle": "never"},
                    {"name": "dave", "match": {"user": "dave"}, "leftovers": "kill"}]}
SERVICE = "hub"

# As JupyterHub does with PAM: it opens sessions of its users in its own process, and their servers are below it.
HUB = """
import ctypes, os, subprocess, sys
pam = ctypes.CDLL("libpam.so.0")
talk = (ctypes.c_void_p * 2)(None, None)
print("READY", flush=True)
for line in sys.stdin:
    name, uid = line.split()
    handle = ctypes.c_void_p()
    assert pam.pam_start(b"hub", name.encode(), ctypes.byref(talk), ctypes.byref(handle)) == 0
    status = pam.pam_open_session(handle, 0)
    server = subprocess.Popen(["sleep", "1000"], user=int(uid))
    print(f"opened {name} {status} {server.pid}", flush=True)
"""

# A program of root's that calls itself mosh-server, and holds a terminal with somebody on it.
FAKE = """
import ctypes, os, pty, time
ctypes.CDLL(None).prctl(15, b"mosh-server", 0, 0, 0)
if pty.fork()[0] == 0:
    os.execvp("sleep", ["sleep", "1000"])
time.sleep(1000)
"""


def is_running(pid):
    return Path(f"/proc/{pid}").exists() and Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"


class Hub:
    def __init__(self, t):
        self.process, self.machine = t.run(["/usr/bin/python3", "-c", HUB]), t.machine
        self.process.wait_for("READY")

    def open(self, name):
        """The pid of the user's server."""
        self.process.type(f"{name} {self.machine.users[name].uid}\n")
        words = self.process.wait_for(f"opened {name} 0 ", 10) and self.process.output.text.split()
        return int(words[-1])

    def sessions(self):
        return [s for s in self.machine.sessions() if s["leader_pid"] == self.process.pid]


@case("a server that opens sessions of several users in its own process is ended for none of them")
def _(t):
    hub = Hub(t)
    alices = hub.open("alice")
    (session,) = hub.sessions()
    kick = t.machine.idlectl("kick", session["id"], user="alice")
    assert kick.status == 4, f"its leader may be others', too: {kick}"

    bobs = hub.open("bob")
    assert hub.sessions() == [], "nobody's login"
    assert any("cannot be ended for one of them" in log.read_text() for log in t.machine.daemon_logs())
    hub.open("alice")
    assert hub.sessions() == []
    assert t.machine.idlectl("kick", "--user", "bob").status == 3
    assert is_running(hub.process.pid) and is_running(alices) and is_running(bobs)


@case("an administrator's kick of what may be a server's ends what is the user's")
def _(t):
    hub = Hub(t)
    carols = hub.open("carol")
    (session,) = hub.sessions()
    assert t.machine.idlectl("kick", session["id"]).status == 0
    wait_until(lambda: not is_running(carols), "carol's server to end")
    assert is_running(hub.process.pid) and hub.sessions() == []


@case("a program under another's name is no login")
def _(t):
    fake = Path("/tmp/fake.py")
    fake.write_text(FAKE)
    client = t.login("alice")
    client.type(f"setsid -f python3 {fake}; cd; ln -s /usr/bin/su sshd\n")
    client.type("(exec -a 'sshd: root@pts/9' ./sshd)\n")
    client.wait_for("assword")
    # When one that is real is found, the search has been.
    other = t.login("bob")
    other.type("LC_ALL=C.UTF-8 mosh-server new -i 127.0.0.1 -- sleep 1000\n")

    def all_found():
        return [(s["user"], s["service"]) for s in t.machine.sessions()]

    wait_until(lambda: ("bob", "mosh-server") in all_found(), "mosh to be found", timeout=20)
    found = all_found()
    assert ("alice", "mosh-server") not in found, found
    assert not [user for user, _ in found if user == "root"], found


@case("leftovers kill: mosh, which was started over a login, is another login and goes on")
def _(t):
    client = t.login("dave")
    client.type("LC_ALL=C.UTF-8 mosh-server new -i 127.0.0.1 -- sleep 1001\n")
    key = client.type("nohup sleep 1002 >/dev/null 2>&1 &\n")

    def mine():
        return [s for s in t.machine.sessions() if (s["user"], s["service"]) == ("dave", "mosh-server")]

    (mosh,) = wait_until(mine, "mosh to be found", timeout=20)
    promise.assert_logged_out_between(client, key, LIMIT, LIMIT + 9)
    wait_until(lambda: subprocess.run(["pgrep", "-f", "^sleep 1002$"], stdout=subprocess.DEVNULL).returncode == 1,
               "what was left running to end")
    until(now() + 1)
    assert is_running(mosh["leader_pid"]), "mosh was ended with the login"
    assert subprocess.run(["pgrep", "-P", str(mosh["leader_pid"])], stdout=subprocess.DEVNULL).returncode == 0
    assert [s["id"] for s in mine()] == [mosh["id"]]


def prepare():
    machine = Machine(users=("alice", "bob", "carol", "dave"))
    Path("/etc/pam.d", SERVICE).write_text("session required pam_idled.so\n")
    machine.start_daemon(POLICY)
    return machine


if __name__ == "__main__":
    sys.exit(cases.main(prepare))
