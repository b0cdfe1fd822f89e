"""What acts by itself, schedules and alerts: that each belongs to a person and to a channel is one rule for both."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Generic, TypeVar

import structlog
from sqlite_utils import Database as Connection

from bot import errors
from bot.cards.pauses import Paused
from bot.errors import UseCaseError
from bot.people.asker import Asker
from storage import alerts, audit, outbox, schedules
from storage.alerts import Alert
from storage.audit import Act, Entry, Source
from storage.models import About, MessageKind, NewDelivery
from storage.schedules import Schedule

T = TypeVar("T", Schedule, Alert)

MOST: Final = 100  #: of one kind, in one channel or of one owner

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[T]):
    """One kind of what acts by itself: how it is called and kept, what refuses an act on it, and what tells of it."""

    word: str
    changed: str  #: what the log says of an act of a person
    find: Callable[[Connection, int], T | None]
    seen_from: Callable[[Connection, Collection[str], str], tuple[T, ...]]
    absent: Callable[[], UseCaseError]
    hidden: Callable[[], UseCaseError]  #: sounds the same to people
    of_others: Callable[[T], UseCaseError]
    refused: Callable[[tuple[str, ...]], UseCaseError]
    act: Act
    source: Source
    about: About
    to_channel: MessageKind  #: says that one is paused
    to_person: MessageKind


SCHEDULES: Final[Kind[Schedule]] = Kind(
    word="schedule",
    changed="a schedule was changed by a person",
    find=schedules.find,
    seen_from=schedules.seen_from,
    absent=errors.NoSuchScheduleError,
    hidden=errors.HiddenScheduleError,
    of_others=errors.ScheduleOwnerOnlyError,
    refused=errors.ScheduleRefusedError,
    act=Act.SCHEDULE,
    source=Source.SCHEDULE,
    about=About.SCHEDULE,
    to_channel=MessageKind.SCHEDULE,
    to_person=MessageKind.PRIVATE_SCHEDULE,
)
ALERTS: Final[Kind[Alert]] = Kind(
    word="alert",
    changed="an alert was changed by a person",
    find=alerts.find,
    seen_from=alerts.seen_from,
    absent=errors.NoSuchAlertError,
    hidden=errors.HiddenAlertError,
    of_others=errors.AlertOwnerOnlyError,
    refused=errors.AlertRefusedError,
    act=Act.ALERT,
    source=Source.ALERT,
    about=About.ALERT,
    to_channel=MessageKind.ALERT_PAUSED,
    to_person=MessageKind.PRIVATE_ALERT_PAUSED,
)


def there(db: Connection, kind: Kind[T], its_id: int) -> T:
    """Return one of a kind.

    Raises:
        UseCaseError: `absent` of the kind: it is gone.

    """
    known = kind.find(db, its_id)
    if known is None:
        raise kind.absent()
    return known


def still_of(db: Connection, kind: Kind[T], its_id: int, owner: str) -> T:
    """Return one of a kind that is its owner's still.

    Raises:
        UseCaseError: as `there`; `of_others` of the kind: somebody else was faster, and it is theirs.

    """
    known = there(db, kind, its_id)
    if known.owner != owner:
        raise kind.of_others(known)
    return known


def check_room(db: Connection, kind: Kind[T], one: T, asker: Asker) -> None:
    """Refuse one too many; what was stored of it is undone with the transaction.

    Raises:
        UseCaseError: `refused` of the kind: its channel has too many, or its owner.

    """
    seen = kind.seen_from(db, [one.channel], one.owner)
    if sum(each.channel == one.channel for each in seen) > MOST:
        raise kind.refused((f"That channel has {MOST} {kind.word}s already: delete one first",))
    if sum(each.owner == one.owner for each in seen) > MOST:
        whose = "You have" if one.owner == asker.person else "They have"
        raise kind.refused((f"{whose} {MOST} {kind.word}s already: delete one first",))


def note_act(db: Connection, kind: Kind[T], one: T, asker: Asker, what: str, now: datetime) -> None:
    """Put on record what a person did to one of a kind."""
    _note(db, kind, one, what, asker.person, asker.channel or one.channel, asker.source, now)
    log.info(kind.changed, **{kind.word: one.id}, person=asker.person, what=what)


def note_pause(db: Connection, kind: Kind[T], paused: T, now: datetime) -> None:
    """Put on record that one of a kind has paused by itself, in the name of its owner."""
    _note(db, kind, paused, f"paused: {paused.paused_why}", paused.owner, paused.channel, kind.source, now)


def note_import(db: Connection, kind: Kind[T], one: T, done: str, now: datetime) -> None:
    """Put on record what a file that the host gave did to one of a kind."""
    _note(db, kind, one, f"{done} by an import", "", one.channel, Source.HOST, now)


def tell_of_pause(db: Connection, kind: Kind[T], paused: T, administrators: Iterable[str], now: datetime) -> None:
    """Have it told once that one of a kind has paused: in its channel, else to administrators and who owns it."""
    if paused.paused_why != Paused.CLOSED:
        tell(db, kind, paused, paused.channel, kind.to_channel, now)
        return
    for person in sorted({*administrators, paused.owner}):
        tell(db, kind, paused, person, kind.to_person, now)


def tell(
    db: Connection, kind: Kind[T], one: T, recipient: str, message: MessageKind, now: datetime, *, detail: str = ""
) -> None:
    """Have a message posted about one of a kind, once for each of its editions and whom it goes to."""
    delivery = NewDelivery(
        subject=f"{kind.word}:{one.id}:{one.mark}:{one.edition}:{recipient}",
        kind=message,
        about=kind.about,
        about_id=one.id,
        recipient=recipient,
        detail=detail,
    )
    outbox.put_once(db, delivery, now)


def _note(
    db: Connection, kind: Kind[T], one: T, what: str, person: str, where: str, source: Source, now: datetime
) -> None:
    result = f"{kind.word} {one.id} {what}, for {one.channel}"
    audit.add(db, Entry(now, person, kind.act, None, where, source, result))
