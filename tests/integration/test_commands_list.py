"""`/tokenflex list`: whose exports it shows, in pages, narrowed by words."""

import re

import pytest

from sandbox.slack.member import Member
from sandbox.slack.messages import Message
from tests.harness.house import House
from tests.harness.talk import OpenHouse, asks, gets, quick_house


@pytest.fixture
async def quick(new_house: OpenHouse) -> House:
    return await quick_house(new_house)


async def test_an_empty_list_says_how_to_begin(quick: House) -> None:
    """Without exports the list is a sentence with the next step."""
    ana = quick.member("ana")
    await ana.types("#finance", "/tokenflex list")
    await ana.hears("#finance", "There are no exports of yours or of this channel yet.", "/tokenflex", private=True)


async def test_the_list_shows_ones_own_and_the_channels(quick: House) -> None:
    """A person sees what they asked for anywhere and what others asked for in this channel, and nothing else."""
    ana, ben = quick.member("ana"), quick.member("ben")
    await asks(ana, name="in_finance", number=1)
    await asks(ben, name="bens_in_finance", number=2)
    await asks(ben, channel="#general", name="bens_in_general", number=3)
    await asks(ana, channel="#general", name="in_general", number=4)
    await ana.types("#finance", "/tokenflex list")
    shown = (await ana.hears("#finance", "shows all about one.", private=True)).visible_text()
    assert "#1 in_finance.csv · " in shown
    assert "#2 bens_in_finance.csv · " in shown
    assert "bens_in_general" not in shown
    assert "#4 in_general.csv · " in shown
    assert shown.index("#4 ") < shown.index("#2 ") < shown.index("#1 ")
    assert "@ben" in shown


async def test_a_long_list_has_pages(quick: House) -> None:
    """Twenty on each, the newest first, in the place of the one before; words stay with the pages."""
    quick.token_flex.controls.hold()
    ana = quick.member("ana")
    for number in range(1, 23):
        await asks(ana, name=f"file{number}", number=number)
    for words in ("", " file"):
        await ana.types("#finance", f"/tokenflex list{words}")
        shown = await ana.hears("#finance", "file22.csv", "#3 file3.csv", "/tokenflex list takes words", private=True)
        assert "file2.csv" not in shown.visible_text()
        assert shown.buttons() == ["Run again"] * 20 + ["Older"]
        await ana.presses(shown, "Older")
        await ana.waits(lambda: "#2 file2.csv" in shown.visible_text())  # noqa: B023
        assert shown.buttons() == ["Run again"] * 2 + ["Newer"]
        await ana.presses(shown, "Newer")
        await ana.waits(lambda: "#22 file22.csv" in shown.visible_text())  # noqa: B023
        assert shown.buttons()[-1] == "Older"


async def listed(member: Member, words: str) -> list[int]:
    """Type `list` with these words and return the numbers that the answer shows."""

    def replies() -> list[Message]:
        return [message for message in member.sees("#finance") if message.ephemeral_for]

    before = len(replies())
    await member.types("#finance", f"/tokenflex list {words}")
    await member.waits(lambda: len(replies()) > before)
    shown = replies()[-1].visible_text()
    return [int(each) for each in re.findall(r"^#(\d+) \w+\.csv", shown, re.MULTILINE)]


async def test_the_list_takes_words(quick: House) -> None:
    """Each narrows it; none shows what is not theirs to see, and what fits nothing says so."""
    ana, ben = quick.member("ana"), quick.member("ben")
    await gets(ana, name="revit")
    await asks(ben, name="maya", number=2)
    await asks(ben, channel="#general", name="hidden", number=3)
    await asks(ana, channel="#general", name="other", number=4)
    month = quick.clock.now().strftime("%B").lower()
    for words, numbers in {
        "revit": [1],
        "REVIT": [1],
        "@ben": [2],
        "@ana": [4, 1],
        "@me #finance": [1],
        "#general": [4],
        month: [4, 2, 1],
        "2020": [],
        "#2": [2],
        "#3": [],
        "hidden": [],
        "contractYear=1 @ana": [4, 1],
        "refused": [],
    }.items():
        assert (words, await listed(ana, words)) == (words, numbers)
    for strange in ("@gus", "#nowhere"):
        await ana.types("#finance", f"/tokenflex list {strange}")
        await ana.hears("#finance", f"has to do with {strange}.", private=True)
    await ana.types("#finance", f"/tokenflex list {'word ' * 11}")
    await ana.hears("#finance", "/tokenflex list takes 10 words at most; leave some out.", private=True)


async def test_a_line_of_the_list_is_run_again(quick: House) -> None:
    """Its button opens the form with the same question."""
    ana = quick.member("ana")
    await asks(ana)
    await ana.types("#finance", "/tokenflex list")
    await ana.presses(await ana.hears("#finance", "shows all about one.", private=True), "Run again")
    await (await ana.sees_modal("New export")).shows("Tokens by product", "contract year 1")
