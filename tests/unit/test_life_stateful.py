"""Any interleaving of people, progress at Token Flex, time, faults and kills keeps the promises, on virtual time."""

import asyncio
import contextlib
import logging
import re
import tempfile
from collections import Counter
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.errors import UseCaseError
from bot.exports.links import Shown
from bot.tokenflex.models import DOWNLOAD, ERROR, ExportRequest
from storage import answers, outbox
from storage import exports as export_store
from storage.answers import AnswerState
from storage.models import Export
from storage.states import ExportState
from tests.harness.paper import FAULTS, Slack, TokenFlex, started
from tests.harness.people import admitted
from tests.harness.virtual_time import VirtualClock, VirtualLoop

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CHANNELS = {"U1": "C1", "U2": "C2"}
#: States in which an export may rest for ever.
RESTING = {ExportState.READY, ExportState.FAILED, ExportState.DELETED, ExportState.REFUSED, ExportState.VANISHED}
_LINK = re.compile(r"https://files\.example/[^/]+/(\d+)")
#: Virtual seconds: how late a link may leave a message, and how long everything takes to come to rest.
_LATE, _REST = 180.0, 1800.0


class Life(RuleBasedStateMachine):
    """The bot's real parts between a Token Flex and a Slack on paper."""

    @initialize()
    def begin(self) -> None:
        """Start the first bot."""
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        self.folder = tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None)
        self.clock = VirtualClock(BEGIN)
        self.runner = asyncio.Runner(loop_factory=lambda: VirtualLoop(self.clock))
        self.token_flex, self.slack = TokenFlex(self.clock), Slack(self.clock)
        self.accepted: dict[int, str] = {}
        self.people: dict[int, str] = {}
        self.ahead = timedelta()
        self.bot: Any = None
        self.bots: list[Any] = []
        self._start()

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    def _start(self) -> None:
        path = Path(self.folder.name) / "life.db"
        self.bot = self._run(started(path, self.clock, self.token_flex, self.slack, self.ahead))
        self.bots.append(self.bot)

    @rule(person=st.sampled_from(["U1", "U2"]), name=st.sampled_from(["a", "b", ""]), twice=st.booleans())
    def ask(self, person: str, name: str, twice: bool) -> None:
        """Somebody asks for an export; Slack may deliver that twice."""
        mark = f"contractYear={len(self.accepted) + 1}"
        request = ExportRequest("110000123456", ("productName",), where=mark, file_name=name)
        asker = admitted(person, CHANNELS[person])
        numbers = [
            self._run(self.bot.parts.exports.accept(request, asker, channel=asker.channel, origin=mark)).export.number
            for _ in range(1 + twice)
        ]
        assert len(set(numbers)) == 1
        self.accepted[numbers[0]] = mark
        self.people[numbers[0]] = person

    @rule(seconds=st.sampled_from([0.3, 1.0, 5.0, 12.0, 31.0, 70.0, 200.0]))
    def time_passes(self, seconds: float) -> None:
        """Time passes."""
        self._run(self.clock.sleep(seconds))

    @rule(which=st.integers(0, 9), status=st.sampled_from([DOWNLOAD, DOWNLOAD, ERROR]))
    def upstream_ends(self, which: int, status: str) -> None:
        """Token Flex finishes an export, or fails."""
        if self.token_flex.exports:
            self.token_flex.end(self.token_flex.exports[which % len(self.token_flex.exports)], status)

    @rule(which=st.integers(0, 9))
    def upstream_vanishes(self, which: int) -> None:
        """Somebody deletes an export elsewhere; not one that the bot looks for: it would rightly make that anew."""
        keys = {each.request_key for each in self._run(self.bot.parts.database.read(_all))[0]}
        known = [each for each in self.token_flex.exports if each.key in keys]
        if known:
            self.token_flex.exports.remove(known[which % len(known)])

    @rule(act=st.sampled_from(["retry", "delete", "link"]), which=st.integers(0, 9))
    def act(self, act: str, which: int) -> None:
        """Somebody presses a button of their own export, which may make no sense any more."""
        if self.accepted:
            number = list(self.accepted)[which % len(self.accepted)]
            with contextlib.suppress(UseCaseError):
                self._run(self._pressed(act, number, self.people[number]))

    async def _pressed(self, act: str, number: int, person: str) -> None:
        asker = admitted(person, CHANNELS[person])
        if act != "link":
            await getattr(self.bot.parts.exports, act)(number, asker)
            return

        async def waiting() -> None:
            return

        announced = (await self.bot.parts.database.read(export_store.get, number)).announcement
        subject = outbox.result_subject(number, announced)
        message = next((each for each in self.slack.messages if each.subject == subject), None)
        shown = await self.bot.parts.links.show(number, asker, waiting, message.posted.ts if message else "")
        assert shown.where is not Shown.IN_MESSAGE or message is not None

    @rule(faults=st.lists(st.sampled_from(FAULTS), min_size=1, max_size=3))
    def token_flex_errs(self, faults: list[str]) -> None:
        """The next calls to Token Flex go wrong."""
        self.token_flex.faults = faults

    @rule(faults=st.lists(st.sampled_from(FAULTS[:3] + FAULTS[4:]), min_size=1, max_size=3))
    def slack_errs(self, faults: list[str]) -> None:
        """The next posts and edits go wrong."""
        self.slack.faults = faults

    @rule(pause=st.sampled_from([0.0, 3.0, 100.0]), set_back=st.sampled_from([0.0, 0.0, 60.0, 1200.0, 18000.0]))
    def killed(self, pause: float, set_back: float) -> None:
        """The bot dies and is started again, perhaps on a clock that was set back by so many seconds."""
        self.bot.kill()
        self.ahead -= timedelta(seconds=set_back)
        self._run(self.clock.sleep(pause))
        self._start()

    @invariant()
    def nothing_twice(self) -> None:
        """Nothing was made or said twice, and no call was refused."""
        assert all(count == 1 for count in self.token_flex.made.values()), self.token_flex.made
        said = Counter(each.subject for each in self.slack.messages)
        assert all(count == 1 for count in said.values()), said
        assert self.token_flex.refused == 0

    @invariant()
    def no_dead_link(self) -> None:
        """No message shows a link that expired a while ago."""
        latest = self.clock.now() - timedelta(seconds=_LATE)
        for each in self.slack.messages:
            for expires in _LINK.findall(str(each.message.blocks)):
                assert float(expires) >= latest.timestamp(), each.subject

    def teardown(self) -> None:
        """Let everything come to rest, then check that nothing was lost."""
        if getattr(self, "bot", None) is None:
            return
        try:
            self.token_flex.faults, self.slack.faults = [], []
            self._run(self._rest())
            self.nothing_twice()
            self.no_dead_link()
            self._nothing_lost(self._run(self.bot.parts.database.read(_all)))
            assert self.bot.parts.supervisor.crashes == {}
        finally:
            self._end()

    async def _rest(self) -> None:
        for _ in range(int(_REST / 60)):
            await self.clock.sleep(60)
            for each in self.token_flex.exports:
                self.token_flex.end(each, DOWNLOAD)

    def _nothing_lost(self, found: tuple[list[Export], list[str]]) -> None:
        exports, unsent = found
        said = {each.subject for each in self.slack.messages}
        assert unsent == []
        assert {export.number for export in exports} == set(self.accepted)
        for export in exports:
            assert export.state in RESTING, export
            assert f"card:{export.number}" in said, export
            made = self.token_flex.made[self.accepted[export.number]]
            assert made == (export.request_key is not None), export
            for announcement in range(1, export.announcement + 1):
                assert f"result:{export.number}:{announcement}" in said, export
            for answer in self._run(self.bot.parts.database.read(answers.of_export, export.number)):
                assert answer.state is not AnswerState.WANTED, answer
                assert f"answer:{answer.id}" in said, answer
            if export.state is ExportState.READY:
                assert self._run(self.bot.parts.database.read(answers.of, export.number, export.announcement)), export

    def _end(self) -> None:
        self.bot.kill()

        async def cancel() -> None:
            for bot in self.bots:
                bot.gate.end()
            for _ in range(20):
                for task in asyncio.all_tasks() - {asyncio.current_task()}:
                    task.cancel()
                await asyncio.sleep(0)

        self._run(cancel())
        self.runner.close()
        self.folder.cleanup()
        structlog.reset_defaults()


def _all(db: Any) -> tuple[list[Export], list[str]]:
    rows = db.query("SELECT subject FROM outbox WHERE state IN ('waiting', 'sending')")
    return list(export_store.newest(db, 100)), [row["subject"] for row in rows]


TestLife = pytest.mark.timeout(400)(Life.TestCase)  # long at work where other tests are, too
TestLife.settings = settings(
    max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


def test_a_message_that_was_found_is_not_forgotten_when_its_edit_fails() -> None:
    """Posted, answer lost, found, edit refused for its rate: it is edited later and not posted again."""
    life = Life()
    life.begin()
    life.slack_errs(["broken", "lost after"])
    life.ask("U1", "a", twice=False)
    life.time_passes(70.0)
    life.nothing_twice()
    life.teardown()


def test_a_message_that_was_given_up_in_doubt_is_looked_for_when_it_is_sent_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody can say for long whether it was posted; it was, and sending it again posts nothing."""
    monkeypatch.setattr("bot.delivery.ways._GIVE_UP_AFTER", timedelta(hours=1))
    life = Life()
    life.begin()
    life.slack_errs(["lost after"])
    life.slack.blind = True
    life.ask("U1", "a", twice=False)
    life.time_passes(7200.0)
    (given_up,) = life._run(life.bot.parts.database.read(lambda db: outbox.given_up(db, 5)))
    assert given_up.subject == "card:1"
    life.slack.blind = False
    life._run(life.bot.parts.database.write(lambda db: outbox.send_again(db, given_up.id, life.clock.now())))
    life.time_passes(200.0)
    life.nothing_twice()
    life.teardown()
