"""YAML files on the disk of the administrator: made anew and for their owner alone, read as text."""

import os
from pathlib import Path

from bot.questions.yaml_file import MAX_SIZE, YamlFileError


def make(target: Path, text: str) -> None:
    """Write a new file that only its owner can read.

    Raises:
        YamlFileError: the file cannot be made.

    """
    try:
        made = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(made, "w", encoding="utf-8") as out:
            out.write(text)
    except OSError as error:
        raise YamlFileError(f"{target} cannot be written ({error.strerror}); name a new file.") from None


def text_of(source: Path) -> str:
    """Return what stands in a file, or as much of it as shows that it is too large.

    Raises:
        YamlFileError: the file cannot be read.

    """
    try:
        with source.open("rb") as opened:
            return opened.read(MAX_SIZE + 1).decode("utf-8-sig")
    except OSError as error:
        raise YamlFileError(f"{source} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise YamlFileError(f"{source} is no text in UTF-8.") from None
