"""`python -m bot schedules`: all schedules and alerts to one YAML file, and from one; also beside a running bot."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlite_utils import Database as Connection

from bot.alerts import alert_file
from bot.alerts import importing as alert_importing
from bot.alerts.alert_file import Watchable
from bot.cards import alert_watched
from bot.cards.pauses import WHY_PAUSED, Paused
from bot.operate import yaml_files
from bot.people.permissions import Rules
from bot.questions import yaml_file
from bot.questions.file_fields import Allowed
from bot.questions.imported import Imported
from bot.schedules import decisions, importing, schedule_file, wording
from storage import alerts, channels, schedules
from storage import database as files
from storage.alerts import Alert
from storage.database import Database, DatabaseError
from storage.schedules import Schedule

_SCHEDULES, _ALERTS = "schedules", "alerts"
_SHAPES: Final = {_SCHEDULES: schedule_file.SHAPE, _ALERTS: alert_file.SHAPE}


@dataclass(frozen=True, slots=True)
class Found:
    """What a file holds."""

    schedules: tuple[schedule_file.Written, ...]
    alerts: tuple[alert_file.Written, ...]


def write(path: Path, target: Path) -> tuple[int, int]:
    """Write all schedules and alerts into a new file that only its owner can read; return how many there are of each.

    Raises:
        DatabaseError: there is no database, or it has no schedules yet.
        YamlFileError: the file cannot be made, or nobody understands one of them any more.

    """
    if not path.exists():
        raise DatabaseError(f"There is no database at {path} yet, so there is no schedule.")
    with files.read_only(path) as db:
        if not {_SCHEDULES, _ALERTS} <= {*db.table_names()}:
            raise DatabaseError(f"{path} is of an older version and has no schedules yet; start the bot once.")
        scheduled, watched = schedules.everywhere(db), alerts.everywhere(db)
    whole = {_SCHEDULES: schedule_file.write(scheduled), _ALERTS: alert_file.write(watched)}
    yaml_files.make(target, yaml_file.write({name: whole[name] for name in whole if whole[name] or name == _SCHEDULES}))
    return len(scheduled), len(watched)


async def read(
    path: Path, source: Path, watchable: Watchable, rules: Rules, now: datetime
) -> tuple[Imported[Schedule] | Imported[Alert], ...]:
    """Store all schedules and alerts of a file, and return what that did.

    Raises:
        YamlFileError: the file cannot be read or anything in it is wrong; then nothing was stored.
        DatabaseError: the database cannot be used.

    """
    text = yaml_files.text_of(source)
    database = Database(path)
    try:
        await database.open()
        moved = await database.read(channels.changed_ids)
        return await database.write(_put, found(text, watchable, Allowed(rules.with_ids(moved), moved)), now)
    finally:
        await database.close()


def found(text: str, watchable: Watchable, allowed: Allowed) -> Found:
    """Return what a file holds.

    Raises:
        YamlFileError: anything in it is wrong.

    """
    problems: list[str] = []
    entries = yaml_file.read(text, _SHAPES, problems)
    scheduled = schedule_file.read(entries.get(_SCHEDULES, ()), watchable.catalogue, allowed, problems)
    watched = alert_file.read(entries.get(_ALERTS, ()), watchable, allowed, problems)
    yaml_file.refuse(problems)
    return Found(scheduled, watched)


def said(imported: Imported[Schedule] | Imported[Alert]) -> str:
    """Return what became of an entry of a file, on a line for a terminal."""
    one = imported.one
    whose, paused = f"of {one.owner} in {one.channel}", _paused(one.paused_why)
    if isinstance(one, Schedule):
        return f"{imported.done}: {one.name}, {whose}; {paused or f'it runs {wording.words(decisions.rule_of(one))}'}"
    watches = f"{alert_watched.said(one.watched)}, contract {one.contract}"
    return f"{imported.done}: {watches}, {whose}{f'; {paused}' if paused else ''}"


def _paused(why: str) -> str:
    return f"paused {WHY_PAUSED[Paused(why)]}" if why else ""


def _put(db: Connection, found: Found, now: datetime) -> tuple[Imported[Schedule] | Imported[Alert], ...]:
    done = importing.put(db, found.schedules, now)
    return *done, *alert_importing.put(db, found.alerts, now)
