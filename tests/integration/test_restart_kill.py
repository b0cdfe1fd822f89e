"""SIGKILL of the real process at each place of an export's life: the next start goes on, and nothing is doubled."""

from collections.abc import Awaitable, Callable

import pytest
from yarl import URL

from sandbox.slack.member import Member
from tests.harness.house import House
from tests.harness.once import bots_of, check_once, ours, submissions, undelivered
from tests.harness.talk import AS_IT_IS, calls, card_of, eventually, export
from tests.integration.conftest import OpenHouse

PATIENCE = 60.0
Scene = Callable[[House, Member], Awaitable[None]]
Repair = Callable[[House], None]


def nothing_to_repair(_: House) -> None:
    """Leave everything as it is."""


async def accepted(house: House, ana: Member) -> None:
    """Ask for an export and read its number."""
    await ana.types("#finance", export(more=AS_IT_IS))
    await ana.hears("#finance", "Got it: export #1", private=True)


async def before_the_submission(house: House, ana: Member) -> None:
    """Kill while it waits for a place."""
    house.token_flex.controls.outstanding_elsewhere(50)
    await accepted(house, ana)
    await ana.hears("#finance", "Autodesk makes at most 50 exports", private=False)


def make_room(house: House) -> None:
    """Let the exports of other programs end."""
    for each in house.token_flex.exports.all():
        house.token_flex.controls.finish(each.key)


async def during_the_submission_after_its_effect(house: House, ana: Member) -> None:
    """Kill while the answer is on its way."""
    house.token_flex.controls.slow_next(100, method="POST", path_contains="/requests")
    await accepted(house, ana)
    await eventually(lambda: len(ours(house)) == 1)


async def during_the_submission_before_its_effect(house: House, ana: Member) -> None:
    """Kill while Token Flex still works on the request: it takes effect afterwards."""
    house.token_flex.controls.slow_next(25, method="POST", path_contains="/requests", after_effect=False)
    await accepted(house, ana)
    await eventually(lambda: submissions(house) == 1)


async def after_a_submission_that_was_lost(house: House, ana: Member) -> None:
    """Kill just after the connection of the submission broke, before it had an effect."""
    house.token_flex.controls.drop_answer_next(method="POST", path_contains="/requests", after_effect=False)
    await accepted(house, ana)
    await ana.hears("#finance", "Autodesk did not answer", private=False)


async def after_the_submission(house: House, ana: Member) -> None:
    """Kill as soon as Token Flex has it."""
    await accepted(house, ana)
    await eventually(lambda: len(ours(house)) == 1)


async def while_requested(house: House, ana: Member) -> None:
    """Kill when it has been looked at once and is not done."""
    house.token_flex.controls.hold()
    await accepted(house, ana)
    await eventually(lambda: calls(house, "GET", "/requests") > 0)


def release(house: House) -> None:
    """Let Token Flex go on."""
    house.token_flex.controls.release()


async def between_ready_and_post(house: House, ana: Member) -> None:
    """Kill when it is known to be ready and Slack takes no message about that."""
    house.token_flex.controls.hold()
    await accepted(house, ana)
    await ana.hears("#finance", "Export #1 · year1.csv", private=False)
    house.slack.controls.fail_next("chat.postMessage", retry_after=5, count=1000)
    release(house)
    await eventually(
        lambda: any(call.method == "chat.postMessage" and call.status == 429 for call in house.slack.calls)
    )


def slack_recovers(house: House) -> None:
    """Let Slack take messages again."""
    while house.slack.controls.take("chat.postMessage"):
        pass


async def card_is_there(house: House, ana: Member) -> None:
    """Ask for an export that is held back, and wait for its card."""
    house.token_flex.controls.hold()
    await accepted(house, ana)
    await ana.hears("#finance", "In progress", "year1.csv", private=False)


async def during_the_post_of_the_result(house: House, ana: Member) -> None:
    """Kill while Slack works on the announcement, which appears afterwards."""
    await card_is_there(house, ana)
    house.slack.controls.slow_next("chat.postMessage", 0.8)
    release(house)
    await eventually(lambda: not house.slack.controls._failures["chat.postMessage"])


async def when_the_answer_to_the_result_was_lost(house: House, ana: Member) -> None:
    """Kill when the announcement is there and Slack's answer was lost."""
    await card_is_there(house, ana)
    house.slack.controls.drop_answer_next("chat.postMessage", after_effect=True)
    release(house)
    await ana.hears("#finance", "export #1 is ready", private=False)


async def when_the_result_was_lost(house: House, ana: Member) -> None:
    """Kill when the connection broke before the announcement appeared."""
    await card_is_there(house, ana)
    house.slack.controls.drop_answer_next("chat.postMessage", after_effect=False)
    release(house)
    await eventually(lambda: any(call.error == "connection_dropped" for call in house.slack.calls))


async def during_the_post_of_the_card(house: House, ana: Member) -> None:
    """Kill while Slack works on the card, which appears afterwards."""
    house.slack.controls.slow_next("chat.postMessage", 0.8)
    await accepted(house, ana)
    await eventually(lambda: not house.slack.controls._failures["chat.postMessage"])


SCENES = [
    (before_the_submission, make_room),
    (during_the_submission_after_its_effect, nothing_to_repair),
    (during_the_submission_before_its_effect, nothing_to_repair),
    (after_a_submission_that_was_lost, nothing_to_repair),
    (after_the_submission, nothing_to_repair),
    (while_requested, release),
    (between_ready_and_post, slack_recovers),
    (during_the_post_of_the_result, nothing_to_repair),
    (when_the_answer_to_the_result_was_lost, nothing_to_repair),
    (when_the_result_was_lost, nothing_to_repair),
    (during_the_post_of_the_card, nothing_to_repair),
]


@pytest.mark.parametrize(("scene", "repair"), SCENES, ids=lambda value: value.__name__)
async def test_what_was_accepted_goes_on_after_sigkill(new_house: OpenHouse, scene: Scene, repair: Repair) -> None:
    """One export at Token Flex, one card, one announcement, and a stop that ends well."""
    house = await new_house()
    ana = house.member("ana")
    async with bots_of(house) as bots:
        await bots.start()
        await scene(house, ana)
        await bots.kill()
        repair(house)
        await bots.start()
        await ana.hears("#finance", "export #1 is ready", private=False, timeout=PATIENCE)
        await ana.waits(lambda: "Ready." in card_of(ana).visible_text(), timeout=PATIENCE)
        await eventually(lambda: not undelivered(house), PATIENCE)
        check_once(house, 1, full=scene is before_the_submission)
        assert await bots.stop() == 0
        assert "Traceback" not in bots.log


async def test_a_link_is_taken_out_by_the_next_process(new_house: OpenHouse) -> None:
    """A link that stood in the channel at the kill is gone when it has expired, though its process is dead."""
    house = await new_house()
    ana = house.member("ana")
    async with bots_of(house) as bots:
        await bots.start()
        await accepted(house, ana)
        result = await ana.hears("#finance", "export #1 is ready", "Download", private=False)
        await eventually(lambda: not undelivered(house))
        link = result.links()[0]
        await bots.kill()
        assert result.links() == [link]
        await bots.start()
        await ana.waits(lambda: not result.links(), timeout=PATIENCE)
        assert "Get a fresh link" in result.buttons()
        check_once(house, 1)


async def test_a_file_of_the_database_holds_no_link(new_house: OpenHouse) -> None:
    """Neither the database's files nor the log at its finest hold a link or its signature, shown or refreshed."""
    house = await new_house()
    ana = house.member("ana")
    async with bots_of(house) as bots:
        await bots.start()
        await accepted(house, ana)
        result = await ana.hears("#finance", "export #1 is ready", "Download", private=False)
        seen = [*result.links()]
        await ana.waits(lambda: not result.links(), timeout=PATIENCE)
        await ana.presses(result, "Get a fresh link")
        await ana.waits(lambda: bool(result.links()))
        seen += result.links()
        await bots.kill()
        stored = b"".join(path.read_bytes() for path in house.folder.glob("tokenflex.db*") if path.is_file())
        for link in seen:
            signature = URL(link, encoded=True).raw_query_string
            assert "Signature=" in signature
            assert signature.encode() not in stored
            assert signature not in bots.log
            assert "/download/exports/" not in bots.log
        assert b"/download/exports/" not in stored
