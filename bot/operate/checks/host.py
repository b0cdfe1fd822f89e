"""What the machine has to offer: who may read the secrets, room on the disk, clocks that agree."""

import grp
import os
import pwd
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bot.operate.findings import Finding, ok, skipped, warning, wrong

_OWNER: Final = stat.S_IRUSR | stat.S_IWUSR
_TIGHT: Final = 200 * 2**20  #: bytes; far more than the database of years
_FULL: Final = 20 * 2**20
_DRIFT, _TOO_FAR = 10.0, 300.0  #: seconds


def check_env_file(path: Path) -> Finding:
    """Nobody may read `.env` but its owner, and a group that it was given to, as a service's is."""
    if path.is_dir():
        return skipped("File .env", f"{path} is a folder.")
    if not path.exists():
        return ok("File .env", f"There is none ({path.absolute()}); the settings come from the environment.")
    return _private("File .env", path, private_mode(path.stat()))


def check_database_modes(path: Path) -> Finding | None:
    """Only its owner may read the database and what SQLite keeps beside it; None where there is none yet."""
    name = "Database rights"
    files = [file for ending in ("", "-wal", "-shm") if (file := path.with_name(path.name + ending)).exists()]
    found = [_private(name, file, _mode(file.stat()) & _OWNER) for file in files]
    return next((one for one in found if one.mend), found[0] if found else None)


def private_mode(info: os.stat_result) -> int:
    """Return the rights that a file with secrets may keep: its owner's, and to read those of a group.

    The group is one that it was given to on purpose, so not the owner's own: in the layout of
    docs/deploy/tokenflex-slack.service root owns the file, and the service's group reads it.
    """
    try:
        owners_own = pwd.getpwuid(info.st_uid).pw_gid
    except KeyError:
        owners_own = info.st_gid
    return _mode(info) & (_OWNER | (0 if info.st_gid == owners_own else stat.S_IRGRP))


def _mode(info: os.stat_result) -> int:
    return stat.S_IMODE(info.st_mode)


def _private(name: str, path: Path, allowed: int) -> Finding:
    info = path.stat()
    mode = _mode(info)
    if mode != allowed:
        found = f"Others on this machine may read or change {path} (mode {mode:04o})."
        return wrong(name, found, f"chmod {allowed:o} {path}")
    if mode & stat.S_IRGRP:
        return ok(name, f"Only its owner and the group {_group(info)} may read {path} (mode {mode:04o}).")
    return ok(name, f"Only its owner may read {path} (mode {mode:04o}).")


def _group(info: os.stat_result) -> str:
    try:
        return grp.getgrgid(info.st_gid).gr_name
    except KeyError:
        return str(info.st_gid)


def check_space(path: Path, free_space: Callable[[Path], int]) -> Finding:
    """There is room for the database to grow."""
    name = "Disk"
    folder = next((parent for parent in path.absolute().parents if parent.exists()), Path("/"))
    try:
        free = free_space(folder)
    except OSError as error:
        return skipped(name, f"The free space of {folder} cannot be read ({error.strerror}).")
    found = f"{free // 2**20} MB are free at {folder}."
    mend = "Free some disk space, or move the database: copy it with `backup` and set DATABASE_PATH."
    if free < _FULL:
        return wrong(name, found, mend)
    return warning(name, found, mend) if free < _TIGHT else ok(name, found)


def check_clock(service: str, ahead: float | None) -> Finding:
    """The clock of this machine agrees with a service's; `ahead` is by how many seconds the service's is."""
    name = f"Clock, {service}"
    if ahead is None:
        return skipped(name, f"{service} has not told its time.")
    if abs(ahead) < _DRIFT:
        return ok(name, f"{abs(ahead):.0f} s apart.")
    found = f"The clock of this machine is {abs(ahead):.0f} s {'behind' if ahead > 0 else 'ahead of'} {service}'s."
    mend = "Switch on time synchronisation (for example `timedatectl set-ntp true`)."
    return wrong(name, found, mend) if abs(ahead) >= _TOO_FAR else warning(name, found, mend)
