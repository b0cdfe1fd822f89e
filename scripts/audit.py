"""`make audit`: known weaknesses of the pinned packages, by pip-audit; says so when the advisories were not reached.

pip-audit itself passes over what its service does not know, and ends well when it knows nothing at all.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REQUIREMENTS = Path(__file__).parents[1] / "requirements.txt"
NOT_AUDITED = 3  #: exit status: nothing is known to be wrong, and nothing is known to be right


@dataclass(frozen=True, slots=True)
class Audit:
    """How many packages were looked at, how many were not, and a line for each weakness."""

    looked_at: int
    passed_over: int
    weaknesses: tuple[str, ...]

    @classmethod
    def from_json(cls, report: dict[str, Any]) -> "Audit":
        """Read the report of pip-audit."""
        packages = report["dependencies"]
        known = [package for package in packages if "skip_reason" not in package]
        lines = [
            f"{package['name']} {package['version']}: {weakness['id']}"
            f" (mended in {', '.join(weakness['fix_versions']) or 'no version yet'})"
            for package in known
            for weakness in package["vulns"]
        ]
        return cls(len(known), len(packages) - len(known), tuple(lines))

    @property
    def status(self) -> int:
        """The exit status: 1 with a weakness, 3 where not every package was looked at, else 0."""
        return 1 if self.weaknesses else NOT_AUDITED if self.passed_over or not self.looked_at else 0

    def summary(self) -> str:
        """Return the result in one sentence."""
        if self.weaknesses:
            return f"{len(self.weaknesses)} known weaknesses; `make pin` takes the newest versions."
        if not self.looked_at:
            return "NOT AUDITED: no service with advisories was reached from here; nothing is known about any package."
        left = f" {self.passed_over} could NOT be looked at." if self.passed_over else ""
        return f"{self.looked_at} packages, no known weakness.{left}"


def run(requirements: Path = REQUIREMENTS) -> Audit:
    """Ask pip-audit."""
    words = ["--requirement", str(requirements), "--require-hashes", "--disable-pip", "--progress-spinner", "off"]
    asked = subprocess.run(
        [sys.executable, "-m", "pip_audit", *words, "--format", "json"], capture_output=True, text=True, check=False
    )
    try:
        return Audit.from_json(json.loads(asked.stdout))
    except (ValueError, KeyError):
        print(asked.stderr.strip().splitlines()[-1] if asked.stderr.strip() else "pip-audit said nothing")
        return Audit(0, 0, ())


def main() -> int:
    """Print the result; return the exit status."""
    audit = run()
    print(*audit.weaknesses, audit.summary(), sep="\n")
    return audit.status


if __name__ == "__main__":
    sys.exit(main())
