#!/usr/bin/python3
"""TMOUT in the real shells: etc/profile.d/idled*.sh and their twins, as a login on a terminal meets them.

    tests/support/throwaway tests/integration/tmout_shells_test.py [GLOB...]

Writes to /etc, so it runs in a throwaway machine only. Every case starts a shell on a pty of its own, the way sshd
and login do (its name has a leading dash), and types at it. The cases are tables, near the end; globs over their
names select some.
"""

import concurrent.futures
import fcntl
import fnmatch
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from dataclasses import dataclass

ETC = pathlib.Path(__file__).resolve().parents[2] / "etc"
HOME = pathlib.Path("/home/tmout")
PROFILES = [pathlib.Path("/etc/profile.d/idled-bash.sh"), pathlib.Path("/etc/profile.d/idled.sh")]  # as they are read
ZSH = pathlib.Path("/etc/zsh/idled.zsh")
PROGRAM = pathlib.Path("/usr/sbin/idled")  # its being there is all that matters here
INSTALLED = [*PROFILES, ZSH, pathlib.Path("/etc/csh/login.d/idled.csh")]
# Other people's profile scripts: one read before ours in some cases, one read after it in all.
SITE_SH, SITE_CSH = pathlib.Path("/etc/profile.d/00-site.sh"), pathlib.Path("/etc/csh/login.d/00-site.csh")
AFTER_SH, AFTER_CSH = pathlib.Path("/etc/profile.d/zz-after.sh"), pathlib.Path("/etc/csh/login.d/zz-after.csh")

PROMPT = "RDY> "
DEADLINE = 20.0  # for anything a shell does at once; generous, for a machine that is busy
FALLBACK = 300
ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[=>])")
REFUSED = re.compile(r"read-? ?only", re.IGNORECASE)


# --- the shells ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shell:
    name: str
    argv: tuple[str, ...]  # of a login shell
    program: str
    package: str
    ends: str = ""  # what it says when TMOUT seconds have passed; none: it does nothing in a test's time

    @property
    def is_csh(self) -> bool:
        return self.program.endswith("tcsh")


ZSH_QUIET = ("-o", "no_prompt_sp", "-o", "no_prompt_cr")  # or it draws a mark before each prompt
SHELLS = [
    Shell("bash", ("-bash",), "/bin/bash", "bash", ends="auto-logout"),
    Shell("bash as sh", ("-sh",), "/bin/bash", "bash", ends="auto-logout"),
    Shell("dash", ("-dash",), "/bin/dash", "dash"),
    Shell("dash as sh", ("-sh",), "/bin/dash", "dash"),
    Shell("ksh93", ("-ksh93",), "/bin/ksh93", "ksh93u+m", ends="shell will timeout in 60 seconds"),
    Shell("mksh", ("-mksh",), "/bin/mksh", "mksh", ends="timed out waiting for input"),
    Shell("zsh", ("-zsh", *ZSH_QUIET), "/bin/zsh", "zsh", ends="timeout"),
    Shell("zsh as sh", ("-sh", *ZSH_QUIET), "/bin/zsh", "zsh", ends="timeout"),
    Shell("tcsh", ("-tcsh",), "/bin/tcsh", "tcsh"),
]
BY_NAME = {shell.name: shell for shell in SHELLS}
POSIX = [shell for shell in SHELLS if not shell.is_csh]
BASH = BY_NAME["bash"]


class Unexpected(Exception):
    """A check that failed; the text says what was found and what was wanted."""


def expect(found, wanted, what: str) -> None:
    if found != wanted:
        raise Unexpected(f"{what}: found {found!r}, wanted {wanted!r}")


class Terminal:
    """A program on a pty, and what it has put on the screen."""

    opened: list["Terminal"] = []  # by the present case: each runs in a process of its own

    def __init__(self, program: str, argv, environment=None):
        base = {"HOME": str(HOME), "USER": "tmout", "LOGNAME": "tmout", "SHELL": program, "TERM": "dumb",
                "PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
        self.screen = ""
        self.opened.append(self)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                os.chdir(HOME)
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 250, 0, 0))  # no line wraps
                os.execve(program, list(argv), base | (environment or {}))
            finally:
                os._exit(127)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        os.close(self.fd)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)

    def _read(self, deadline: float, what: str) -> bool:
        """Takes in some output; False if the terminal has closed."""
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([self.fd], [], [], left)[0]:
            raise Unexpected(f"waited in vain for {what}")
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # EIO: nobody has the terminal open any more
            data = b""
        self.screen += ESCAPE.sub("", data.decode(errors="replace"))
        return data != b""

    def wait_for(self, pattern: str, since: int = 0, timeout: float = DEADLINE) -> re.Match:
        deadline = time.monotonic() + timeout
        while not (match := re.compile(pattern, re.DOTALL).search(self.screen, since)):
            if not self._read(deadline, repr(pattern)):
                raise Unexpected(f"the program ended before {pattern!r} came")
        return match

    def wait_end(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while self._read(deadline, "the program's end"):
            pass

    def type(self, line: str) -> None:
        os.write(self.fd, line.encode() + b"\n")


class Session(Terminal):
    """A shell that shows PROMPT. Answers are printed as @@key=...@@, and never typed like that, so that what the
    terminal echoes is not taken for them."""

    def __init__(self, shell: Shell, environment=None, argv=None):
        super().__init__(shell.program, argv or shell.argv, environment)
        self.shell = shell
        self._asked = 0
        try:
            self.wait_for(re.escape(PROMPT))
        except Unexpected:
            self.close()
            raise

    def greeting(self) -> str:
        """What the shell said before its first prompt: zsh returns the carriage, some draw the prompt again."""
        return self.screen.split(PROMPT)[0].strip("\r")

    def ask(self, expression: str) -> str:
        """What the shell makes of "expression"; in double quotes, so no double quotes inside."""
        self._asked += 1
        since = len(self.screen)
        self.type(f'echo @"@{self._asked}={expression}@"@')
        return self.wait_for(rf"@@{self._asked}=(.*?)@@", since)[1]

    def run(self, line: str) -> str:
        """What a command prints."""
        self._asked += 1
        since = len(self.screen)
        self.type(f'echo @"@{self._asked}begin@"@; {line}; echo @"@{self._asked}end@"@')
        match = self.wait_for(rf"@@{self._asked}begin@@\r?\n(.*?)@@{self._asked}end@@", since)
        return match[1].replace("\r\n", "\n")

    def try_alone(self, line: str) -> str:
        """What a command prints that may end in an error, and take the rest of its line with it."""
        since = len(self.screen)
        self.type(line)
        self.ask("and now")
        return self.screen[since:]

    def value(self) -> str:
        if self.shell.is_csh:
            return self.run("( set; set -r ) | awk '$1 == \"autologout\" { print $2 }'").strip() or "unset"
        return self.ask("${TMOUT-unset}")

    def exported(self) -> str:
        return self.run("env | sed -n s/^TMOUT=//p").strip()

    def names(self) -> set[str]:
        """Variables and functions."""
        if self.shell.is_csh:
            return {line.split("\t")[0] for line in self.run("( set; set -r )").splitlines()}
        listed = re.findall(r"^([A-Za-z_]\w*)=", self.run("set"), re.MULTILINE)
        functions = {"/bin/bash": "typeset -F", "/bin/dash": ":"}.get(self.shell.program, "typeset +f")
        return set(listed) | set(self.run(functions).split())


# --- what is checked -----------------------------------------------------------------------------------------


def check_same(session: Session, value: str, exported: str) -> None:
    expect(session.value(), value, "value")
    if not session.shell.is_csh:
        expect(session.exported(), exported, "value exported")


def check_readonly(session: Session, value: str) -> None:
    attempts = ["set autologout = 0", "unset autologout"] if session.shell.is_csh else ["TMOUT=0", "unset TMOUT"]
    for attempt in attempts:
        printed = session.try_alone(attempt)
        if not REFUSED.search(printed):
            raise Unexpected(f"{attempt!r} was not refused: value now {session.value()!r}")
        expect(session.value(), value, f"value after {attempt!r}")


def expected(shell: Shell, value: int | None, exported: bool, untouched: dict) -> tuple[str, str]:
    if value is None:
        return untouched[shell.name]["value"], ""
    if shell.is_csh:
        return str(-(-value // 60)), ""
    return str(value), str(value) if exported else ""


def environment_of(idled_tmout: str | None) -> dict[str, str]:
    return {} if idled_tmout is None else {"IDLED_TMOUT": idled_tmout}


def login(untouched, shell: Shell, idled_tmout, value, exported=False, environment=None):
    """A login: the value, silence, nothing left behind, the rest of the profile read, read again, readonly."""
    value, exported = expected(shell, value, exported, untouched)
    with Session(shell, environment_of(idled_tmout) | (environment or {})) as session:
        expect(session.greeting(), "", "printed at login")
        check_same(session, value, exported)
        expect(session.ask("$IDLED_TEST_AFTER"), "reached", "the profile script after ours")
        allowed = untouched[shell.name]["names"] | {"TMOUT", "autologout", "IDLED_TEST_AFTER",
                                                      "KSH_MATCH"}  # mksh's own
        expect(session.names() - allowed, set(), "variables and functions left behind")
        check_second_reading(session, value, exported)
        if value != untouched[shell.name]["value"]:
            check_readonly(session, value)


def check_second_reading(session: Session, value: str, exported: str) -> None:
    """By hand; then by a login shell in the login shell, which inherits what is exported."""
    for path in second_reading(session.shell):
        command = "source" if session.shell.is_csh else "."
        expect(session.run(f"{command} {path}"), "", f"printed by reading {path} again")
    check_same(session, value, exported)
    name, *options = session.shell.argv
    if name != "-" + os.path.basename(session.shell.program):
        return
    since = len(session.screen)
    session.type(f'echo @"@inner@"@; exec {" ".join([name[1:], "-l", *options])}')
    printed = session.wait_for(rf"@@inner@@\r\n(.*?){PROMPT}", since)[1].strip("\r")
    expect(printed, "", "printed by a login shell within the login shell")
    check_same(session, value, exported)


def second_reading(shell: Shell) -> list[str]:
    if shell.is_csh:
        return ["/etc/csh.login"]
    return ["/etc/zsh/zprofile", "/etc/profile"] if shell.name == "zsh" else ["/etc/profile"]


def malformed(untouched, shell: Shell, idled_tmout: str):
    """What the module never writes: the fallback, in silence, and nothing in it is run."""
    value, exported = expected(shell, FALLBACK, True, untouched)
    with Session(shell, environment_of(idled_tmout)) as session:
        expect(session.greeting(), "", "printed at login")
        check_same(session, value, exported)
        check_readonly(session, value)
    expect(pathlib.Path("/tmp/pwned").exists(), False, "a command in the value was run")


def value_only(untouched, shell: Shell, idled_tmout, value, exported, environment):
    value, exported = expected(shell, value, exported, untouched)
    with Session(shell, environment_of(idled_tmout) | environment) as session:
        check_same(session, value, exported)


def in_multiplexer(untouched, shell: Shell, environment, idled_tmout, value, exported=""):
    """In a window of tmux or screen. `value` None: as if idled were not there."""
    with Session(shell, environment_of(idled_tmout) | environment) as session:
        expect(session.greeting(), "", "printed at login")
        if value is None:
            found = session.value()
            if found not in {untouched[shell.name]["value"], "unset"}:
                raise Unexpected(f"value: found {found!r}, wanted none")
            if not shell.is_csh:
                expect(session.exported(), "", "value exported")
        else:
            check_same(session, value, exported)
        for path in second_reading(shell):
            command = "source" if shell.is_csh else "."
            expect(session.run(f"{command} {path}"), "", f"printed by reading {path} again")


def real_multiplexer(untouched, program: str, start: str):
    """A login under the limit setting, so that TMOUT is exported, starts a real multiplexer."""
    question, answer = pathlib.Path("/tmp", f"{program}.question"), pathlib.Path("/tmp", f"{program}.answer")
    ask = f"echo ${{TMOUT-unset}} ${{TMUX:+tmux}}${{STY:+screen}}"
    question.write_text(f"{ask} >{answer}.new; mv {answer}.new {answer}\n")
    environment = {"IDLED_TMOUT": "300,export", "TERM": "xterm", "SCREENDIR": "/tmp/screens"}
    os.makedirs("/tmp/screens", mode=0o700, exist_ok=True)
    with Session(BASH, environment) as session:
        check_same(session, "300", "300")
        session.run(start)
        send = {"tmux": f"tmux -L idled send-keys '. {question}' Enter",
                "screen": f"screen -S idled -p 0 -X stuff '. {question}^M'"}
        deadline = time.monotonic() + DEADLINE
        while not answer.exists():
            if time.monotonic() > deadline:
                raise Unexpected(f"the shell in {program} did not answer")
            session.run(send[program])  # again and again: screen returns before it can be asked
            select.select([], [], [], 0.2)
        expect(answer.read_text().strip(), f"unset {program}", "TMOUT in the window")
        session.run("tmux -L idled kill-server" if program == "tmux" else "screen -S idled -X quit")


def fires(untouched, shell: Shell):
    """The shell acts on the value: one second, and it ends (ksh93 says that it will)."""
    with Session(shell, {"IDLED_TMOUT": "1"}) as session:
        session.wait_for(re.escape(shell.ends), timeout=15)
        if shell.name != "ksh93":
            session.wait_end(timeout=5)


def not_interactive(untouched, shell: Shell, idled_tmout):
    """A login shell that runs a command, as `bash -lc` or a display manager's session: no TMOUT, and silent."""
    ask = "if ( $?autologout ) echo set" if shell.is_csh else "echo ${TMOUT-unset}; env | grep ^TMOUT="
    environment = environment_of(idled_tmout) | {"HOME": str(HOME), "PATH": "/usr/bin:/bin", "TERM": "dumb"}
    result = subprocess.run([*shell.argv, "-c", f"{ask}; echo done"], executable=shell.program, env=environment,
                            timeout=DEADLINE, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)
    wanted = ["done"] if shell.is_csh else [untouched[shell.name]["value"], "done"]
    expect((result.returncode, result.stdout.splitlines()), (0, wanted), "status, and what was printed")


def already_readonly(untouched, shell: Shell, idled_tmout):
    """Another script, read before ours, made TMOUT readonly: it stays as it is, and nobody complains."""
    with Session(shell, environment_of(idled_tmout)) as session:
        expect(session.greeting(), "", "printed at login")
        expect(session.value(), "7" if shell.is_csh else "777", "value")
        expect(session.ask("$IDLED_TEST_AFTER"), "reached", "the profile script after ours")
        check_readonly(session, session.value())


def strict(untouched, shell: Shell, options: str, idled_tmout, value, exported):
    """Read, twice, by a shell with strict options, which ends at the first error."""
    value, exported = expected(shell, value, exported, untouched)
    with plain_session(shell, environment_of(idled_tmout)) as session:
        for order in (PROFILES, PROFILES[::-1]):
            printed = session.run(f"set -{options}; {reading(order)}; set +{options}")
            expect(printed, "", f"printed under set -{options}")
            check_same(session, value, exported)


def in_function(untouched, shell: Shell, idled_tmout, value, exported):
    """Read within a function, as some sites do it; declare would be local there."""
    value, exported = expected(shell, value, exported, untouched)
    with plain_session(shell, environment_of(idled_tmout)) as session:
        session.run(f"f() {{ {reading(PROFILES)}; }}")
        expect(session.run("f"), "", "printed")
        check_same(session, value, exported)
        check_readonly(session, value)


def zsh_in_function(untouched, function: str, idled_tmout, value, exported, environment):
    shell = BY_NAME["zsh"]
    value, exported = expected(shell, value, exported, untouched)
    with plain_session(shell, environment_of(idled_tmout) | environment) as session:
        session.run(f"f() {{ {function}; }}")
        expect(session.run("f"), "", "printed")
        check_same(session, value, exported)
        check_readonly(session, value)


def other_order(untouched, shell: Shell, idled_tmout, value, exported):
    """How a folder is sorted is the locale's affair."""
    with plain_session(shell, environment_of(idled_tmout)) as session:
        expect(session.run(reading(PROFILES[::-1])), "", "printed")
        check_same(session, *expected(shell, value, exported, untouched))


def reading(files) -> str:
    return "; ".join(f". {file}" for file in files)


def plain_session(shell: Shell, environment) -> Session:
    """An interactive shell that has read nobody's profile."""
    options = {"/bin/bash": ("--norc",), "/bin/zsh": ("-f",)}.get(shell.program, ())
    argv = (shell.argv[0].lstrip("-"), *options, *shell.argv[1:])
    return Session(shell, environment | {"PS1": PROMPT, "ENV": str(HOME / ".env")}, argv)


# --- the tables ----------------------------------------------------------------------------------------------

# IDLED_TMOUT as the module writes it, the seconds it stands for, and whether exported.
FORMS = [
    ("backstop", "600", 600, False),
    ("limit", "540,export", 540, True),
    ("off", "off", None, False),
    ("no module", None, FALLBACK, True),
]

# The seam's bounds, and tcsh's minutes: never fewer than the seconds.
BOUNDS = [("1", 1), ("59", 59), ("60", 60), ("61", 61), ("3601", 3601), ("999999999", 999999999)]

MALFORMED = [
    "", " ", "0", "00", "0600", "-5", "+600", " 600", "600 ", "6e2", "0x258", "600s", "600.5", "600,", "600,Export",
    "600,export,export", "600, export", "6,export00", ",export", "export", "0,export", "-5,export", "0300,export",
    "off,export", "OFF", "offf", "fallback", "none", "9999999999", "9999999999,export", "99999999999999999999",
    "600\n", "600\n700", "$(touch /tmp/pwned)", "`touch /tmp/pwned`", "1;touch /tmp/pwned", "a[`touch /tmp/pwned`]",
    "*", "?", "[1-9]", "'", '"', "\\", "~", "!!", "$HOME", "٣٠٠", "²",
]

# Ways in which zsh may come to our files. Fedora's /etc/zprofile reads /etc/profile by such a function.
ZSH_FUNCTIONS = [
    ("as on Fedora", "emulate -L sh; . /etc/profile.d/idled-bash.sh; . /etc/profile.d/idled.sh"),
    ("zprofile read within a function", "source /etc/zsh/idled.zsh"),
]

MULTIPLEXERS = [
    ("tmux", {"TMUX": "/tmp/tmux-0/default,1,0", "TERM": "tmux-256color"}),
    ("screen", {"STY": "1.pts-0.host", "TERM": "screen"}),
]

STRICT = [("u", "unset variables"), ("e", "errors"), ("eu", "both"), ("f", "globbing"), ("C", "overwriting"),
          ("o posix", "POSIX")]


def cases() -> list[tuple]:
    """(name, function, arguments)"""
    table = []

    def add(name, function, *arguments):
        table.append((name, function, arguments))

    for shell in SHELLS:
        for form, idled_tmout, value, exported in FORMS:
            add(f"{shell.name}: {form}", login, shell, idled_tmout, value, exported)
            add(f"{shell.name}: {form}, not interactive", not_interactive, shell, idled_tmout)
        for idled_tmout, value in BOUNDS:
            if shell.name in {"bash", "dash", "ksh93", "mksh", "zsh", "tcsh"} and not (shell.ends and value == 1):
                add(f"{shell.name}: bound {idled_tmout}", login, shell, idled_tmout, value)
        if shell.ends:
            add(f"{shell.name}: one second, and it ends", fires, shell)
        for multiplexer, environment in MULTIPLEXERS:
            for form, idled_tmout, value, exported in FORMS:
                carried = {"TMOUT": str(value)} if exported else {}
                add(f"{shell.name}: in {multiplexer}, {form}", in_multiplexer, shell, environment | carried,
                    idled_tmout, None)
        for term in ("tmux-256color", "screen"):
            add(f"{shell.name}: TERM={term}, as ssh brings it", value_only, shell, "600", 600, False, {"TERM": term})
    for shell in POSIX:
        add(f"{shell.name}: in tmux, a TMOUT that is not ours", in_multiplexer, shell,
            MULTIPLEXERS[0][1] | {"TMOUT": "1234"}, "300,export", "1234", "1234")
        for form, idled_tmout, value, exported in FORMS:
            if value is not None:
                for other in ("0", "1234"):
                    add(f"{shell.name}: {form}, TMOUT {other} in the environment", login, shell, idled_tmout, value,
                        exported, {"TMOUT": other})
                add(f"{shell.name}: {form}, idled.sh read before idled-bash.sh", other_order, shell, idled_tmout, value,
                    exported)
                if shell.name not in {"mksh", "zsh"}:  # readonly and typeset are local there
                    add(f"{shell.name}: {form}, read within a function", in_function, shell, idled_tmout, value,
                        exported)
                for options, meaning in STRICT:
                    if options == "o posix" and shell.name not in {"bash", "ksh93", "mksh"}:
                        continue
                    add(f"{shell.name}: {form}, strict about {meaning}", strict, shell, options, idled_tmout, value,
                        exported)
    for shell in SHELLS:
        for value in MALFORMED:
            add(f"{shell.name}: malformed {value!r}", malformed, shell, value)
    for form, idled_tmout, value, exported in FORMS:
        if value is not None:
            for carried in ({}, {"TMOUT": "1234"}):
                for where, function in ZSH_FUNCTIONS:
                    add(f"zsh: {form}, {where}{', TMOUT in the environment' if carried else ''}", zsh_in_function,
                        function, idled_tmout, value, exported, carried)
    add("real tmux: no TMOUT in its window", real_multiplexer, "tmux",
        "tmux -L idled -f /dev/null new-session -d -x 200 -y 50")
    add("real screen: no TMOUT in its window", real_multiplexer, "screen", "screen -dmS idled bash -l")
    return table


def cases_with_site_script() -> list[tuple]:
    return [(f"{shell.name}: {form}, but readonly already", already_readonly, (shell, idled_tmout))
            for shell in SHELLS for form, idled_tmout, _, _ in FORMS]


def cases_where_idled_was_removed() -> list[tuple]:
    """dpkg leaves our files behind, and nobody says IDLED_TMOUT any more."""
    return [(f"{shell.name}: idled has been removed", login, (shell, None, None)) for shell in SHELLS]


# --- the machine ---------------------------------------------------------------------------------------------


def prepare_home() -> None:
    """The user's own files: they only make every shell show the same prompt."""
    HOME.mkdir(parents=True)
    files = {
        ".profile": f"PS1='{PROMPT}'\n",
        ".env": f"PS1='{PROMPT}'\n",
        ".zshrc": f"PS1='{PROMPT}'\nunsetopt prompt_sp prompt_cr\n",
        ".tcshrc": f"if ( $?prompt ) set prompt = '{PROMPT}'\n",
        ".login": f"set prompt = '{PROMPT}'\n",
    }
    for name, text in files.items():
        (HOME / name).write_text(text)
    AFTER_SH.write_text("IDLED_TEST_AFTER=reached\n")
    AFTER_CSH.write_text("set IDLED_TEST_AFTER = reached\n")


def install() -> None:
    """As the package does, with the line for zprofile that idled.zsh asks for."""
    for path in INSTALLED:
        shutil.copy(ETC / path.relative_to("/etc"), path)
        path.chmod(0o644)
    line = re.search(r"^#\s+(\[\[ .*idled\.zsh)$", ZSH.read_text(), re.MULTILINE)[1]
    with open("/etc/zsh/zprofile", "a") as zprofile:
        zprofile.write(line + "\n")
    with open("/etc/zsh/zprofile", "a") as zprofile:  # zsh reads no profile.d: the script after ours
        zprofile.write(f"source {AFTER_SH}\n")


def look_untouched(shell: Shell) -> tuple[str, dict]:
    """What a login is like where idled is not installed."""
    environment = {"IDLED_TMOUT": "600"}
    with Session(shell, environment) as session:
        expect(session.greeting(), "", "printed at login without idled")
        return shell.name, {"value": session.value(), "names": session.names()}


def require_machine() -> None:
    if os.environ.get("IDLED_THROWAWAY") != "1":
        sys.exit("this test writes to /etc: run it as tests/support/throwaway tests/integration/tmout_shells_test.py")
    missing = {shell.package for shell in SHELLS if not os.access(shell.program, os.X_OK)}
    missing |= {program for program in ("tmux", "screen") if not shutil.which(program)}
    if missing:
        sys.exit(f"FAIL: shells are missing; apt-get install {' '.join(sorted(missing))}")


# --- running -------------------------------------------------------------------------------------------------

def run_case(case: tuple, untouched: dict) -> tuple[str, str]:
    """(name, what was wrong): in a process of its own, as pty.fork is not for a process with threads."""
    name, function, arguments = case
    Terminal.opened.clear()
    try:
        function(untouched, *arguments)
        return name, ""
    except Exception as error:  # whatever it is, the other cases go on
        lines = [line.rstrip() for terminal in Terminal.opened for line in terminal.screen.splitlines()]
        screen = "".join(f"\n    | {line}" for line in lines[-25:]) or " nothing"
        return name, f"{type(error).__name__}: {error}\n    on the screen, at the end:{screen}"


def run_all(pool, table, untouched, globs) -> tuple[int, int]:
    chosen = [case for case in table if not globs or any(fnmatch.fnmatch(case[0], glob) for glob in globs)]
    passed = failed = 0
    for future in concurrent.futures.as_completed([pool.submit(run_case, case, untouched) for case in chosen]):
        name, wrong = future.result()
        passed, failed = passed + (not wrong), failed + bool(wrong)
        if wrong:
            print(f"FAIL {name}\n  {wrong}", flush=True)
    return passed, failed


def main() -> int:
    require_machine()
    prepare_home()
    globs = sys.argv[1:]
    with concurrent.futures.ProcessPoolExecutor(max_workers=4 * os.cpu_count()) as pool:
        untouched = dict(pool.map(look_untouched, SHELLS))
        install()
        results = [run_all(pool, cases_where_idled_was_removed(), untouched, globs)]
        PROGRAM.write_text("#!/bin/sh\n")
        PROGRAM.chmod(0o755)
        results.append(run_all(pool, cases(), untouched, globs))
        SITE_SH.write_text("TMOUT=777\nreadonly TMOUT\n")
        SITE_CSH.write_text("set -r autologout = 7\n")
        with open("/etc/zsh/zshenv", "a") as zshenv:
            zshenv.write(f"source {SITE_SH}\n")
        results.append(run_all(pool, cases_with_site_script(), untouched, globs))
    passed, failed = (sum(column) for column in zip(*results))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
