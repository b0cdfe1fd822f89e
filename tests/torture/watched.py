"""Two alerts, as the person lives with them who has made them.

One is told by what Token Flex counts itself, and seen to; the other by an export of its own. Both are over with the
contract year, and are deleted then.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from sandbox.slack.errors import SlackFault
from sandbox.slack.messages import Message
from sandbox.slack.modal import Modal
from storage import answers
from storage.answers import Answer, AnswerState
from storage.database import read_only
from tests.harness.house import CONTRACT
from tests.torture.alert_checks import check_alerts, own_exports
from tests.torture.by_itself import ByItself
from tests.torture.checks import Made, Verdict, bot_messages, check, subject
from tests.torture.leaps import leap
from tests.torture.life import StuckError

BEGINS: Final = datetime(2026, 11, 24, 9, tzinfo=UTC)
_OVER: Final = datetime(2027, 2, 5, 9, tzinfo=UTC)  #: all of the contract year is known
_DAY: Final = timedelta(days=1)
_NEXT_LOOK: Final = timedelta(hours=5)  #: after one that was cut short
_ALERTS: Final = 2
_KIND, _VALUE = "Tell the channel when", "Product name"
_SHARES: Final = {"Shares": "1"}
_LIMIT: Final = {
    _KIND: "A product or a cost centre is over a number of tokens",
    _VALUE: "Revit",
    "More tokens than": "5",
    "Counted": "Each contract year",
}


class LifeWatched(ByItself):
    """One person, and what is watched for them."""

    _command = "/tokenflex alerts"

    async def whole(self) -> None:
        """Live through the life of two alerts.

        Raises:
            StuckError: something did not happen.

        """
        await self._watches(_SHARES)
        told = (await self._told(1))[0]
        await self._must(lambda: self._thread(told) or None, "the figures of the first alert")
        await self._insists(told, "Acknowledge", lambda: "has seen to it" in told.visible_text() or None, "seen to")
        await self._watches(_LIMIT)
        limit = await self._told_of_file()
        await self._must(lambda: self._thread(limit) or None, "the figures of the second alert")
        leap(self.house, _DAY)
        count = len(self._read(AnswerState.FOUND, AnswerState.UNREAD)) + 1
        await self._must(lambda: self._has_read(count), "the export of the day after", looking=0.05)
        leap(self.house, _OVER - self.house.clock.now())
        for each in (told, limit):
            await self._is_over(each)
        await self._does("Delete", "Nothing is watched here yet", "deleting the alerts", anew=True)
        await self.settled()

    def judged(self, made: Made) -> Verdict:
        """Return what was kept of what this person was promised."""
        unseen = {each.number: each.file_name.removesuffix(".csv") for each in own_exports(self.house, _ALERTS)}
        verdict = check(self.house, made, unseen=unseen)
        check_alerts(self.house, verdict, _ALERTS)
        return verdict

    async def _watches(self, fields: Mapping[str, str]) -> None:
        """Press New alert, fill the form in and press Save, until it says that it is saved."""
        for _ in range(12):
            await self._connected()
            modal = self.member.modal
            if modal is None:
                await self._opens()
            elif "Saved: " in modal.visible_text():
                await modal.dismiss()
                return
            else:
                await self._saves(modal, fields)
        raise StuckError(f"{self.member.name} could not save an alert")

    async def _opens(self) -> None:
        listed = self._listed("New alert")
        if listed is None:
            await self.member.types(self.channel, self._command)
            listed = await self._sees(lambda: self._listed("New alert"))
        if listed is not None:
            await self.member.presses(listed, "New alert")
            await self._sees(lambda: self.member.modal)

    async def _saves(self, modal: Modal, fields: Mapping[str, str]) -> None:
        """Fill in what there is; what is there only for another kind comes when the bot has drawn that."""
        wanted = {"Contract": CONTRACT} if "Contract" in modal.labels() and not modal.value("Contract") else {}
        for label, value in {**wanted, **fields}.items():
            if label == _VALUE and label in modal.labels():
                try:
                    await modal.search(label, value)
                except SlackFault:
                    return  # nobody answered
            if label not in modal.labels():
                await self._sees(lambda label=label: label in modal.labels() or None)  # type: ignore[misc]
                return
            if modal.value(label) != value:
                modal.fill(label, value)
                await modal.settled()
        await modal.submit()

    async def _told(self, count: int) -> list[Message]:
        """Wait until so many messages of alerts stand in the channel."""

        def found() -> list[Message] | None:
            told = self._messages()
            return told if len(told) >= count else None

        return await self._must(found, f"{count} alerts told")

    def _messages(self) -> list[Message]:
        told = [each for each in bot_messages(self.house) if subject(each).startswith("told:")]
        return [each for each in told if not subject(each).endswith(":figures")]

    def _thread(self, message: Message) -> list[Message]:
        return [each for each in bot_messages(self.house) if each.thread_ts == message.ts and each is not message]

    async def _told_of_file(self) -> Message:
        """Wait until the second alert is told; where a machine is so busy that a link has ended, by the next day's."""
        for unread in range(1, 3):
            found = await self._must(lambda n=unread: self._newest(n), "the second alert told", looking=0.05)  # type: ignore[misc]
            if found:
                break
            leap(self.house, _DAY)
        return (await self._told(2))[1]

    async def _is_over(self, told: Message) -> None:
        """Wait until an alert is over; after a kill amid a look the next one comes hours later."""

        def over() -> bool | None:
            return told.text.startswith("Over: ") or None

        if await self._sees(over) is None:
            leap(self.house, _NEXT_LOOK)
            await self._must(over, "an alert being over")

    def _newest(self, unread: int) -> str | None:
        """Return what came: a second message, or "" where so many files could not be read."""
        if len(self._messages()) > 1:
            return "told"
        return "" if len(self._read(AnswerState.UNREAD)) >= unread else None

    def _has_read(self, count: int) -> bool | None:
        return len(self._read(AnswerState.FOUND, AnswerState.UNREAD)) >= count or None

    def _read(self, *states: AnswerState) -> list[Answer]:
        """Return the answers to own exports that are in one of these states."""
        with read_only(self.house.folder / "tokenflex.db") as db:
            own = [answers.of(db, each.number, each.announcement) for each in own_exports(self.house, _ALERTS)]
        return [each for each in own if each is not None and each.state in states]
