"""Any refusal, absence, outage and removal, at any moment and for any length: nothing endless, silent or untrue."""

import asyncio
import contextlib
import logging
import tempfile
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.cards.faces import FACES, NOTES
from bot.errors import UseCaseError
from bot.exports.patience import EVERYBODYS, OF_LISTS
from bot.tokenflex.models import DOWNLOAD, ERROR, ExportRequest
from storage import exports as export_store
from storage.models import Export
from storage.states import ExportState, Note
from tests.harness.erring import BEGIN, Made
from tests.harness.paper import Process, started
from tests.harness.people import admitted
from tests.harness.troubles import TROUBLES, ClosedSlack, Trouble, Troubled
from tests.harness.virtual_time import VirtualClock, VirtualLoop

CONTRACTS = ("110000123456", "110000777001")
_S = ExportState
AT_WORK = {_S.QUEUED, _S.SUBMITTING, _S.REQUESTED, _S.RETRYING, _S.DELETING}
#: How far an export has come, and the call that is its next.
STAGES = {
    "asked for": "submit",
    "in doubt": "list_exports",
    "requested": "list_exports",
    "retrying": "retry_export",
    "deleting": "delete_export",
}
#: Notes that say what Token Flex, or one of its calls, does not do.
OF_TROUBLE = EVERYBODYS | {Note.PERMISSION, Note.FAILING, Note.SLOTS}
#: How soon a card says why, and how soon things go on: two minutes and one, and a minute of calls that are used up.
_SOON, _GOES_ON = timedelta(seconds=180), timedelta(seconds=125)
_LONGEST_PAUSE = timedelta(minutes=10)
#: After a refusal for the rate calls are up to a minute apart for an hour, and none is made for a quarter of one.
_RATE_SHADOW = timedelta(minutes=80)
#: Calls at once before pauses begin: attempts of one call, and doubts that are looked into.
_AT_ONCE = 12


class Life(RuleBasedStateMachine):
    """The bot's real parts among troubles that begin and end when they like."""

    @initialize()
    def begin(self) -> None:
        """Start the bot."""
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        self.folder = tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None)
        self.clock = VirtualClock(BEGIN)
        self.runner = asyncio.Runner(loop_factory=lambda: VirtualLoop(self.clock))
        self.token_flex, self.slack = Troubled(self.clock), ClosedSlack(self.clock)
        self.bots: list[Process] = []
        self._start()
        self.accepted = 0
        self.ever_hidden: set[str] = set()  #: the keys of what was out of sight at any time

    def _start(self) -> None:
        path = Path(self.folder.name) / "life.db"
        self.bots.append(self._run(started(path, self.clock, self.token_flex, self.slack)))

    @property
    def bot(self) -> Process:
        """The bot that lives."""
        return self.bots[-1]

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    def _exports(self) -> list[Export]:
        found = self._run(self.bot.parts.database.read(export_store.newest, 100))
        return sorted(found, key=lambda export: export.number)

    def _one(self, which: int) -> Export | None:
        exports = self._exports()
        return exports[which % len(exports)] if exports else None

    # What people do

    @rule(contract=st.sampled_from(CONTRACTS), name=st.sampled_from(["a", "b"]))
    def ask(self, contract: str, name: str) -> None:
        """Somebody asks for an export."""
        self._run(self._ask(contract, name))

    async def _ask(self, contract: str, name: str) -> int:
        self.accepted += 1
        request = ExportRequest(contract, ("productName",), where=f"contractYear={self.accepted}", file_name=name)
        accepted = await self.bot.parts.exports.accept(
            request, admitted("U1", "C1"), channel="C1", origin=str(self.accepted)
        )
        return accepted.export.number

    @rule(act=st.sampled_from(["retry", "delete", "delete", "give_up", "link"]), which=st.integers(0, 9))
    def act(self, act: str, which: int) -> None:
        """Somebody presses a button, which may make no sense any more."""
        export = self._one(which)
        if export is not None:
            with contextlib.suppress(UseCaseError):
                self._run(self._pressed(act, export))

    async def _pressed(self, act: str, export: Export) -> None:
        if act == "link":
            await self.bot.parts.fresh_links.fresh_within(100, export)
        else:
            await getattr(self.bot.parts.exports, act)(export.number, admitted("U1", "C1"))

    # What happens at Token Flex and in Slack

    @rule(
        stage=st.sampled_from(sorted(STAGES)),
        name=st.sampled_from(sorted(TROUBLES)),
        where=st.sampled_from(["its call", "its call", "lists", "everything"]),
        contract=st.sampled_from(CONTRACTS),
        lasts=st.sampled_from([30.0, 200.0, 900.0, 4000.0, 4000.0]),
    )
    def trouble_comes(self, stage: str, name: str, where: str, contract: str, lasts: float) -> None:
        """An export has come so far when calls begin to end like that, which lasts at least for so long.

        What concerns all knows no contracts.
        """
        self._run(self._stage(stage, contract))
        method = {"its call": STAGES[stage], "lists": "list_exports", "everything": ""}[where]
        of_all = TROUBLES[name]().concerns_all
        self.token_flex.troubles.append(Trouble(name, method, "" if of_all else contract))
        if stage in {"retrying", "deleting"}:
            self.act("retry" if stage == "retrying" else "delete", -1)
        self.time_passes(lasts)

    async def _stage(self, stage: str, contract: str) -> None:
        """Bring a new export there, where nothing is in the way."""
        if stage == "in doubt":
            self.token_flex.faults = ["lost before"]
        number = await self._ask(contract, "ab"[self.accepted % 2])
        if stage in {"asked for", "in doubt"}:
            return
        await self._reaches(number, _S.REQUESTED)
        if stage == "requested":
            return
        key = (await self.bot.parts.database.read(export_store.get, number)).request_key
        for each in self.token_flex.exports:
            if each.key == key:
                self.token_flex.end(each, ERROR if stage == "retrying" else DOWNLOAD)
        await self._reaches(number, _S.FAILED if stage == "retrying" else _S.READY)

    async def _reaches(self, number: int, state: ExportState) -> None:
        for _ in range(25):
            if (await self.bot.parts.database.read(export_store.get, number)).state is state:
                return
            await self.clock.sleep(5)

    @rule(which=st.integers(0, 9))
    def trouble_ends(self, which: int) -> None:
        """One of the troubles is over."""
        if self.token_flex.troubles:
            del self.token_flex.troubles[which % len(self.token_flex.troubles)]

    @rule(
        what=st.sampled_from(
            [
                *("absence", "return", "spoilt list", "removal", "kill"),
                *("lost before", "lost after", "late effect", "unreachable"),
            ]
        ),
        which=st.integers(0, 9),
    )
    def something_happens(self, what: str, which: int) -> None:
        """At Token Flex, on the way there, in Slack, or to the bot."""
        if what == "absence":
            self._hide(which)
        elif what == "return":
            self._show()
        elif what == "spoilt list":  # one entry of its list cannot be read, until it can
            self.token_flex.spoilt ^= {CONTRACTS[which % len(CONTRACTS)]}
        elif what == "removal":  # of the bot from its channel, or it is invited again
            self.slack.closed ^= {"C1"}
        elif what == "kill":
            self.bot.kill()
            self._start()
        else:
            self.token_flex.faults = [what]

    def _hide(self, which: int) -> None:
        """Show an export no more, perhaps for a while; one that is looked for would rightly be made anew."""
        keys = {export.request_key for export in self._exports()}
        known = [each for each in self.token_flex.exports if each.key in keys]
        if known:
            gone = known[which % len(known)]
            self.token_flex.exports.remove(gone)
            self.token_flex.hidden.append(gone)
            self.ever_hidden.add(gone.key)

    def _show(self) -> None:
        self.token_flex.exports += self.token_flex.hidden
        self.token_flex.hidden = []

    @rule(which=st.integers(0, 9), status=st.sampled_from([DOWNLOAD, ERROR]))
    def upstream_ends(self, which: int, status: str) -> None:
        """Token Flex finishes an export, or fails."""
        if self.token_flex.exports:
            self.token_flex.end(self.token_flex.exports[which % len(self.token_flex.exports)], status)

    @rule(seconds=st.sampled_from([3.0, 20.0, 61.0, 200.0, 200.0, 900.0, 4000.0]))
    def time_passes(self, seconds: float) -> None:
        """Time passes; what failed all the while was not tried more often than once a minute in the long run."""
        before, began = self._exports(), self.clock.now()
        self._run(self.clock.sleep(seconds))
        allowed = seconds / 60 + _AT_ONCE
        for export in before:
            of_it = [made for made in self.token_flex.calls if made.at >= began and self._is_for(made, export)]
            assert len(of_it) <= allowed, (export, of_it)
        for contract in CONTRACTS:
            if self._is_all_in_doubt(contract, before) and self._is_all_in_doubt(contract, self._exports()):
                lists = [
                    made
                    for made in self.token_flex.calls
                    if (made.method, made.contract) == ("list_exports", contract) and made.at >= began
                ]
                assert len(lists) <= allowed, lists

    def _is_for(self, made: Made, export: Export) -> bool:
        return made.contract == export.request.contract_number and made.about == export.request_key

    def _is_all_in_doubt(self, contract: str, exports: list[Export]) -> bool:
        at_work = [each for each in exports if each.request.contract_number == contract and each.state in AT_WORK]
        return all(each.in_doubt for each in at_work)

    # What holds all the while

    @invariant()
    def nobody_waits_in_silence(self) -> None:
        """Whatever has waited for a while says why and since when; a note is never without its time."""
        now = self.clock.now()
        for export in self._exports():
            if export.note is not Note.NOT_DELETED:
                assert (export.note is Note.NONE) == (export.noted_at is None), export
            waits_long = now - export.changed_at > _SOON and not self._is_in_rate_shadow()
            if export.state in AT_WORK and waits_long and export.note is Note.NONE:
                assert export.state is _S.REQUESTED, export
                listed_at = self.token_flex.listed_at.get(export.request.contract_number)
                assert listed_at is not None, export
                assert now - listed_at <= _SOON, export

    @invariant()
    def nothing_untrue(self) -> None:
        """No file that can be seen is said to be gone, none that is gone is said to be made; nothing is made twice."""
        assert all(count == 1 for count in self.token_flex.made.values()), self.token_flex.made
        shown = {each.key: each for each in self.token_flex.exports}
        for export in self._exports():
            upstream = shown.get(export.request_key or "")
            if export.state is _S.DELETED and upstream is not None:
                assert upstream.key in self.ever_hidden, export
            if upstream is not None and export.state in {_S.READY, _S.FAILED}:
                assert upstream.status == (DOWNLOAD if export.state is _S.READY else ERROR), export
            if export.note in OF_TROUBLE:
                assert self.token_flex.met_at is not None, export
                assert self.clock.now() - self.token_flex.met_at <= _LONGEST_PAUSE + _RATE_SHADOW, export

    def _is_in_rate_shadow(self) -> bool:
        refused = self.token_flex.rate_refused_at
        return refused is not None and self.clock.now() - refused <= _RATE_SHADOW

    def teardown(self) -> None:
        """All trouble ends: others go on within a minute, the rest when the shown pauses end, and all comes to rest."""
        if not getattr(self, "bots", None):
            return
        try:
            self._all_ends()
            self._others_go_on()
            self._all_goes_on()
            self._all_is_told()
            assert self.bot.parts.supervisor.crashes == {}
        finally:
            self._end()

    def _all_ends(self) -> None:
        self.token_flex.troubles, self.token_flex.faults, self.token_flex.spoilt = [], [], set()
        self.slack.closed = set()
        self._show()

    def _others_go_on(self) -> None:
        in_shadow = self._is_in_rate_shadow()
        number = self._run(self._ask("110000123456", "other"))
        self._run(self.clock.sleep((_GOES_ON + (_RATE_SHADOW if in_shadow else timedelta())).total_seconds()))
        export = self._exports()[number - 1]
        assert export.state not in {_S.QUEUED, _S.SUBMITTING}, export

    def _all_goes_on(self) -> None:
        for _ in range(2):  # what has ended may have been tried once more just before
            self._run(self.clock.sleep((_LONGEST_PAUSE + _GOES_ON).total_seconds()))
            for each in list(self.token_flex.exports):
                self.token_flex.end(each, DOWNLOAD)
        self._run(self.clock.sleep(240))
        for export in self._exports():
            assert export.state not in AT_WORK, export
            assert export.note in {Note.NONE, Note.NOT_DELETED}, export

    def _all_is_told(self) -> None:
        """Every card shows how its export stands, and what somebody waited for was announced."""
        messages = {each.subject: str(each.message.blocks) for each in self.slack.messages}
        for export in self._exports():
            assert FACES[export.state].word in messages[f"card:{export.number}"], export
            assert all(NOTES[note] not in messages[f"card:{export.number}"] for note in OF_LISTS), export
            for announcement in range(1, export.announcement + 1):
                assert f"result:{export.number}:{announcement}" in messages, export

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


TestLife = pytest.mark.timeout(400)(Life.TestCase)  # long at work where other tests are, too
TestLife.settings = settings(
    max_examples=8, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
