"""People press on messages of alerts, new ones and old ones, while these are looked at: each act is done once."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot import errors
from bot.alerts.use_cases import Alerts, Draft
from bot.cards.actions import MadeFor
from bot.cards.alert_told import Delay
from bot.cards.alert_watched import Shares
from bot.delivery.kinds import Words, load
from bot.tokenflex.catalogue import Catalogue
from storage import alerts, outbox
from storage.alerts import Alert
from storage.audit import Act
from storage.models import Delivery, MessageKind, SentMessage
from tests.harness.people import admitted
from tests.harness.stored import CONTRACT
from tests.unit.alerts.house import CHANNEL, OWNER, House

ANA, BEN = admitted(OWNER, CHANNEL), admitted("U0BEN00002", CHANNEL)
HOUR = timedelta(hours=1)
WATCHED = (Shares((50, 75)), Shares((40,)))


class PeopleAndAlerts(RuleBasedStateMachine):
    """One alert of Ana's, whose messages Ben sees too."""

    def __init__(self) -> None:
        super().__init__()
        self.runner, self.house = asyncio.Runner(), House()
        self.people = Alerts(self.house.database, self.house.access, Catalogue(), self.house.clock)
        self.useless: set[tuple[int, int, str]] = set()  #: which alert, which message, who
        self.acts = self.presses = self.edits = 0
        self.delivered: list[tuple[str, Any, int, Any]] = []  #: presses that Slack may send again

    @initialize()
    def begins(self) -> None:
        """Make the alert, and let half of the tokens be used."""
        draft = Draft(contract=CONTRACT, channel=CHANNEL, watched=WATCHED[0])
        self.alert: Alert = self.does(self.people.create(draft, ANA, origin="form:0"))
        self.house.usage.used = 5_200
        self.time_passes(1)

    def does(self, work: Awaitable[Any]) -> Any:
        return self.runner.run(work)  # type: ignore[arg-type]

    @property
    def messages(self) -> list[Delivery]:
        """The rows of all messages of alerts, the oldest first."""
        return self.house.told(MessageKind.ALERT)

    def can_act(self, row: Delivery) -> bool:
        """Whether what can be done stands below a message, if it were drawn now."""
        drawn = load(self.house.db, row).message(None, Words(answers=self.house.shown))
        return any(block["type"] == "actions" for block in drawn.blocks)

    @rule(hours=st.sampled_from([1, 13, 26, 24 * 8]))
    def time_passes(self, hours: int) -> None:
        """It is looked at, and what is new is posted."""
        self.house.clock._now += hours * HOUR
        self.does(self.house.looks())
        for row in self.messages:
            outbox.keep_message(self.house.db, SentMessage(row.id, CHANNEL, f"{row.id}.5"))

    @rule(used=st.sampled_from([1_000, 4_500, 5_200, 6_000, 7_600]))
    def more_is_used(self, used: int) -> None:
        """Or less, since Autodesk corrects it."""
        self.house.usage.used = used

    @precondition(lambda self: self.messages)
    @rule(which=st.integers(0, 20), who=st.sampled_from([ANA, BEN]), delay=st.sampled_from([None, *Delay]))
    def somebody_presses(self, which: int, who: Any, delay: Delay | None) -> None:
        """Acknowledge, or Put off, on any message that stands in the channel."""
        self.presses += 1
        self.press(f"press:{self.presses}", who, which % len(self.messages), delay)

    @precondition(lambda self: self.delivered)
    @rule(which=st.integers(0, 20))
    def slack_sends_a_press_again(self, which: int) -> None:
        """Nothing follows from it, however much later."""
        before = self.now.standing, self.acts
        self.press(*self.delivered[which % len(self.delivered)])
        assert (self.now.standing, self.acts) == before

    def press(self, origin: str, who: Any, at: int, delay: Delay | None) -> None:
        row, number = self.messages[at], self.alert.id
        is_open, before, audited = self.can_act(row), self.now, len(self.house.acts(Act.ALERT))
        said: dict[str, Any] = {"message": f"{row.id}.5", "origin": origin}
        try:
            if delay is None:
                self.does(self.people.acknowledge(number, who, **said))
            else:
                self.does(self.people.put_off(number, who, delay, **said))
        except errors.AlertOverError:
            assert not is_open
            assert self.now == before
        else:
            assert is_open
            self.delivered.append((origin, who, at, delay))
        done = len(self.house.acts(Act.ALERT)) - audited
        assert done == (self.now.standing != before.standing)
        self.acts += done

    @precondition(lambda self: self.messages)
    @rule(which=st.integers(0, 20), who=st.sampled_from([ANA, BEN]))
    def somebody_finds_one_not_useful(self, which: int, who: Any) -> None:
        """Once for each message; what an alert of before has told is no more of this one."""
        row = self.messages[which % len(self.messages)]
        self.does(self.people.not_useful(self.alert.id, who, message=f"{row.id}.5"))
        told = (self.alert.id, row.id, who.person)
        self.acts += told not in self.useless
        self.useless.add(told)

    @rule()
    def it_is_paused_or_goes_on(self) -> None:
        """By its owner."""
        act = self.people.resume if self.now.paused_why else self.people.pause
        self.does(act(self.alert.id, ANA))
        self.acts += 1

    @rule()
    def it_is_edited(self) -> None:
        """Nothing of what was told can be acted on any more."""
        self.edits += 1
        old, watched = self.messages, WATCHED[self.edits % 2]
        draft, made_for = Draft(contract=CONTRACT, channel=CHANNEL, watched=watched), MadeFor(self.alert.id)
        for _ in range(2):
            self.alert = self.does(self.people.edit(made_for, ANA, draft, origin=f"form:{self.edits}"))
        self.acts += 1
        self.delivered.clear()
        assert not any(map(self.can_act, old))

    @property
    def now(self) -> Alert:
        return alerts.get(self.house.db, self.alert.id)

    @invariant()
    def what_was_done_is_on_record_once(self) -> None:
        """And counted once."""
        if hasattr(self, "alert"):
            assert len(self.house.acts(Act.ALERT)) == 1 + self.acts
            assert self.now.useless == len([each for each in self.useless if each[0] == self.alert.id])
            assert sum(map(self.can_act, self.messages)) <= 1

    def teardown(self) -> None:
        self.runner.run(self.house.database.close())
        self.runner.close()


TestPeopleAndAlerts = PeopleAndAlerts.TestCase
TestPeopleAndAlerts.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
