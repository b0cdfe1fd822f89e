"""What becomes of an export whose call fails: every call that is made for one, with every error, has its row.

Token Flex is a table of what each call answers, on virtual time; the bot's parts are real.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import LinkUnavailableError
from bot.exports.patience import TRIES, note_for
from bot.tokenflex import errors
from bot.tokenflex.client import TokenFlexClient
from bot.tokenflex.models import DOWNLOAD, ERROR
from storage.states import ExportState, Note
from tests.harness import virtual_time
from tests.harness.erring import BEGIN, CONTRACT, METHODS, World
from tests.harness.people import admitted
from tests.harness.virtual_time import VirtualClock

_S, _N = ExportState, Note


def kinds(kind: type[errors.TokenFlexError] = errors.TokenFlexError) -> Iterator[type[errors.TokenFlexError]]:
    """Every error that a call can end with: those that nothing is derived from, or that are raised themselves."""
    for each in kind.__subclasses__():
        yield each
        yield from kinds(each)


@dataclass(frozen=True)
class Fate:
    """Where an export is after half an hour of an error, and after the two hours that follow."""

    soon: ExportState
    note: Note
    later: ExportState


_WAITS = Fate(_S.QUEUED, _N.LOGIN, _S.QUEUED)
_REFUSED = Fate(_S.REFUSED, _N.NONE, _S.REFUSED)
_FAILED = Fate(_S.FAILED, _N.NONE, _S.FAILED)
_KEPT = Fate(_S.DELETING, _N.PERMISSION, _S.READY)
#: A refusal of each kind is treated alike.
_REFUSALS = (
    errors.RefusedError,
    errors.InvalidRequestError,
    errors.ForbiddenError,
    errors.AppRefusedError,
    errors.ScopeMissingError,
    errors.ApiNotEnabledError,
    errors.ContractRefusedError,
    errors.NotFoundError,
)
FATES: dict[str, dict[type[errors.TokenFlexError], Fate]] = {
    "submit": dict.fromkeys(_REFUSALS, _REFUSED)
    | dict.fromkeys(
        (errors.NotAuthorisedError, errors.LoginNeededError, errors.SignInRefusedError, errors.WrongClientError), _WAITS
    )
    | {
        errors.RateLimitedError: Fate(_S.QUEUED, _N.RATE, _S.QUEUED),
        errors.QuotaExceededError: Fate(_S.QUEUED, _N.SLOTS, _S.QUEUED),
        errors.UpstreamBrokenError: Fate(_S.QUEUED, _N.FAILING, _S.QUEUED),
        errors.TimedOutError: Fate(_S.QUEUED, _N.FAILING, _S.QUEUED),
        errors.UnreachableError: Fate(_S.QUEUED, _N.UNREACHABLE, _S.QUEUED),
    },
    "retry": dict.fromkeys(_REFUSALS, _FAILED)
    | {
        errors.NotAuthorisedError: Fate(_S.RETRYING, _N.LOGIN, _S.FAILED),
        errors.LoginNeededError: Fate(_S.RETRYING, _N.LOGIN, _S.RETRYING),
        errors.SignInRefusedError: Fate(_S.RETRYING, _N.LOGIN, _S.RETRYING),
        errors.WrongClientError: Fate(_S.RETRYING, _N.LOGIN, _S.RETRYING),
        errors.RateLimitedError: Fate(_S.RETRYING, _N.RATE, _S.RETRYING),
        errors.QuotaExceededError: Fate(_S.RETRYING, _N.SLOTS, _S.RETRYING),
        errors.UpstreamBrokenError: Fate(_S.RETRYING, _N.FAILING, _S.FAILED),
        errors.TimedOutError: Fate(_S.RETRYING, _N.FAILING, _S.FAILED),
        errors.UnreachableError: Fate(_S.RETRYING, _N.UNREACHABLE, _S.RETRYING),
    },
    "delete": dict.fromkeys(_REFUSALS, _KEPT)
    | {
        errors.NotAuthorisedError: Fate(_S.DELETING, _N.LOGIN, _S.READY),
        errors.LoginNeededError: Fate(_S.DELETING, _N.LOGIN, _S.DELETING),
        errors.SignInRefusedError: Fate(_S.DELETING, _N.LOGIN, _S.DELETING),
        errors.WrongClientError: Fate(_S.DELETING, _N.LOGIN, _S.DELETING),
        errors.RateLimitedError: Fate(_S.DELETING, _N.RATE, _S.DELETING),
        errors.QuotaExceededError: Fate(_S.DELETING, _N.SLOTS, _S.DELETING),
        errors.UpstreamBrokenError: Fate(_S.DELETING, _N.FAILING, _S.READY),
        errors.TimedOutError: Fate(_S.DELETING, _N.FAILING, _S.READY),
        errors.UnreachableError: Fate(_S.DELETING, _N.UNREACHABLE, _S.DELETING),
    },
    "list": dict.fromkeys(_REFUSALS, Fate(_S.REQUESTED, _N.PERMISSION, _S.REQUESTED))
    | {
        errors.NotAuthorisedError: Fate(_S.REQUESTED, _N.LOGIN, _S.REQUESTED),
        errors.LoginNeededError: Fate(_S.REQUESTED, _N.LOGIN, _S.REQUESTED),
        errors.SignInRefusedError: Fate(_S.REQUESTED, _N.LOGIN, _S.REQUESTED),
        errors.WrongClientError: Fate(_S.REQUESTED, _N.LOGIN, _S.REQUESTED),
        errors.RateLimitedError: Fate(_S.REQUESTED, _N.RATE, _S.REQUESTED),
        errors.QuotaExceededError: Fate(_S.REQUESTED, _N.SLOTS, _S.REQUESTED),
        errors.UpstreamBrokenError: Fate(_S.REQUESTED, _N.FAILING, _S.REQUESTED),
        errors.TimedOutError: Fate(_S.REQUESTED, _N.FAILING, _S.REQUESTED),
        errors.UnreachableError: Fate(_S.REQUESTED, _N.UNREACHABLE, _S.REQUESTED),
    },
    "refreshUrl": dict.fromkeys(kinds(), Fate(_S.READY, _N.NONE, _S.READY)),
    #: Made only for what lists lack: they decide.
    "get": dict.fromkeys(kinds(), Fate(_S.VANISHED, _N.NONE, _S.VANISHED)),
}
#: Calls that are made for no export.
_OTHERS = {"contracts", "enrichment_categories", "enrichment_values", "field_values", "last_usage"}
_OTHERS |= {"monthly_summary", "token_years"}  # how a contract stands


async def prepared(world: World, call: str) -> None:
    """Have an export for which the next calls are of this kind."""
    own = admitted("U1", "C1")
    exports = world.bot.parts.exports
    if call == "retry":
        await world.has(ERROR)
        await exports.retry(1, own)
    elif call in {"delete", "refreshUrl"}:
        await world.has(DOWNLOAD)
        if call == "delete":
            await exports.delete(1, own)
        else:
            await world.clock.sleep(300)  # the link that it came with is over
    else:
        await world.asks()
        while call in {"list", "get"} and not world.token_flex.exports:
            await world.clock.sleep(0.2)
        if call == "get":
            world.token_flex.exports.clear()


def test_every_error_has_its_note() -> None:
    """And whoever adds an error gives it a row for each call, whoever adds a call one for each error."""
    assert set(FATES) == set(METHODS)
    assert set(METHODS.values()) | _OTHERS == {name for name in vars(TokenFlexClient) if name[0] != "_"}
    for call, rows in FATES.items():
        assert set(rows) == set(kinds()), call
    for kind in kinds():
        assert note_for(kind()) in Note


@pytest.mark.parametrize(("call", "kind"), [(call, kind) for call, rows in FATES.items() for kind in rows])
def test_what_becomes_of_it(tmp_path: Path, call: str, kind: type[errors.TokenFlexError]) -> None:
    """Nothing final but by the table, at most a call a minute in the long run, and since when on record."""
    clock, fate = VirtualClock(BEGIN), FATES[call][kind]

    async def main() -> None:
        world = World(tmp_path, clock)
        await world.begin()
        if call in {"submit", "list"}:
            world.token_flex.errors[METHODS[call]] = kind()
        await prepared(world, call)
        world.token_flex.errors[METHODS[call]] = kind()
        if call == "refreshUrl":
            with pytest.raises(LinkUnavailableError):
                await world.bot.parts.fresh_links.fresh(1, "U1")
        await clock.sleep(12 * 60)
        while (await world.export()).state is ExportState.SUBMITTING:
            await clock.sleep(5)
        soon = await world.export()
        assert (soon.state, soon.note) == (fate.soon, fate.note)
        assert (soon.noted_at is not None) == (fate.note is not Note.NONE)
        await clock.sleep(60 * 60)
        hour_later = clock.now()
        await clock.sleep(60 * 60)
        later = await world.export()
        assert later.state in {fate.later, *({ExportState.SUBMITTING} if call == "submit" else ())}
        if (call, kind) != ("submit", errors.QuotaExceededError):  # lists tell when a place is free: that is no failure
            assert world.token_flex.since(hour_later) <= 62
        assert bool(world.said("No longer at Autodesk")) == (later.state is ExportState.VANISHED)
        assert bool(world.said("Deleted.")) == (later.state is ExportState.DELETED)
        told = [each.subject for each in world.slack.messages if each.subject.startswith("direct:1:long wait")]
        assert len(told) == (later.note not in {Note.NONE, Note.NOT_DELETED})
        await world.end()

    virtual_time.run(clock, main())


def test_a_deletion_that_is_refused_ends_where_it_began_and_is_told(tmp_path: Path) -> None:
    """The file is still there, the card and a private message say so, once; it can be deleted afterwards."""
    clock = VirtualClock(BEGIN)

    async def main() -> None:
        world = World(tmp_path, clock)
        await world.begin()
        await prepared(world, "delete")
        world.token_flex.errors["delete_export"] = errors.ContractRefusedError("no", code="ForbiddenError", status=403)
        calls = len(world.token_flex.calls)
        await clock.sleep(3600)
        assert (await world.export()).state is ExportState.READY
        assert sum(made.method == "delete_export" for made in world.token_flex.calls[calls:]) == TRIES
        assert len(world.said("did not delete export #1")) == 1
        assert world.said(
            "did not delete it, however often I asked; Delete, in *Details*, tries again. Press *Get"
        ) == ["card:1"]
        world.token_flex.errors.clear()
        await world.bot.parts.exports.delete(1, admitted("U1", "C1"))
        await clock.sleep(30)
        assert (await world.export()).state is ExportState.DELETED
        assert world.token_flex.exports == []
        await world.end()

    virtual_time.run(clock, main())


@pytest.mark.parametrize("kind", [kind for kind in kinds() if kind().concerns_all])
@pytest.mark.parametrize("call", ["retry", "delete"])
def test_tries_in_an_outage_do_not_count(tmp_path: Path, call: str, kind: type[errors.TokenFlexError]) -> None:
    """What nobody could have got says nothing of this export: it is tried as often as ever afterwards."""
    clock = VirtualClock(BEGIN)

    async def main() -> None:
        world = World(tmp_path, clock)
        await world.begin()
        await prepared(world, call)
        world.token_flex.errors = dict.fromkeys(METHODS.values(), kind())
        await clock.sleep(3600)
        world.token_flex.errors = {METHODS[call]: errors.UpstreamBrokenError(status=500)}
        ended = clock.now()
        await clock.sleep(4 * 3600)
        assert (await world.export()).state is (ExportState.FAILED if call == "retry" else ExportState.READY)
        assert world.token_flex.since(ended, METHODS[call]) == TRIES
        await world.end()

    virtual_time.run(clock, main())


def test_one_export_that_fails_delays_no_other(tmp_path: Path) -> None:
    """A retry that always gets 500: others are submitted as if there were none."""
    clock = VirtualClock(BEGIN)

    async def main() -> None:
        world = World(tmp_path, clock)
        await world.begin()
        await prepared(world, "retry")
        world.token_flex.errors["retry_export"] = errors.UpstreamBrokenError(status=500)
        await clock.sleep(400)
        asked_at = clock.now()
        number = await world.asks("other")
        while (await world.export(number)).state is not ExportState.REQUESTED:
            await clock.sleep(0.5)
        assert clock.now() - asked_at < timedelta(seconds=15)
        await world.end()

    virtual_time.run(clock, main())


def test_who_comes_while_lists_are_refused_hears_it_too(tmp_path: Path) -> None:
    """Its card says why it is not followed, and when it is again; what comes after the trouble says nothing."""
    clock = VirtualClock(BEGIN)

    async def main() -> None:
        world = World(tmp_path, clock)
        await world.begin()
        world.token_flex.errors["list_exports"] = errors.ContractRefusedError("no", code="ForbiddenError", status=403)
        await world.asks()
        await clock.sleep(1200)
        await world.asks("other")
        await clock.sleep(30)
        first, second = await world.export(1), await world.export(2)
        assert (second.state, second.note) == (ExportState.REQUESTED, Note.PERMISSION)
        assert second.next_try_at == first.next_try_at
        assert len(world.said("the next try is at")) == 2
        world.token_flex.errors.clear()
        await clock.sleep(620)
        assert not world.said("the next try is at")
        await world.end()

    virtual_time.run(clock, main())


def test_a_list_that_cannot_be_read_whole_blocks_nothing_for_ever(tmp_path: Path) -> None:
    """Nobody knows whether it arrived: looked for seldom, told once, and who gives it up has its name free."""
    clock = VirtualClock(BEGIN)

    async def main() -> None:
        world = World(tmp_path, clock)
        await world.begin()
        world.token_flex.spoilt = {CONTRACT}
        world.token_flex.faults = ["lost before"]
        await world.asks()
        await clock.sleep(3600)
        export, hour_later = await world.export(), clock.now()
        assert (export.in_doubt, export.note) == (True, Note.UNANSWERED)
        assert export.next_try_at is not None
        assert world.said("the next try is at") == ["card:1"]
        assert len([each for each in world.slack.messages if "long wait" in each.subject]) == 1
        await clock.sleep(3600)
        assert world.token_flex.since(hour_later) <= 7
        await world.bot.parts.exports.delete(1, admitted("U1", "C1"))
        assert await world.asks() == 2
        await clock.sleep(60)
        assert (await world.export(2)).state is ExportState.REQUESTED
        await world.end()

    virtual_time.run(clock, main())


@pytest.mark.parametrize("arrives", [False, True])
def test_what_is_given_up_in_doubt_is_looked_for_and_deleted_when_it_appears(tmp_path: Path, arrives: bool) -> None:
    """Its lists are refused; it is given up, its name is free, and when the contract can be listed it is deleted."""
    clock = VirtualClock(BEGIN)

    async def main() -> None:
        world = World(tmp_path, clock)
        await world.begin()
        world.token_flex.errors["list_exports"] = errors.ContractRefusedError()
        world.token_flex.faults = ["lost after" if arrives else "lost before"]
        await world.asks()
        await clock.sleep(2400)
        assert (await world.export()).note is Note.PERMISSION
        await world.bot.parts.exports.delete(1, admitted("U1", "C1"))
        assert (await world.export()).state is ExportState.ABANDONED
        await clock.sleep(60)
        assert world.said("I look for it there for a day after") == ["card:1"]
        assert await world.asks() == 2
        await clock.sleep(60)
        assert (await world.export(2)).state is ExportState.REQUESTED
        world.token_flex.errors.clear()
        await clock.sleep(1200)
        assert (await world.export()).state is (ExportState.DELETED if arrives else ExportState.ABANDONED)
        assert [each.key for each in world.token_flex.exports] == ["key2" if arrives else "key1"]
        calls = len(world.token_flex.calls)
        world.token_flex.end(world.token_flex.exports[0], DOWNLOAD)
        await clock.sleep(1.1 * 86400)
        assert len(world.token_flex.calls) - calls < 40
        await world.end()

    virtual_time.run(clock, main())
