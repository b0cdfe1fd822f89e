"""`python -m bot init`: explains where each value is found, asks for it, checks it at once, and writes `.env`."""

import secrets
from collections.abc import Callable, Mapping, Sequence
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
        """Ask for these settings, or for all that are needed; return 1 when one that is wrong was kept.

        Raises:
            UnknownSettingError: one of the names is none.
            EnvFileError: `.env` cannot be written.

        """
        _refuse_unknown(names)
        self.talk.tell(_WELCOME.format(path=self.path, link=manifest.creation_link()) if not names else "")
        good = [self._setting(name) for name in names or ASKED]
        self.talk.tell(self._next_step(all(good)))
        return 0 if all(good) else 1

    def _setting(self, name: str) -> bool:
        """Ask until a value passes its check or is kept nevertheless; return whether it passes."""
        self.talk.tell(f"{name}\n  {_MEANING[name]}\n  {WHERE.get(name, 'docs/settings.md says more.')}")
        if name in self.outside:
            self.talk.tell(f"  {name} is set in the environment, which wins over {self.path}; change it there.")
            return self._passes(self._check(name))
        while True:
            value = self._asked(name)
            if value is not None:
                self.in_file[name] = value
            findings = self._check(name)
            passes = self._passes(findings)
            if passes or value is None or not self._again():
                if value is not None:
                    env_file.write(self.path, {name: value})
                self.talk.tell("")
                return passes

    def _asked(self, name: str) -> str | None:
        """Return what was typed; None to keep what is there."""
        current = self.in_file.get(name, "")
        state = self._state(name, current)
        prompt = f"  {name} [{state}]: "
        typed = (self.talk.ask_secret if name in _SECRET else self.talk.ask)(prompt).strip()
        if name == "DATABASE_KEY" and typed.lower() == "g":
            return self._made_key(current)
        return {"": None, _WIPE: ""}.get(typed, typed)

    def _state(self, name: str, current: str) -> str:
        if not current:
            return "not set; Enter leaves it so"
        shown = "set" if name in _SECRET else current
        return f"{shown}; Enter keeps it, {_WIPE} removes it"

    def _made_key(self, current: str) -> str | None:
        if current:
            self.talk.tell(
                "  A key is set already and was kept: a login that is stored could not be read with another."
            )
            return None
        self.talk.tell("  A key of 43 random characters was made.")
        return secrets.token_urlsafe(32)

    def _again(self) -> bool:
        answer = self.talk.ask("  Enter it again? [Y/n] ").strip().lower()
        return not answer.startswith("n")

    def _check(self, name: str) -> list[Finding]:
        found = values.check(name, self.in_file | dict(self.outside), self.clock)
        shown = report.without_secrets(found, self.in_file | dict(self.outside))
        if shown:
            self.talk.tell(report.as_text(shown, self.talk.style))
        return shown

    @staticmethod
    def _passes(findings: list[Finding]) -> bool:
        return all(finding.level is not Level.WRONG for finding in findings)

    def _next_step(self, good: bool) -> str:
        if not good:
            return "Not everything works yet. Run `python -m bot init NAME` for a value that has to change."
        if self.in_file.get("DATABASE_KEY") or self.outside.get("DATABASE_KEY"):
            return (
                "Next: `python -m bot login` where a person signs in to Autodesk (three-legged), then "
                "`python -m bot doctor`, which checks everything together, then `make run`."
            )
        return "Next: `python -m bot doctor`, which checks everything together, then `make run`."


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
