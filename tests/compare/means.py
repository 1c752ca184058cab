"""The means that are compared: how each is set up, as its own documentation advises."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import under_idled  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402
from idled_testing.process import Process  # noqa: E402
from idled_testing.scenario import Scenario, place_of  # noqa: E402
from idled_testing.waiting import now, until  # noqa: E402

BUILD = Path(__file__).resolve().parents[2] / "build/compare"  # what `tools/packages compare` unpacks


def nothing(machine: Machine, chosen: Sequence[Scenario]) -> None:
    pass


@dataclass(frozen=True)
class Means:
    name: str  # as the table's heading has it
    limit: float
    how: str  # and why
    version: Sequence[str]  # the command that tells
    ssh_config: Sequence[str] = ()
    set_up: Callable[[Machine, Sequence[Scenario]], None] = nothing
    is_idled: bool = False
    alone: bool = False  # each scenario in a machine of its own


def profile_with_tmout(machine: Machine, chosen: Sequence[Scenario]) -> None:
    Path("/etc/profile.d/tmout.sh").write_text("TMOUT=20\nreadonly TMOUT\nexport TMOUT\n")


def autolog(machine: Machine, chosen: Sequence[Scenario]) -> None:
    shutil.copy(BUILD / "usr/sbin/autolog", "/usr/sbin/autolog")
    Path("/etc/autolog.conf").write_text("idle=1 grace=5 nomail warn\nnolostkill\n")
    machine.autolog = Process(["autolog", "-d"], name="autolog")
    # It looks once a minute, and people do not log in just before: so the rows begin all over that minute.
    until(now() + 7.0 * place_of(chosen[0]) % 60)


def idled(machine: Machine, chosen: Sequence[Scenario]) -> None:
    machine.start_daemon(under_idled.policy_for(chosen))


MEANS = {
    "tmout": Means(
        "readonly TMOUT", 20,
        "`/etc/profile.d/tmout.sh` with the three lines that the CIS benchmarks ask for: `TMOUT=20`, "
        "`readonly TMOUT`, `export TMOUT`.",
        ["bash", "--version"], set_up=profile_with_tmout),
    "alive": Means(
        "ClientAlive 20/0", 20,
        "`ClientAliveInterval 20` and `ClientAliveCountMax 0` in sshd_config, as hardening guides have it (300/0). "
        "sshd_config(5) says of that count: \"zero disables connection termination\".",
        ["ssh", "-V"], ("ClientAliveInterval 20", "ClientAliveCountMax 0")),
    "shell": Means(
        "ChannelTimeout session:shell", 20,
        "`ChannelTimeout session:shell=20s` in sshd_config: shells alone, so that commands and transfers are let be.",
        ["ssh", "-V"], ("ChannelTimeout session:shell=20s",)),
    "sessions": Means(
        "ChannelTimeout session:*", 20,
        "`ChannelTimeout session:*=20s`, the example of sshd_config(5): every kind of session.",
        ["ssh", "-V"], ("ChannelTimeout session:*=20s",)),
    "autolog": Means(
        "autolog", 60,
        "Debian's autolog as a daemon; `/etc/autolog.conf` with one line for everybody, as autolog.conf(5) has it, "
        "`idle=1 grace=5 nomail warn`, and `nolostkill`, without which it kills what people left running. Its least "
        "limit is a minute, and that is what it is judged by. Each row has a machine of its own, and begins at "
        "another second of the minute: autolog ends one login after another, with pauses, and comes to most of a crowd "
        "minutes late.",
        ["dpkg-deb", "-f", str(BUILD / "autolog.deb"), "Version"], set_up=autolog, alone=True),
    "idled": Means(
        "idled", 20,
        "The limit in `defaults` of policy.json, warning 5 s before; a rule for the user of a row where it needs one: "
        "no TMOUT for those who type letters and never Enter.",
        ["/usr/sbin/idled", "--version"], set_up=idled, is_idled=True),
    # Not in the table: what the table itself does where nobody is logged out.
    "nothing": Means("nothing", 20, "", ["true"]),
}


def version_of(means: Means) -> str:
    done = subprocess.run(means.version, capture_output=True, text=True)
    return (done.stdout or done.stderr).partition("\n")[0].partition(",")[0]
