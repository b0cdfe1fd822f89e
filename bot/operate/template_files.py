"""`python -m bot templates`: all saved questions to one YAML file, and from one; also beside a running bot."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database as Connection

from bot.operate import yaml_files
from bot.questions import template_file
from bot.questions.templates import MOST
from bot.questions.yaml_file import YamlFileError
from bot.tokenflex.catalogue import Catalogue
from storage import database as files
from storage import templates
from storage.database import Database, DatabaseError
from storage.templates import NewTemplate


def write(path: Path, target: Path) -> int:
    """Write all templates of a database into a new file that only its owner can read; return how many there are.

    Raises:
        DatabaseError: there is no database, or it has no templates yet.
        YamlFileError: the file cannot be made.

    """
    if not path.exists():
        raise DatabaseError(f"There is no database at {path} yet, so there is no template.")
    with files.read_only(path) as db:
        if "templates" not in db.table_names():
            raise DatabaseError(f"{path} is of an older version and has no templates yet; start the bot once.")
        known = templates.everywhere(db)
    yaml_files.make(target, template_file.write(known))
    return len(known)


async def read(path: Path, source: Path, catalogue: Catalogue, now: datetime) -> int:
    """Store all templates of a file, each in the place of the one of its name at its home; return how many there are.

    Raises:
        YamlFileError: the file cannot be read or anything in it is wrong; then nothing was stored.
        DatabaseError: the database cannot be used.

    """
    found = template_file.read(yaml_files.text_of(source), catalogue)
    database = Database(path)
    try:
        await database.open()
        await database.write(_put, found, now)
    finally:
        await database.close()
    return len(found)


def _put(db: Connection, found: Sequence[NewTemplate], now: datetime) -> None:
    """Store templates, all or none."""
    for new in found:
        templates.put(db, new, now)
    for home in dict.fromkeys(new.home for new in found):
        if len(templates.at_home(db, [home])) > MOST:
            raise YamlFileError(f"{home} would have more than {MOST} templates; nothing was stored.")
