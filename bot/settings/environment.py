"""Where the settings come from: `.env` and the environment. The only place that reads either, once, at start.

Whatever cannot be read, and whatever looks like a setting and is none, is a problem: a restriction that is written down
and not understood would let everybody in.
"""

import difflib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Final

from dotenv.parser import Binding, parse_stream

from bot.settings.variables import NAMES, PROXIES

ENV_FILE: Final = Path(".env")  #: in the folder that the bot is started in
#: What else may stand in `.env`, since containers and shells read it too: names of the system, of Python, of Docker,
#: and those that stand in for CA_BUNDLE and PROXY.
_OF_OTHERS: Final = re.compile(
    r"NO_COLOR|FORCE_COLOR|TERM|TZ|LANG|LANGUAGE|LC_[A-Z]+|HOME|PATH|USER|TMPDIR|UMASK|P?[UG]ID|PYTHON[A-Z0-9_]+"
    r"|(?:COMPOSE|DOCKER)_[A-Z0-9_]+|SSL_CERT_(?:FILE|DIR)|(?:REQUESTS|CURL)_CA_BUNDLE"
    r"|(?i:(?:https?|all|no)_proxy)",
    re.ASCII,
)
#: Bolt reads these by itself, whatever it is given: a client ID and secret make it use OAuth, the rest draws warnings.
_READ_BY_BOLT: Final = (
    "SLACK_BOT_TOKEN",
    "SLACK_CLIENT_ID",
    "SLACK_CLIENT_SECRET",
    "SLACK_SIGNING_SECRET",
    "SLACK_VERIFICATION_TOKEN",
)
_NAME: Final = re.compile(r"\s*(?:export\s+)?'?(?P<name>[^=#\s']+)'?[^\S\r\n]*(?P<rest>=?[^\r\n]*)")
_NEAR: Final = 2  #: letters that a name of the environment may be off from one of ours before it is taken for a slip


@dataclass(frozen=True, slots=True)
class Found:
    """What `.env` has, taken literally, what the environment has and is not empty, and what is wrong with either.

    A problem is a sentence; it begins with the name that it is about, where there is one.
    """

    written: dict[str, str]
    given: dict[str, str]
    problems: tuple[str, ...] = ()

    @property
    def variables(self) -> dict[str, str]:
        """All of them; the environment wins."""
        return self.written | self.given


def look(env_file: Path = ENV_FILE) -> Found:
    """Return what there is. A variable that is empty in the environment does not hide that of the file."""
    environ = dict(os.environ)  # noqa: TID251 - the one place
    written, problems = _read(env_file)
    given = {name: value for name, value in environ.items() if value.strip()}
    slips = (f"{name} is not a setting; did you mean {near}?" for name, near in _slips(environ))
    return Found(written, given, (*problems, *slips))


def _read(env_file: Path) -> tuple[dict[str, str], list[str]]:
    """Return what the file has and what is wrong with it; nothing where there is no such file."""
    if env_file.is_dir():  # as Docker makes it where a file is missing that is to be mounted
        return {}, [f"{env_file} is a folder; put a text file with the settings in its place."]
    try:
        text = env_file.read_text(encoding="utf-8-sig") if env_file.exists() else ""
    except OSError as error:
        return {}, [f"{env_file} cannot be read ({error.strerror}); check its rights."]
    except UnicodeDecodeError:
        return {}, [f"{env_file} cannot be read: it is not a text file in UTF-8."]
    bindings = [*parse_stream(StringIO(text))]
    named = [(one.key, one.value) for one in bindings if one.key is not None and one.value is not None]
    return dict(named), [*_problems(bindings, env_file)]


def keep_from_libraries() -> None:
    """Take from the environment of this process, once it is read, what libraries would make of it on their own.

    Bolt finds no credentials but ours, and slack_sdk, which knows no exceptions, no proxy: it is given one.
    """
    for name in (*_READ_BY_BOLT, *PROXIES):
        os.environ.pop(name, None)  # noqa: TID251 - the one place


def _problems(bindings: Iterable[Binding], env_file: Path) -> Iterator[str]:
    lines: dict[str, list[tuple[int, str | None]]] = {}
    for one in bindings:
        text = one.original.string
        number = one.original.line + len(re.findall(r"\r\n|\r|\n", text[: len(text) - len(text.lstrip())]))
        if one.key is not None and one.value is not None and not _runs_on(text):
            lines.setdefault(one.key, []).append((number, one.value))
            inside = next((known for known in sorted(NAMES) if f"{_without_start(known)}=" in one.value), None)
            if inside is not None:
                where = f"line {number} of {env_file}"
                yield f"{one.key} has {inside}= in its value in {where}; a line break is missing there."
        elif one.error or one.key is not None:
            yield _unreadable(text, f"line {number} of {env_file}")
    for name, places in lines.items():
        if name not in NAMES and not _OF_OTHERS.fullmatch(name):
            yield f"{name} is not a setting; {_advice(name)} It stands in line {places[0][0]} of {env_file}."
        elif len({value for _, value in places}) > 1:
            numbers = " and ".join(str(number) for number, _ in places)
            yield f"{name} stands in lines {numbers} of {env_file}, each time with another value; keep one."


def _runs_on(text: str) -> bool:
    """Return whether a quoted value reaches beyond its line: none of ours does, so a quotation mark was forgotten."""
    return "\n" in text.strip() or "\r" in text.strip()


def _without_start(name: str) -> str:
    """Return a name as it may still be read where the line break before it was lost, and a letter or two with that."""
    return name[_NEAR:] if len(name) > 8 else name


def _unreadable(text: str, where: str) -> str:
    found = _NAME.match(text)
    name, rest = ("", "") if found is None else (found["name"], found["rest"])
    if not rest.startswith("="):
        name = name.rstrip(":")
        if not re.fullmatch(r"\w+", name):
            return f"{where[0].upper()}{where[1:]} cannot be read; write NAME=value there, or # before it."
        return f"{name} has no = behind it in {where}; write {name}=value there."
    value = rest[1:].strip()
    if _runs_on(text) or value.count(value[:1]) < 2:
        return f"{name} has a quotation mark that is not closed in {where}; close it there, or take it away."
    return f"{name} has something behind its closing quotation mark in {where}; take it away, or write # before it."


def _advice(name: str) -> str:
    near = _nearest(name)
    if not near:
        alike = difflib.get_close_matches(name.upper(), NAMES, n=1, cutoff=0.75)
        near = alike[0] if alike else ""
    return f"did you mean {near}?" if near else "take it away, or put # before it."


def _slips(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in sorted(names):
        if name not in NAMES and not _OF_OTHERS.fullmatch(name) and (near := _nearest(name)):
            yield name, near


def _nearest(name: str) -> str:
    """Return the setting that a name is at most two letters off from, "" where there is none; capitals do not count."""
    distance, near = min((_distance(name.upper(), known), known) for known in NAMES)
    return near if distance <= _NEAR else ""


def _distance(one: str, other: str) -> int:
    """Return how many letters have to be put in, taken out or changed to make one word of another."""
    if abs(len(one) - len(other)) > _NEAR:
        return _NEAR + 1
    row = list(range(len(other) + 1))
    for above, letter in enumerate(one, start=1):
        previous, row = row, [above]
        for at, wanted in enumerate(other):
            row.append(min(previous[at] + int(letter != wanted), previous[at + 1] + 1, row[at] + 1))
    return row[-1]
