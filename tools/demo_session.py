#!/usr/bin/python3
"""The story of one login, told as it happens. Run by tools/demo inside a throwaway machine."""

import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
from idled_testing.machine import Machine
from idled_testing.waiting import now

LIMIT = 20
POLICY = {"defaults": {"idle": f"{LIMIT}s", "warn": ["10s", "5s"], "message": "Questions: ops@example.org"}}


class Narrator:
    """Lines with the seconds since the last key in front; one line at a time."""

    def __init__(self):
        self.start = now()
        self.colour = sys.stdout.isatty()
        self.lock = threading.Lock()

    def say(self, who, text):
        shade = {"user": "36", "admin": "33", "story": "1"}[who]
        for line in text.splitlines():
            label = f"{now() - self.start:5.1f}s {who:>5} |"
            with self.lock:
                print(f"\x1b[{shade}m{label}\x1b[0m {line}" if self.colour else f"{label} {line}", flush=True)


def show_new_output(narrator, client, shown):
    text = client.output.text.replace("\r", "").replace("\a", "")
    whole = text.rfind("\n") + 1
    if whole > shown:
        narrator.say("user", "\n".join(line for line in text[shown:whole].splitlines() if line.strip()))
    return max(shown, whole)


def main():
    machine = Machine(users=["alice"])
    machine.start_daemon(POLICY)
    narrator = Narrator()
    narrator.say("story", f"A machine with sshd, PAM and idled; the policy: {LIMIT} seconds without input.")
    client = machine.login("alice")
    narrator.start = client.type("echo 'just a moment, coffee...'\n")
    narrator.say("story", "alice is logged in over ssh, types one command, and walks away.")

    shown, next_list = 0, 1.0
    while not client.ended(timeout=0.2) and now() - narrator.start < LIMIT + 15:
        shown = show_new_output(narrator, client, shown)
        if now() - narrator.start >= next_list:
            narrator.say("admin", "# idlectl list\n" + machine.idlectl("list").stdout)
            next_list += 6.0
    show_new_output(narrator, client, shown)
    if not client.ended(timeout=0):
        narrator.say("story", "The login is still there: it should have ended. FAILED")
        return 1

    took = client.ended_at - client.last_key_at
    narrator.say("admin", "# idlectl list\n" + (machine.idlectl("list").stdout or "(nobody is logged in)"))
    on_time = LIMIT <= took <= LIMIT + 9
    verdict = "on time, and not early" if on_time else "NOT on time"
    narrator.say("story", f"Logged out {took:.1f} s after the last key ({verdict}). Had the connection not been "
                          "quiet,\nit could have been up to 8 s more: a terminal's own times are no finer. Never less.")
    return 0 if on_time else 1


if __name__ == "__main__":
    sys.exit(main())
