"""Random moments under load: several people, several exports, lost answers, and kills at any time."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from sandbox.tokenflex.spoilt import Way
from tests.harness.house import House, close_house
from tests.torture.by_itself import LifeByItself
from tests.torture.checks import NONE, Made, Verdict, check
from tests.torture.life import Life, StuckError, fast_house
from tests.torture.processes import Forge, Forked, Keeper, Plan

PEOPLE = ("ana", "ben", "carla")
CHANNELS = ("#general", "#finance")
_LONGEST = 5.0  #: real seconds in which kills come
_SCHEDULED = 0.3  #: of so many runs somebody has something asked by itself


@dataclass
class Loaded:
    """What one run came to; the same seed draws the same people, faults and moments."""

    seed: int
    kills: int
    exports: int
    verdict: Verdict
    log: str

    def __str__(self) -> str:
        return f"SEED={self.seed}: {'; '.join(self.verdict.notes) or 'all well'}"


async def under_load(
    forge: Forge,
    folder: Path,
    data: Any,
    seed: int,
    *,
    breaks: tuple[str, ...] = (),
    bots: int = 1,
    patience: float = 60.0,
) -> Loaded:
    """Let a handful of exports live at once while the bot dies at random moments and answers get lost.

    With more `bots` nobody dies, but so many are started; all but one are to end at once.
    """
    random = Random(seed)
    house = await fast_house(folder, data, durations=(2.0, 40.0))
    made, keeper = Made(house), Keeper(forge, house, Plan(breaks=breaks))
    lives = [
        Life(house, person, random.choice(CHANNELS), f"{person}{count}", patience=patience)
        for person in PEOPLE
        for count in range(random.randint(1, 3))
    ]
    has_schedule = bots == 1 and Random(f"{seed} by itself").random() < _SCHEDULED
    by_itself = LifeByItself(house, "ben", patience, fails=False) if has_schedule else None
    kills = [] if bots > 1 else sorted(random.uniform(0.1, _LONGEST) for _ in range(random.randint(1, 3)))
    second: list[Forked] = []
    _lose_answers(house, random)
    try:
        await keeper.start()
        second = [await forge.fork(house, f"more{count}", Plan(breaks=breaks)) for count in range(1, bots)]
        killing = asyncio.create_task(_kill_at(keeper, kills))
        living = [_lived(life, whole=random.random() < 0.4) for life in lives]
        ends = await asyncio.gather(*living, *([_lived(by_itself, whole=True)] if by_itself else []))
        await killing
        ends.append(await _settled(lives[0]))
    finally:
        for each in second:
            each.kill()
            await each.ended
        await keeper.stop()
        verdict = check(house, made, reports=by_itself.reports() if by_itself else NONE)
        if by_itself:
            by_itself.judge(verdict)
        await close_house(house)
    for stuck in filter(None, ends):
        verdict.stuck += 1
        verdict.links_left += "the link leaving" in stuck
        verdict.notes.append(stuck)
    return Loaded(seed, len(kills), len(made.file_names), verdict, keeper.log)


def _lose_answers(house: House, random: Random) -> None:
    upstream, slack = house.token_flex.controls, house.slack.controls
    for _ in range(random.randint(0, 2)):
        upstream.drop_answer_next("POST", "/requests", after_effect=random.random() < 0.5)
    for _ in range(random.randint(0, 3)):
        method = random.choice(("chat.postMessage", "chat.update"))
        slack.drop_answer_next(method, after_effect=random.random() < 0.5)
    if random.random() < 0.3:
        slack.fail_next("chat.postMessage", retry_after=random.randint(1, 20))
    for _ in range(random.randint(0, 2)):
        upstream.spoil_download_next(random.choice((Way.STOPS, Way.ENDED, Way.BUSY, Way.NEVER_ENDS)))


async def _lived(life: Life, *, whole: bool) -> str:
    try:
        if whole:
            await life.whole()
        else:
            await life.announced(await life.asks())
    except StuckError as error:
        return str(error)
    return ""


async def _settled(life: Life) -> str:
    try:
        await life.settled()
    except StuckError as error:
        return str(error)
    return ""


async def _kill_at(keeper: Keeper, moments: list[float]) -> None:
    before = 0.0
    for moment in moments:
        await asyncio.sleep(moment - before)
        before = moment
        keeper.kill()
