"""`python -m bot init`: explains where each value is found, asks for it, checks it at once, and writes `.env`."""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from getpass import getpass
from pathlib import Path

from bot import settings
from bot.operate import report
from bot.operate.findings import Finding, Level
from bot.operate.guide import ASKED, WHERE
from bot.operate.init import env_file, values
from bot.runtime.clock import Clock
from bot.slack import manifest

_SECRET = {setting.name for setting in settings.SETTINGS if setting.secret}
_MEANING = {setting.name: setting.meaning for setting in settings.SETTINGS}
_CLIENT = ("APS_CLIENT_ID", "APS_CLIENT_SECRET")  #: checked together
_WIPE = "-"  #: typed in place of a value, it takes the value away

_WELCOME = """This asks for what the bot needs, checks each value at the service it is for, and writes it to {path}.
Enter keeps what is set; secrets are not shown while you type; Ctrl-C ends this and keeps what was written.

If there is no Slack app yet, open this address: Slack's page for a new app comes up, with everything filled in.
Choose the workspace, press “Create”, then “Install to Workspace”.

{link}
"""


class UnknownSettingError(Exception):
    """There is no setting of that name."""


@dataclass(frozen=True, slots=True)
class Talk:
    """How to talk with the administrator; `ask_secret` shows nothing of what is typed."""

    ask: Callable[[str], str] = input
    ask_secret: Callable[[str], str] = getpass
    tell: Callable[[str], None] = print
    style: report.Style = field(default_factory=report.Style)


@dataclass(slots=True)
class Wizard:
    """One run of the questions. `in_file` is what `.env` holds, `outside` what the environment holds, which wins."""

    path: Path
    in_file: dict[str, str]
    outside: Mapping[str, str]
    clock: Clock
    talk: Talk = field(default_factory=Talk)

    def run(self, names: Sequence[str]) -> int:
        """Ask for these settings, or for all that are needed; return 1 when one of them is wrong or missing after all.

        Raises:
            UnknownSettingError: one of the names is none.
            EnvFileError: `.env` cannot be written.

        """
        _refuse_unknown(names)
        asked = names or ASKED
        self.talk.tell(_WELCOME.format(path=self.path, link=manifest.creation_link()) if not names else "")
        bad = [name for step in _steps(asked) if not self._step(step) for name in step]
        missing = [name for name in settings.REQUIRED if not self._values.get(name)]
        self.talk.tell(self._ending(missing, [name for name in bad if name not in missing]))
        return int(bool(bad or set(missing) & set(asked)))

    @property
    def _values(self) -> dict[str, str]:
        return self.in_file | dict(self.outside)

    def _step(self, step: tuple[str, ...]) -> bool:
        """Ask until the values pass their check or are kept nevertheless; return whether they pass."""
        stored = dict(self.in_file)
        for name in step:
            self.talk.tell(f"{name}\n  {_MEANING[name]}\n  {WHERE.get(name, 'docs/settings.md says more.')}")
            self._ask(name, stored)
        while True:
            typed = {name: value for name, value in self.in_file.items() if value != stored.get(name, "")}
            passes = self._passes(step)
            if passes or not typed or not self._again(step):
                break
            step = _CLIENT if set(step) <= set(_CLIENT) else step  # nobody can say which of the two is wrong
            for name in step:
                self._ask(name, stored)
        if not passes and self._keeps_former(typed, stored):
            self.in_file.update({name: stored[name] for name in typed if stored.get(name)})
            typed = {name: value for name, value in typed.items() if not stored.get(name)}
        if typed:
            env_file.write(self.path, typed)
        self.talk.tell("")
        return passes

    def _ask(self, name: str, stored: Mapping[str, str]) -> None:
        if name in self.outside:
            self.talk.tell(f"  {name} is set in the environment, which wins over {self.path}; change it there.")
            return
        prompt = f"  {name} [{self._state(name)}]: "
        typed = (self.talk.ask_secret if name in _SECRET else self.talk.ask)(prompt).strip()
        if name == "DATABASE_KEY" and typed.lower() == "g":
            self._make_key(stored)
        elif typed == _WIPE:
            self.in_file[name] = ""
        elif typed:
            self.in_file[name] = self._looked_up(name, typed)
        elif name in settings.REQUIRED and not self.in_file.get(name):
            self.talk.tell("  Skipped; needed later.")

    def _state(self, name: str) -> str:
        current = self.in_file.get(name, "")
        if not current:
            return "not set; Enter leaves it so"
        shown = "set" if name in _SECRET else current
        return f"{shown}; Enter keeps it, {_WIPE} removes it"

    def _make_key(self, stored: Mapping[str, str]) -> None:
        if stored.get("DATABASE_KEY") and not settings.problems_of("DATABASE_KEY", stored):
            self.in_file["DATABASE_KEY"] = stored["DATABASE_KEY"]
            self.talk.tell(
                "  A key is set already and was kept: a login that is stored could not be read with another."
            )
            return
        self.in_file["DATABASE_KEY"] = secrets.token_urlsafe(32)
        self.talk.tell("  A key of 43 random characters was made.")

    def _looked_up(self, name: str, typed: str) -> str:
        ids, problems = values.ids_of(name, typed, self._values, self.clock)
        for problem in problems:
            self.talk.tell(f"  {problem}")
        if ids != typed and not problems:
            self.talk.tell(f"  That is {ids}.")
        return typed if problems else ids

    def _again(self, step: tuple[str, ...]) -> bool:
        what = "it" if len(step) == 1 and step[0] not in _CLIENT else "both"
        return not self.talk.ask(f"  Enter {what} again? [Y/n] ").strip().lower().startswith("n")

    def _keeps_former(self, typed: Mapping[str, str], stored: Mapping[str, str]) -> bool:
        """Ask before a value that was there gives way to one that did not pass."""
        names = " and ".join(name for name in typed if stored.get(name))
        if not names:
            return False
        return not self.talk.ask(f"  Write the new {names} nevertheless? [y/N] ").strip().lower().startswith("y")

    def _passes(self, step: tuple[str, ...]) -> bool:
        """Check what there is; what is missing is told at the end."""
        there = [name for name in step if name not in settings.REQUIRED or self._values.get(name)]
        if set(step) & set(_CLIENT):
            there = list(_CLIENT) if self._values.get("APS_CLIENT_ID") else []
        found = report.without_secrets(values.check_all(there, self._values, self.clock), self._values)
        if found:
            self.talk.tell(report.as_text(found, self.talk.style))
        return all(finding.level is not Level.WRONG for finding in found)

    def _ending(self, missing: Sequence[str], bad: Sequence[str]) -> str:
        said = [f"Still {word}: {', '.join(names)}." for word, names in (("missing", missing), ("wrong", bad)) if names]
        if said:
            return f"{' '.join(said)} Run `python -m bot init {' '.join([*missing, *bad])}`."
        sign_in = "`python -m bot login` where a person signs in to Autodesk (three-legged), then "
        first = sign_in if self._values.get("DATABASE_KEY") else ""
        return f"Next: {first}`python -m bot doctor`, which checks everything together, then `make run`."


def _steps(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield the settings one by one, but those together that are checked together."""
    together = tuple(name for name in _CLIENT if name in names)
    for name in names:
        if name not in together:
            yield (name,)
        elif name == together[0]:
            yield together


def check_only(names: Sequence[str], variables: Mapping[str, str], clock: Clock) -> list[Finding]:
    """Check the settings of the environment and write nothing; for scripts.

    Raises:
        UnknownSettingError: one of the names is none.

    """
    _refuse_unknown(names)
    return report.without_secrets(values.check_all(names or ASKED, variables, clock), variables)


def _refuse_unknown(names: Sequence[str]) -> None:
    unknown = [name for name in names if name not in _MEANING]
    if unknown:
        raise UnknownSettingError(f"{', '.join(unknown)}: no such setting. `python -m bot settings` lists all.")
