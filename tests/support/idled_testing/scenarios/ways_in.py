"""Whichever way somebody got in: unattended, the login ends on time; also one that is older than the daemon."""

from .. import under_idled
from ..scenario import Stage, scenario
from .ways import anyone_may_sudo, by_sudo, ways


def idle(theme, name, way, wait=lambda s: None, means="every"):
    @scenario(theme, name, "ended", needs=way.needs, props=way.props, means=means)
    def _(s):
        client = way.take(s)
        key = client.type("\n")
        wait(s)
        s.ends(client, key)


def used(theme, name, way, wait=lambda s: None, means="every"):
    @scenario(theme, name, "kept", needs=way.needs, props=way.props, means=means, settings={"tmout": "off"})
    def _(s):
        client = way.take(s)
        client.type("\n")
        wait(s)
        client.type("x")
        key = s.types(client, "x", rounds=2)
        s.ends(client, key)


def wait_for_the_daemon(s: Stage) -> None:
    under_idled.wait_for_the_daemon(s.machine)


for _name, _way in ways():
    if _name != "ssh":  # what all others are about
        idle("ways in", f"idle: {_name}", _way)
    idle("older logins", f"older than the daemon, and idle: {_name}", _way, wait_for_the_daemon, means="idled")
for _name, _way in ways("ssh", "login on a terminal", "dropbear", "mosh"):
    used("older logins", f"older than the daemon, used, then idle: {_name}", _way, wait_for_the_daemon, means="idled")


@scenario("ways in", "idle: a shell of root's, in a shell of another user's, in a shell of root's", "ended",
          needs=["sudo", "su"], props=[anyone_may_sudo])
def _(s):
    client = by_sudo("sudo -i", use_pty=True)(s)
    client.type(f"su - {s.user}\n")
    client.wait_for(f"{s.user}@")
    client.type("sudo -i\n")
    client.wait_for("root@")
    client.prompt()
    s.ends(client, client.type("\n"))
