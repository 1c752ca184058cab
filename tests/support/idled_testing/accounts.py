"""Users and groups, written straight into /etc/passwd and its companions.

useradd(8) takes 50 ms a user, asks whatever NSS is configured, and refuses a name that the machine outside
happens to have. Here a name that exists is replaced.
"""

import os
import shutil
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FIRST_ID = 2001
_lock = threading.Lock()
_ids: dict[str, int] = {}


@dataclass(frozen=True)
class User:
    name: str
    uid: int
    gid: int
    groups: tuple[int, ...]  # supplementary
    home: Path


ROOT = User("root", 0, 0, (), Path("/root"))


def add_group(name: str) -> int:
    """Creates a group, if there is none of that name; its id."""
    with _lock:
        for line in Path("/etc/group").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split(":")[2])
        gid = _next_id(f"group {name}")
        _put("/etc/group", f"{name}:x:{gid}:")
        return gid


def add_user(name: str, groups: Sequence[str] = (), shell: str = "/bin/bash", authorized_key: str = "") -> User:
    """Creates a user with a home folder from /etc/skel, who may log in with the key and has no password."""
    supplementary = tuple(add_group(group) for group in groups)
    with _lock:
        uid = _next_id(name)
        home = Path("/home", name)
        _put("/etc/group", f"{name}:x:{uid}:")
        for group in groups:
            _join(group, name)
        _put("/etc/shadow", f"{name}:*:19000:0:99999:7:::")
        _put("/etc/passwd", f"{name}:x:{uid}:{uid}:{name}:{home}:{shell}")
    shutil.copytree("/etc/skel", home, dirs_exist_ok=True)
    user = User(name, uid, uid, supplementary, home)
    authorize(user, authorized_key)
    for folder, _, files in os.walk(home):
        for entry in (folder, *(os.path.join(folder, file) for file in files)):
            os.chown(entry, uid, uid)
    return user


def authorize(user: User, key: str) -> None:
    folder = user.home / ".ssh"
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / "authorized_keys").write_text(key)


def set_password(name: str, password: str) -> None:
    """For login(1), su(1) and the like; sshd gets keys."""
    with _lock:
        subprocess.run(["chpasswd", "-c", "SHA256"], input=f"{name}:{password}\n", text=True, check=True)


def _next_id(name: str) -> int:
    return _ids.setdefault(name, FIRST_ID + len(_ids))


def _put(path: str, line: str) -> None:
    """Replaces the line of that name, or adds it, in one step: sshd may be reading."""
    key = line.split(":")[0] + ":"
    kept = [old for old in Path(path).read_text().splitlines() if not old.startswith(key)]
    _replace(path, [*kept, line])


def _join(group: str, member: str) -> None:
    lines = Path("/etc/group").read_text().splitlines()
    for index, line in enumerate(lines):
        if line.startswith(f"{group}:"):
            members = [old for old in line.split(":")[3].split(",") if old and old != member]
            lines[index] = ":".join([*line.split(":")[:3], ",".join([*members, member])])
    _replace("/etc/group", lines)


def _replace(path: str, lines: Sequence[str]) -> None:
    new, old = Path(f"{path}.new"), os.stat(path)
    new.touch(mode=0o600)
    new.write_text("\n".join(lines) + "\n")
    os.chown(new, old.st_uid, old.st_gid)
    new.chmod(old.st_mode & 0o777)
    new.rename(path)
