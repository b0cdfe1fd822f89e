"""The Home tab in a running house: opened, live, pressed in, and shown to who may see what is in it."""

import json
from datetime import time

import pytest

from bot.cards import alert_watched
from bot.cards.alert_watched import Shares
from bot.cards.pauses import Paused
from bot.questions.periods import Relative
from bot.questions.questions import Question
from bot.questions.templates import write
from bot.schedules import decisions, outcome
from bot.schedules.rule import Daily, Timed
from sandbox.slack.home import Home
from storage import alerts, schedules, templates
from storage.alerts import Alert, NewAlert
from storage.audit import Act, Source
from storage.schedules import NewSchedule, Schedule
from storage.templates import NewTemplate
from tests.harness.allowed import REFUSAL, house_where, pass_time, recorded
from tests.harness.forms import SHORT
from tests.harness.house import CONTRACT, House
from tests.harness.talk import OpenHouse, asks, fails, gets, quick_house

US = "@tokenflex"


@pytest.fixture
async def house(new_house: OpenHouse) -> House:
    return await quick_house(new_house)


async def opens(house: House, name: str, *containing: str) -> Home:
    """Open the app as somebody and return what its Home shows."""
    house.member(name).opens_app()
    return await house.member(name).sees_home(*containing)


async def test_an_empty_home_leads_to_the_first_export(house: House) -> None:
    """Three sentences and one button; what is exported by it appears by itself, and its link comes privately."""
    ana = house.member("ana")
    home = await opens(house, "ana", "Ask me how your Autodesk tokens are used")
    assert home.buttons() == ["New export"]
    await home.presses("New export")
    modal = await ana.sees_modal(SHORT)
    modal.fill("Period", "All")
    modal.fill("Post to channel", "#finance")
    await modal.settled()
    await modal.submit()
    await modal.shows("Got it: export #1.")
    await ana.sees_home("Under way", "Export #1")
    home = await ana.sees_home("Your newest exports", "Ready.", timeout=30)
    assert "Under way" not in home.visible_text()
    await home.presses("Get a fresh link", beside="")
    assert (await ana.hears(US, "Export #1", "This link works until", timeout=20)).links()


async def test_a_failed_export_is_retried_from_home(house: House) -> None:
    """The row changes by itself."""
    ana = house.member("ana")
    await fails(house, ana)
    home = await opens(house, "ana", "Export #1", "Failed.")
    await home.presses("Retry")
    await ana.sees_home("Export #1", "Ready.", timeout=30)


async def test_exports_of_others_are_shown_by_who_is_in_their_channel(house: House) -> None:
    """Ben is in #finance with ana, dora is not; what is shown can be had, and no longer when he has left it."""
    house.slack.workspace.add_member("dora")
    await gets(house.member("ana"))
    home = await opens(house, "ben", "Newest exports of others in your channels", "Export #1")
    await home.presses("Get a fresh link")
    told = await house.member("ben").hears(US, "Export #1", "This link works until", timeout=20)
    assert told.links()
    shown = [each for each in await recorded(house) if each.person == house.member("ben").id]
    assert [(each.act, each.source, each.result) for each in shown] == [(Act.LINK_SHOWN, Source.HOME, "privately")]
    assert "#1" not in (await opens(house, "dora", "Ask me how")).visible_text()
    house.slack.workspace.channel("#finance").member_ids.remove(house.member("ben").id)
    pass_time(house, 6)
    await home.presses("Get a fresh link")
    await house.member("ben").hears(US, "I know of no export #1 here.")
    assert "#1" not in (await house.member("ben").sees_home("Ask me how")).visible_text()


async def test_without_slacks_word_only_ones_own_are_shown(new_house: OpenHouse) -> None:
    """An app that may not ask who is in which channel shows nobody's but the person's own."""
    house = await quick_house(new_house, slack={"scopes": ["commands", "chat:write", "users:read", "im:history"]})
    await gets(house.member("ana"))
    home = await opens(house, "ben", "Slack does not tell me which channels you are in")
    assert "Export #1" not in home.visible_text()
    await opens(house, "ana", "Your newest exports", "Export #1")


async def test_who_may_not_use_it_sees_a_sentence(new_house: OpenHouse) -> None:
    """A guest, and who was let in no longer; nothing of the data, no button."""
    house = await house_where(new_house)
    await gets(house.member("ana"))
    home = await opens(house, "gus", REFUSAL)
    assert home.buttons() == []
    assert "#1" not in home.visible_text()
    await opens(house, "ana", "Export #1")
    house.member("ana").user.guest = True
    pass_time(house, 6)
    home = await house.member("ana").sees_home("Export #1")
    await home.presses("Get a fresh link")
    told = await house.member("ana").hears(US, REFUSAL)
    assert not told.links()
    assert "#1" not in (await house.member("ana").sees_home(REFUSAL)).visible_text()


async def test_administrators_see_how_things_stand(new_house: OpenHouse) -> None:
    """The login, the budget, what is stuck, what runs next and what is paused, also by their command; others do not."""
    house = await house_where(new_house, ADMINISTRATORS="{carla}")
    home = await opens(house, "carla", "How things stand", "Autodesk accepts our login and answers.")
    assert "Requests in the last minute" in home.visible_text()
    home = await opens(house, "ana", "Ask me how")
    assert "How things stand" not in home.visible_text()
    await scheduled(house)
    alert = await watched(house)
    await house.side.database.write(alerts.pause, alert.id, Paused.OWNER, house.clock.now())
    carla = house.member("carla")
    paused = "75 % of the year's tokens used, contract 110000123456 of @ana in #finance, because its owner may not"
    await opens(house, "carla", "Next: Tokens by product of @ana in #finance, ", paused)
    await carla.types("#finance", "/tokenflex admin")
    await carla.hears("#finance", "Next: Tokens by product of @ana in #finance, ", paused, private=True)
    home = await opens(house, "ana", "Tokens by product", "75 % of the year's tokens used")
    assert "because its owner may not" not in home.visible_text()


async def test_it_is_live_for_ten_minutes_only(house: House) -> None:
    """What happens later is not published, until somebody opens it again; a press counts as well."""
    ana = house.member("ana")
    await opens(house, "ana", "Ask me how")
    pass_time(house, 11)
    await gets(house.member("ben"))
    before = sum(call.method == "views.publish" for call in house.slack.calls)
    await gets(house.member("ben"), name="second", number=2)
    assert sum(call.method == "views.publish" for call in house.slack.calls) == before
    await opens(house, "ana", "Export #2")
    await ana.hears("#finance", "export #2 is ready")


async def test_it_works_while_token_flex_is_away(house: House) -> None:
    """Nothing of it is asked of Autodesk, and what waits says why."""
    house.token_flex.controls.answer_always(503)
    await asks(house.member("ana"))
    await opens(house, "ana", "Under way", "Export #1", "I'll keep trying.")


async def test_a_tab_that_slack_refuses_is_drawn_at_the_next_opening(house: House) -> None:
    """The Home tab is switched off for a while; a Slack that is broken is tried again by itself."""
    house.slack.controls.fail_next("views.publish", "not_enabled")
    house.member("ana").opens_app()
    await house.slack.events.settled()
    await opens(house, "ana", "Ask me how")
    house.slack.controls.fail_next("views.publish", status=503, count=2)
    await opens(house, "ben", "Ask me how")


async def test_a_slack_that_never_answers_delays_one_tab_for_a_moment(house: House) -> None:
    """What was taken and not answered is published again soon; other tabs do not wait for it."""
    house.slack.controls.never_answer_next("views.publish")
    house.member("ana").opens_app()
    await opens(house, "ben", "Ask me how")
    await asks(house.member("ana"))
    await house.member("ana").sees_home("Export #1", timeout=20)


async def test_a_saved_question_is_run_from_home(house: House) -> None:
    """Run opens the form with the question in it; one of somebody else is not there."""
    finance = house.slack.workspace.channel("#finance").id
    for who, home_of in (("ana", house.member("ana").id), ("ben", house.member("ben").id), ("ana", finance)):
        new = NewTemplate(
            name=f"Shared by {who}" if home_of == finance else f"Monthly of {who}",
            sentence="As the board wants it",
            question=write(Question(("userName",), ("tokensConsumed",), period=Relative.LAST_MONTH)),
            owner=house.member(who).id,
            home=home_of,
        )
        await house.side.database.write(templates.add, new, house.clock.now())
    home = await opens(house, "ana", "Your templates", "Monthly of ana", "As the board wants it", "Shared by ana")
    assert "Monthly of ben" not in home.visible_text()
    await home.presses("Run", beside="Monthly of ana")
    await (await house.member("ana").sees_modal(SHORT)).shows("Tokens by user, ")


async def test_the_shortcut_asks_where_to_post(house: House) -> None:
    """It works where no channel is known: the form cannot be sent without one, and exports to the one chosen."""
    ana = house.member("ana")
    assert (await ana.uses("New export")).error is None
    modal = await ana.sees_modal(SHORT)
    modal.fill("Period", "All")
    await modal.settled()
    assert (await modal.submit()).error == "incomplete_form"
    modal.fill("Post to channel", "#finance")
    await modal.submit()
    await modal.shows("Got it: export #1.")
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=30)


async def test_a_guest_cannot_use_the_shortcut(house: House) -> None:
    """It is refused privately, and that is on record."""
    gus = house.member("gus")
    assert (await gus.uses("New export")).error is None
    await gus.hears(US, REFUSAL)
    assert gus.modal is None
    (refused,) = [entry for entry in await recorded(house) if entry.act is Act.REFUSED]
    assert (refused.person, refused.source, refused.channel) == (gus.id, Source.SHORTCUT, "")


async def scheduled(house: House) -> Schedule:
    """A schedule of ana's for #finance, each day at 08:00."""
    now, rule = house.clock.now(), Timed(Daily(), time(8), "Europe/Berlin")
    new = NewSchedule(
        origin="form:1",
        name="Tokens by product",
        question=write(Question(("productName",), ("tokensConsumed",), period=Relative.LAST_MONTH)),
        contract=CONTRACT,
        channel=house.slack.workspace.channel("#finance").id,
        owner=house.member("ana").id,
        rule=json.dumps(rule.as_json()),
        missed="once",
    )
    return (await house.side.database.write(schedules.add, new, *decisions.begins(rule, now), now))[0]


async def watched(house: House) -> Alert:
    """An alert of ana's for #finance."""
    new = NewAlert(
        origin="form:2",
        contract=CONTRACT,
        channel=house.slack.workspace.channel("#finance").id,
        owner=house.member("ana").id,
        watched=alert_watched.as_text(Shares((75,))),
    )
    return (await house.side.database.write(alerts.add, new, house.clock.now()))[0]


async def test_alerts_are_shown_to_who_is_in_their_channel(house: House) -> None:
    """And lead to their list; who may let one go on does so from there."""
    alert = await watched(house)
    home = await opens(house, "ben", "Alerts", "75 % of the year's tokens used", "#finance", "@ana")
    assert home.buttons() == ["New export", "Show the alert"]
    await home.presses("Show the alert")
    await house.member("ben").hears(US, "75 % of the year's tokens used")
    await house.side.database.write(alerts.pause, alert.id, Paused.PERSON, house.clock.now())
    ana, home = house.member("ana"), await opens(house, "ana", "75 % of the year's tokens used", "It is paused.")
    await home.presses("Resume")
    await ana.hears(US, "It goes on: 75 % of the year's tokens used.")
    await ana.waits(lambda: ana.home is not None and "It is paused." not in ana.home.visible_text())


async def test_schedules_are_shown_to_who_is_in_their_channel(house: House) -> None:
    """With what runs next; the list is a message, where others of the channel can take over what has paused."""
    stored, now, ben = await scheduled(house), house.clock.now(), house.member("ben")
    home = await opens(house, "ben", "Tokens by product", "It runs every day at 08:00", "Next: ")
    assert home.buttons() == ["New export", "Show the schedule"]
    await home.presses("Show the schedule")
    listed = await ben.hears(US, "Tokens by product", "It runs every day at 08:00")
    assert listed.buttons() == ["Show again"]
    await house.side.database.write(outcome.pause, stored.id, Paused.OWNER, (), now)
    await ben.presses(listed, "Show again")
    listed = await ben.hears(US, "Tokens by product", "may not use me any more")
    await ben.presses(listed, "Take over")
    await ben.hears(US, "Tokens by product is yours now, and goes on.")
