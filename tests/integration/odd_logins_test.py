#!/usr/bin/python3
"""Names with an @ of their own, as a directory gives them; and jobs that look like logins."""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases, promise  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402
from idled_testing.sshd import Sshd  # noqa: E402
from idled_testing.waiting import now, until, wait_until  # noqa: E402

LIMIT = 10
OF_A_DIRECTORY, AT_THE_DOOR = "bob@corp.example", "carol@corp.example"
POLICY = {"defaults": {"idle": f"{LIMIT}s", "warn": ["4s"], "tmout": "off"},
          "rules": [{"name": "bobs", "match": {"user": OF_A_DIRECTORY}, "idle": "30m"}]}
KEEPALIVES = ["ServerAliveInterval=2"]
PORT_OF_PASSWORDS = 2023

# In front of the terminal: reads nothing, and goes from lines to single keys and back.
TURNCOAT = """python3 -c "
import termios, time
print('RE' + 'ADY', flush=True)
time.sleep(1.5)
mode = termios.tcgetattr(0)
while True:
    mode[3] ^= termios.ICANON
    termios.tcsetattr(0, termios.TCSANOW, mode)
    time.sleep(0.7)
"
"""


@case("a name with an @ in it, of a login that is older than the daemon, and of one that is announced")
def _(t):
    user = t.machine.users[OF_A_DIRECTORY]
    for client in (t.machine.older, t.login(OF_A_DIRECTORY)):
        session = t.machine.session_of(client)
        assert (session["user"], session["uid"], session["rule"]) == (OF_A_DIRECTORY, user.uid, "bobs"), session


@case("who has not given their password yet is no login, whatever their name")
def _(t):
    settings = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "PubkeyAuthentication=no"]
    asked = t.run(["ssh", "-p", str(PORT_OF_PASSWORDS), *(word for setting in settings for word in ("-o", setting)),
                   "-l", AT_THE_DOOR, "127.0.0.1"], on_pty=True)
    asked.wait_for("assword", 20)
    t.login("alice")  # makes a terminal, which is the sign to search
    began = now()
    while now() < began + 4:  # which comes two seconds later
        found = [session for session in t.machine.sessions() if session["user"] in (AT_THE_DOOR, "carol")]
        assert not found, found
        until(now() + 0.5)


def job(name, command):
    @case(f"a job that nobody sits at: {name}")
    def _(t):
        done = Path(f"/tmp/{name.replace(' ', '-')}")
        subprocess.run(command(f"sleep {2 * LIMIT + 8}; touch {done}"), check=True)
        wait_until(done.exists, "the job to be done, and not to be ended", timeout=2 * LIMIT + 20)
        assert not [s for s in t.machine.sessions() if s["service"] in ("su-l", "sudo-i", "runuser-l")]


job("su in screen", lambda work: ["screen", "-dmS", "su", "su", "-", "alice", "-c", f"{work}; true"])
job("runuser in screen", lambda work: ["screen", "-dmS", "runuser", "runuser", "-l", "alice", "-c", f"{work}; true"])
job("sudo in tmux", lambda work: ["tmux", "-L", "sudo", "-f", "/dev/null", "new-session", "-d", f"sudo -i sh -c '{work}'"])


# A login that has been looked at before it has a terminal, and then holds as many files as before.
LATE = """
import json, os, pty, socket, sys
spare = os.open("/dev/null", os.O_RDONLY)
daemon = socket.socket(socket.AF_UNIX)
daemon.connect("/run/idled/io.idled.Sessions")
about = {"user": sys.argv[1], "uid": int(sys.argv[2]), "gids": [int(sys.argv[2])], "service": "sshd", "tty": "ssh"}
daemon.sendall(json.dumps({"method": "io.idled.Sessions.Register", "parameters": about}).encode() + b"\\0")
print(daemon.recv(4096).decode(), flush=True)
sys.stdin.readline()
os.close(spare)
shell, master = pty.fork()
if shell == 0:
    os.execvp("sleep", ["sleep", "1000"])
print("on a terminal", master == spare, flush=True)
os.waitpid(shell, 0)
print("ended", flush=True)
"""


@case("a terminal that came in the place of another file is seen")
def _(t):
    user = t.machine.users["alice"]
    login = t.run(["/usr/bin/python3", "-c", LATE, user.name, str(user.uid)])
    login.wait_for('"session":')
    seen = [s for s in t.machine.sessions() if s["leader_pid"] == login.pid]
    assert seen and seen[0]["terminals"] == [], seen
    since = login.type("\n")
    login.wait_for("on a terminal True")
    # It is looked at a limit less its warning later, and idle from its opening on.
    ended = login.wait_for("ended", 3 * LIMIT + 9).time - since
    assert ended >= LIMIT, f"after {ended:.1f} s"


@case("on a noisy connection, a program that goes from mode to mode types nothing")
def _(t):
    client = t.login("alice", settings=KEEPALIVES)
    client.type(TURNCOAT)
    client.wait_for("READY")
    key = client.type("abc\x00")
    # It may count once more as it is seen in the other mode for the first time.
    promise.assert_logged_out_between(client, key, LIMIT, 2 * LIMIT + 9)


def prepare():
    machine = Machine(users=("alice", OF_A_DIRECTORY, AT_THE_DOOR))
    machine.watch_service("su-l", "sudo-i", "runuser-l")
    Sshd(["PasswordAuthentication yes", "KbdInteractiveAuthentication yes"], port=PORT_OF_PASSWORDS)
    machine.older = machine.login(OF_A_DIRECTORY)
    machine.start_daemon(POLICY)
    return machine


if __name__ == "__main__":
    sys.exit(cases.main(prepare))
