"""Processes as /proc shows them. One that has ended meanwhile is simply empty: pids are looked at, not held."""

import os
from pathlib import Path


def pids() -> list[int]:
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]


def read(pid: int, file: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{file}").read_bytes()
    except OSError:
        return b""


def name(pid: int) -> str:
    return read(pid, "comm").decode(errors="replace").strip()


def cpu_seconds(pid: int) -> float:
    """That it has used, with the kernel's part, in ticks of the clock."""
    fields = read(pid, "stat").rpartition(b")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def parent(pid: int) -> int:
    return _stat(pid)[0]


def session(pid: int) -> int:
    return _stat(pid)[2]


def terminal(pid: int) -> str | None:
    """The controlling terminal, as in "pts/3"."""
    number = _stat(pid)[3]
    major, minor = number >> 8 & 0xfff, number & 0xff | number >> 12 & 0xfff00  # linux/kdev_t.h, new_encode_dev
    return f"pts/{minor}" if major == 136 else f"tty{minor}" if major == 4 else None


def sockets(pid: int) -> set[int]:
    """The inodes of the sockets that a process holds."""
    found = set()
    try:
        for fd in os.listdir(f"/proc/{pid}/fd"):
            target = os.readlink(f"/proc/{pid}/fd/{fd}")
            if target.startswith("socket:["):
                found.add(int(target[8:-1]))
    except OSError:
        pass
    return found


def tcp_connections() -> dict[int, tuple[str, str]]:
    """Socket inode to its (local, remote) address, both in the kernel's own spelling."""
    found = {}
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if os.path.exists(table):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                found[int(fields[9])] = fields[1], fields[2]
    return found


def listeners(port: int) -> int:
    """How many sockets listen on a port. Looking, where connecting would be a login attempt in sshd's log."""
    return sum(int(local.rsplit(":")[1], 16) == port and remote.endswith(":0000")
               for local, remote in tcp_connections().values())


def _stat(pid: int) -> list[int]:
    """Fields of /proc/PID/stat from the parent on; the name before them may hold spaces and parentheses."""
    fields = read(pid, "stat").rpartition(b")")[2].split()
    return [int(field) for field in fields[1:6]] or [0] * 5
