"""`/tokenflex status`, `link`, `retry`, `delete`, `help`: good and bad, from here and from elsewhere."""

import html
import re

import pytest

from tests.harness.allowed import house_where
from tests.harness.house import CONTRACT, House
from tests.harness.talk import (
    ASKED_ANEW,
    OpenHouse,
    asks,
    calls,
    card_of,
    deletes,
    eventually,
    fails,
    gets,
    keys,
    quick_house,
)

NUMBERED = ("status", "link", "retry", "delete")


@pytest.fixture
async def quick(new_house: OpenHouse) -> House:
    return await quick_house(new_house)


# --- a number


async def test_status_shows_everything_about_an_export(quick: House) -> None:
    """The answer is private and names what was asked, when, by whom, and how it stands."""
    ana = quick.member("ana")
    await gets(ana)
    await ana.types("#finance", "/tokenflex status #1")
    answer = await ana.hears("#finance", "Export #1 · year1.csv", "Posted to", "Finished", private=True)
    shown = answer.visible_text()
    for part in (
        "Ready. Press Get a fresh link to download it.",
        "@ana",
        "#finance",
        "productName",
        "contractYear=1",
        "Autodesk knows it as",
    ):
        assert part in shown
    assert answer.buttons() == ["Get a fresh link", "Details", "Delete", *ASKED_ANEW]


@pytest.mark.parametrize("written", ["1", "#1", "# 1", "#001", "  #1 "])
async def test_a_number_may_be_written_in_many_ways(quick: House, written: str) -> None:
    """With or without the sign, with blanks or zeros: it is the same export."""
    ana = quick.member("ana")
    await asks(ana)
    await ana.types("#finance", f"/tokenflex status {written}")
    await ana.hears("#finance", "Export #1 · year1.csv", "Posted to", private=True)


@pytest.mark.parametrize("word", NUMBERED)
async def test_a_missing_or_wrong_number_is_asked_for(quick: House, word: str) -> None:
    """The answer shows how to write it, and that the list has the numbers."""
    ana = quick.member("ana")
    await ana.types("#finance", f"/tokenflex {word}")
    await ana.hears("#finance", f"Which export? Write /tokenflex {word} #42; /tokenflex list shows", private=True)
    await ana.types("#finance", f"/tokenflex {word} all of them")
    await ana.hears("#finance", f"“all of them” is not the number of an export; write it like /tokenflex {word} #42")
    await ana.types("#finance", f"/tokenflex {word} #4711")
    await ana.hears("#finance", "I know of no export #4711 here. /tokenflex list shows", private=True)


@pytest.mark.parametrize("word", NUMBERED)
async def test_an_export_of_another_channel_is_not_told_from_none(quick: House, word: str) -> None:
    """Whoever is not in the channel learns nothing, not even that the number exists."""
    ben, carla = quick.member("ben"), quick.member("carla")
    quick.token_flex.controls.hold()
    await asks(ben, channel="#general")
    await carla.types("#finance", f"/tokenflex {word} #1")
    await carla.hears("#finance", "I know of no export #1 here.", private=True)
    await ben.types("#finance", f"/tokenflex {word} #2")
    await ben.hears("#finance", "I know of no export #2 here.", private=True)
    assert calls(quick, "DELETE") == calls(quick, "POST", "/retry") == calls(quick, "POST", "/refreshUrl") == 0


async def test_ones_own_export_can_be_used_from_any_channel(quick: House) -> None:
    """The requester gets status and link wherever they are; others only in its channel."""
    ana, ben = quick.member("ana"), quick.member("ben")
    await gets(ana)
    await ana.types("#general", "/tokenflex status #1")
    await ana.hears("#general", "Export #1 · year1.csv", "Posted to", "#finance", private=True)
    await ana.types("#general", "/tokenflex link 1")
    answer = await ana.hears("#general", "Export #1: Download year1.csv", "This link works until", private=True)
    assert len(answer.links()) == 1
    await ben.types("#finance", "/tokenflex link #1")
    assert (await ben.hears("#finance", "Export #1: Download year1.csv", private=True)).links()


async def test_link_says_why_there_is_none(quick: House) -> None:
    """An export without a file gets no link but the reason and what comes next."""
    quick.token_flex.controls.hold()
    ana = quick.member("ana")
    await asks(ana)
    await ana.waits(lambda: "In progress." in card_of(ana).visible_text())
    await ana.types("#finance", "/tokenflex link #1")
    await ana.hears(
        "#finance",
        "#1 is still in progress, so there is no file yet. I'll post in its channel when it is ready.",
        private=True,
    )


async def test_retry_asks_once_more_for_an_export_that_failed(quick: House) -> None:
    """From failure to success by the command; the first announcement keeps no button and stays true."""
    ana = quick.member("ana")
    failed = await fails(quick, ana)
    await ana.types("#finance", "/tokenflex link #1")
    await ana.hears("#finance", "#1 failed, so there is no file. /tokenflex retry #1 tries again.", private=True)
    await ana.types("#finance", "/tokenflex retry #1")
    await ana.hears("#finance", "Trying export #1 again.", private=True)
    ready = await ana.hears("#finance", "export #1 is ready", private=False, timeout=20)
    assert ready.thread_ts == failed.thread_ts
    assert ready.mentions() == {"ana"}
    await ana.waits(lambda: "failed and was tried again" in failed.visible_text())
    assert failed.buttons() == []
    assert len(keys(quick)) == 1


async def test_retry_refuses_what_has_not_failed(quick: House) -> None:
    """Retrying a finished export would change nothing, so it is not done."""
    ana = quick.member("ana")
    await gets(ana)
    await ana.types("#finance", "/tokenflex retry #1")
    await ana.hears("#finance", "#1 is ready. Only an export that failed can be retried.", private=True)
    assert calls(quick, "POST", "/retry") == 0


async def test_delete_asks_first(quick: House) -> None:
    """The command deletes nothing: the button of its private question does; keeping changes nothing."""
    ana = quick.member("ana")
    result = await gets(ana)
    await ana.types("#finance", "/tokenflex delete #1")
    question = await ana.hears("#finance", "Delete export #1 (year1.csv)?", private=True)
    assert question.buttons() == ["Delete", "Keep it"]
    await ana.presses(question, "Keep it")
    await ana.waits(lambda: "Export #1 stays as it is." in question.visible_text())
    assert question.buttons() == []
    await ana.types("#finance", "/tokenflex delete #1")
    question = await ana.hears("#finance", "Delete export #1 (year1.csv)?", private=True)
    await ana.presses(question, "Delete")
    await ana.waits(lambda: "Export #1 is being deleted, at Autodesk too." in question.visible_text())
    await ana.waits(lambda: "Deleted. There is nothing to download" in card_of(ana).visible_text())
    assert card_of(ana).buttons() == [*ASKED_ANEW]
    await ana.waits(lambda: "Export #1 was deleted." in result.visible_text())
    assert result.links() == []
    assert keys(quick) == []


async def test_only_the_requester_can_delete(quick: House) -> None:
    """Another member of the channel is told who could."""
    ana, ben = quick.member("ana"), quick.member("ben")
    await gets(ana)
    await ben.types("#finance", "/tokenflex delete #1")
    await ben.hears("#finance", "Only @ana, who asked for export #1, can delete it.", private=True)
    assert len(keys(quick)) == 1


async def test_what_is_deleted_stays_so(quick: House) -> None:
    """Every word about a deleted export gets a true answer."""
    ana = quick.member("ana")
    await gets(ana)
    await ana.types("#finance", "/tokenflex delete #1")
    await ana.presses(await ana.hears("#finance", "Delete export #1 (year1.csv)?", private=True), "Delete")
    await ana.waits(lambda: "Deleted." in card_of(ana).visible_text())
    await ana.types("#finance", "/tokenflex delete #1")
    await ana.hears("#finance", "#1 was deleted already.", private=True)
    await ana.types("#finance", "/tokenflex retry #1")
    await ana.hears("#finance", "#1 was deleted, so there is nothing to retry.", private=True)
    await ana.types("#finance", "/tokenflex link #1")
    await ana.hears("#finance", "#1 was deleted; there is nothing to download any more.", private=True)
    await ana.types("#finance", "/tokenflex status #1")
    await ana.hears("#finance", "Deleted. There is nothing to download any more.", "Posted to", private=True)


async def test_an_export_that_waits_can_be_deleted_before_it_is_submitted(quick: House) -> None:
    """What never went out is gone at once, and Token Flex never hears of it."""
    quick.token_flex.controls.outstanding_elsewhere(50)
    ana = quick.member("ana")
    await asks(ana)
    await ana.waits(lambda: "takes no more for now" in card_of(ana).visible_text())
    await deletes(ana, card_of(ana))
    await ana.hears("#finance", "Export #1 is deleted.", private=True)
    await ana.waits(lambda: "Deleted." in card_of(ana).visible_text())
    assert calls(quick, "DELETE") == 0


# --- help and what is no word


async def test_the_examples_of_the_help_work_when_copied(quick: House) -> None:
    """Each example, copied from the message as it is shown, is accepted and ends in a file."""
    ana = quick.member("ana")
    await ana.types("#finance", "/tokenflex help")
    shown = await ana.hears("#finance", "What /tokenflex does", "Examples to copy", private=True)
    lines = shown.visible_text().splitlines()
    questions = [line for line in lines if re.fullmatch(r"/tokenflex export [\w-]+ period=[\w-]+", line)]
    assert len(questions) == 4
    examples = [*questions, *(line for line in lines if line.startswith("/tokenflex export contract="))]
    assert 7 <= len(set(examples)) <= 8
    for number, example in enumerate(dict.fromkeys(examples), 1):
        await ana.types("#finance", html.unescape(example))
        await ana.hears("#finance", f"Got it: export #{number}", private=True, timeout=20)
    for number in range(1, len(set(examples)) + 1):
        await ana.hears("#finance", f"export #{number} is ready", private=False, timeout=30)
    await eventually(lambda: set(quick.token_flex.exports.states().values()) == {"Download"})


async def test_a_question_of_the_help_opens_the_form_with_it(quick: House) -> None:
    """It says what of the person's own contract it would export."""
    ana = quick.member("ana")
    await ana.types("#finance", "/tokenflex help")
    shown = await ana.hears("#finance", "What do you want to know?", "Who are the top users?", private=True)
    assert f"contract {CONTRACT}." in shown.visible_text()
    block = next(each for each in shown.blocks if "top users" in str(each))
    await ana._deliveries.message_action(ana.user, shown, block, block["accessory"], {})
    await (await ana.sees_modal("New export")).shows("Tokens by user, ")


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("hlep", "I don't know “hlep”. Did you mean /tokenflex help?"),
        ("sttus #42", "I don't know “sttus”. Did you mean /tokenflex status?"),
        ("schedule-everything", "I don't know “schedule-everything”. /tokenflex opens the form"),
        ("fields=productName", "I don't know “fields=productName”. Did you mean /tokenflex export?"),
        ("top users", "I don't know “top”. Did you mean Who are the top users?"),
        ("<!channel>", "I don't know “"),
    ],
)
async def test_an_unknown_word_is_answered_with_the_nearest(quick: House, typed: str, answer: str) -> None:
    """A slip of the finger is understood; otherwise the form is offered. Nobody is notified by an answer."""
    ana = quick.member("ana")
    await ana.types("#finance", f"/tokenflex {typed}")
    shown = await ana.hears("#finance", answer, private=True)
    assert shown.mentions() == set()
    assert len(shown.buttons()) == 1


async def test_the_button_of_a_likely_command_does_it(quick: House) -> None:
    """With all that was typed behind the word, and an export once, however often it is pressed."""
    ana = quick.member("ana")
    await ana.types("#finance", "/tokenflex hlep me")
    await ana.presses(await ana.hears("#finance", "Did you mean", private=True), "/tokenflex help me")
    await ana.hears("#finance", "What /tokenflex does", private=True)
    wanted = f"contract={CONTRACT} fields=productName where=\"productName='A & B'\""
    await ana.types("#finance", f"/tokenflex exprt {wanted}")
    shown = await ana.hears("#finance", "I don't know “exprt”", private=True)
    (label,) = shown.buttons()
    await ana.presses(shown, label)
    await ana.presses(shown, label)
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=20)
    await ana.hears("#finance", "productName='A & B'", private=False)
    assert len(quick.token_flex.exports.states()) == 1


async def test_the_button_of_a_likely_question_opens_the_form(quick: House) -> None:
    """With the question and the days that were said."""
    ana = quick.member("ana")
    await ana.types("#finance", "/tokenflex tokens by day last 7 days")
    await ana.presses(await ana.hears("#finance", "Did you mean Tokens by day?", private=True), "Tokens by day")
    modal = await ana.sees_modal("New export")
    assert modal.value("What do you want to know?") == "Tokens by day"
    assert modal.value("Period") == "Last 7 days"


async def test_words_in_capitals_work(quick: House) -> None:
    """Phones begin sentences with a capital."""
    ana = quick.member("ana")
    await ana.types("#finance", "/tokenflex Help")
    await ana.hears("#finance", "What /tokenflex does", private=True)


async def test_a_bare_command_opens_the_form(quick: House) -> None:
    """Neither `/tokenflex` nor `/tokenflex export` needs anything behind it."""
    ana = quick.member("ana")
    for text in ("/tokenflex", "/tokenflex export"):
        await ana.types("#finance", text)
        modal = await ana.sees_modal("New export")
        assert modal.value("Post to channel") == "#finance"
        await modal.dismiss()


async def test_answers_of_commands_are_private(quick: House) -> None:
    """Nobody but who typed it sees an answer; the channel sees cards, and in their threads results and figures."""
    ana, ben = quick.member("ana"), quick.member("ben")
    await gets(ana)
    for text in ("list", "help", "status #1", "link #1", "retry #1", "delete #1", "nonsense"):
        await ana.types("#finance", f"/tokenflex {text}")
    await ana.hears("#finance", "I don't know “nonsense”", private=True, timeout=20)
    assert [message for message in ben.sees("#finance") if message.thread_ts is None] == [card_of(ben)]
    assert ana.errors == []


async def test_a_guest_who_was_let_in_uses_the_command_in_their_channel(new_house: OpenHouse) -> None:
    """A guest who is named is a member of the channel like any other, and of nothing else."""
    quick = await house_where(new_house, ALLOWED_PEOPLE="members, {gus}")
    gus, ana = quick.member("gus"), quick.member("ana")
    await gets(gus)
    await ana.types("#general", "/tokenflex status #1")
    await ana.hears("#general", "I know of no export #1 here.", private=True)
    await asks(ana, channel="#general", number=2)
    await gus.types("#finance", "/tokenflex status #2")
    await gus.hears("#finance", "I know of no export #2 here.", private=True)
