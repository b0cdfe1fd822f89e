"""The file `.env`: read, and changed value by value. It is replaced as a whole, and only its owner may read it."""

import re
from collections.abc import Mapping
from pathlib import Path

from dotenv import set_key

#: Without these characters a value means the same to every program that reads such files; else it is put in quotes.
_PLAIN = re.compile(r"[\w./:@%+=,~-]+", re.ASCII)


class EnvFileError(Exception):
    """The file cannot be written; the message says why."""


def write(path: Path, values: Mapping[str, str]) -> None:
    """Set these variables in the file, making it if it is not there; every other line stays as it is.

    Raises:
        EnvFileError: it cannot be written; it is then as it was.

    """
    target = path.resolve()  # a link stays a link
    try:
        if target.exists():
            target.chmod(0o600)
        for name, value in values.items():
            quotes = "never" if not value or _PLAIN.fullmatch(value) else "always"
            set_key(target, name, value, quote_mode=quotes)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a text file in UTF-8"
        raise EnvFileError(f"{path} cannot be written: {reason}.") from None
