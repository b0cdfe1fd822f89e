"""The file `.env`, changed value by value: every other line, and who may read it, stay as they are."""

import os
import re
import stat
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Final

from dotenv.parser import parse_stream

from bot.operate.checks.host import private_mode

#: Without these characters a value means the same to every program that reads such files; else it is put in quotes.
_PLAIN: Final = re.compile(r"[\w./:@%+=,~-]*", re.ASCII)
_LINE: Final = re.compile(
    r"(?P<before>\s*(?:export[^\S\r\n]+)?)'?[^=#\s']+'?[^\S\r\n]*=[^\S\r\n]*?"
    r"""(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|(?!['"\s])[^\r\n]*?|)(?P<after>(?:[^\S\r\n]+\#[^\r\n]*)?\s*)""",
)
_NEW: Final = stat.S_IRUSR | stat.S_IWUSR


class EnvFileError(Exception):
    """The file cannot be written; the message says why."""


def write(path: Path, values: Mapping[str, str]) -> None:
    """Set these variables in the file; a new one may be read by its owner alone.

    Raises:
        EnvFileError: it cannot be written; it is then as it was.

    """
    target = path.resolve()  # a link stays a link
    try:
        text = target.read_bytes().decode() if target.exists() else ""  # line ends stay what they are
        _put(target, changed(text, values).encode())
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a text file in UTF-8"
        raise EnvFileError(f"{path} cannot be written: {reason}.") from None


def changed(text: str, values: Mapping[str, str]) -> str:
    """Return the text of a file with these variables in it: in the lines that they have, else at its end."""
    lines = []
    missing = dict(values)
    for one in parse_stream(StringIO(text)):
        found = _LINE.fullmatch(one.original.string) if one.key in values else None
        if found is None or one.key is None:
            lines.append(one.original.string)
        else:
            missing.pop(one.key, None)
            lines.append(f"{found['before']}{one.key}={_quoted(values[one.key])}{found['after']}")
    whole = "".join(lines)
    whole += "" if whole.endswith("\n") or not whole else "\n"
    return whole + "".join(f"{name}={_quoted(value)}\n" for name, value in missing.items())


def _quoted(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _put(target: Path, content: bytes) -> None:
    """Replace the file as a whole where its owner and its rights can be kept by that, else write into it."""
    old = target.stat() if target.exists() else None
    try:
        part, name = tempfile.mkstemp(dir=target.parent, prefix=target.name)
    except OSError:
        if old is None:
            raise
        _put_into(target, old, content)
        return
    try:
        with os.fdopen(part, "wb") as file:
            file.write(content)
            os.fchmod(part, _NEW if old is None else private_mode(old))
            if old is not None:
                os.fchown(part, old.st_uid, old.st_gid)
            os.fsync(part)
        Path(name).replace(target)
    except PermissionError:
        if old is None:
            raise
        _put_into(target, old, content)
    finally:
        Path(name).unlink(missing_ok=True)


def _put_into(target: Path, old: os.stat_result, content: bytes) -> None:
    with target.open("r+b") as file:
        file.write(content)
        file.truncate()
    with suppress(PermissionError):  # only its owner may
        target.chmod(private_mode(old))
