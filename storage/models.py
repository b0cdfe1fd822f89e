"""The records that the stores take and give. Times are aware and in UTC."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from hashlib import sha256
from operator import itemgetter
from typing import Any, Self, get_type_hints

from bot.tokenflex.models import ExportRequest

from .states import ExportState, Note

Row = Mapping[str, Any]


def to_text(moment: datetime) -> str:
    """Return the text that stands for a time in the database; texts sort as times do.

    Raises:
        ValueError: the time is naive.

    """
    if moment.tzinfo is None:
        raise ValueError("a naive time may not be stored")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def from_text(text: str | None) -> datetime | None:
    """Return the aware UTC time of a stored text, None for none."""
    return None if text is None else datetime.fromisoformat(text)


class Stored:
    """A record that a row of the database stands for: its fields are the columns of their names."""

    __slots__ = ()

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """Return the record of a database row."""
        readers = _readers(cls)  # type: ignore[arg-type] # mypy does not know that every class can be hashed
        return cls(**{name: read(row) for name, read in readers.items()})


@cache
def _readers(kind: type[Stored]) -> dict[str, Callable[[Row], object]]:
    return {name: _reader(name, hint) for name, hint in get_type_hints(kind).items()}


def _reader(name: str, hint: Any) -> Callable[[Row], object]:  # noqa: ANN401 - hints are of many kinds
    """Return how a field is read that is declared as `hint`."""
    if hint is ExportRequest:
        return _request
    if hint in {datetime, datetime | None}:
        return lambda row: from_text(row[name])
    if hint == date | None:
        return lambda row: None if row[name] is None else date.fromisoformat(row[name])
    if isinstance(hint, type) and issubclass(hint, bool | StrEnum):
        return lambda row: hint(row[name])
    return itemgetter(name)


def _request(row: Row) -> ExportRequest:
    asked = json.loads(row["request_body"])
    return ExportRequest(
        contract_number=row["contract_number"],
        fields=tuple(asked.get("fields", ())),
        metrics=tuple(asked.get("metrics", ())),
        usage_categories=tuple(asked.get("usageCategory", ())),
        where=asked.get("where", ""),
        file_name=asked.get("downloadFileName", ""),
    )


def mark_of(identity: str) -> str:
    """Return a short text that stands for something's whole identity: what tells it from others of its number."""
    return sha256(identity.encode()).hexdigest()[:10]


def made_file_name(number: int, stem: str = "") -> str:
    """Return the file name of an export whose person gave none; `stem` says what is in the file, where that is known.

    It holds no sign that Token Flex takes out of names (source: Token Flex, what was seen in a recorded run).
    """
    return f"{stem or 'tokenflex_export'}_{number}"


@dataclass(frozen=True, slots=True)
class Export(Stored):
    """One export: what was asked, by whom or by which run of whose schedule, or whose alert, and how far it is."""

    number: int  #: shown to people as #42
    state: ExportState
    request: ExportRequest
    requester: str  #: Slack user id
    channel: str  #: Slack channel id
    accepted_at: datetime
    changed_at: datetime
    request_key: str | None = None
    upstream_status: str | None = None  #: Token Flex's own word, kept as it is
    upstream_file_name: str = ""  #: `downloadFileName`, which Token Flex writes in its own way; "" where not known yet
    requested_at: datetime | None = None  #: `exportRequestDate`, by the server's clock
    finished_at: datetime | None = None  #: when it became ready or failed
    explanation: str = ""  #: upstream's own message of a refusal
    note: Note = Note.NONE  #: why it waits
    noted_at: datetime | None = None  #: since when it has been waiting for a reason, whichever it was
    attempts: int = 0  #: how often in a row what is wanted of it was tried in vain
    next_try_at: datetime | None = None  #: the end of its own pause; None: it has none
    intent_at: datetime | None = None  #: just before the POST went out, by our clock
    intent_server_at: datetime | None = None  #: the same by the server's clock, None where that was not known then
    unanswered_since: datetime | None = None  #: when the connection of an unanswered POST ended
    lists_without: int = 0  #: lists since then (or in a row) that did not show it
    last_list_at: datetime | None = None
    announcement: int = 0  #: counts what has been announced: each finish or failure is one
    replaced_by: int | None = None  #: number of the export that was sent again instead
    replaces: int | None = None
    origin: str = ""  #: the one act of a person, run of a schedule, or day of an alert, that asked for it
    is_named_by_us: bool = False  #: whether nobody gave the file its name
    known_through: date | None = None  #: the last day of known usage when it was asked for; None: nothing is missing
    period: str = ""  #: how its days were said, as in a command; "" where they were not said in such words
    wants_answer: bool = True  #: whether its file is to be read for figures when it is ready
    run: int | None = None  #: the run of a schedule that asked for it; None: an act of its requester
    alert: int | None = None  #: the alert that asked for it, to look at its figures; nothing is said of it in Slack

    @property
    def asks_by_itself(self) -> bool:
        """Whether no act of a person asked for it, and nobody waits for it."""
        return self.run is not None or self.alert is not None

    @property
    def mark(self) -> str:
        """What tells it from an export of the same number in another life of the database."""
        return mark_of(self.origin)

    @property
    def label(self) -> str:
        """The number as people write it."""
        return f"#{self.number}"

    @property
    def file_name(self) -> str:
        """The name that the file has; before that is known, the one that was asked for, as it is documented."""
        return self.upstream_file_name or f"{self.request.file_name}.csv"

    @property
    def asked(self) -> ExportRequest:
        """What the person asked for: the request without a file name that was made for them."""
        return replace(self.request, file_name="") if self.is_named_by_us else self.request

    @property
    def in_doubt(self) -> bool:
        """Whether a POST went out whose answer nobody saw."""
        return self.state is ExportState.SUBMITTING and self.unanswered_since is not None


@dataclass(frozen=True, slots=True)
class NewExport:
    """What is needed to accept an export; `origin` names the one act of a person, run of a schedule or day of an alert.

    `stem` says what will be in the file, for one that nobody gave a name; all that follows it is as in `Export`.
    """

    request: ExportRequest
    requester: str
    channel: str
    origin: str
    replaces: int | None = None
    stem: str = ""
    known_through: date | None = None
    period: str = ""
    wants_answer: bool = True
    run: int | None = None
    alert: int | None = None


class About(StrEnum):
    """What a message can be about; with a number it is one of its kind."""

    EXPORT = "export"
    USAGE = "usage"  #: how a contract stands; the number is that of the act, in the audit, by which it was posted
    SCHEDULE = "schedule"
    RUN = "run"  #: of a schedule
    ALERT = "alert"
    TELLING = "telling"  #: what an alert has told in one message
    LOGIN = "login"  #: ours at Autodesk; there is one, so it has no number


class MessageKind(StrEnum):
    """What a message says; `bot.delivery.kinds` has for each what it loads and how it is drawn."""

    CARD = "card"  #: the card in the channel, edited as the export moves
    RESULT = "result"  #: the thread reply that says that an export is ready or failed
    REPORT = "report"  #: the message of its own that says that what a run has asked for is ready or failed
    SCHEDULE = "schedule"  #: what became of a schedule, or of a run that has no report; the detail is a word for that
    PRIVATE_SCHEDULE = "private schedule"  #: the same for its owner, or an administrator
    ALERT = "alert"  #: what an alert tells, edited while that lasts
    PRIVATE_ALERT = "private alert"  #: the same for its owner alone
    ALERT_FIGURES = "alert figures"  #: how the contract stood at that moment, in the thread of it
    PRIVATE_ALERT_FIGURES = "private alert figures"  #: the same for its owner alone
    ALERT_PAUSED = "alert paused"  #: that an alert has paused
    PRIVATE_ALERT_PAUSED = "private alert paused"  #: the same for its owner, or an administrator
    PRIVATE_LINK = "private link"  #: a link for the requester alone
    REFUSAL = "refusal"  #: tells the requester what Token Flex did not accept
    PRIVATE_RESULT = "private result"  #: tells the requester what could not be announced in their channel
    LONG_WAIT = "long wait"  #: tells the requester why their export has been waiting for so long
    NOT_DELETED = "not deleted"  #: tells the requester that Token Flex did not delete their export
    NOT_REMOVED = "not removed"  #: tells the requester which figures of a deleted export Slack lets nobody remove
    CHANNEL_TROUBLE = "channel trouble"  #: tells the requester what keeps messages from their channel
    POST_IN_DOUBT = "post in doubt"  #: stands in for a message that may or may not have appeared
    ANSWER = "answer"  #: the figures of a file, in the thread of its card; the detail is the answer's id
    PRIVATE_ANSWER = "private answer"  #: the same for the requester alone
    NO_FILE = "no file"  #: why there is no file in the thread; the detail is a word for that
    PRIVATE_NO_FILE = "private no file"  #: the same for the requester alone
    USAGE = "usage"  #: how a contract stands, in a channel
    USAGE_TROUBLE = "usage trouble"  #: tells who had it posted what keeps it from the channel
    LOGIN_LOST = "login lost"  #: tells an administrator to sign in again
    PACE_REFUSED = "pace refused"  #: tells an administrator that Token Flex refused how fast it was called
    EXPIRY = "expiry"  #: takes a link out of a message when it has expired


class DeliveryState(StrEnum):
    """Where a row of the outbox stands."""

    WAITING = "waiting"
    SENDING = "sending"  #: handed to Slack; after a crash it is in doubt
    SENT = "sent"
    GIVEN_UP = "given up"
    LEFT_IN_DOUBT = "left in doubt"  #: given up although its message may stand in Slack


class Refusal(StrEnum):
    """What it is about that Slack refuses a message; `bot.delivery.ways` says what follows from that."""

    NONE = ""  #: it was not refused
    MESSAGE = "message"  #: this one alone, or nobody knows
    GONE = "gone"  #: what it was to change or to reply to
    PLACE = "place"  #: the channel
    PERSON = "person"  #: whom it is for
    WORKSPACE = "workspace"  #: whatever we say, to whomever


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """One message that has to reach Slack.

    `subject` is unique: the same subject again only makes its row due again. The message carries it, and nothing is
    read out of it.
    """

    subject: str
    kind: MessageKind
    about: About
    about_id: int | None = None
    recipient: str  #: channel id, or user id of a private message
    edition: int = 0  #: which of several of its kind: the n-th announcement
    detail: str = ""  #: the one word that its card needs besides: what is wrong with a channel, a contract, an id
    shows_link: bool = False  #: whether it is to show a link where there is one; no row ever holds one
    thread: int | None = None  #: the row whose message it is a reply to
    after: int | None = None  #: the row that goes out first; for the end of a link, the one whose message shows it

    @property
    def export_number(self) -> int | None:
        """The export that it is about, if it is about one."""
        return self.about_id if self.about is About.EXPORT else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery(NewDelivery, Stored):
    """A row of the outbox; `version` counts how often it was made due, so that no change during a delivery is lost."""

    id: int
    state: DeliveryState
    due_at: datetime
    created_at: datetime
    version: int = 1
    attempts: int = 0
    last_error: str = ""
    handed_over_at: datetime | None = None  #: to Slack, the last time, by Slack's clock; None where that was not known
    refusal: Refusal = Refusal.NONE  #: by Slack, the last time that it said something
    refused_since: datetime | None = None

    @property
    def mark(self) -> str:
        """What tells it from a row of the same id in another life of the database."""
        return mark_of(self.subject)


@dataclass(frozen=True, slots=True)
class SentMessage(Stored):
    """A message that stands in Slack: channel and `ts` are its identity."""

    delivery: int  #: the row of the outbox that it was posted for
    channel: str
    ts: str
    link_expires_at: datetime | None = None  #: until when it shows a link; None: it shows none
    is_discreet: bool = False  #: whether it shows nothing of the data, since others read there too


@dataclass(frozen=True, slots=True)
class CallsSpent:
    """How much of the budget has been used, for people to read."""

    minute: int
    minute_limit: int
    hours: int  #: in the last eight
    hours_limit: int
    waiting: int
    refused_at: datetime | None  #: when Token Flex last refused a call for its rate, within the last eight hours
    saved: int | None = None  #: calls that are saved up, by the pace `bucket`; None: by the other
    careful_until: datetime | None = None  #: until when a refusal keeps us from the pace that was chosen


@dataclass(frozen=True, slots=True)
class LoggedCall(Stored):
    """One call to Token Flex, as the budget remembers it."""

    id: int
    started_at: datetime
    ended_at: datetime | None
    name: str
    rank: int  #: who goes first; see `bot.calls.budget.Rank`
    person: str
    burst: bool
    rate_limited: bool
    retry_after: float | None  #: seconds
