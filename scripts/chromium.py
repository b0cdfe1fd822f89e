"""The browser that the browser tests and the screenshots drive: Chromium as the system has it."""

import shutil
from pathlib import Path

ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = f"No browser was found (looked for {', '.join(_NAMES)}); on Debian: apt-get install chromium"


def find() -> Path | None:
    """Return the path of a Chromium, None when the system has none."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    return None if found is None else Path(found)
