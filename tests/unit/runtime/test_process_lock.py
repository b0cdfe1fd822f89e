"""The lock that keeps a second bot away from a database."""

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bot.runtime.process_lock import AlreadyRunningError, LockFileError, ProcessLock
from tests.harness.house import ROOT

HOLDS = "import sys; from pathlib import Path; from bot.runtime.process_lock import ProcessLock; "
HOLDS += "lock = ProcessLock(Path(sys.argv[1])); lock.acquire(); print('held', flush=True); sys.stdin.read()"


def holder(path: Path) -> "subprocess.Popen[str]":
    """A process that holds the lock until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def end(process: "subprocess.Popen[str]") -> None:
    """Close the pipes and wait."""
    process.communicate()


def test_a_second_holder_is_refused_with_what_to_do(tmp_path: Path) -> None:
    """Also within one process; the message names the file and the two ways out."""
    path = tmp_path / "new" / "a.db"
    with ProcessLock(path), pytest.raises(AlreadyRunningError, match=r"a\.db\.lock is locked.*DATABASE_PATH"):
        ProcessLock(path).acquire()
    with ProcessLock(path):
        pass


def test_another_process_is_refused_until_it_dies(tmp_path: Path) -> None:
    """The kernel frees the lock of a killed process at once; nothing has to be tidied up."""
    process = holder(tmp_path / "a.db")
    with pytest.raises(AlreadyRunningError):
        ProcessLock(tmp_path / "a.db").acquire()
    process.kill()
    end(process)
    with ProcessLock(tmp_path / "a.db"):
        pass


def test_other_databases_are_not_concerned(tmp_path: Path) -> None:
    """Each database has a lock of its own."""
    with ProcessLock(tmp_path / "a.db"), ProcessLock(tmp_path / "b.db"):
        pass


def test_releasing_twice_is_fine(tmp_path: Path) -> None:
    """A lock that was given back stays given back."""
    lock = ProcessLock(tmp_path / "a.db")
    lock.acquire()
    lock.release()
    lock.release()
    with ProcessLock(tmp_path / "a.db"):
        pass


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """A file where the folder should be ends in a sentence with the path and what to check."""
    (tmp_path / "file").write_text("")
    with pytest.raises(LockFileError, match=r"a\.db\.lock cannot be locked \(.*\); check the folder of DATABASE_PATH"):
        ProcessLock(tmp_path / "file" / "a.db").acquire()


def test_only_the_owner_may_read_the_file(tmp_path: Path) -> None:
    """Also where the mask of the process would let others; and nothing that stands in it is touched."""
    path = tmp_path / "a.db.lock"
    mask = os.umask(0)
    try:
        with ProcessLock(tmp_path / "a.db"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
    finally:
        os.umask(mask)
    path.write_text("kept")
    with ProcessLock(tmp_path / "a.db"):
        assert path.read_text() == "kept"


def test_a_file_system_without_locks_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file is taken for a lock that would outlive a killed process; the sentence says what to check."""

    def _none(*_: object) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr("fcntl.flock", _none)
    with pytest.raises(LockFileError, match="Function not implemented"):
        ProcessLock(tmp_path / "a.db").acquire()
