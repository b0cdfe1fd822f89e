"""What was promised, checked from outside: by the stand-ins' own records and by what stands in the channels."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Final

from sandbox.slack.messages import Message
from tests.harness.house import House

US = "@tokenflex"  #: where people write to the bot alone
NONE: Final[Mapping[int, str]] = MappingProxyType({})
_ANSWER = "I can't answer what you write here"
_CARD = re.compile(r"Export #(\d+) · (\S+)\.csv")
_ACCEPTED = re.compile(r"Got it: export #(\d+) \((\S+)\.csv\)")


@dataclass
class Verdict:
    """What went wrong, counted; `notes` say it in words."""

    exports_lost: int = 0
    exports_doubled: int = 0
    announcements_lost: int = 0
    announcements_doubled: int = 0
    answers_doubled: int = 0
    figures_doubled: int = 0
    files_left: int = 0
    files_doubled: int = 0
    cards_lost: int = 0
    cards_doubled: int = 0
    links_left: int = 0
    logins_lost: int = 0
    runs_lost: int = 0
    runs_doubled: int = 0
    alerts_lost: int = 0
    alerts_doubled: int = 0
    news_lost: int = 0  #: of schedules and alerts
    news_doubled: int = 0
    records_lost: int = 0  #: rows of the audit
    records_doubled: int = 0
    calls_refused: int = 0
    stuck: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def bad(self) -> bool:
        """Whether anything went wrong."""
        return any(getattr(self, each.name) for each in fields(self) if each.name != "notes")

    def add(self, other: "Verdict") -> None:
        """Count what another one counted too."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    def as_json(self) -> dict[str, Any]:
        """Return the counts."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name != "notes"}


class Made:
    """Remembers every export that the bot has ever had made at Token Flex, deleted ones too."""

    def __init__(self, house: House) -> None:
        self.file_names: list[str] = []
        create = house.token_flex.exports.create

        def remembered(report: Any, **rest: Any) -> Any:
            made = create(report, **rest)
            self.file_names.append(rest["file_name"].removesuffix(".csv"))
            return made

        setattr(house.token_flex.exports, "create", remembered)  # noqa: B010 - a method cannot be assigned to


def bot_messages(house: House) -> Iterator[Message]:
    """Yield all messages of the bot that more than one person may see."""
    for channel in house.slack.workspace.channels.values():
        for message in channel.messages:
            if message.sender.is_bot and message.ephemeral_for is None:
                yield message


def subject(message: Message) -> str:
    """Return what a message of the bot is about, by its metadata."""
    return str((message.metadata or {}).get("event_payload", {}).get("subject", ""))


def accepted(house: House) -> dict[int, str]:
    """Return the exports whose number a person saw, privately or on a card, with their file names.

    What a card says counts more than what was said privately: it follows what Token Flex makes of a name.
    """
    found: dict[int, str] = {}
    for channel in house.slack.workspace.channels.values():
        for message in sorted(channel.messages, key=lambda each: each.ephemeral_for is None):
            if message.sender.is_bot:
                for pattern in (_CARD, _ACCEPTED):
                    for number, name in pattern.findall(message.visible_text()):
                        found[int(number)] = name
    return found


def files_of(house: House, number: int) -> int:
    """Return how often the file of an export was put into a conversation, whether it is still there or not."""
    return sum(message.text.startswith(f"File of export #{number}: as it came") for message in bot_messages(house))


def answers(house: House) -> int:
    """Return how often people were answered who wrote to the bot without a command."""
    shown = (message for channel in house.slack.workspace.channels.values() for message in channel.messages)
    return sum(message.sender.is_bot and _ANSWER in message.visible_text() for message in shown)


def check(
    house: House,
    made: Made,
    *,
    announced: Iterable[int] | None = None,
    refusals: int = 0,
    given_up: Iterable[int] = (),
    typed: int = 0,
    reports: Mapping[int, str] = NONE,
    unseen: Mapping[int, str] = NONE,
) -> Verdict:
    """Check that each accepted export was made once, has one card and was announced once.

    `announced` are those that had the time for it; all of them by default. `refusals` is how many calls may have been
    answered with 429, `typed` how often the bot was to answer what people wrote to it. Those that were `given_up` in
    doubt may never have been made, and are not announced. `reports` are exports of schedules with their file names,
    which have no card; those that are `unseen` are announced nowhere either, as those of alerts.
    """
    verdict, numbers = Verdict(), {**accepted(house), **reports, **unseen}
    copies = Counter(made.file_names)
    subjects = Counter(subject(message) for message in bot_messages(house))
    for number, name in numbers.items():
        nobodys = number in given_up
        _count(verdict, "exports", copies[name] or nobodys, f"export #{number} at Token Flex")
        _count(
            verdict,
            "cards",
            subjects[f"card:{number}"] + (number in reports or number in unseen),
            f"the card of #{number}",
        )
        if nobodys or number in unseen:
            _count(verdict, "announcements", subjects[f"result:{number}:1"] + 1, f"no announcement of #{number}")
        elif announced is None or number in announced:
            _count(verdict, "announcements", subjects[f"result:{number}:1"], f"the announcement of #{number}")
    for name in set(copies) - set(numbers.values()):
        verdict.exports_doubled += copies[name]
        verdict.notes.append(f"{name} was made at Token Flex and nobody knows of it")
    _count_words(house, verdict, subjects, typed)
    _count_files(house, verdict, numbers)
    refused = max(0, house.statuses().count(429) - refusals)
    if refused:
        verdict.calls_refused += refused
        verdict.notes.append(f"{refused} calls were refused for their rate")
    return verdict


def _count_words(house: House, verdict: Verdict, subjects: Counter[str], typed: int) -> None:
    """Count what was said twice to one person, the same figures, and answers to what was written `typed` times."""
    for doubled in (name for name, count in subjects.items() if name.startswith("direct:") and count > 1):
        verdict.announcements_doubled += 1
        verdict.notes.append(f"{doubled} was sent {subjects[doubled]} times")
    for doubled in (name for name, count in subjects.items() if name.startswith("answer:") and count > 1):
        verdict.figures_doubled += 1
        verdict.notes.append(f"{doubled} was posted {subjects[doubled]} times")
    if answers(house) > typed:
        verdict.answers_doubled += answers(house) - typed
        verdict.notes.append(f"{answers(house)} answers to what was written {typed} times")


def _count_files(house: House, verdict: Verdict, numbers: Iterable[int]) -> None:
    left = [each for each in (house.folder / "tokenflex.db.files").rglob("*") if each.is_file()]
    if left:
        verdict.files_left += len(left)
        verdict.notes.append(f"{len(left)} files were left behind")
    for number in numbers:
        if files_of(house, number) > 1:
            verdict.files_doubled += files_of(house, number) - 1
            verdict.notes.append(f"the file of #{number}: {files_of(house, number)} of them")


def _count(verdict: Verdict, what: str, copies: int, name: str) -> None:
    if copies == 0:
        setattr(verdict, f"{what}_lost", getattr(verdict, f"{what}_lost") + 1)
        verdict.notes.append(f"{name}: none")
    elif copies > 1:
        setattr(verdict, f"{what}_doubled", getattr(verdict, f"{what}_doubled") + copies - 1)
        verdict.notes.append(f"{name}: {copies} of them")
