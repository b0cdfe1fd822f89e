"""The whole bot on a database that the version before has written, between stand-ins that remember the same past."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.login.store import LoginStore
from bot.tokenflex.oauth import StoredLogin
from sandbox.slack.messages import Content, Message
from sandbox.tokenflex.exports import DOWNLOAD, ERROR, REQUESTED, Export
from sandbox.tokenflex.usage_data import Report
from storage.database import Database
from tests.harness.house import CONTRACT, ROOT, House
from tests.harness.once import subjects, submissions, undelivered
from tests.harness.talk import eventually
from tests.integration.conftest import OpenHouse

BEFORE = ROOT / "tests" / "fixtures" / "version_006.db"
LEFT_AT = datetime(2026, 11, 20, 9, 45, 10, tzinfo=UTC)
KEY = "a key of the version before"
PATIENCE = 120.0
PEOPLE = {"ana": "U0ANA00001", "ben": "U0BEN00002", "carla": "U0CARLA004", "dora": "U0DORA0005"}
CONVERSATIONS = {"ana": "D0ANA00001", "carla": "D0CARLA004"}
CHANNELS = {"#finance": "C0FINANCE1", "#ops": "C0OPS00002", "#closed": "C0CLOSED03", "#archive": "C0ARCHIVE4"}
OTHER = "110000777001"
#: Posted, but the process died before it had the answer.
ARRIVED = ("result:16:1", "card:25")
#: What Token Flex shows of exports whose state here is not its own.
UPSTREAM = {
    "ready": DOWNLOAD,
    "deleting": DOWNLOAD,
    "failed": ERROR,
    "retrying": ERROR,
    "requested": REQUESTED,
}


#: States in which something is still to be done.
AT_WORK = {"queued", "submitting", "requested", "retrying", "deleting"}
NEWLY_READY = (11, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29)
GIVEN_UP = {
    "result:1:1": "given up",
    "result:7:1": "left in doubt",
    "direct:26:channel trouble:not_in_channel:": "given up",
}
#: Who has been waiting for half an hour hears why.
TOLD_OF_WAITING = {
    "direct:14:long wait:2026-11-20T09:03:00+00:00",
    "direct:15:long wait:2026-11-20T09:06:00+00:00",
}
#: What is not there as a message: given up, or shown to one person for a moment.
LEFT = {*GIVEN_UP, "direct:6:post in doubt:result:6:1"}


class Past:
    """What both services remember of the version before."""

    def __init__(self, house: House) -> None:
        self.house = house
        with closing(sqlite3.connect(f"{BEFORE.as_uri()}?mode=ro", uri=True)) as db:
            db.row_factory = sqlite3.Row
            self.exports = [dict(row) for row in db.execute("SELECT * FROM exports")]
            self.outbox = [dict(row) for row in db.execute("SELECT * FROM outbox")]
            self.messages = [dict(row) for row in db.execute("SELECT * FROM messages ORDER BY ts")]

    def give_ids(self) -> None:
        """Have the people, conversations and channels of then."""
        workspace = self.house.slack.workspace
        workspace.add_member("dora")
        workspace.add_channel("#ops", ["ana", "ben"])
        workspace.add_channel("#closed", ["ana", "ben"], bot_in=False)
        workspace.add_channel("#archive", ["ana"])
        for name, user_id in PEOPLE.items():
            user = workspace.user(name)
            for channel in workspace.channels.values():
                channel.member_ids = [user_id if each == user.id else each for each in channel.member_ids]
            del workspace.users[user.id]
            user.id = user_id
            workspace.users[user_id] = user
        conversations = {workspace.direct_message(workspace.user(name)): to for name, to in CONVERSATIONS.items()}
        channels = {workspace.channel(name): to for name, to in CHANNELS.items()}
        for channel, channel_id in (conversations | channels).items():
            del workspace.channels[channel.id]
            channel.id = channel_id
            workspace.channels[channel_id] = channel
        workspace.archive("#archive")

    def put_messages(self) -> None:
        """Have the messages of then stand, also those whose answer was lost."""
        for row in self.messages:
            self._message(row["subject"], row["channel"], row["ts"])
        for subject in ARRIVED:
            (row,) = (each for each in self.outbox if each["subject"] == subject)
            at = datetime.fromisoformat(row["handed_over_at"])
            self._message(subject, row["recipient"], f"{at.timestamp():.6f}")

    def _message(self, subject: str, channel_id: str, ts: str) -> Message:
        workspace = self.house.slack.workspace
        metadata: Any = {"event_type": "tokenflex_export", "event_payload": {"subject": subject}}
        parent = self.message(f"card:{subject.split(':')[1]}") if subject.startswith("result:") else None
        text = f"As the version before left {subject}: <https://files.example/spent|link>"
        channel = workspace.channels[channel_id]
        message = workspace.post(channel, workspace.bot, Content(text, (), metadata), parent=parent)
        message.ts = ts
        channel.messages.sort(key=lambda each: float(each.ts))
        return message

    def message(self, subject: str) -> Message:
        """Return the one message of a subject."""
        found = [
            message
            for channel in self.house.slack.workspace.channels.values()
            for message in channel.messages
            if (message.metadata or {}).get("event_payload", {}).get("subject") == subject
        ]
        assert len(found) == 1, (subject, found)
        return found[0]

    def put_exports(self) -> None:
        """Have the exports of then at Token Flex, and one whose POST was not answered."""
        book = self.house.token_flex.exports
        for row in self.exports:
            status = UPSTREAM.get(row["state"])
            lost = row["file_name"] == "bens lost"
            if status is None and not lost:
                continue
            requested = datetime.fromisoformat(row["intent_server_at"] or row["requested_at"] or row["intent_at"])
            report = Report(row["contract_number"], ("productName",), ("tokensConsumed",))
            made = book.add(
                report, client_id="sandbox-web", user="ana.admin",
                file_name=f"{row['file_name']}.csv", contract=row["contract_number"],
            )  # fmt: skip
            self._as_then(made, row["request_key"] or made.key, requested + timedelta(seconds=1 if lost else 0))
            made.status = REQUESTED
            if status == DOWNLOAD:
                book.finish(made)
            elif status == ERROR:
                book.finish(made, ERROR)

    def _as_then(self, made: Export, key: str, requested: datetime) -> None:
        known = self.house.token_flex.exports._exports
        del known[made.key]
        made.key, made.requested = key, made.requested.at(requested)
        known[key] = made


@pytest.fixture
async def past(new_house: OpenHouse) -> Past:
    """A house that remembers, with the bot's database in it; the bot is not started."""
    house = await new_house(
        speed=60.0,
        token_flex={"durations": (1.0, 1.0), "link_life": 120.0},
        ahead=timedelta(seconds=420),
        begins=LEFT_AT,
    )
    (ana,) = (user for user in house.token_flex.settings.users if user.name == "ana.admin")
    house.token_flex.controls.add_user(replace(ana, contracts=(CONTRACT, OTHER)))
    made = Past(house)
    made.give_ids()
    made.put_messages()
    made.put_exports()
    shutil.copy(BEFORE, house.folder / "tokenflex.db")
    return made


async def start(past: Past) -> None:
    """Start the bot of today with the settings of then."""
    client = next(each for each in past.house.token_flex.settings.clients if each.client_id == "sandbox-web")
    await past.house.start_bot(
        APS_CLIENT_ID=client.client_id,
        APS_CLIENT_SECRET=client.secret or "",
        DATABASE_KEY=KEY,
        ADMINISTRATORS=f"{PEOPLE['carla']},{PEOPLE['dora']}",
    )


async def signs_in(past: Past) -> None:
    """Store a new login beside the running bot, as `python -m bot login` does."""
    database = Database(past.house.folder / "tokenflex.db")
    await database.open()
    store = await LoginStore.open(database, KEY, "", past.house.clock.now)
    await store.sign_in(StoredLogin(past.house.token_flex.controls.make_login()))
    await database.close()


def states(past: Past) -> dict[int, str]:
    """Return how the bot's exports stand."""
    with closing(sqlite3.connect(past.house.folder / "tokenflex.db")) as db:
        return dict(db.execute("SELECT number, state FROM exports"))


def finish_upstream(past: Past) -> None:
    """Let Token Flex finish what it was working on when the version before was stopped."""
    known = {row["request_key"] for row in past.exports if row["state"] == "requested"}
    for export in past.house.token_flex.exports.all():
        if export.status == REQUESTED and export.due is None and (export.key in known or "lost" in export.file_name):
            past.house.token_flex.exports.finish(export)


async def test_todays_bot_goes_on(past: Past) -> None:
    """What waits goes out once, doubts are settled, what has been said is not said again, and links end."""
    house = past.house
    await start(past)
    dora = "direct:login needed:2026-11-20T09:38:05+00:00:U0DORA0005"
    await eventually(lambda: subjects(house)[dora] == 1, PATIENCE)
    shown = [past.message(subject) for subject in ("result:16:1", "result:18:1", "direct:19:link:1")]
    assert all(message.links() for message in shown[1:])
    await eventually(lambda: not any(message.links() for message in shown), PATIENCE)
    assert submissions(house) == 0

    await signs_in(past)
    await eventually(lambda: submissions(house) >= 1, PATIENCE)
    finish_upstream(past)
    house.slack.workspace.invite_bot("#closed")
    await eventually(lambda: not set(states(past).values()) & AT_WORK, PATIENCE)
    await eventually(lambda: not undelivered(house), PATIENCE)

    then = {row["number"]: row["state"] for row in past.exports}
    lasting = {number: state for number, state in then.items() if state not in AT_WORK}
    assert states(past) == {**dict.fromkeys(then, "ready"), **lasting, 15: "deleted"}
    assert submissions(house) == sum(state in {"queued", "submitting"} for state in then.values()) - 1
    said = {row["subject"] for row in past.outbox if row["kind"] != "expiry"} - LEFT
    new = {f"result:{number}:1" for number in NEWLY_READY} | {"result:14:2"} | TOLD_OF_WAITING
    posted = {each for each in subjects(house) if "answer:" not in each}
    assert posted == said | new | {"direct:17:private result:1:"}  # its channel was still closed
    assert set(subjects(house).values()) == {1}
    with closing(sqlite3.connect(house.folder / "tokenflex.db")) as db:
        left = dict(db.execute("SELECT subject, state FROM outbox WHERE state <> 'sent' AND kind <> 'expiry'"))
    assert left == GIVEN_UP
