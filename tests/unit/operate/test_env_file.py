"""`.env`, changed value by value: the other lines, their order, and who may read the file."""

import os
import stat
from pathlib import Path

import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st

from bot.operate.checks.host import check_env_file
from bot.operate.findings import Level
from bot.operate.init import env_file
from bot.settings import environment

VALUES = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp")), max_size=40).map(str.strip)


@given(st.dictionaries(st.sampled_from(["A", "B_2", "SLACK_X"]), VALUES, min_size=1), VALUES)
def test_whatever_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, str], other: str
) -> None:
    """Any value on one line comes back as it was, and the other lines of the file with it."""
    path = tmp_path_factory.mktemp("env") / ".env"
    env_file.write(path, {"OTHER": other})
    env_file.write(path, values)
    assert dotenv_values(path, interpolate=False) == {"OTHER": other} | values


LINES = st.sampled_from([
    "# ours", "", "  # it's indented", "OTHER=1", "export A=old # why", "A='old' # why", "A=old", 'B_2="o # d"  #c',
    "SLACK_X=", "SLACK_X= # empty", "TZ='Europe/Berlin'",
])  # fmt: skip


@given(st.lists(LINES, max_size=8), st.dictionaries(st.sampled_from(["A", "B_2", "SLACK_X"]), VALUES, min_size=1))
def test_comments_and_order_stay(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], values: dict[str, str]
) -> None:
    """Only the values change: each line stays where it is with its comment, new ones come at the end."""
    path = tmp_path_factory.mktemp("env") / ".env"
    path.write_text("".join(f"{line}\n" for line in lines))
    before = dotenv_values(path, interpolate=False)
    env_file.write(path, values)
    assert dotenv_values(path, interpolate=False) == before | values
    after = path.read_text().splitlines()
    for number, line in enumerate(lines[: len(after)]):
        name = line.split("=")[0].removeprefix("export ")
        if name in values:
            assert after[number].startswith(line.split("=")[0] + "=")
            assert after[number].endswith(line[line.rfind("#") :] if line[-1] in "yc" else "")
        else:
            assert after[number] == line


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("replaceable", [True, False])
def test_the_service_can_still_read_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, replaceable: bool) -> None:
    """In the documented layout root owns the file and the service's group reads it: that stays so."""
    path = tmp_path / ".env"
    path.write_text("A=1\n")
    os.chown(path, 0, 4711)
    path.chmod(0o640)
    if not replaceable:

        def _refuse(**_: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("tempfile.mkstemp", _refuse)
    env_file.write(path, {"A": "2"})
    info = path.stat()
    assert (info.st_uid, info.st_gid, stat.S_IMODE(info.st_mode)) == (0, 4711, 0o640)
    assert path.read_text() == "A=2\n"
    assert check_env_file(path).level is Level.OK
    assert "group 4711 may read" in check_env_file(path).found


@pytest.mark.parametrize(("before", "after"), [(0o644, 0o600), (0o666, 0o600), (0o640, 0o600), (0o400, 0o400)])
def test_what_anybody_may_read_becomes_private(tmp_path: Path, before: int, after: int) -> None:
    """A file that a shell made is for its owner alone afterwards."""
    path = tmp_path / ".env"
    path.write_text("A=1\n")
    path.chmod(before)
    env_file.write(path, {"A": "2"})
    assert stat.S_IMODE(path.stat().st_mode) == after
    assert check_env_file(path).level is Level.OK


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """An `.env` that lies elsewhere is changed there."""
    (tmp_path / "real").write_text("A=1\n")
    (tmp_path / ".env").symlink_to("real")
    env_file.write(tmp_path / ".env", {"A": "2"})
    assert (tmp_path / ".env").is_symlink()
    assert (tmp_path / "real").read_text() == "A=2\n"


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    """It says which file and why, and leaves it as it was."""
    (tmp_path / ".env").mkdir()
    with pytest.raises(env_file.EnvFileError, match=r"\.env cannot be written"):
        env_file.write(tmp_path / ".env", {"A": "2"})


@pytest.mark.parametrize("start", [b"", "\ufeff".encode()])
def test_line_ends_stay(tmp_path: Path, start: bytes) -> None:
    """A file that an editor of Windows wrote is changed in the one line alone; its mark at the start goes."""
    path = tmp_path / ".env"
    path.write_bytes(start + b"A=1\r\n# ours\r\nB_2=2\r\n")
    env_file.write(path, {"B_2": "3"})
    assert path.read_bytes() == b"A=1\r\n# ours\r\nB_2=3\r\n"
    env_file.write(path, {"A": "4", "B_2": "5"})
    found = environment.look(path)
    assert (found.written, found.problems[2:]) == ({"A": "4", "B_2": "5"}, ())
