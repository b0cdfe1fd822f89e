"""`python -m bot answers`: what is kept of answers is forgotten by hand, also beside a running bot."""

import asyncio
from datetime import datetime
from pathlib import Path

from storage import answers
from storage.database import Database, DatabaseError


def forget(path: Path, before: datetime, contract: str = "") -> int:
    """Forget the figures that were found before a time, of one contract or of all; return of how many answers.

    Raises:
        DatabaseError: there is no database, or it cannot be used.

    """
    if not path.exists():
        raise DatabaseError(f"There is no database at {path} yet, so there are no answers.")
    return asyncio.run(_forget(path, before, contract))


async def _forget(path: Path, before: datetime, contract: str) -> int:
    database = Database(path)
    try:
        await database.open()
        return await database.write(answers.forget, before, contract)
    finally:
        await database.close()
