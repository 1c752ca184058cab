#!/usr/bin/python3
"""A directory server that does not answer for half a minute: the daemon serves, warns and ends all the while.

The C library is asked for a group; its answer comes from a module of NSS (nsswitch.conf(5)) that sleeps first.
"""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases, proc, promise  # noqa: E402
from idled_testing.books import Books, Holdings, state_files  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.daemon import PROGRAM  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402
from idled_testing.rlogin import RloginHost  # noqa: E402
from idled_testing.waiting import now, until, wait_until  # noqa: E402

SOURCE = """
#include <errno.h>
#include <grp.h>
#include <nss.h>
#include <string.h>
#include <unistd.h>
enum nss_status _nss_slow_getgrnam_r(const char *name, struct group *result, char *buffer, size_t size, int *error) {
  (void)size;
  if (access("/run/slow-directory", F_OK) == 0) sleep(30);
  if (strcmp(name, "remote-staff") != 0) { *error = ENOENT; return NSS_STATUS_NOTFOUND; }
  buffer[0] = 0;
  result->gr_name = (char *)"remote-staff"; result->gr_passwd = buffer; result->gr_gid = 54321;
  result->gr_mem = (char **)memset(buffer + 8, 0, sizeof(char *));
  return NSS_STATUS_SUCCESS;
}
"""
LIMIT = 4
POLICY = {"defaults": {"idle": "10m"},
          "rules": [{"name": "staff", "match": {"group": "remote-staff"}, "idle": "never"},
                    {"name": "idlers", "match": {"user": "alice"}, "idle": f"{LIMIT}s", "warn": ["1s"]}]}
SLOW = Path("/run/slow-directory")


def assert_serves(t):
    """Registers, lists, warns and ends, each as if nothing were the matter."""
    login, other = t.machine.rlogin.login("alice"), t.machine.rlogin.login("bob")
    assert login.registered and other.registered
    assert login.took < 1 and other.took < 1, f"a login waited {login.took:.1f} s"
    key = login.type("\n")
    while not login.ended():
        began = now()
        assert {session["user"] for session in t.machine.sessions()} >= {"bob"}
        assert now() - began < 1, f"an answer took {now() - began:.1f} s"
        login.ended(0.3)
        assert now() < key + LIMIT + 12
    promise.assert_logged_out_between(login, key, LIMIT, LIMIT + 9)
    promise.assert_told_why(login, limit=f"{LIMIT} seconds", rule="idlers")
    other.leave()
    assert other.ended(5)


def askers():
    return [pid for pid in proc.pids() if proc.name(pid) == "idled-groups" and b") Z " not in proc.read(pid, "stat")]


@case("at a reload: all goes on meanwhile, and the policy is in force after the patience")
def _(t):
    SLOW.touch()
    t.machine.write_policy(POLICY)
    t.machine.daemon.reload()
    began = now()
    wait_until(askers, "the child that asks")
    assert_serves(t)
    assert askers(), "the directory was to hang all the while"
    t.machine.daemon.wait_for("Policy in force")
    assert now() - began < 20
    SLOW.unlink()
    wait_until(lambda: not askers(), "the child to end", timeout=40)


@case("killed while it asks: the child goes with it, and the next daemon starts at once")
def _(t):
    SLOW.touch()
    held = Holdings(t.machine.daemon.pid)
    stays = t.machine.rlogin.login("bob")
    t.machine.daemon.reload()
    wait_until(askers, "the child that asks")
    t.machine.daemon.kill()
    wait_until(lambda: not askers(), "the child to go, too", timeout=2)
    began = now()
    # Below the 2 s for which a login waits: it is served by then.
    t.machine.start_daemon().wait_for("started; policy: ", timeout=1.9)
    assert now() - began < 2, f"the start took {now() - began:.1f} s"
    assert_serves(t)
    assert Books(t.machine).of(stays.pid).taken == 1 and not stays.ended()
    SLOW.unlink()
    stays.leave()
    assert stays.ended(5)
    wait_until(lambda: not askers() and not state_files(), "the child to end", timeout=40)
    wait_until(lambda: Holdings(t.machine.daemon.pid).total == held.total, f"it to hold {held}", timeout=5)


@case("two daemons started at once, fifty times: one serves, the other says so, and nobody is lost")
def _(t):
    SLOW.unlink(missing_ok=True)
    stays = t.machine.rlogin.login("bob")
    for _ in range(50):
        assert t.machine.daemon.stop() == 0
        both = [t.run([PROGRAM]) for _ in range(2)]
        wait_until(lambda: any(each.ended() for each in both), "one of them to give up", timeout=5)
        loser, winner = sorted(both, key=lambda each: not each.ended())
        assert loser.status == 1 and "another daemon serves" in loser.errors.text, loser.evidence()
        until(now() + 0.05)
        assert not winner.ended(), winner.evidence()
        wait_until(lambda: t.machine.idlectl("list").status == 0, "the other to serve", timeout=5)
        assert [session["leader_pid"] for session in t.machine.sessions()] == [stays.pid]
        winner.signal(15)
        assert winner.wait() == 0
        t.machine.start_daemon()
    stays.leave()
    assert stays.ended(5)
    wait_until(lambda: not state_files(), "it to be forgotten")


def install_slow_directory():
    source, library = Path("/tmp/slow.c"), "/usr/lib/libnss_slow.so.2"
    source.write_text(SOURCE)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, str(source)], check=True)
    configuration = Path("/etc/nsswitch.conf")
    lines = configuration.read_text().splitlines()
    configuration.write_text("\n".join(f"{line} slow" if line.startswith("group:") else line for line in lines) + "\n")


def prepare():
    machine = Machine(start_sshd=False)
    install_slow_directory()
    machine.rlogin = RloginHost()
    # Not only answering: it must have asked for the groups before a case makes that slow.
    machine.start_daemon(POLICY).wait_for("started; policy: ")
    return machine


if __name__ == "__main__":
    sys.exit(cases.main(prepare, at_once=1))
