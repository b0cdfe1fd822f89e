"""Where files are for the moment in which they are read: a private folder beside the database, empty at each start."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)


class FolderError(Exception):
    """The folder cannot be made."""


class Folder:
    """The folder of one database, so of one bot: the lock beside it lets nobody else have it at the same time."""

    def __init__(self, database_path: Path) -> None:
        self.path = database_path.with_name(f"{database_path.name}.files")

    async def clear(self) -> None:
        """Remove what a bot that was killed has left there."""
        await asyncio.to_thread(self._clear)

    @asynccontextmanager
    async def place(self) -> AsyncIterator[Path]:
        """Give out a folder of one's own, and remove it with all that is in it, however this is left.

        Raises:
            FolderError: it cannot be made.

        """
        making = asyncio.ensure_future(asyncio.to_thread(self._make))
        try:
            yield await asyncio.shield(making)
        finally:
            await asyncio.shield(_unmade(making))

    def _clear(self) -> None:
        if self.path.is_symlink() or self.path.is_file():  # whoever put that there does not lead us elsewhere
            self.path.unlink()
        elif self.path.exists():
            _remove(self.path)

    def _make(self) -> Path:
        try:
            self.path.mkdir(mode=0o700, exist_ok=True)
            if not self.path.is_symlink():
                return Path(tempfile.mkdtemp(dir=self.path))
        except OSError as error:
            log.warning("no folder for files of usage data", error=error.strerror)
        raise FolderError


async def _unmade(making: asyncio.Future[Path]) -> None:
    with suppress(FolderError):
        await asyncio.to_thread(_remove, await making)


def _remove(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        log.warning(
            "a file of usage data could not be removed; remove it by hand", folder=str(folder), error=error.strerror
        )
