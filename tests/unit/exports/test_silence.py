"""Trouble that concerns all: within two minutes every card says why it waits and since when, and no longer after it."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.cards import replies
from bot.cards.faces import NOTES
from bot.exports.patience import note_for
from bot.tokenflex import errors
from bot.tokenflex.errors import TokenFlexError
from bot.tokenflex.models import DOWNLOAD, ERROR, ExportRequest
from storage.models import Export
from storage.states import ExportState
from tests.harness import virtual_time
from tests.harness.erring import BEGIN, CONTRACT, METHODS, World
from tests.harness.people import admitted
from tests.harness.virtual_time import VirtualClock
from tests.unit.exports.test_fates import kinds

_S = ExportState
TROUBLES: dict[str, Callable[[], TokenFlexError]] = {
    "no connection": errors.UnreachableError,
    "502": lambda: errors.UpstreamBrokenError(status=502),
    "503": lambda: errors.UpstreamBrokenError(status=503),
    "504": lambda: errors.UpstreamBrokenError(status=504),
    "login lost": errors.LoginNeededError,
    "sign-in refused": errors.SignInRefusedError,
    "secret changed": errors.WrongClientError,
    "used up by another program": lambda: errors.RateLimitedError(30),
    "used up, nobody says until when": errors.RateLimitedError,
    "until next year": lambda: errors.RateLimitedError(31_000_000),
}
#: The states in which somebody waits, by the number of the export; the last is in doubt.
WAITING = {1: _S.RETRYING, 2: _S.DELETING, 3: _S.REQUESTED, 4: _S.SUBMITTING, 5: _S.QUEUED}


async def one_of_each(world: World, trouble: TokenFlexError) -> None:
    """Have an export in each state in which somebody waits, when trouble begins."""
    own, parts = admitted("U1", "C1"), world.bot.parts
    await world.has(ERROR, "first")
    await world.has(DOWNLOAD, "second")
    await world.asks("third")
    while (await world.export(3)).state is not _S.REQUESTED:
        await world.clock.sleep(1)
    await world.clock.sleep(60)  # calls are free again
    world.token_flex.faults = ["lost before"]
    await world.asks("fourth")
    while not (await world.export(4)).in_doubt:
        await world.clock.sleep(0.1)
    world.token_flex.errors = dict.fromkeys(METHODS.values(), trouble)
    await world.asks("fifth")
    await parts.exports.retry(1, own)
    await parts.exports.delete(2, own)


async def every(world: World) -> dict[int, Export]:
    """The exports by their numbers."""
    return {number: await world.export(number) for number in WAITING}


def test_all_that_concerns_everybody_is_there() -> None:
    """An error that concerns all calls has its row."""
    shown = {type(trouble()) for trouble in TROUBLES.values()}
    assert shown >= {kind for kind in kinds() if kind().concerns_all}
    assert set(WAITING.values()) == {_S.RETRYING, _S.DELETING, _S.REQUESTED, _S.SUBMITTING, _S.QUEUED}


@pytest.mark.parametrize("name", TROUBLES)
def test_who_asks_in_trouble_hears_of_it_at_once(tmp_path: Path, name: str) -> None:
    """What is known to keep everything waiting is no matter of a few minutes; when it is over, it is again."""
    clock, trouble = VirtualClock(BEGIN), TROUBLES[name]()

    async def main() -> None:
        world = World(tmp_path, clock)
        await world.begin()

        async def told(file_name: str) -> tuple[str, str]:
            request = ExportRequest(CONTRACT, ("productName",), file_name=file_name)
            asker, exports = admitted("U1", "C1"), world.bot.parts.exports
            accepted = await exports.accept(request, asker, channel="C1", origin=file_name)
            form = replies.accepted_in_form(accepted.export, accepted.line)
            return replies.accepted(accepted.export, accepted.line).text, form

        async def hears(file_name: str, words: str) -> None:
            private, form = await told(file_name)
            assert words in private
            assert (NOTES[note_for(trouble)] in form) == (NOTES[note_for(trouble)] in private)
            assert ("within a few minutes" in private) == (words == "within a few minutes")

        await hears("before", "within a few minutes")
        await clock.sleep(30)
        world.token_flex.errors = dict.fromkeys(METHODS.values(), trouble)
        await clock.sleep(120)
        await hears("first", NOTES[note_for(trouble)])
        await clock.sleep(600)
        await hears("second", NOTES[note_for(trouble)])
        world.token_flex.errors = {}
        await clock.sleep(1200)
        await hears("after", "within a few minutes")
        await world.end()

    virtual_time.run(clock, main())


@pytest.mark.parametrize("name", TROUBLES)
def test_nobody_waits_in_silence(tmp_path: Path, name: str) -> None:
    """Cards say why and since when; after half an hour the requester hears it, once; then all goes on by itself."""
    clock, trouble = VirtualClock(BEGIN), TROUBLES[name]()

    async def main() -> None:
        world = World(tmp_path, clock)
        await world.begin()
        await one_of_each(world, trouble)
        began = clock.now()
        await clock.sleep(120)
        for number, export in (await every(world)).items():
            assert (export.state, export.note) in {
                (WAITING[number], note_for(trouble)),
                (_S.SUBMITTING, note_for(trouble)),
            }
            assert export.noted_at is not None
            assert export.noted_at <= began + timedelta(seconds=50)
            (card,) = [each.message for each in world.slack.messages if each.subject == f"card:{number}"]
            assert NOTES[export.note] in str(card.blocks)
            assert "It has been waiting since" in str(card.blocks)
        await clock.sleep(7200)
        told = sorted(each.subject for each in world.slack.messages if "long wait" in each.subject)
        assert [subject.split(":")[1] for subject in told] == [str(number) for number in WAITING]
        for method in METHODS.values():
            assert world.token_flex.since(began, method) <= 10 + 122
        world.token_flex.errors = {}
        ended = clock.now()
        pause = 960 if isinstance(trouble, errors.RateLimitedError) else 75
        while any(export.note is note_for(trouble) for export in (await every(world)).values()):
            await clock.sleep(5)
        assert clock.now() - ended <= timedelta(seconds=pause)
        await clock.sleep(600)
        then = {number: export.state for number, export in (await every(world)).items()}
        assert then == dict.fromkeys(WAITING, _S.REQUESTED) | {2: _S.DELETED}
        assert all(
            NOTES[note_for(trouble)] not in str(each.message.blocks)
            for each in world.slack.messages
            if each.subject.startswith("card:")
        )
        assert len([each for each in world.slack.messages if "long wait" in each.subject]) == len(WAITING)
        await world.end()

    virtual_time.run(clock, main())
