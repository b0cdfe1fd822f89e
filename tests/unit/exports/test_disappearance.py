"""An export that the lists of Token Flex lack: what is said of it, and what follows when it is there again."""

from pathlib import Path

import pytest

from bot.calls.turns import StoppingError
from bot.errors import LinkUnavailableError, NoLink
from bot.exports.progress import Progress
from bot.tokenflex import errors
from bot.tokenflex.models import DOWNLOAD
from storage.states import ExportState
from tests.harness import virtual_time
from tests.harness.erring import BEGIN, METHODS, World
from tests.harness.people import admitted
from tests.harness.virtual_time import VirtualClock


def test_what_seemed_to_vanish_comes_back(tmp_path: Path) -> None:
    """Lists lacked it for a while; who asks for its link gets it, and it is not announced a second time."""
    clock = VirtualClock(BEGIN)

    async def main() -> None:
        world = World(tmp_path, clock)
        await world.begin()
        await world.has(DOWNLOAD)
        await clock.sleep(300)
        (kept,) = world.token_flex.exports
        world.token_flex.exports.clear()
        with pytest.raises(LinkUnavailableError):
            await world.bot.parts.fresh_links.fresh(1, "U1")
        assert (await world.export()).state is ExportState.VANISHED
        world.token_flex.exports.append(kept)
        assert await world.bot.parts.fresh_links.fresh(1, "U1")
        export = await world.export()
        assert (export.state, export.announcement) == (ExportState.READY, 1)
        await clock.sleep(30)
        assert not world.said("No longer at Autodesk")
        await world.end()

    virtual_time.run(clock, main())


@pytest.mark.parametrize("is_back", [False, True])
def test_what_seemed_to_vanish_is_deleted_at_token_flex_too(tmp_path: Path, *, is_back: bool) -> None:
    """Nobody reads "Deleted" of a file that is there."""
    clock = VirtualClock(BEGIN)

    async def main() -> None:
        world = World(tmp_path, clock)
        await world.begin()
        await world.has(DOWNLOAD)
        await clock.sleep(300)
        (kept,) = world.token_flex.exports
        world.token_flex.exports.clear()
        with pytest.raises(LinkUnavailableError):
            await world.bot.parts.fresh_links.fresh(1, "U1")
        if is_back:
            world.token_flex.exports.append(kept)
        await world.bot.parts.exports.delete(1, admitted("U1", "C1"))
        await clock.sleep(60)
        assert (await world.export()).state is ExportState.DELETED
        assert world.token_flex.exports == []
        await world.end()

    virtual_time.run(clock, main())


def test_a_stop_while_a_refused_link_is_looked_for_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists would tell whether it is gone, and there is no call any more: the person can try again in a minute."""
    clock = VirtualClock(BEGIN)

    async def stopping(*_: object) -> bool:
        raise StoppingError

    async def main() -> None:
        world = World(tmp_path, clock)
        await world.begin()
        await world.has(DOWNLOAD)
        await clock.sleep(300)
        world.token_flex.errors[METHODS["refreshUrl"]] = errors.ForbiddenError()
        monkeypatch.setattr(Progress, "is_absent", stopping)
        with pytest.raises(LinkUnavailableError) as told:
            await world.bot.parts.fresh_links.fresh(1, "U1")
        assert told.value.why is NoLink.STOPPING
        assert (await world.export()).state is ExportState.READY
        await world.end()

    virtual_time.run(clock, main())


def test_what_vanishes_while_it_is_prepared_is_announced(tmp_path: Path) -> None:
    """Whoever waits for it hears once that it will not come."""
    clock = VirtualClock(BEGIN)

    async def main() -> None:
        world = World(tmp_path, clock)
        await world.begin()
        await world.asks()
        await clock.sleep(20)
        world.token_flex.exports.clear()
        await clock.sleep(300)
        assert (await world.export()).state is ExportState.VANISHED
        assert world.said("there will be no file") == ["result:1:1"]
        await world.end()

    virtual_time.run(clock, main())
