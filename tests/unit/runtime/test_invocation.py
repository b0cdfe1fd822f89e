"""The commands in sentences are those that the reader can type here."""

import sys
from pathlib import Path

import pytest

from bot.runtime.invocation import as_typed


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an environment of its own, as `make` makes it."""
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch(mode=0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setenv("PATH", "/usr/bin")
    return tmp_path


def test_in_the_folder_of_the_clone(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command in a text names the Python of the environment, and nothing else changes."""
    monkeypatch.chdir(clone)
    assert as_typed("Run `python -m bot init X`, then `python -m bot doctor`; python is fine.") == (
        "Run `.venv/bin/python -m bot init X`, then `.venv/bin/python -m bot doctor`; python is fine."
    )


def test_in_another_folder(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From elsewhere the whole path is right, in quotes where a shell needs them."""
    monkeypatch.chdir("/usr")
    assert as_typed("python -m bot") == f"{clone}/.venv/bin/python -m bot"
    monkeypatch.setattr(sys, "executable", "/my bots/python")
    assert as_typed("python -m bot") == "'/my bots/python' -m bot"


def test_with_the_environment_activated(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then `python` is enough, and what is typed already is left alone."""
    monkeypatch.chdir(clone)
    monkeypatch.setenv("PATH", f"{clone}/.venv/bin:/usr/bin")
    assert as_typed("python -m bot") == "python -m bot"
    assert as_typed(".venv/bin/python -m bot") == ".venv/bin/python -m bot"
