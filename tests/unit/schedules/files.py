"""A file of schedules, and what is made of one."""

from dataclasses import replace
from datetime import datetime

from sqlite_utils import Database as Connection

from bot.alerts.alert_file import Watchable
from bot.operate import schedule_files
from bot.people.permissions import Rules
from bot.questions import yaml_file
from bot.questions.file_fields import Allowed, Done
from bot.schedules import importing, schedule_file
from bot.schedules.schedule_file import Written
from bot.tokenflex.catalogue import Catalogue
from storage import schedules
from storage.schedules import Schedule
from tests.harness.rows import NOW

WATCHABLE = Watchable(Catalogue(), (), reads_files=True)
ALLOWED = Allowed(Rules(), {})
ANA, BOB, FINANCE = "U0SBX00001", "W0SBX00002", "C0SBX00006"
BERLIN = "Europe/Berlin"
FILE = """\
# Ours
schedules:
  - name: Tokens by product
    owner: U0SBX00001
    channel: C0SBX00006
    contract: 110000123456
    runs: working-day
    nth: first
    at: 8:00
    zone: Europe/Berlin
    fields: [productName]
    metrics:
      - tokensConsumed
    where: productName = 'Revit'
    period: last-month
    waits-until: 12:00
    only-changes: yes
    file: tokens_{month}
  - name: Weekly
    owner: W0SBX00002
    channel: C0SBX00006
    contract: RomeoAgree-0
    runs: weekly
    days: [Monday, friday]
    at: 7 am
    zone: london
    fields: [userName]
    period: last-7-days
    missed: skip
    paused: person
"""


def found(text: str, allowed: Allowed = ALLOWED) -> tuple[Written, ...]:
    """What a file holds."""
    return schedule_files.found(text, WATCHABLE, allowed).schedules


def said(db: Connection) -> list[Schedule]:
    """The schedules of a database, but for what tells one database from another."""
    known = schedules.everywhere(db)
    return sorted(
        (replace(each, id=0, origin="", created_at=NOW, changed_at=NOW, edition=0) for each in known), key=repr
    )


def put(db: Connection, text: str, now: datetime = NOW) -> list[Done]:
    """Import a file, and say what that did to each."""
    return [each.done for each in importing.put(db, found(text), now)]


def written(db: Connection) -> str:
    """The file of a database."""
    return yaml_file.write({"schedules": schedule_file.write(schedules.everywhere(db))})


def changed(old: str, new: str) -> str:
    assert old in FILE
    return FILE.replace(old, new, 1)
