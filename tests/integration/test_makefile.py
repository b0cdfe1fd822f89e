"""The environment that `make` makes, where Python lacks a part: what is said, and that the next try starts anew."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.house import ROOT

#: Debian's Python without python3-venv: it leaves half an environment, says why, and fails.
HALF = """#!/bin/sh
case "$1 $2" in
  "-m venv") mkdir -p "$3/bin"; printf '#!/bin/sh\\necho "No module named pip" >&2; exit 1\\n' > "$3/bin/python"
    chmod +x "$3/bin/python"; echo "ensurepip is not available"; exit {status};;
  *) exec {python} "$@";;
esac
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with what `make` reads, and no packages to install."""
    if shutil.which("make") is None:
        pytest.skip("there is no make here")
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.txt").touch()
    return tmp_path


def make(folder: Path, python: str) -> subprocess.CompletedProcess[str]:
    """Make the environment with this Python."""
    return subprocess.run(
        ["make", f"PYTHON={python}", ".venv/.installed"],
        cwd=folder, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("status", [0, 1])
def test_half_an_environment_is_not_left_behind(clone: Path, status: int) -> None:
    """Without python3-venv it says what to install, and with it the same command works."""
    half = clone / "half"
    half.write_text(HALF.format(python=sys.executable, status=status))
    half.chmod(0o755)
    for _ in range(2):
        tried = make(clone, str(half))
        assert tried.returncode != 0
        assert "apt install python3-venv" in tried.stderr
        assert not (clone / ".venv").exists()
    if status:  # once is enough: it takes seconds
        done = make(clone, sys.executable)
        assert done.returncode == 0, done.stderr
        assert (clone / ".venv" / ".installed").exists()


def test_an_environment_from_before_without_pip(clone: Path) -> None:
    """One that an earlier try has left is not deleted behind anybody's back: the command that does is named."""
    python = clone / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    tried = make(clone, sys.executable)
    assert tried.returncode != 0
    assert "make clean" in tried.stderr
    subprocess.run(["make", "clean"], cwd=clone, check=True, capture_output=True)
    assert not (clone / ".venv").exists()


def test_a_python_that_is_too_old(clone: Path) -> None:
    """It says which one is needed, and leaves nothing."""
    old = clone / "old"
    old.write_text(f'#!/bin/sh\nexec {sys.executable} -c "import sys; sys.version_info = (3, 10); $2"\n')
    old.chmod(0o755)
    tried = make(clone, str(old))
    assert "Python 3.11 or later is needed" in tried.stderr
    assert not (clone / ".venv").exists()
