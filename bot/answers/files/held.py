"""Files that are kept for a moment after they were read, so that they need not be fetched again for their threads."""

import asyncio
import os
import shutil
from collections.abc import Collection
from contextlib import AsyncExitStack
from pathlib import Path

from bot.answers.files.folder import Folder

Key = tuple[int, int]  #: an export and its announcement


class HeldFiles:
    """Files in the private folder, each until it is let go; a start empties that folder."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._held: dict[Key, tuple[Path, AsyncExitStack]] = {}

    def __len__(self) -> int:
        return len(self._held)

    def path(self, key: Key) -> Path | None:
        """Return where a file is that is kept."""
        return self._held[key][0] if key in self._held else None

    async def keep(self, key: Key, file: Path) -> Path:
        """Keep a file that is about to be removed, and return where it is then.

        Raises:
            FolderError, OSError: there is no room for it.

        """
        async with AsyncExitStack() as until:
            place = await until.enter_async_context(self._folder.place())
            kept = place / file.name
            await asyncio.to_thread(_same, file, kept)
            await self.release(key)
            self._held[key] = kept, until.pop_all()
        return kept

    async def release(self, key: Key) -> None:
        """Remove a file, if it is kept."""
        _, until = self._held.pop(key, (None, None))
        if until is not None:
            await until.aclose()

    async def release_all_but(self, keys: Collection[Key]) -> None:
        """Remove all files but these."""
        for key in [each for each in self._held if each not in keys]:
            await self.release(key)


def _same(file: Path, kept: Path) -> None:
    try:
        os.link(file, kept)
    except OSError:  # a file system without a second name for a file
        shutil.copyfile(file, kept)
