"""One id follows an export through the whole log: from the act of a person through submission, polls and deliveries."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from bot.runtime import logs
from tests.harness.house import House
from tests.harness.once import unanswered
from tests.harness.talk import OpenHouse, asks, deletes, eventually, export, fails, gets, quick_house

#: Loggers of what belongs to one export; each of their lines has to name it.
OF_EXPORTS = (
    "bot.exports.worker",
    "bot.exports.progress",
    "bot.exports.links",
    "bot.delivery.dispatcher",
    "bot.slack.posts",
    "bot.delivery.readback",
)

Events = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def events() -> Iterator[Events]:
    """The log at DEBUG as JSON, as in production."""
    stream = io.StringIO()
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    logs.configure("DEBUG", "json", (), stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.captureWarnings(capture=False)
    root.handlers[:] = before
    root.setLevel(level)
    structlog.contextvars.clear_contextvars()


def of_exports(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines that belong to one export, by who says them."""
    return [each for each in events if each["logger"] in OF_EXPORTS]


def nameless(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of them that do not say which."""
    return [each for each in of_exports(events) if not isinstance(each.get("export"), int)]


async def test_a_whole_life_with_everything_going_wrong(new_house: OpenHouse, events: Events) -> None:
    """Each line of submission, polls, links and deliveries names the export, whatever happens on the way."""
    house = await quick_house(new_house)
    ana = house.member("ana")
    upstream, slack = house.token_flex.controls, house.slack.controls
    upstream.answer_next(401, "POST", "/requests")
    upstream.answer_next(503, "POST", "/requests")
    upstream.answer_next(500, "POST", "/refreshUrl")
    slack.fail_next("chat.postMessage", "invalid_blocks")
    slack.fail_next("chat.postMessage", status=503)
    slack.drop_answer_next("chat.postMessage")
    slack.fail_next("chat.update", "ratelimited", retry_after=1)
    slack.fail_next("chat.update", "invalid_blocks")
    result = await gets_after_trouble(house)
    await ana.waits(lambda: not result.links(), timeout=30)
    await eventually(lambda: not unanswered(house))  # the next link is for who presses
    upstream.answer_next(403, "POST", "/refreshUrl")
    await ana.presses(result, "Get a fresh link")
    await ana.hears("#finance", "I could not get a link for", private=True, timeout=30)
    await deletes(ana, result)
    await ana.hears("#finance", "Export #1 is being deleted", private=True)
    assert nameless(events()) == []
    said = {each["event"] for each in events() if each.get("export") == 1}
    assert {
        "an export was accepted",
        "Token Flex accepted an export",
        "Token Flex shows an export",
        "an export has ended",
        "a message was delivered",
        "a message was not delivered",
        "no fresh link",
        "an export was changed by a person",
    } <= said


async def gets_after_trouble(house: House) -> Any:
    ana = house.member("ana")
    await ana.types("#finance", export())
    return await ana.hears("#finance", "export #1 is ready", private=False, timeout=60)


async def test_two_exports_are_told_apart(new_house: OpenHouse, events: Events) -> None:
    """Polls see a whole contract, yet each line says which export it is about."""
    house = await quick_house(new_house)
    await fails(house, house.member("ana"))
    await gets(house.member("ben"), name="other", number=2)
    ended = [(each["export"], each["state"]) for each in events() if each["event"] == "an export has ended"]
    assert ended == [(1, "failed"), (2, "ready")]
    assert nameless(events()) == []


async def test_the_act_of_a_person_has_an_id(new_house: OpenHouse, events: Events) -> None:
    """What a listener does is one act; the line of the acceptance ties it to the export, and a reply shows it."""
    house = await quick_house(new_house)
    ana = house.member("ana")
    await asks(ana)
    await ana.types("#finance", "/tokenflex status #1")
    await ana.hears("#finance", "Posted to", private=True)
    (accepted,) = [each for each in events() if each["event"] == "an export was accepted"]
    assert accepted["export"] == 1
    assert len(accepted["act"]) == 8
    later = [each for each in events() if each["logger"] in OF_EXPORTS]
    assert all("act" not in each for each in later)


async def test_an_apology_is_found_in_the_log(
    new_house: OpenHouse, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reference that a person reads is the id of the act, with the export that it was about."""
    house = await quick_house(new_house)
    ana = house.member("ana")
    await asks(ana)

    async def _broken(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("bot.exports.use_cases.Exports.details", _broken)
    await ana.types("#finance", "/tokenflex status #1")
    apology = await ana.hears("#finance", "Sorry, something went wrong on my side.", private=True)
    (failed,) = [each for each in events() if each["event"] == "a listener failed"]
    assert failed["reference"] == failed["act"]
    assert failed["reference"] in apology.visible_text()
    assert failed["export"] == 1
    assert failed["listener"] == "command status"
