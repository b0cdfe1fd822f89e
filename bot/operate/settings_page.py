"""The settings as people read them: `docs/settings.md`, the table of the README, and a list for the terminal."""

import textwrap

from bot.operate.guide import IDS
from bot.settings import SETTINGS, Setting

_HEAD = """# Settings

This page is made by `python -m bot settings --markdown`; a test compares it with `bot/settings/variables.py`.

The bot reads them once, at start, from the environment and from a file `.env` in the folder that it is started in; the
environment wins, unless its variable is empty. `python -m bot init` asks for the usual ones and writes `.env`,
`python -m bot init NAME` changes one. An empty value counts as not set.

"""

_FOOT = """
## What ends the start

With exit status 2, and one sentence for each:

- a setting that is missing or wrong, in quotation marks that nobody took away (`docker --env-file` does not), or a path
  with a variable in it that nobody has replaced;
- a line of `.env` that cannot be read, a quotation mark that is not closed on its line, a name that stands there twice
  with different values;
- a name in `.env` that is no setting, and a name in the environment that is at most two letters off from one. Names of
  others may stand in `.env`, since containers and shells read it too: `NO_COLOR`, `TZ`, `LANG`, `LC_…`, `PYTHON…`,
  `COMPOSE_…`, `DOCKER_…`, `UID`, `GID`, and those that the next section names.

A restriction that is written down and not understood would let everybody in.

## The way to both services

`PROXY` is the address of a proxy, with `user:password@` where it wants that. Where it is empty, the first counts that
is set of `HTTPS_PROXY`, `HTTP_PROXY` and `ALL_PROXY`, in capitals or not. `CA_BUNDLE` names certificates that are
trusted beside those of the system and of the package certifi. Where it is empty, the first counts that is set of
`SSL_CERT_FILE`, `REQUESTS_CA_BUNDLE` and `CURL_CA_BUNDLE`.

Each counts towards Slack (Web API, Socket Mode, response URLs) and towards Autodesk alike, from the environment as from
`.env`. Addresses on this machine are reached without the proxy, and so is a service whose base URL has a host that
`NO_PROXY` names. `doctor` tells apart: a certificate that is not trusted, a proxy that is away or refuses, a name that
cannot be resolved, a port that is closed.

## Where the IDs are

{ids}
`python -m bot init ALLOWED_CHANNELS` also takes `#finance`, `python -m bot init ADMINISTRATORS` also `@ana`,
and looks them up. `doctor` says which of them Slack does not know, and which contracts Autodesk does not show.

## Secrets

They never appear in a log, in an error or in the output of `doctor`; the password of a proxy is one too. `.env` has to
be readable by its owner alone (mode 0600), or by root and the group of a service (0640, as in
`docs/deploy/tokenflex-slack.service`); `init` keeps to that and `doctor` looks.

## Base URLs

They are the only difference between the real services and stand-ins.
"""


def table() -> str:
    """Return the table of all settings in Markdown, as the README has it too."""
    rows = [f"| `{setting.name}` | {_cell(setting)} | {_default(setting)} |" for setting in SETTINGS]
    return "\n".join(["| variable | meaning | default |", "|---|---|---|", *rows]) + "\n"


def as_markdown() -> str:
    """Return the whole page `docs/settings.md`."""
    ids = textwrap.fill(IDS, 120, break_on_hyphens=False)
    return f"{_HEAD}{table()}{_FOOT.format(ids=ids)}"


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
