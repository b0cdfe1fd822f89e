"""A whole export's life with a real process that dies at one moment, or suffers one fault."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.harness.house import House, close_house
from tests.torture.by_itself import LifeByItself
from tests.torture.checks import Made, Verdict
from tests.torture.crossings import AFTER, BEFORE, Moment, crossings_in
from tests.torture.life import Life, StuckError, fast_house
from tests.torture.processes import FAULT, Forge, Keeper, Plan
from tests.torture.watched import BEGINS, LifeWatched

PRIVATE = "#secret"
#: What a bot suffers nothing by, so that it has no reason to end.
_CLEAN = (Plan(), Plan(signed_in=True), Plan(files=True), Plan(schedules=True), Plan(alerts=True))


@dataclass
class Run:
    """One life of an export: what went wrong, and whether the process died where it was told to."""

    plan: Plan
    verdict: Verdict
    died: bool
    crossings: list[tuple[str, int]]
    told: int  #: messages to the administrator that the login is lost
    hit: str  #: what the fault hit; empty where it came to none
    log: str

    def __str__(self) -> str:
        what = self.plan.kill or self.plan.fault or "nothing"
        return f"{what}{f' ({self.hit})' if self.hit else ''}: {'; '.join(self.verdict.notes) or 'all well'}"


async def live(forge: Forge, folder: Path, data: Any, plan: Plan | None = None, *, patience: float = 40.0) -> Run:
    """Let one export live in a house of its own while the bot suffers the plan."""
    plan = plan or Plan()
    settings = {"access_token_life": 60.0} if plan.signed_in else {}
    house = await fast_house(folder, data, begins=BEGINS if plan.alerts else None, **settings)
    if plan.signed_in:
        sign_in(house)
    if plan.files:
        house.variables["ATTACH_FILES"] = "csv"
    house.slack.workspace.add_channel(PRIVATE, ["ana"], private=True)
    made, keeper, stuck = Made(house), Keeper(forge, house, plan), ""
    life = _life(house, plan, patience)
    try:
        await keeper.start()
        await life.all()
    except StuckError as error:
        stuck = str(error)
    finally:
        await keeper.stop()
        verdict = life.judged(made)
        told = _told_of_lost_login(house)
        await close_house(house)
    if stuck:
        verdict.stuck += 1
        verdict.links_left += "the link leaving" in stuck
        verdict.notes.append(stuck)
    return _run(plan, verdict, told, keeper, folder / FAULT)


def _life(house: House, plan: Plan, patience: float) -> Life:
    if plan.schedules:
        return LifeByItself(house, patience=patience)
    if plan.alerts:
        return LifeWatched(house, patience=patience)
    return Life(house, channel=PRIVATE, patience=patience, files=plan.files)


def sign_in(house: House) -> None:
    """Give the bot the login of a person, and an administrator who hears when that is lost."""
    client = next(each for each in house.token_flex.settings.clients if each.client_id == "sandbox-web")
    house.variables |= {
        "APS_CLIENT_ID": client.client_id,
        "APS_CLIENT_SECRET": client.secret or "",
        "APS_REFRESH_TOKEN": house.token_flex.controls.make_login(),
        "DATABASE_KEY": "a key of the tests",
        "ADMINISTRATORS": house.member("ben").id,
    }


def _told_of_lost_login(house: House) -> int:
    return sum("does not accept my login" in each.visible_text() for each in house.member("ben").sees("@tokenflex"))


def _run(plan: Plan, verdict: Verdict, told: int, keeper: Keeper, fault: Path) -> Run:
    first = keeper.started[0]
    if plan in _CLEAN and len(keeper.started) > 1:
        verdict.stuck += 1
        verdict.notes.append(f"the bot ended by itself with {keeper.statuses}")
    hit = fault.read_text() if fault.exists() else ""
    return Run(plan, verdict, first.died_as_told, crossings_in(first.record), told, hit, keeper.log)


def moments(crossings: Sequence[tuple[str, int]]) -> list[Moment]:
    """Return the moments before and after each crossing, numbered by their place in the list."""
    return [Moment(label, occurrence, when) for label, occurrence in crossings for when in (BEFORE, AFTER)]
