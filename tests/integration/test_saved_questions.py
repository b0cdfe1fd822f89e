"""What is asked again: by a period, by the name of a question, from a template, from an export of before."""

from typing import Any

import pytest

from bot.people.asker import Asker
from bot.questions import periods
from bot.questions.questions import Question
from bot.questions.templates import Templates
from bot.tokenflex.catalogue import Catalogue
from storage.audit import Source
from tests.harness.forms import submissions
from tests.harness.house import CONTRACT, House
from tests.harness.talk import OpenHouse, quick_house


@pytest.fixture
async def quick(new_house: OpenHouse) -> House:
    return await quick_house(new_house)


def clause_of(house: House, word: str) -> str:
    """The where clause of a period, by the clock of the house; everybody there lives in UTC."""
    today = house.clock.now().date()
    return periods.clause(periods.days_of(periods.parse(word, today), today))


# --- periods


async def test_a_period_becomes_days_when_the_export_is_made(quick: House) -> None:
    """Beside what else has to hold; what no days can be made of is told, with what to write."""
    ana, asked = quick.member("ana"), submissions(quick)
    wanted = f"/tokenflex export contract={CONTRACT} fields=productName"
    words = ("last-month", "2025-10", "2025-10-01..2025-10-15", "october")
    for number, word in enumerate(words, 1):
        await ana.types("#finance", f'{wanted} period={word} where="contractYear=1 OR contractYear=2"')
        await ana.hears("#finance", f"export #{number} is ready", private=False, timeout=30)
    loose = "(contractYear=1 OR contractYear=2)"
    assert [body["where"] for _, body in asked] == [f"{clause_of(quick, word)} AND {loose}" for word in words]
    await ana.types("#finance", f"{wanted} period=2099")
    await (await ana.sees_modal("There is no usage of 2099 yet: today is left out. Choose an earlier")).dismiss()
    await ana.types("#finance", f"{wanted} period=last-mnth metrics=hours")
    await ana.sees_modal("did you mean last-month?", '"hours" is not a metric')


# --- by name


async def saves(
    house: House, who: str, name: str, question: Question, *, channel: str = "#finance", **more: Any
) -> None:
    """Have somebody save a question."""
    templates = Templates(house.side.database, house.side.exports._access, Catalogue(), house.clock)
    place = house.slack.workspace.channel(channel).id
    asker = Asker(house.member(who).id, place, Source.COMMAND)
    await templates.save(question, asker, name=name, origin=f"test:{who}:{name}", **more)


async def test_a_question_is_exported_by_its_name(quick: House) -> None:
    """One's own template before the channel's, that before the bot's; with another period and further conditions."""
    ana, asked = quick.member("ana"), submissions(quick)
    october = periods.parse("2025-10", periods.ANY_DAY)
    await saves(quick, "ben", "Users", Question(("productName",), ("uniqueUsers",)), shared=True)
    await saves(quick, "ana", "My Report", Question(("userName",), ("usageHours",), (), "contractYear=1", october))
    for number, typed in enumerate(
        (
            "products",
            "Which products use the tokens? period=2025-10",
            "tokens by day period=all",
            "users",
            "“my report” where=“productName='Revit'”",
            "My Report period=2025-11 name=mine",
        ),
        1,
    ):
        await ana.types("#finance", f"/tokenflex export {typed} contract={CONTRACT}")
        await ana.hears("#finance", f"export #{number} is ready", private=False, timeout=30)
    bodies = [{name: body.get(name, []) for name in ("fields", "metrics", "where")} for _, body in asked]
    moved = periods.clause(periods.days_of(periods.Relative.LAST_MONTH, quick.clock.now().date()))
    revit = "productName='Revit'"
    assert [(*body["fields"], *body["metrics"], body["where"]) for body in bodies] == [
        ("productName", "tokensConsumed", clause_of(quick, "last-month")),
        ("productName", "tokensConsumed", clause_of(quick, "2025-10")),
        ("usageDate", "tokensConsumed", []),
        ("productName", "uniqueUsers", []),
        ("userName", "usageHours", f"{moved} AND contractYear=1 AND {revit}"),
        ("userName", "usageHours", f"{clause_of(quick, '2025-11')} AND contractYear=1"),
    ]


async def test_a_name_that_is_not_known_is_told_with_the_nearest(quick: House) -> None:
    """Of what the person may see alone: a template of somebody else is no nearer than none."""
    ana, ben = quick.member("ana"), quick.member("ben")
    await saves(quick, "ben", "Secret figures", Question(("productName",)))
    contract = f"contract={CONTRACT}"
    for typed, said in (
        ("prodcts", "I know of no question and no template “prodcts” here; did you mean products?"),
        ("cost centre", "I know of no question and no template “cost centre” here."),
        ("secret figurs", "I know of no question and no template “secret figurs” here"),
        ("Secret figures", "I know of no question and no template “Secret figures” here"),
        ("products where=productNam='Revit'", "did you mean productName?"),
        ("this-contract-year period=2099", "no template “this-contract-year” here"),
    ):
        await ana.types("#finance", f"/tokenflex export {typed} {contract}")
        modal = await ana.sees_modal(said)
        assert "you mean Secret" not in modal.visible_text()
        await modal.dismiss()
    await ben.types("#finance", f"/tokenflex export secret figurs {contract}")
    modal = await ben.sees_modal("did you mean Secret figures?")
    assert modal.value("What do you want to know?") == "Secret figures"
    assert quick.token_flex.exports.states() == {}
