"""The database file: it opens, is whole, has a schema that this program knows."""

import os
from pathlib import Path

from bot.operate.findings import Finding, ok, warning, wrong
from bot.settings import DEFAULT_PATH
from storage import inspection
from storage.database import CorruptDatabaseError, DatabaseError, NewerDatabaseError

NAME = "Database"


def check_folder(path: Path) -> Finding:
    """Say of a database whose folder is not there whether the bot can make it; nothing is made here."""
    folder = path.parent
    above = next((parent for parent in path.absolute().parents if parent.exists()), Path("/"))
    if not (above.is_dir() and os.access(above, os.W_OK | os.X_OK)):
        found = f"There is no folder {folder}, and this user may not make it."
        return wrong(NAME, found, "Set DATABASE_PATH to a file in a folder that this user may write to.")
    if path == Path(DEFAULT_PATH):
        return ok(NAME, f"There is none at {path} yet; it is made when it is first needed.")
    found = f"There is no folder {folder} yet; the first start of the bot makes it."
    return warning(NAME, found, "If that is not where it shall be, change DATABASE_PATH.")


def check_database(path: Path) -> tuple[bool, Finding]:
    """Return whether the file can be used as it is, and what is found; the file is left as it is."""
    try:
        found = inspection.inspect(path)
    except NewerDatabaseError as error:
        return False, wrong(NAME, str(error), "Install the newer version again, or `python -m bot restore` a backup.")
    except CorruptDatabaseError as error:
        mend = (
            f"If {path} is not the bot's, change DATABASE_PATH. If it is, with the bot stopped: `python -m bot restore "
            f"FILE` with a backup, or move {path} away to begin anew."
        )
        return False, wrong(NAME, str(error), mend)
    except DatabaseError as error:
        return False, wrong(NAME, str(error), "Set DATABASE_PATH to a file that this user may read and write.")
    if found is None:
        return True, ok(NAME, f"There is none at {path} yet; it is made when it is first needed.")
    schema = f"schema step {len(found.applied)} of {len(found.applied) + len(found.pending)}"
    if found.pending:
        mend = "Make a copy with `python -m bot backup FILE`; the next start of the bot then brings it up to date."
        return False, warning(NAME, f"{path} was written by an older version ({schema}).", mend)
    return True, ok(NAME, f"{path}, {found.size // 1024} kB, whole, {schema}.")
