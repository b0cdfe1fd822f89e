"""`make pythons`: installs the pinned packages with every supported Python that is found here, and starts the bot."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
SUPPORTED = ("3.11", "3.12", "3.13", "3.14")


def interpreter(version: str) -> Path | None:
    """Return an interpreter of this version: on the path, or one of pyenv's."""
    name = f"python{version}"
    found = [Path(path) for path in [shutil.which(name)] if path and "shims" not in path]
    found += sorted(Path.home().glob(f".pyenv/versions/{version}*/bin/{name}"))
    return found[-1] if found else None


def steps(python: Path, folder: Path) -> Iterator[list[str]]:
    """Yield the commands that have to work: a fresh environment, the packages by their hashes, the bot's command."""
    yield [str(python), "-m", "venv", str(folder)]
    fresh = str(folder / "bin" / "python")
    pip = [fresh, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    yield [*pip, "-r", str(ROOT / "requirements.txt")]
    yield [fresh, "-W", "error", "-m", "bot", "settings"]


def tried(python: Path) -> str:
    """Return `ok`, or the last line of what went wrong."""
    with tempfile.TemporaryDirectory() as folder:
        for words in steps(python, Path(folder)):
            done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
            if done.returncode:
                return f"FAILED: {(done.stderr.strip().splitlines() or ['no message'])[-1]}"
    return "ok"


def main() -> int:
    """Print a line for each version; return 1 when one failed."""
    results = {}
    for version in SUPPORTED:
        python = interpreter(version)
        results[version] = "not run: not found on this machine" if python is None else tried(python)
        print(f"Python {version}: {results[version]}", flush=True)
    return int(any(result.startswith("FAILED") for result in results.values()))


if __name__ == "__main__":
    sys.exit(main())
