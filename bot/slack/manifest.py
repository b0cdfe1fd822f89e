"""The Slack app as `manifest.yaml` describes it: the scopes that it asks for, and the link that makes the app."""

from pathlib import Path
from typing import Final
from urllib.parse import quote

MANIFEST: Final = Path(__file__).parents[2] / "manifest.yaml"


def bot_scopes(path: Path = MANIFEST) -> frozenset[str]:
    """Return the scopes of the bot token. Reads the plain list beneath `bot:`, so that no YAML library is needed."""
    lines = path.read_text(encoding="utf-8").splitlines()
    scopes = set()
    for line in lines[lines.index("    bot:") + 1 :]:
        if not line.startswith("      - "):
            break
        scopes.add(line.removeprefix("      - ").partition("#")[0].strip())
    return frozenset(scopes)


def creation_link(path: Path = MANIFEST) -> str:
    """Return the address that opens Slack's page for a new app with our manifest filled in (source: app manifests)."""
    return f"https://api.slack.com/apps?new_app=1&manifest_yaml={quote(path.read_text(encoding='utf-8'), safe='')}"
