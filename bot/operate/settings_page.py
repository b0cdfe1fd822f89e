"""The settings as people read them: `docs/settings.md`, the table of the README, and a list for the terminal."""

from bot.settings import SETTINGS, Setting

_HEAD = """# Settings

This page is made by `python -m bot settings --markdown`; a test compares it with `bot/settings.py`.

The bot reads them once, at start, from the environment and from a file `.env` in the folder that it is started in; the
environment wins. `python -m bot init` asks for the usual ones and writes `.env`, `python -m bot init NAME` changes one.
An empty value counts as not set. A missing or wrong one ends the start with one sentence for each and exit status 2.

"""

_FOOT = """
**Secrets** never appear in a log, in an error or in the output of `doctor`. `.env` has to be readable by its owner
alone (mode 0600); `init` sees to it and `doctor` looks.

**Base URLs** are the only difference between the real services and stand-ins. Addresses on this machine are reached
without the proxies of the environment.
"""


def table() -> str:
    """Return the table of all settings in Markdown, as the README has it too."""
    rows = [f"| `{setting.name}` | {_cell(setting)} | {_default(setting)} |" for setting in SETTINGS]
    return "\n".join(["| variable | meaning | default |", "|---|---|---|", *rows]) + "\n"


def as_markdown() -> str:
    """Return the whole page `docs/settings.md`."""
    return f"{_HEAD}{table()}{_FOOT}"


def as_text() -> str:
    """Return a list for the terminal."""
    return "".join(f"{setting.name}  ({_default(setting)})\n    {setting.meaning}\n" for setting in SETTINGS)


def _cell(setting: Setting) -> str:
    text = setting.meaning.replace("|", "\\|")
    return f"{text} Secret." if setting.secret else text


def _default(setting: Setting) -> str:
    if setting.required:
        return "required"
    return f"`{setting.default}`" if setting.default else "empty"
