"""Who may use the bot: every command, every button and the form, for a person who may and for one who may not."""

import asyncio

import pytest

from bot.cards import actions
from bot.slack.remembered import KEPT
from handlers.forms import alert_modal, export_modal, question_modal, schedule_modal, template_modal
from handlers.words.asked import NUMBERED_WORDS
from handlers.words.grammar import ADMIN, WORDS
from storage.audit import Act, Entry, Source
from tests.harness.allowed import REFUSAL, house_where, old_button, pass_time, private_texts, recorded
from tests.harness.forms import SHORT, TITLE, open_form, open_questions
from tests.harness.house import House
from tests.harness.talk import OpenHouse, calls, deletes, eventually, export, gets

NUMBERS: dict[str, str] = {word: f"{word} #1" for word in NUMBERED_WORDS}
COMMANDS: dict[str, str] = {
    "": "",
    **{word: word for word in WORDS},
    **NUMBERS,
    "export": export("other").removeprefix("/tokenflex "),
    ADMIN: ADMIN,
    "nonsense": "nonsense",
}
BUTTONS = (
    "export.link",
    "export.retry",
    "export.details",
    "export.delete",
    "export.edit",
    "export.keep",
    actions.GIVE_UP,
    actions.AGAIN,
    actions.SAVE,
    actions.SHOW_ANSWER,
    actions.SHOW_PEOPLE,
    actions.ANSWER_BY,
    actions.ANSWER_TOP,
    actions.POST_ANSWER,
)
OF_TEMPLATES = (
    actions.TEMPLATES,
    actions.RUN,
    actions.CHANGE,
    actions.RENAME,
    actions.SHARE,
    actions.UNSHARE,
    actions.REMOVE,
)
OF_SCHEDULES = (
    *(actions.SCHEDULES, actions.SCHEDULE, actions.SCHEDULE_TEMPLATE, actions.RUN_NOW, actions.PAUSE),
    *(actions.RESUME, actions.SKIP, actions.RESCHEDULE, actions.HAND_OVER, actions.TAKE_OVER, actions.UNSCHEDULE),
)
OF_ALERTS = (
    *(actions.ALERTS, actions.NEW_ALERT, actions.ACKNOWLEDGE, actions.PUT_OFF, actions.NOT_USEFUL),
    *(actions.PAUSE_ALERT, actions.CHANGE_ALERT, actions.RESUME_ALERT, actions.TAKE_OVER_ALERT, actions.UNWATCH),
)
OTHERS = (actions.LIST, actions.FORM, actions.MEANT, actions.POST_USAGE, "admin.send_again", "export.of_old")
ALL_BUTTONS = (*BUTTONS, *OF_TEMPLATES, *OF_SCHEDULES, *OF_ALERTS, *OTHERS)
#: What can be done in the short form, and in the other one to come back to it.
QUESTION_FORM = (
    *question_modal.CHANGES,
    question_modal.EVERYTHING,
    question_modal.CALLBACK,
    question_modal.ONLY,
    export_modal.FIELDS,
    export_modal.METRICS,
    export_modal.QUESTIONS,
    export_modal.SAVE_THIS,
)
#: What can be done in the other forms.
OTHER_FORMS = (
    *template_modal.CALLBACKS,
    *(*schedule_modal.CHANGES, schedule_modal.SAVE, schedule_modal.HAND_OVER),
    *(*alert_modal.CHANGES, alert_modal.VALUE, alert_modal.CALLBACK),
)
#: Settings, and a person who may and one who may not by them; groups are those of `GROUPS`.
RULES = {
    "members": ({}, "ana", "gus"),
    "members and a guest by ID": ({"ALLOWED_PEOPLE": "members, {gus}"}, "gus", "gil"),
    "members and a guest by group": ({"ALLOWED_PEOPLE": "members, {licensing}"}, "gus", "gil"),
    "one by ID": ({"ALLOWED_PEOPLE": "{ana}"}, "ana", "ben"),
    "a group": ({"ALLOWED_PEOPLE": "{licensing}"}, "gus", "ben"),
    "an administrator, though a guest": ({"ADMINISTRATORS": "{gus}"}, "gus", "gil"),
}
GROUPS = {"licensing": ["ana", "gus"]}


async def house_of(new_house: OpenHouse, variables: dict[str, str]) -> House:
    """A house with two guests in #finance."""

    async def furnished(**arguments: object) -> House:
        house: House = await new_house(**arguments)
        gil = house.slack.workspace.add_member("gil", guest=True)
        house.slack.workspace.channel("#finance").member_ids.append(gil.id)
        return house

    return await house_where(furnished, groups=GROUPS, slack=None, token_flex=None, **variables)


async def hears_refusals(house: House, name: str, count: int) -> None:
    """Wait until a person has been refused so many times, privately."""
    await eventually(lambda: sum(REFUSAL in text for text in private_texts(house, name)) >= count)


async def refusals(house: House, count: int) -> list[Entry]:
    """Wait until so many refusals are on record; a form is answered before they are."""
    async with asyncio.timeout(10):
        while len(found := [entry for entry in await recorded(house) if entry.act is Act.REFUSED]) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return found


def test_every_word_and_every_button_is_tried() -> None:
    """A new word or button belongs in these tables."""
    assert set(WORDS) | {ADMIN} <= set(COMMANDS)


async def test_the_table_of_buttons_is_whole(new_house: OpenHouse) -> None:
    """Whatever the bot listens to is pressed below."""
    house = await house_where(new_house)
    handler = house.running.handler
    assert handler is not None
    listeners = handler.app._async_listeners
    #: The command, the shortcut, what is typed, a mention, the Home tab and two other events, the form, its menu of
    #: contracts, what is chosen in it and the way back; what can be pressed in a Home are buttons of those above.
    assert len(listeners) == len(ALL_BUTTONS) + 11 + len(QUESTION_FORM) + len(OTHER_FORMS)


@pytest.mark.parametrize("rule", RULES)
async def test_commands(new_house: OpenHouse, rule: str) -> None:
    """Each word is refused to who may not, privately and with whom to ask, and nothing comes of it."""
    variables, may, may_not = RULES[rule]
    house = await house_of(new_house, variables)
    await gets(house.member(may))
    other = house.member(may_not)
    for count, text in enumerate(COMMANDS.values(), 1):
        answer = await other.types("#finance", f"/tokenflex {text}")
        assert answer.error is None
        await hears_refusals(house, may_not, count)
    assert other.modal is None
    texts = private_texts(house, may_not)
    assert all(REFUSAL in text and "Ask " in text for text in texts)
    assert len(texts) == len(COMMANDS)
    assert len(house.token_flex.exports.states()) == 1
    entries = [entry for entry in await recorded(house) if entry.act is Act.REFUSED]
    assert {entry.person for entry in entries} == {other.id}
    assert {entry.source for entry in entries} == {Source.COMMAND}
    assert [entry.export_number for entry in entries if "link" in entry.result] == [1]


@pytest.mark.parametrize("rule", RULES)
async def test_buttons_of_old_messages(new_house: OpenHouse, rule: str) -> None:
    """Each button that stands somewhere is refused to who may not, and nothing comes of it."""
    variables, may, may_not = RULES[rule]
    house = await house_of(new_house, variables)
    await gets(house.member(may))
    other, spent = house.member(may_not), calls(house, "POST")
    for count, action_id in enumerate(ALL_BUTTONS, 1):
        await other.presses(old_button(house, "#finance", action_id), "Press me")
        await hears_refusals(house, may_not, count)
    assert len(private_texts(house, may_not)) == len(ALL_BUTTONS)
    assert other.modal is None
    assert calls(house, "POST") == spent
    assert calls(house, "DELETE") == 0
    entries = [entry for entry in await recorded(house) if entry.act is Act.REFUSED]
    assert {entry.source for entry in entries} == {Source.BUTTON}
    assert [entry.result.partition(":")[0] for entry in entries][: len(BUTTONS)] == list(BUTTONS)
    assert [entry.export_number for entry in entries][: len(BUTTONS)] == [1] * len(BUTTONS)


@pytest.mark.parametrize("rule", RULES)
async def test_who_may_is_served(new_house: OpenHouse, rule: str) -> None:
    """The same commands and buttons answer whom the rule means."""
    variables, may, _ = RULES[rule]
    house = await house_of(new_house, variables)
    person = house.member(may)
    result = await gets(person)
    for word in ("list", "help", "status #1", "link #1"):
        await person.types("#finance", f"/tokenflex {word}")
    await person.presses(result, "Details")
    await person.presses(result, "Get a fresh link")
    await person.types("#finance", "/tokenflex")
    modal = await person.sees_modal(SHORT)
    assert await modal.search("Only …", "product is Revit")
    modal.fill("Period", "All")
    await modal.settled()
    await modal.submit()
    await modal.shows("Got it: export #2.")
    await deletes(person, result)
    await person.hears("#finance", "Export #1 is being deleted", private=True)
    assert not [text for text in private_texts(house, may) if REFUSAL in text]


async def test_people_of_other_organisations_may_not(new_house: OpenHouse) -> None:
    """Slack Connect: they can press, and are refused, unless named."""
    house = await new_house()
    fay = house.slack.workspace.add_member("fay", foreign=True)
    house.slack.workspace.channel("#finance").member_ids.append(fay.id)
    await house.start_bot()
    result = await gets(house.member("ana"))
    await house.member("fay").presses(result, "Get a fresh link")
    await house.member("fay").hears("#finance", REFUSAL, private=True)
    await house.stop_bot()
    await house.start_bot(ALLOWED_PEOPLE=f"members,{fay.id}", LINK_AUDIENCE="press")
    await house.member("fay").presses(result, "Get a fresh link")
    assert (await house.member("fay").hears("#finance", "Export #1: Download", private=True)).links()


# --- the form, while membership changes


async def test_a_form_opened_before_the_change_is_refused_after_it(new_house: OpenHouse) -> None:
    """Who has become a guest meanwhile submits in vain: the form says why, and nothing is stored."""
    house = await house_where(new_house)
    modal = await open_form(house)
    house.member("ana").user.guest = True
    pass_time(house, KEPT.total_seconds() / 60)
    await modal.submit()
    await modal.shows(REFUSAL, "Ask whoever installed me")
    (entry,) = await refusals(house, 1)
    assert (entry.source, entry.result.partition(":")[0]) == (Source.FORM, "export.form")
    assert len(house.token_flex.exports.states()) == 0


async def test_the_menu_of_a_form_opened_before_the_change(new_house: OpenHouse) -> None:
    """Its button is refused too, and the list of contracts does not come again."""
    house = await house_where(new_house)
    modal = await open_form(house)
    house.member("ana").user.guest = True
    pass_time(house, KEPT.total_seconds() / 60)
    modal.fill("Contract", "11000099871")
    await modal.settled()
    await hears_refusals(house, "ana", 1)
    await modal.presses("Type the number instead")
    await hears_refusals(house, "ana", 2)
    assert modal.buttons()[0] == "Type the number instead"


async def test_a_short_form_opened_before_the_change(new_house: OpenHouse) -> None:
    """Whatever is done in it is refused, nothing that is searched for is found, and nothing is stored."""
    house = await house_where(new_house)
    short = await open_questions(house)
    house.member("ana").user.guest = True
    pass_time(house, KEPT.total_seconds() / 60)
    assert await short.search("Only …", "product is Revit") == []
    before = short.visible_text()
    acts = {"What do you want to know?": "Tokens by day", "Period": "All", "Contract": "11000099871"}
    for count, (label, chosen) in enumerate(acts.items(), 1):
        short.fill(label, chosen)
        await short.settled()
        await hears_refusals(house, "ana", count)
    for count, button in enumerate(("Choose everything myself", "Save as template"), len(acts) + 1):
        await short.presses(button)
        await hears_refusals(house, "ana", count)
    assert short.visible_text() == before
    await short.submit()
    await short.shows(REFUSAL)
    assert len(house.token_flex.exports.states()) == 0


async def test_the_way_back_of_a_form_opened_before_the_change(new_house: OpenHouse) -> None:
    """It is refused too, and its menus find nothing."""
    house = await house_where(new_house)
    modal = await open_form(house)
    house.member("ana").user.guest = True
    pass_time(house, KEPT.total_seconds() / 60)
    assert [await modal.search(label, "") for label in ("Columns", "Numbers")] == [[], []]
    await modal.presses("Back to the questions")
    await hears_refusals(house, "ana", 1)
    assert modal.title == TITLE


async def test_a_form_of_a_template_opened_before_the_change(new_house: OpenHouse) -> None:
    """Nothing is saved, and the form says why."""
    house = await house_where(new_house)
    short = await open_questions(house)
    await short.presses("Save as template")
    modal = await house.member("ana").sees_modal("Save as template", "Name")
    modal.fill("Name", "Mine")
    house.member("ana").user.guest = True
    pass_time(house, KEPT.total_seconds() / 60)
    await modal.submit()
    await modal.shows(REFUSAL)
    (entry,) = await refusals(house, 1)
    assert entry.result.partition(":")[0] == template_modal.SAVE
    assert Act.TEMPLATE not in {entry.act for entry in await recorded(house)}


async def test_a_form_of_an_alert_opened_before_the_change(new_house: OpenHouse) -> None:
    """Nothing is drawn anew, found or saved, and the form says why."""
    house = await house_where(new_house)
    ana = house.member("ana")
    await ana.types("#finance", "/tokenflex alerts")
    await ana.presses(await ana.hears("#finance", "Nothing is watched here yet.", private=True), "New alert")
    modal = await ana.sees_modal("New alert")
    modal.fill("Tell the channel when", "A product or a cost centre is over a number of tokens")
    await modal.shows("More tokens than")
    assert await modal.search("Product name", "Revit")
    modal.fill("Product name", "Revit")
    modal.fill("More tokens than", "5")
    ana.user.guest = True
    pass_time(house, KEPT.total_seconds() / 60)
    assert await modal.search("Product name", "Revit") == []
    modal.fill("Of what", "Product line code")
    await modal.settled()
    await hears_refusals(house, "ana", 1)
    assert "Product name" in modal.labels()
    await modal.submit()
    await modal.shows(REFUSAL)
    *_, entry = await refusals(house, 2)
    assert entry.result.partition(":")[0] == alert_modal.CALLBACK
    assert Act.ALERT not in {each.act for each in await recorded(house)}


async def test_a_form_of_a_schedule_opened_before_the_change(new_house: OpenHouse) -> None:
    """No runs are shown anew, nothing is saved, and the form says why."""
    house = await house_where(new_house)
    ana = house.member("ana")
    await ana.presses(await gets(ana), "Schedule")
    modal = await ana.sees_modal("Schedule", "It runs on the first working day")
    ana.user.guest = True
    pass_time(house, KEPT.total_seconds() / 60)
    modal.fill("How often", "Every day")
    await modal.settled()
    await hears_refusals(house, "ana", 1)
    assert "It runs on the first working day" in modal.visible_text()
    await modal.submit()
    await modal.shows(REFUSAL)
    assert Act.SCHEDULE not in {each.act for each in await recorded(house)}


async def test_a_change_is_seen_within_minutes(new_house: OpenHouse) -> None:
    """Cached answers hold for five minutes; a group that somebody joins or leaves is followed."""
    house = await house_where(new_house, groups={"licensing": ["ana"]}, ALLOWED_PEOPLE="{licensing}")
    group = next(iter(house.slack.workspace.usergroups.values()))
    ana, ben = house.member("ana"), house.member("ben")
    await gets(ana)
    group.user_ids[:] = [ben.id]
    await ana.types("#finance", "/tokenflex status #1")
    await ana.hears("#finance", "Export #1 · year1.csv", "Posted to", private=True)
    assert not [text for text in private_texts(house, "ana") if REFUSAL in text]
    pass_time(house, KEPT.total_seconds() / 60)
    await ana.types("#finance", "/tokenflex status #1")
    await hears_refusals(house, "ana", 1)
    await ben.types("#finance", "/tokenflex list")
    await ben.hears("#finance", "#1", private=True)
