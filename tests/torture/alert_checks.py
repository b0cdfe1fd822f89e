"""What was promised of alerts: what holds is told once, with its figures, and is over once."""

from collections import Counter

from storage import audit, exports
from storage.audit import Act
from storage.database import read_only
from storage.models import Export
from storage.tellings import Telling
from tests.harness.house import House
from tests.torture.checks import Verdict, bot_messages, subject

_MANY = 10_000


def own_exports(house: House, alerts: int) -> list[Export]:
    """Return what so many alerts have asked for themselves, by their ids from 1 on."""
    with read_only(house.folder / "tokenflex.db") as db:
        return [export for each in range(1, alerts + 1) for export in exports.of_alert(db, each, _MANY)]


def check_alerts(house: House, verdict: Verdict, alerts: int) -> None:
    """Check that each of so many alerts was told once, by one export a day at most, posted once, and put on record."""
    with read_only(house.folder / "tokenflex.db") as db:
        told = [Telling.from_row(row) for row in db.query("SELECT * FROM tellings ORDER BY id")]
        acts = Counter(entry.result for entry in audit.since(db) if entry.act is Act.ALERT_TOLD)
    tellings_of = Counter(each.alert for each in told)
    posted = Counter(map(subject, bot_messages(house)))
    for alert in range(1, alerts + 1):
        _count(verdict, "alerts", tellings_of[alert], f"what alert {alert} has told")
        _count(verdict, "records", acts[f"alert {alert} told"], f"the record that alert {alert} has told something")
        _count(verdict, "records", acts[f"alert {alert} over: period-over"], f"the record that alert {alert} is over")
    for each in told:
        name = f"told:{each.id}:{each.mark}"
        _count(verdict, "news", posted[name], f"the message {name}")
        if each.counted:
            _count(verdict, "news", posted[f"{name}:figures"], f"the figures of the message {name}")
    days = Counter(f"alert {each.alert} on {each.accepted_at:%Y-%m-%d}" for each in own_exports(house, alerts))
    for day, count in days.items():
        if count > 1:
            verdict.exports_doubled += count - 1
            verdict.notes.append(f"{count} exports of {day}")
    for name in (name for name in posted if name.startswith("alert:")):
        verdict.news_doubled += 1
        verdict.notes.append(f"the message {name}, though nothing was paused")


def _count(verdict: Verdict, what: str, found: int, name: str) -> None:
    if found == 1:
        return
    kind = f"{what}_{'doubled' if found else 'lost'}"
    setattr(verdict, kind, getattr(verdict, kind) + abs(found - 1))
    verdict.notes.append(f"{name}: {found}, and not 1")
