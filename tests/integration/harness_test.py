#!/usr/bin/python3
"""The harness itself: that a throwaway machine is one, that clients are real, and that nothing is left behind.

Run from outside it shows what can be seen only from there, then runs itself in a machine; run in a machine, it
shows the rest. idled is not needed.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True  # the checkout stays as it was
SUPPORT = Path(__file__).resolve().parents[1] / "support"
sys.path.insert(0, str(SUPPORT))

from idled_testing import cases, promise, ssh  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.machine import Machine, utmp_records  # noqa: E402
from idled_testing.waiting import TookTooLong, now, wait_until  # noqa: E402

THROWAWAY = str(SUPPORT / "throwaway")
INSIDE = os.environ.get("IDLED_THROWAWAY") == "1"
PAM_MARK = Path("/run/pam-was-here")


def outside(name, **how):
    return case(name, **how) if not INSIDE else lambda function: function


def inside(name, **how):
    return case(name, **how) if INSIDE else lambda function: function


def throwaway(*arguments, **how):
    return subprocess.run([THROWAWAY, *arguments], capture_output=True, text=True, timeout=30, **how)


# --- from outside ---

@outside("the command's exit status, output and arguments pass through")
def _(t):
    done = throwaway("sh", "-c", 'echo "$1"; echo two >&2; exit 7', "sh", "a  b")
    assert (done.returncode, done.stdout, done.stderr) == (7, "a  b\n", "two\n"), done
    assert throwaway("sh", "-c", "kill -9 $$").returncode == 128 + 9
    assert throwaway("no-such-program").returncode == 127


@outside("standard input is the caller's, or empty")
def _(t):
    assert throwaway("cat", input="typed").stdout == "typed"
    closed = ["bash", "-c", '"$0" readlink /proc/self/fd/0 <&-', THROWAWAY]
    done = subprocess.run(closed, capture_output=True, text=True)
    assert done.stdout == "/dev/null\n", done


@outside("the caller's environment stays outside")
def _(t):
    environment = os.environ | {"LEAK": "1", "PYTHONPATH": "/x", "IDLED_X": "a\nb", "ASAN_OPTIONS": "c", "MINE": "d"}
    seen = throwaway("--keep-env", "MINE", "env", "-0", env=environment).stdout.split("\0")
    assert {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "IDLED_X=a\nb",
            "ASAN_OPTIONS=c", "MINE=d"} <= set(seen), seen
    assert not [entry for entry in seen if re.match("LEAK|PYTHON|PWD|OLDPWD|SUDO", entry)], seen


@outside("the machine is new: processes, terminals, network, name, folders")
def _(t):
    empty = [folder for folder in ("/home", "/root", "/tmp") if not str(SUPPORT).startswith(folder + "/")]
    look = (f"hostname; ls /dev/pts {' '.join(empty)}; ls /sys/class/net; "
            "stat -c '%A %U %G' /run/utmp /tmp /dev/shm; stat -f -c %T /dev/pts; test -e /dev/tty1 || echo no console; "
            "ps -eo args=")
    lines = [line for line in throwaway("sh", "-c", look).stdout.splitlines() if line]
    assert lines[:-3] == ["throwaway", "/dev/pts:", "ptmx", *(f"{folder}:" for folder in empty), "lo",
                          "-rw-rw-r-- root utmp", "drwxrwxrwt root root", "drwxrwxrwt root root",
                          "devpts", "no console"], lines
    assert "supervise.py" in lines[-3] and lines[-2].startswith("sh -c") and lines[-1].startswith("ps "), lines


@outside("settings of the kernel that the host shares cannot be changed")
def _(t):
    change = "echo 1 >/proc/sys/net/ipv4/ip_forward && echo net; echo 99 >/proc/sys/kernel/sysrq || echo refused"
    assert throwaway("sh", "-c", change).stdout == "net\nrefused\n"


@outside("without utmp")
def _(t):
    assert throwaway("--no-utmp", "sh", "-c", "test ! -e /run/utmp").returncode == 0


@outside("orphans are reaped")
def _(t):
    orphan = "(sh -c 'exec sleep 0.2' &); sleep 0.5; ps -eo stat= | grep -c Z"
    assert throwaway("sh", "-c", orphan).stdout == "0\n"


@outside("without the right to make machines: a sentence and ctest's status for skipped")
def _(t):
    plain = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all"]
    done = subprocess.run([*plain, THROWAWAY, "true"], capture_output=True, text=True)
    assert done.returncode == 77 and "may not make a machine" in done.stderr, done


@outside("a checkout in /tmp, and a build folder elsewhere, are at their places; what is written there goes to memory")
def _(t):
    with tempfile.TemporaryDirectory() as clone, tempfile.TemporaryDirectory(prefix="a,b: c") as build:
        subprocess.run(["cp", "-a", SUPPORT.parent, clone], check=True)
        Path(build, "mark").write_text("built\n")
        done = subprocess.run([f"{clone}/tests/support/throwaway", "sh", "-c", 'cat "$IDLED_BUILD_DIR/mark"; pwd; '
                               f"test -x {clone}/tests/support/throwaway && echo readable; touch {clone}/x && echo written"],
                              cwd=clone, env=os.environ | {"IDLED_BUILD_DIR": build}, capture_output=True, text=True)
        assert done.stdout == f"built\n{clone}\nreadable\nwritten\n", done
        assert not Path(clone, "x").exists()


@outside("a file system mounted within / is shown, and not changed")
def _(t):
    # In a mount namespace of its own, so that nothing is left if this test is killed.
    look = ('mount -t tmpfs tmpfs /srv && mkdir "/srv/a b" && mount -t tmpfs tmpfs "/srv/a b" && '
            'cd "/srv/a b" && echo deep >file && "$0" sh -c "cat file; echo inside >file" && cat file')
    done = subprocess.run(["unshare", "--mount", "sh", "-c", look, THROWAWAY], capture_output=True, text=True)
    assert done.stdout == "deep\ndeep\n", done


@outside("a machine within a machine")
def _(t):
    done = throwaway(THROWAWAY, "sh", "-c", "hostname; exit 5")
    assert (done.returncode, done.stdout) == (5, "throwaway\n"), done


@outside("what is changed inside does not change outside")
def _(t):
    changed = "echo x >/etc/passwd; rm -r /usr/share/doc; touch /tmp/left-behind /root/left-behind /var/left-behind"
    assert throwaway("sh", "-c", changed).returncode == 0
    assert len(Path("/etc/passwd").read_text()) > 10
    assert Path("/usr/share/doc").exists()
    assert not [place for place in ("/tmp", "/root", "/var") if Path(place, "left-behind").exists()]


@outside("SIGTERM and SIGINT reach the command, and its status comes back")
def _(t):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        patient = "trap 'echo got it; exit 3' TERM INT HUP; echo up; while :; do sleep .05; done"
        client = t.run([THROWAWAY, "bash", "-c", patient])
        client.wait_for("up", 30)
        client.signal(number)
        assert client.wait() == 3
        client.wait_for("got it")


@outside("killed at any moment, nothing is left: no process, no mount, no folder")
def _(t):
    before, mark = host_state(), f"9{os.getpid()}.5"
    running = 0
    for number, delay in [(signal.SIGKILL, 0.01 * step) for step in range(0, 20, 2)] + [(signal.SIGTERM, 0.05)]:
        client = t.run([THROWAWAY, "sh", "-c", f"sleep {mark} & setsid sleep {mark} & echo up; wait"])
        time.sleep(delay)  # the moments are the subject
        client.signal(number)
        client.wait()
        running += "up" in client.output.text
    client = t.run([THROWAWAY, "sh", "-c", f"setsid sleep {mark} & echo up; wait"])
    client.wait_for("up", 30)
    client.signal(signal.SIGKILL)
    client.wait()
    wait_until(lambda: not processes_with(mark), "the processes to end")
    assert host_state() == before, f"{before}\n{host_state()}"
    t.log(f"{running} of 11 were killed while the command ran")


@outside("whole runs, as tests do: several at once, with and without utmp", timeout=200)
def _(t):
    before = host_state()
    started = now()
    assert throwaway("true").returncode == 0
    t.log(f"one machine took {now() - started:.3f} s")
    # 0.12 s on an idle machine; on a slow one, with other tests beside it, 3 s. More is a wait for something.
    assert now() - started < 9
    runs = [t.run([THROWAWAY, *option, "/usr/bin/python3", __file__]) for option in ([], ["--no-utmp"], [])]
    for run in runs:
        status = run.wait(150)
        assert status == 0, f"status {status}\n{run.output.text}\n{run.errors.text}"
        assert ", 0 failed" in run.output.text, run.output.text
    print("".join(f"    | {line}\n" for line in runs[0].output.text.splitlines()), end="", flush=True)
    assert host_state() == before, f"{before}\n{host_state()}"


def host_state():
    """What a machine could leave behind: mounts, and entries in folders that nothing else is busy in."""
    mounts = sorted(line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines())
    return mounts, {folder: sorted(os.listdir(folder)) for folder in ("/", "/home", "/mnt", "/media", "/srv", "/sys")}


def processes_with(word):
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and word.encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            pass
    return found


# --- in a machine ---

@inside("an ssh login is a terminal: typed text is echoed, commands answer")
def _(t):
    client = t.login("alice")
    typed = client.type("echo one-$((1+1))")
    assert client.wait_for("echo one-$((1+1))").time >= typed
    client.type("\n")
    client.wait_for("\none-2")
    client.prompt()
    assert client.run("id -un; tty") == f"alice\n/dev/{client.terminal()}\n"


@inside("a login ends with its shell's status, at a known moment")
def _(t):
    client = t.login("alice")
    typed = client.type("exit 3\n")
    assert client.wait() == 3
    assert typed <= client.ended_at <= now()
    promise.assert_logged_out_between(client, typed, 0, 5)


@inside("users are separate: homes, ids, groups, what they may read")
def _(t):
    name = t.new_user(groups=["staff", "idled-testers"])
    client = t.login(name)
    assert set(client.run("id -Gn").split()) == {name, "staff", "idled-testers"}
    assert t.login("bob").run("cat ~alice/.ssh/authorized_keys 2>&1 | grep -c denied; whoami") == "1\nbob\n"
    assert t.machine.run("id", "-un", user="carol").stdout == "carol\n"
    assert set(t.machine.run("id", "-Gn", user=name).stdout.split()) == {name, "staff", "idled-testers"}


@inside("root may log in, on each address")
def _(t):
    for host in ("127.0.0.2", "::1"):
        assert t.login("root", host=host).run("echo $SSH_CONNECTION").split()[2] == host


@inside("exit status, output and errors of a command without a terminal")
def _(t):
    client = t.ssh("bob", "tty; echo oops >&2; exit 9", tty=False)
    assert client.wait() == 9
    assert client.output.text == "not a tty\n" and "oops" in client.errors.text, client.output.text
    assert t.ssh("bob", "kill -9 $$", tty=False).wait() == 255


@inside("two logins at once know their own processes, terminals and leaders")
def _(t):
    name = t.new_user()
    one, two = t.login(name), t.login(name)
    assert one.terminal() != two.terminal() and one.leader_pid() != two.leader_pid()
    for client in (one, two):
        assert client.run("echo $$") == f"{client.shell_pid()}\n"
        assert Path(f"/proc/{client.leader_pid()}/cmdline").read_text().startswith(f"sshd: {name} [priv]")


@inside("channels of one connection share its leader, and end one by one")
def _(t):
    name = t.new_user()
    path = f"/tmp/{name}.sock"
    master = t.ssh(name, no_command=True, control=path, master=True)
    wait_until(lambda: Path(path).exists(), "the master's socket")
    one, two = t.login(name, control=path), t.login(name, control=path)
    assert one.leader_pid() == two.leader_pid() and one.terminal() != two.terminal()
    one.type("exit\n")
    assert one.wait() == 0
    promise.assert_nothing_left(one)
    promise.assert_alive(two)
    promise.assert_alive(master)
    master.close()
    assert two.ended(5)
    assert t.ssh(name, control=path).wait() == 255, "a channel without its master must not connect by itself"


@inside("a tunnel: neither shell nor command")
def _(t):
    client = t.ssh("bob", no_command=True, arguments=["-L", "8022:127.0.0.1:22"])
    assert t.login("bob", port=8022).run("whoami") == "bob\n"
    promise.assert_alive(client)


@inside("files are copied")
def _(t):
    copy = t.keep(ssh.transfer("scp", "bob", ["/etc/services", "127.0.0.1:copy"]))
    assert copy.wait() == 0, copy.errors.text
    batch = t.keep(ssh.transfer("sftp", "bob", ["127.0.0.1"], settings=["BatchMode=yes"]))
    batch.type("rename copy moved\nbye\n")
    assert batch.wait() == 0, batch.errors.text
    assert Path("/home/bob/moved").read_bytes() == Path("/etc/services").read_bytes()


@inside("a frozen client takes nothing, and goes on where it was")
def _(t):
    client = t.login("carol")
    client.freeze()
    client.type("echo thaw-$((1+1))\n")
    try:
        client.wait_for("thaw-2", timeout=0.5)  # that nothing comes is the subject
        raise AssertionError("a frozen client printed something")
    except TookTooLong:
        pass
    promise.assert_alive(client)
    client.thaw()
    client.wait_for("\nthaw-2")


@inside("who has logged in is in utmp, where there is one")
def _(t):
    name = t.new_user()
    client = t.login(name)
    # Debian's sshd creates no utmp.
    here = [line for line in utmp_records() if line.split()[:2] == [name, client.terminal()]]
    assert len(here) == (1 if Path("/run/utmp").exists() else 0), utmp_records()


@inside("the PAM stack is executed, as root, with its environment, before the terminal exists")
def _(t):
    name = t.new_user()
    t.login(name)
    seen = [line for line in PAM_MARK.read_text().splitlines() if f" {name} " in line]
    assert seen == [f"open_session {name} ssh 0"], PAM_MARK.read_text()


@inside("an output that never ends is kept in bounds, and does not hide the end", timeout=90)
def _(t):
    client = t.ssh("bob", "seq 200000; echo finished; exit 4")
    client.wait_for("finished", 60)
    assert client.wait() == 4
    assert len(client.output.text) < 1 << 20


@inside("words are found between escape sequences, even broken ones")
def _(t):
    client = t.run(["sh", "-c", r"printf 'a\033[1;3'; sleep 0.1; printf '1mb\033]0;title\007c\033[?2004h\n\033(Bd'"])
    client.wait()
    wait_until(lambda: client.output.text == "abc\nd", f"the text, not {client.output.text!r}", 2)


@inside("programs on a pty of their own: a console login")
def _(t):
    client = t.run(["login", "-f", "alice"], on_pty=True)
    client.wait_for(re.compile(r"\$ \Z"))
    client.type("tty; exit\n")
    client.wait_for(re.compile(r"/dev/pts/\d+"))
    assert client.wait() == 0


@inside("dropbear takes the same key", needs=["dropbear"])
def _(t):
    server = t.machine.start_dropbear()
    assert t.login("carol", port=server.port).run("whoami") == "carol\n"
    server.stop()


@inside("mosh", needs=["mosh", "mosh-server"])
def _(t):
    client = t.keep(ssh.mosh("carol"))
    client.type("echo mosh-$((1+1))\n")
    client.wait_for("mosh-2")


@inside("the kernel gives each login an audit session of its own")
def _(t):
    ids = [Path(f"/proc/{t.login('carol').shell_pid()}/sessionid").read_text() for _ in range(2)]
    assert ids[0] != ids[1] and "4294967295" not in ids, ids


@inside("a daemon is started, heard, reloaded, crashed, activated and stopped; idlectl is asked as a user")
def _(t):
    machine = t.machine
    stand_in("/usr/sbin/idled", DAEMON)
    stand_in("/usr/bin/idlectl", IDLECTL)
    daemon = machine.start_daemon({"defaults": {"idle": "20s"}}, ["--debug"])
    wait_until(lambda: daemon.notify.said("READY=1"), "READY=1")
    assert daemon.wait_for(re.compile(r"policy (.*)"))[1] == '{"idle": "20s"} args --debug'
    machine.write_policy('{"defaults": {"idle": "1m"}}')
    daemon.reload()
    assert daemon.wait_for(re.compile(r"reloaded (.*)\n")).time > daemon.ready_at
    client = t.login("bob")
    tunnel = t.ssh("bob", no_command=True)
    promise.assert_alive(client, machine)
    promise.assert_alive(tunnel, machine)
    assert machine.session_of(client)["terminals"][0]["name"] == client.terminal()
    assert {session["user"] for session in machine.sessions(user="bob")} == {"bob"}
    assert machine.idlectl("kick", "none", user="bob").status == 3
    daemon.kill()
    for activated in (True, False):
        daemon = machine.start_daemon(activated=activated)
        daemon.wait_for(f"activated {activated}")
        assert daemon.stop() == 0
    assert machine.complaints() == []
    assert '"user": "bob"' in machine.evidence() and "activated False" in machine.evidence()
    machine.start_daemon().process.signal(signal.SIGABRT)
    wait_until(machine.complaints, "a complaint about a daemon that died")
    machine.forget_daemons()


@inside("tmux, screen and sudo work", needs=["tmux", "screen", "sudo"])
def _(t):
    client = t.login("alice")
    assert "0" in client.run("tmux new-session -d 'sleep 60'; tmux list-sessions; tmux kill-server")
    # screen -dm returns before its session can be listed.
    client.run("screen -dm sleep 60; until screen -ls | grep Detached; do sleep 0.05; done; screen -X quit")
    assert t.login("root").run("sudo -u bob id -un") == "bob\n"


@inside("the promise is judged in words")
def _(t):
    client = t.run(["sleep", "0.3"])
    key = client.started_at
    for low, high, words in ((60, 70, "EARLY"), (0, 0.1, "LATE")):
        try:
            promise.assert_logged_out_between(client, key, low, high)
            raise RuntimeError(f"{words} was not noticed")
        except AssertionError as error:
            assert words in str(error), error
    try:
        promise.assert_logged_out_between(t.run(["sleep", "9"]), now(), 0, 0.1, late=0.1)
        raise RuntimeError("STILL LOGGED IN was not noticed")
    except AssertionError as error:
        assert "STILL LOGGED IN" in str(error), error


@inside("a failure is reported with its evidence, and counted")
def _(t):
    program = """
import sys
from idled_testing import cases
from idled_testing.cases import case
@case("good")
def _(t): pass
@case("bad")
def _(t):
    t.run(["echo", "what the client saw"]).wait()
    t.log("a note")
    assert 1 == 2, "one is not two"
@case("elsewhere", needs=["no-such-program"])
def _(t): pass
@case("hangs", timeout=0.5)
def _(t): __import__("time").sleep(60)
sys.exit(cases.main(lambda: None))
"""
    done = subprocess.run(["/usr/bin/python3", "-c", program], cwd=SUPPORT, capture_output=True, text=True, timeout=20)
    assert done.returncode == 1, done
    for words in ("ok good ", "FAIL bad ", "one is not two", "what the client saw", "a note", "FAIL hangs ",
                  "skip elsewhere (no-such-program not installed)", "1 passed, 2 failed, 1 skipped"):
        assert words in done.stdout, f"{words!r} is not in\n{done.stdout}\n{done.stderr}"
    some = ["/usr/bin/python3", "-c", program, "g*", "els*"]
    done = subprocess.run(some, cwd=SUPPORT, capture_output=True, text=True, timeout=20)
    assert (done.returncode, "1 passed, 0 failed, 1 skipped" in done.stdout) == (0, True), done


def stand_in(path, program):
    Path(path).write_text(f"#!/usr/bin/python3 -u\n{program}")
    os.chmod(path, 0o755)


DAEMON = """
import json, os, signal, socket, sys
policy = lambda: json.dumps(json.load(open("/etc/idled/policy.json"))["defaults"])
say = lambda text: print(text, file=sys.stderr)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP, signal.SIGTERM])
activated = os.environ.get("LISTEN_PID") == str(os.getpid())
if activated:
    listener = socket.socket(fileno=3)
else:
    os.makedirs("/run/idled", exist_ok=True)
    if os.path.exists("/run/idled/io.idled.Sessions"):
        os.unlink("/run/idled/io.idled.Sessions")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("/run/idled/io.idled.Sessions")
    listener.listen()
say("policy " + policy() + " args " + " ".join(sys.argv[1:]))
say(f"activated {activated}")
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"READY=1\\nSTATUS=x", os.environ["NOTIFY_SOCKET"])
while signal.sigwait([signal.SIGHUP, signal.SIGTERM]) == signal.SIGHUP:
    say("reloaded " + policy())
"""

IDLECTL = """
import json, os, pwd, subprocess, sys
if sys.argv[1] != "list":
    sys.exit(3)
who = subprocess.run(["ps", "-eo", "pid=,ppid=,user:32=,args="], capture_output=True, text=True).stdout
found = []
for line in who.splitlines():
    pid, _, _, args = line.split(None, 3)
    user = args[6:-7]
    if args == f"sshd: {user} [priv]" and (os.getuid() == 0 or user == pwd.getpwuid(os.getuid())[0]):
        names = [other.split("@")[1] for other in who.splitlines() if other.split()[1] == pid and "@pts" in other]
        found.append({"user": user, "leader_pid": int(pid), "terminals": [{"name": name} for name in names]})
print(json.dumps(found))
"""


def prepare():
    if not INSIDE:
        return None
    tell = f"echo $PAM_TYPE $PAM_USER $PAM_TTY $(id -u) >>{PAM_MARK}"
    Path("/usr/local/bin/tell-pam").write_text(f"#!/bin/sh\n{tell}\n")
    os.chmod("/usr/local/bin/tell-pam", 0o755)
    return Machine(install=False, pam_line="session optional pam_exec.so /usr/local/bin/tell-pam")


if __name__ == "__main__":
    sys.exit(cases.main(prepare, at_once=4 if not INSIDE else 32))
