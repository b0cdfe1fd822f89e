"""What "exactly once" means, seen from outside: by the stand-ins' own records; and bots that are killed."""

import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing

from sandbox.slack.messages import Message
from tests.harness.house import House
from tests.harness.process import BotProcess, fork_process
from tests.harness.talk import eventually


def posts(house: House) -> Iterator[Message]:
    """Yield every message that the bot has posted for more than one moment, deleted ones included."""
    for channel in house.slack.workspace.channels.values():
        for message in channel.messages:
            if message.sender.is_bot and message.ephemeral_for is None:
                yield message


def subjects(house: House) -> Counter[str]:
    """Count the messages of the bot by the subject that they carry."""
    return Counter(message.metadata["event_payload"]["subject"] for message in posts(house) if message.metadata)


def post_of(house: House, subject: str) -> Message:
    """Return the one message of a subject."""
    (found,) = (each for each in posts(house) if _subject(each) == subject)
    return found


def _subject(message: Message) -> str:
    assert message.metadata is not None
    return str(message.metadata["event_payload"]["subject"])


def ours(house: House) -> list[str]:
    """Return the file names of the exports that the bot has at Token Flex."""
    return [each.file_name for each in house.token_flex.exports.all() if each.client_id is not None]


def submissions(house: House) -> int:
    """Count the POSTs of new exports that reached Token Flex."""
    return sum(call.method == "POST" and call.path.endswith("/requests") for call in house.token_flex.calls)


def lists(house: House) -> list[float]:
    """Return when Token Flex was asked for a list, in seconds."""
    return [
        call.time.timestamp()
        for call in house.token_flex.calls
        if call.method == "GET" and call.path.endswith("/requests")
    ]


def undelivered(house: House) -> list[str]:
    """Return the subjects of the messages that are still to be posted or edited; links that expire later apart."""
    with closing(sqlite3.connect(house.folder / "tokenflex.db")) as db:
        rows = db.execute("SELECT subject FROM outbox WHERE state IN ('waiting', 'sending') AND kind <> 'expiry'")
        return [subject for (subject,) in rows]


def unanswered(house: House) -> list[str]:
    """Return which answers are wanted and not found yet, or found and still to be posted."""
    with closing(sqlite3.connect(house.folder / "tokenflex.db")) as db:
        wanted = [origin for (origin,) in db.execute("SELECT origin FROM answers WHERE state = 'wanted'")]
    return wanted or [subject for subject in undelivered(house) if "answer" in subject]


def check_once(house: House, *numbers: int, full: int = 0) -> None:
    """Check that each of these exports is at Token Flex once, with one card, one announcement and one answer at most.

    `full` is how many submissions found all places taken, which is answered with 429 too.
    """
    assert len(ours(house)) == len(numbers), ours(house)
    wanted = {f"card:{number}" for number in numbers} | {f"result:{number}:1" for number in numbers}
    posted = subjects(house)
    assert {name: n for name, n in posted.items() if not name.startswith(("direct:", "answer:"))} == Counter(wanted)
    answered = [n for name, n in posted.items() if name.startswith("answer:")]
    assert len(answered) <= len(numbers)
    assert set(answered) <= {1}
    assert house.statuses().count(429) == full


class Bots:
    """The bot as a process on the stand-ins' clock, started again and again with the same database."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._started = 0
        self.running: BotProcess | None = None

    @property
    def log(self) -> str:
        """All that any of them has written to standard error."""
        return "".join(path.read_text() for path in sorted(self._house.folder.glob("bot*.err")))

    async def start(self, **variables: str) -> BotProcess:
        """Start one and wait until it is connected to Slack."""
        self._started += 1
        self.running = await fork_process(
            self._house.folder,
            "run",
            environment=self._house.environment | {"LOG_LEVEL": "DEBUG"} | variables,
            clock=self._house.clock,
            name=f"bot{self._started}",
        )
        await self.running.says('"connected"')
        await self._house.slack.connected()
        return self.running

    async def kill(self) -> None:
        """End the running one as a power cut does, and wait until Slack has noticed."""
        assert self.running is not None
        self.running.process.kill()
        await self.running.ends()
        await eventually(lambda: not self._house.slack.sockets.connections)

    async def stop(self) -> int:
        """Stop the running one as a host does; return its exit status."""
        return 0 if self.running is None else await self.running.stop()


@asynccontextmanager
async def bots_of(house: House) -> AsyncIterator[Bots]:
    """Give bots for a house; whichever still runs at the end is stopped."""
    bots = Bots(house)
    try:
        yield bots
    finally:
        await bots.stop()
