"""A question that is asked by itself for some days, as the person lives it who has set that up.

There is a report every day at one time. One day the machine sleeps, one report cannot be made, one is left out, and one
is wanted besides; at the end the schedule is deleted.
"""

from datetime import timedelta
from typing import Final

from sandbox.slack.messages import Message
from sandbox.slack.modal import Modal
from storage.runs import Run, RunState
from tests.harness.house import House
from tests.harness.talk import NO_ANSWER
from tests.torture.checks import Made, Verdict, bot_messages, check
from tests.torture.leaps import leap
from tests.torture.life import Life, StuckError
from tests.torture.run_checks import Plans, check_runs, exports_of, known_runs

NAME: Final = "Every day"
_BEGINS_IN, _SHORTLY = timedelta(hours=12), timedelta(seconds=30)


class ByItself(Life):
    """One person, and a list of what happens by itself for them."""

    _more = NO_ANSWER
    _command = ""  #: shows the list

    async def all(self) -> None:
        """Live through all that is there for one person; as `whole`."""
        await self.whole()

    async def _does(self, label: str, said: str, what: str, *, anew: bool = False) -> None:
        """Press a button of the list until that is said which comes of it.

        Pressed again in the same list it is the same act. What is there several times is pressed in a list that is
        shown `anew`; else another one is looked at only where it has no such button.
        """
        for _ in range(12):
            await self._connected()
            listed = self._listed(label)
            since = len(self._shown()) if listed is None else self._shown().index(listed)

            def is_said(since: int = since) -> bool | None:
                return any(said in each.visible_text() for each in self._shown()[since:]) or None

            if listed is not None:
                await self.member.presses(listed, label)
                await self._sees(is_said)
            if not is_said() and (anew or listed is None):
                await self.member.types(self.channel, self._command)
                await self._sees(lambda said=is_said: said() or self._listed(label))  # type: ignore[misc]
            if is_said():
                return
        raise StuckError(f"{self.member.name} pressed in vain: {what}")

    def _listed(self, label: str) -> Message | None:
        return next((each for each in reversed(self._shown()) if label in each.buttons()), None)

    def _shown(self) -> list[Message]:
        return [each for each in self.member.sees(self.channel) if each.ephemeral_for]


class LifeByItself(ByItself):
    """One person, and what is asked for them by itself."""

    _command = "/tokenflex schedules"
    _known: tuple[Run, ...] = ()

    def __init__(self, house: House, name: str = "ana", patience: float = 40.0, *, fails: bool = True) -> None:
        """With `fails` one report cannot be made; where others export too, that might come to them."""
        super().__init__(house, name, file_name=f"{name}daily", patience=patience)
        self._fails = fails
        self._plans = Plans()

    async def whole(self) -> None:
        """Live through the life of a schedule.

        Raises:
            StuckError: something did not happen.

        """
        number = await self.asks()
        await self.announced(number)
        self._begins = (self.house.clock.now() + _BEGINS_IN).replace(minute=0, second=0, microsecond=0)
        await self._schedules(number)
        self._days(1)
        await self.link_goes((await self._reports(1))[0])
        self._fail_next()
        self._days(2)
        await self._reports(3)
        self._plans.left_out.add(self._written(3))
        await self._does("Skip next", "Left out: ", f"leaving out {self._written(3)}")
        self._days(1)
        await self._must(self._is_left_out, f"{self._written(3)} being left out", looking=0.05)
        self._plans.by_hand = 1
        await self._does("Run now", "runs now, besides its planned runs", "a run besides")
        await self._reports(4)
        await self.settled()
        self._known = known_runs(self.house)
        await self._does("Delete", "Nothing runs by itself here yet", "deleting the schedule", anew=True)
        await self.settled()

    def judged(self, made: Made) -> Verdict:
        """Return what was kept of what this person was promised."""
        verdict = check(self.house, made, reports=self.reports())
        self.judge(verdict)
        return verdict

    def reports(self) -> dict[int, str]:
        """Return the exports that were asked for by itself, with their file names."""
        return exports_of(self.house, self._runs())

    def judge(self, verdict: Verdict) -> None:
        """Check what came of each run."""
        check_runs(self.house, verdict, self._runs(), self._plans)

    def _runs(self) -> tuple[Run, ...]:
        return self._known or known_runs(self.house)

    def _fail_next(self) -> None:
        if self._fails:
            self._plans.failing += 1
            self.house.token_flex.controls.fail_next()

    async def _schedules(self, number: int) -> None:
        """Press Schedule on the card, fill the form in and press Save, until it says that it is saved."""
        card = await self._must(lambda: self.message(f"card:{number}"), f"the card of #{number}")
        for _ in range(12):
            await self._connected()
            modal = self.member.modal
            if modal is None:
                await self.member.presses(card, "Schedule")
                await self._sees(lambda: self.member.modal)
            elif "Saved: " in modal.visible_text():
                await modal.dismiss()
                return
            else:
                await self._saves(modal)
        raise StuckError(f"{self.member.name} could not schedule #{number}")

    async def _saves(self, modal: Modal) -> None:
        filled = {"name": NAME, "kind": "daily", "at": f"{self._begins:%H:%M}", "zone": "UTC", "missed": "all"}
        for name, value in filled.items():
            modal.enters(f"schedule.{name}", f"schedule.{name}", value)
        await modal.submit()  # for the first time it shows when that would run

    def _days(self, count: int) -> None:
        """Let time leap to shortly before the last of so many more days on which it is due."""
        for _ in range(count):
            self._plans.due.add(self._written(len(self._plans.due)))
        due = self._begins + timedelta(days=len(self._plans.due) - 1)
        leap(self.house, due - _SHORTLY - self.house.clock.now())

    def _written(self, day: int) -> str:
        return f"{self._begins + timedelta(days=day):%Y-%m-%dT%H:%M}"

    async def _reports(self, count: int) -> list[Message]:
        """Wait until so many reports stand in the channel."""

        def found() -> list[Message] | None:
            reports = [each for each in bot_messages(self.house) if each.text.startswith("Report #")]
            return reports if len(reports) >= count else None

        return await self._must(found, f"{count} reports")

    def _is_left_out(self) -> bool | None:
        left_out = {run.identity for run in known_runs(self.house) if run.state is RunState.LEFT_OUT}
        return self._plans.left_out <= left_out or None
