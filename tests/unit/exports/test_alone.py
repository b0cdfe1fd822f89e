"""What goes wrong with one export alone, while all goes well for others: it ends, and is not taken for an outage."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.tokenflex import errors
from bot.tokenflex.models import DOWNLOAD
from storage.states import ExportState, Note
from tests.harness import virtual_time
from tests.harness.erring import BEGIN, CONTRACT, METHODS, Erring, Made, World
from tests.harness.troubles import ClosedSlack
from tests.harness.virtual_time import VirtualClock
from tests.unit.exports.test_fates import FATES, prepared
from tests.unit.tokenflex.test_statuses import AWAY

_OTHER = "110000999999"


class _ErringForOne(Erring):
    """Errs for one contract, or for what is not one of the `other` files."""

    def error(self, made: Made) -> errors.TokenFlexError | None:
        return None if made.contract == _OTHER else super().error(made)


async def _other(world: World, name: str) -> timedelta:
    """Have an export of another contract made, and return how long it took until Token Flex had it."""
    asked_at = world.clock.now()
    number = await world.asks(name, contract=_OTHER)
    while (await world.export(number)).state is not ExportState.REQUESTED:
        await world.clock.sleep(0.5)
    world.token_flex.end(world.token_flex.exports[-1], DOWNLOAD)
    return world.clock.now() - asked_at


@pytest.mark.parametrize("status", sorted(AWAY))
@pytest.mark.parametrize("call", ["submit", "retry", "delete", "list"])
def test_a_service_that_is_away_for_one_alone_is_there(tmp_path: Path, call: str, status: int) -> None:
    """What says that it is away says so of one export, however often: it fares as with any error of its own."""
    clock, fate = VirtualClock(BEGIN), FATES[call][errors.UpstreamBrokenError]

    async def main() -> None:
        world = World(tmp_path, clock)
        world.token_flex = _ErringForOne(clock)
        await world.begin()
        world.token_flex.errors = {METHODS[call]: errors.UpstreamBrokenError(status=status)} if call == "list" else {}
        await prepared(world, call)
        world.token_flex.errors[METHODS[call]] = errors.UpstreamBrokenError(status=status)
        await _other(world, "first")
        for nth in range(16):
            await clock.sleep(150)
            took = await _other(world, f"other {nth}")
            assert took < timedelta(seconds=1 if nth else 60)  # until one goes well it could be everybody's trouble
        export = await world.export()
        assert export.state in {fate.later, *({ExportState.SUBMITTING} if call == "submit" else ())}
        assert not world.said("cannot be reached")
        await world.end()

    virtual_time.run(clock, main())


@pytest.mark.parametrize("call", ["retry", "delete"])
def test_a_limit_that_one_alone_meets_has_an_end(tmp_path: Path, call: str) -> None:
    """A change that is always told to come later, while others are not, ends as with any error of its own."""
    clock, fate = VirtualClock(BEGIN), FATES[call][errors.UpstreamBrokenError]

    async def main() -> None:
        world = World(tmp_path, clock)
        world.token_flex = _ErringForOne(clock)
        await world.begin()
        await prepared(world, call)
        world.token_flex.errors = {METHODS[call]: errors.RateLimitedError(30)}
        for nth in range(16):
            await clock.sleep(150)
            await _other(world, f"other {nth}")
        assert (await world.export()).state is fate.later
        await world.end()

    virtual_time.run(clock, main())


@pytest.mark.parametrize("after", [0.0, 60.0, None])
def test_a_limit_that_only_what_starts_exports_meets_is_that_of_exports(tmp_path: Path, after: float | None) -> None:
    """Whatever its words: the line waits as for a slot, less and less often, says so, and what is made is followed."""
    clock = VirtualClock(BEGIN)

    async def main() -> None:
        world = World(tmp_path, clock)
        await world.begin()
        await world.asks("made")
        await clock.sleep(5)
        world.token_flex.errors = {"submit": errors.RateLimitedError(after)}
        await world.asks("waits")
        await clock.sleep(1800)
        began = clock.now()
        await clock.sleep(3600)
        waits = await world.export(2)
        assert (waits.state, waits.note) == (ExportState.QUEUED, Note.SLOTS)
        assert waits.noted_at is not None
        assert waits.noted_at < BEGIN + timedelta(minutes=5)
        assert world.token_flex.since(began, "submit") <= 7
        assert len([each for each in world.slack.messages if "long wait" in each.subject]) == 1
        world.token_flex.errors.clear()
        await clock.sleep(660)
        assert (await world.export(2)).state is ExportState.REQUESTED
        await world.end()

    virtual_time.run(clock, main())


def test_what_vanishes_while_its_channel_is_closed_is_told(tmp_path: Path) -> None:
    """Whoever was told that it goes on hears privately that there will be no file."""
    clock = VirtualClock(BEGIN)

    async def main() -> None:
        world = World(tmp_path, clock)
        world.slack = slack = ClosedSlack(clock)
        slack.closed.add("C1")
        await world.begin()
        await world.asks()
        await clock.sleep(60)
        world.token_flex.exports.clear()
        await clock.sleep(600)
        assert world.said("there will be no file") == ["direct:1:private result:1:"]
        slack.closed.clear()
        await clock.sleep(120)
        assert world.said("there will be no file") == ["direct:1:private result:1:", "result:1:1"]
        await world.end()

    virtual_time.run(clock, main())


@pytest.mark.parametrize("is_there", [False, True])
def test_what_lists_that_cannot_be_read_whole_never_show_is_asked_for_by_its_key(
    tmp_path: Path, is_there: bool
) -> None:
    """One unreadable entry may be any export; what is unknown by its key, in a contract that can be listed, is gone."""
    clock = VirtualClock(BEGIN)

    async def main() -> None:
        world = World(tmp_path, clock)
        await world.begin()
        world.token_flex.spoilt = {CONTRACT}
        await world.asks()
        await clock.sleep(60)
        (kept,) = world.token_flex.exports
        world.token_flex.exports.clear()
        if is_there:
            world.token_flex.errors["get_export"] = errors.ForbiddenError()
        began = clock.now()
        await clock.sleep(3600)
        assert world.token_flex.since(began, "get_export") == (9 if is_there else 1)
        assert (await world.export()).state is (ExportState.REQUESTED if is_there else ExportState.VANISHED)
        assert world.said("there will be no file") == ([] if is_there else ["result:1:1"])
        world.token_flex.errors.clear()
        world.token_flex.exports.append(kept)
        world.token_flex.end(kept, DOWNLOAD)
        await world.bot.parts.fresh_links.fresh(1, "U1") if not is_there else await clock.sleep(600)
        assert (await world.export()).state is ExportState.READY
        await world.end()

    virtual_time.run(clock, main())
