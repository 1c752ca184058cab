#!/usr/bin/python3
"""Any Varlink client can list, hold and kick: by one that learns the interface from the daemon, and by varlinkctl(1)."""

import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases, varlink  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.daemon import SOCKET  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402
from idled_testing.waiting import wait_until  # noqa: E402

SERVICE, SESSIONS = "org.varlink.service", "io.idled.Sessions"


def refused(call, *arguments, **parameters):
    try:
        call(*arguments, **parameters)
    except varlink.Refused as error:
        return error
    raise AssertionError(f"{arguments} {parameters} was not refused")


@case("it says who it is and what it offers")
def _(t):
    client = varlink.Client(SOCKET)
    info = client.call(f"{SERVICE}.GetInfo")
    assert info["vendor"] == "idled" and info["interfaces"] == [SERVICE, SESSIONS], info
    for name in info["interfaces"]:
        assert client.interface(name).name == name
    installed = Path("/usr/share/idled/io.idled.Sessions.varlink").read_text()
    served = client.call(f"{SERVICE}.GetInterfaceDescription", interface=SESSIONS)
    assert served["description"] == installed


@case("every method that the interface declares is there, and answers as it declares")
def _(t):
    client = varlink.Client(SOCKET)
    for name in client.interface(SESSIONS).methods:
        if name == "Reload":  # no test beside this one shall have its policy reloaded
            continue
        try:
            client.call(f"{SESSIONS}.{name}")
        except varlink.Refused as error:
            assert not error.name.startswith(f"{SERVICE}.Method"), error
            assert not error.name.startswith(f"{SERVICE}.Interface"), error


@case("it lists, holds and kicks")
def _(t):
    login = t.login("alice")
    session = wait_until(lambda: t.machine.session_of(login), "the login")["id"]
    client = varlink.Client(SOCKET)
    listed = [each for reply in client.replies(f"{SESSIONS}.List") for each in reply["sessions"]]
    assert session in [each["id"] for each in listed], listed
    held = client.call(f"{SESSIONS}.Hold", session=session, seconds=60, why="a test")
    assert held["session"] == session and held["until"], held
    kicked = client.call(f"{SESSIONS}.Kick", session=session)
    assert kicked["sessions"] == [session], kicked
    assert login.ended(10)


@case("errors have the parameters that the interfaces declare")
def _(t):
    client = varlink.Client(SOCKET)
    error = refused(client.call, f"{SESSIONS}.Kick", session="nonesuch")
    assert error.name == f"{SESSIONS}.NoSuchSession" and error.parameters == {"id": "nonesuch"}, error
    error = refused(client.call, f"{SESSIONS}.Kick", session=7)
    assert error.name == f"{SERVICE}.InvalidParameter" and error.parameters == {"parameter": "session"}, error
    error = refused(client.call, f"{SESSIONS}.Nonesuch")
    assert error.name == f"{SERVICE}.MethodNotFound" and error.parameters == {"method": f"{SESSIONS}.Nonesuch"}, error
    error = refused(client.call, f"{SERVICE}.GetInterfaceDescription", interface="io.idled.Nonesuch")
    assert error.name == f"{SERVICE}.InterfaceNotFound" and error.parameters == {"interface": "io.idled.Nonesuch"}, error


@case("varlinkctl reads the interface and calls", needs=["varlinkctl"])
def _(t):
    def varlinkctl(*arguments):
        done = subprocess.run(["varlinkctl", *arguments], capture_output=True, text=True, timeout=20)
        assert done.returncode == 0, done
        return done.stdout

    assert SESSIONS in varlinkctl("info", SOCKET)
    assert "method Kick" in varlinkctl("introspect", SOCKET, SESSIONS)
    assert json.loads(varlinkctl("call", "--json=short", SOCKET, f"{SESSIONS}.Status", "{}"))["pid"] > 0


def prepare():
    machine = Machine()
    machine.start_daemon({"defaults": {"idle": "1h", "hold_max": "1h"}})
    return machine


sys.exit(cases.main(prepare))
