"""`python -m bot schedules`: all schedules to one YAML file, and from one; also beside a running bot."""

from datetime import datetime
from pathlib import Path

from bot.cards.schedule_card import WHY_PAUSED, Paused
from bot.operate import yaml_files
from bot.people.permissions import Rules
from bot.questions import yaml_file
from bot.schedules import decisions, importing, schedule_file, wording
from bot.schedules.importing import Imported
from bot.schedules.schedule_file import SHAPE, Allowed, Written
from bot.tokenflex.catalogue import Catalogue
from storage import channels, schedules
from storage import database as files
from storage.database import Database, DatabaseError

_SHAPES = {"schedules": SHAPE}


def write(path: Path, target: Path) -> int:
    """Write all schedules of a database into a new file that only its owner can read; return how many there are.

    Raises:
        DatabaseError: there is no database, or it has no schedules yet.
        YamlFileError: the file cannot be made, or nobody understands one of them any more.

    """
    if not path.exists():
        raise DatabaseError(f"There is no database at {path} yet, so there is no schedule.")
    with files.read_only(path) as db:
        if "schedules" not in db.table_names():
            raise DatabaseError(f"{path} is of an older version and has no schedules yet; start the bot once.")
        known = schedules.everywhere(db)
    yaml_files.make(target, yaml_file.write({"schedules": schedule_file.write(known)}))
    return len(known)


async def read(path: Path, source: Path, catalogue: Catalogue, rules: Rules, now: datetime) -> tuple[Imported, ...]:
    """Store all schedules of a file, and return what that did.

    Raises:
        YamlFileError: the file cannot be read or anything in it is wrong; then nothing was stored.
        DatabaseError: the database cannot be used.

    """
    text = yaml_files.text_of(source)
    database = Database(path)
    try:
        await database.open()
        moved = await database.read(channels.changed_ids)
        found = _found(text, catalogue, Allowed(rules.with_ids(moved), moved))
        return await database.write(importing.put, found, now)
    finally:
        await database.close()


def _found(text: str, catalogue: Catalogue, allowed: Allowed) -> tuple[Written, ...]:
    problems: list[str] = []
    entries = yaml_file.read(text, _SHAPES, problems)
    found = schedule_file.read(entries["schedules"], catalogue, allowed, problems)
    yaml_file.refuse(problems)
    return found


def said(imported: Imported) -> str:
    """Return what became of a schedule of a file, and when it runs, on a line for a terminal."""
    schedule = imported.schedule
    runs = f"it runs {wording.words(decisions.rule_of(schedule))}"
    stands = f"paused {WHY_PAUSED[Paused(schedule.paused_why)]}" if schedule.is_paused else runs
    return f"{imported.done}: {schedule.name}, of {schedule.owner} in {schedule.channel}; {stands}"
