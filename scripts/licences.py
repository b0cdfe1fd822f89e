"""`make licences`: writes docs/licences.md, the licences of the packages that the bot needs to run."""

import re
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "licences.md"
_HEAD = """# Licences of the packages that the bot needs

This page is made by `make licences` from what the packages say of themselves; `requirements.txt` has their versions.
The bot itself is under the [MIT licence](../LICENSE).

| package | licence |
|---|---|
"""
_ELSEWHERE = "not installed on the machine that made this page"


def packages(requirements: Path = ROOT / "requirements.txt") -> list[str]:
    """Return the names that are pinned."""
    return re.findall(r"^([A-Za-z0-9][\w.-]*)==", requirements.read_text(encoding="utf-8"), re.MULTILINE)


def licence(name: str) -> str:
    """Return what a package says of its licence: the expression, else the classifiers, else the first line of text."""
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return _ELSEWHERE
    said = {key: about.get_all(key) or [] for key in ("License-Expression", "Classifier", "License")}
    classified = [line.rpartition(" :: ")[2] for line in said["Classifier"] if line.startswith("License ::")]
    text = [line for licence in said["License"] for line in licence.strip().splitlines()[:1]]
    return ", ".join(said["License-Expression"] or classified or text) or "not said"


def page() -> str:
    """Return the whole page."""
    return _HEAD + "".join(f"| {name} | {licence(name)} |\n" for name in packages())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)}: {len(packages())} packages")
