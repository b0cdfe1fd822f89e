"""One bot for each database: a lock that the kernel frees when the process dies, however it dies."""

from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout


class AlreadyRunningError(Exception):
    """Another bot uses this database."""


class LockFileError(Exception):
    """The lock cannot be made; the message says what to do."""


class ProcessLock:
    """Holds an operating-system lock on a file beside the database for as long as it is open."""

    def __init__(self, database_path: Path) -> None:
        self._path = database_path.with_name(database_path.name + ".lock")
        # A file that only stands for a lock would outlive a killed process: where there are no real ones, none is held.
        self._lock = FileLock(self._path, mode=0o600, thread_local=False, fallback_to_soft=False)

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            AlreadyRunningError: another process has it.
            LockFileError: the file cannot be made, or the file system knows no locks.

        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock.acquire(blocking=False)
        except Timeout:
            raise AlreadyRunningError(
                f"Another bot is running with this database ({self._path} is locked). Stop it first, or give this "
                "one a DATABASE_PATH of its own."
            ) from None
        except OSError as error:
            raise LockFileError(
                f"{self._path} cannot be locked ({error.strerror}); check the folder of DATABASE_PATH and its rights."
            ) from error

    def release(self) -> None:
        """Give the lock back."""
        self._lock.release()

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
