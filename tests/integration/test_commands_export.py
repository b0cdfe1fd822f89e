"""`/tokenflex export …` as a person types it: what goes out, what comes back, and what is wrong with it."""

from typing import Any

import pytest

from sandbox.tokenflex.settings import User
from tests.harness.files import download, rows
from tests.harness.forms import submissions
from tests.harness.house import CONTRACT, House
from tests.harness.talk import (
    ASKED_ANEW,
    QUICK,
    SPEED,
    OpenHouse,
    asks,
    eventually,
    export,
    gets,
    keys,
    knows_contracts,
    quick_house,
)
from tests.integration.conftest import BOTH_WAYS

#: The request of Autodesk's export walkthrough, as a text command (source: Token Flex, export walkthrough).
WALKTHROUGH = (
    f"/tokenflex export contract={CONTRACT} fields=contractYear,chargedItemID,reasonType,reasonComment,usageCategory,"
    "usageDate,transactionDate,productLineCode,productName metrics=tokensConsumed,quantity "
    'category=MANUAL_ADJUSTMENT,MANUAL_CONSUMPTION where="contractYear=1" name=myYear1Adjustments'
)


@pytest.fixture
async def quick(new_house: OpenHouse) -> House:
    return await quick_house(new_house)


def told(value: str) -> Any:
    try:
        return float(value)
    except ValueError:
        return value.removesuffix(" 00:00:00")


@BOTH_WAYS
async def test_the_walkthrough_of_the_api_goes_through_unchanged(quick: House) -> None:
    """The numbers of the CSV equal a query on the data set, and the file has the name that was asked for."""
    ana = quick.member("ana")
    await ana.types("#finance", WALKTHROUGH)
    await ana.hears("#finance", "Got it: export #1 (myYear1Adjustments.csv).", private=True)
    result = await ana.hears("#finance", "export #1 is ready: myYear1Adjustments.csv", private=False, timeout=20)
    header, *lines = rows((await download(result.links()[0]))[1])
    fields = WALKTHROUGH.partition("fields=")[2].partition(" ")[0]
    assert header == [*fields.split(","), "tokensConsumed", "quantity"]
    expected = quick.token_flex.data.query(
        f"""SELECT {fields}, SUM(tokens), SUM(quantity) FROM usage
            WHERE contract = ? AND contractYear = 1 AND usageCategory IN ('MANUAL_ADJUSTMENT', 'MANUAL_CONSUMPTION')
            GROUP BY {fields}""",
        [CONTRACT],
    )
    assert lines
    as_numbers = [[told("" if value is None else str(value)) for value in row] for row in expected]
    assert sorted(map(repr, as_numbers)) == sorted(repr([told(value) for value in line]) for line in lines)


async def test_smart_quotes_of_a_phone_work(quick: House) -> None:
    """Curly quotes around the clause and inside it mean what straight ones mean."""
    ana = quick.member("ana")
    where = "productName = ‘Revit’ and contractYear=1"
    await ana.types(
        "#finance", f"/tokenflex export contract={CONTRACT} fields=productName where=“{where}” name=“Revit only”"
    )
    await ana.hears("#finance", "Got it: export #1 (Revit only.csv)", private=True)
    card = await ana.hears("#finance", "Asked by", "productName = 'Revit' and contractYear=1", private=False)
    assert card.mentions() == {"ana"}


async def test_marks_inside_a_text_reach_token_flex_as_typed(quick: House) -> None:
    """Quotation marks and hard spaces in a text or name are part of it, and a clause in one word needs none around."""
    ana = quick.member("ana")
    await ana.types("#finance", export('"Bericht „Juni“"', where="productName = 'Projet\u00a0«X» “beta”'"))
    await ana.hears("#finance", "Got it: export #1 (Bericht „Juni“.csv)", private=True)
    await ana.types("#finance", f"/tokenflex export contract={CONTRACT} fields=productName where=productName='Revit'")
    await ana.hears("#finance", "Got it: export #2", private=True)
    await eventually(lambda: len(keys(quick)) == 2)
    sent = {made.report.where.parameters for made in quick.token_flex.exports.all() if made.report.where}
    assert sent == {("Projet\u00a0«X» “beta”",), ("Revit",)}


async def test_what_slack_escapes_arrives_as_it_was_typed(new_house: OpenHouse) -> None:
    """`<`, `>` and `&` in a clause are sent to Token Flex as they were typed, once unescaped and no more."""
    house = await quick_house(new_house, slack={"should_escape": True})
    ana = house.member("ana")
    await ana.types(
        "#finance", export(where="contractYear <= 2 and productName != '&lt;' and usageDate > '2024-03-01'")
    )
    await ana.hears("#finance", "Got it: export #1", private=True)
    shown = "contractYear <= 2 and productName != '&lt;' and usageDate > '2024-03-01'"
    await ana.hears("#finance", "Asked by", shown, private=False)
    await eventually(lambda: bool(keys(house)))
    [made] = house.token_flex.exports.all()
    assert made.report.where is not None
    assert "&lt;" in made.report.where.parameters


async def test_a_clause_without_escaping_arrives_too(quick: House) -> None:
    """Where Slack hands the text over as it is, brackets in a clause stay what they are."""
    ana = quick.member("ana")
    await ana.types("#finance", export(where="contractYear >= 1 and contractYear < 3"))
    await ana.hears("#finance", "Got it: export #1", private=True)
    await ana.hears("#finance", "Asked by", "contractYear >= 1 and contractYear < 3", private=False)


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        (f"contract={CONTRACT} feilds=productName", ["I don't know “feilds”; did you mean fields=?"]),
        (f"contract={CONTRACT} fields=prodctName", ['"prodctName" is not a field: did you mean productName?']),
        (
            f"contract={CONTRACT} fields=productName metrics=tokenConsumed",
            ['"tokenConsumed" is not a metric: did you mean tokensConsumed?'],
        ),
        (
            f"contract={CONTRACT} fields=productName category=DESKTOP_PRODUCTS",
            ['"DESKTOP_PRODUCTS" is not a usage category: did you mean DESKTOP_PRODUCT?'],
        ),
        (
            f'contract={CONTRACT} fields=productName where="contractYear=1',
            ['A quotation mark " is opened and never closed.'],
        ),
        (f"contract={CONTRACT}", ["Pick at least one column or number, for example tokensConsumed."]),
        (
            "contract=12#45 fields=productName",
            ["A contract number has letters, digits and hyphens: copy it from your Autodesk account."],
        ),
        (
            f'contract={CONTRACT} fields=productName where="contractYear <> 1"',
            ["<> is not allowed at character 14: use != instead."],
        ),
        (
            f"contract={CONTRACT} fields=productName where=\"userName NOT IN ('a')\"",
            ["NOT is not allowed at character 10"],
        ),
        (
            f"contract={CONTRACT} fields=chargedItemID",
            ["chargedItemID is a session-level field: choose exactly one usage category"],
        ),
        (
            f"contract={CONTRACT} fields=productNmae metrics=tokenConsumed name=a/b",
            ["did you mean productName?", "did you mean tokensConsumed?", "The file name must not contain /"],
        ),
        (
            f"contract={CONTRACT} fields=<!channel>",
            ["is not a field: the menu Columns of the form (/tokenflex)"],
        ),
        (f"contract={CONTRACT} fields=productName name=my report 2026", ['quote it whole: name="my report".']),
        (
            f'contract={CONTRACT} fields=productName where="productName="Revit""',
            ['The quotation mark " may stand around a value or inside it.'],
        ),
    ],
)
async def test_a_mistake_is_answered_with_how_to_mend_it(quick: House, text: str, answers: list[str]) -> None:
    """Every mistake is told at once in the form, which has what was understood; nothing is submitted."""
    ana = quick.member("ana")
    await ana.types("#finance", f"/tokenflex export {text}")
    modal = await ana.sees_modal("I did not understand all of that.", *answers)
    assert modal.value("Post to channel") == "#finance"
    assert ana.sees("#finance") == []
    assert keys(quick) == []


@pytest.mark.parametrize(
    "text",
    [
        "contract=999",
        "contract=999 fields=prodctName",
        "products contract=999 period=lastmonth",
        "products contract=999 where=\"productName='Rev",
    ],
)
async def test_a_contract_that_nobody_sees_is_told_beside_other_mistakes(quick: House, text: str) -> None:
    """Another one stands in the form, and nobody takes it for the one that they typed."""
    ana = quick.member("ana")
    await ana.types("#finance", f"/tokenflex export {text}")
    await ana.sees_modal("I did not understand all of that.", f"does not see contract 999; it sees {CONTRACT}")


async def test_days_behind_the_name_of_a_question_are_kept(quick: House) -> None:
    """Without `period=` a name is none that is known, and the form has the days all the same."""
    ana = quick.member("ana")
    await ana.types("#finance", "/tokenflex export tokens by product this month")
    modal = await ana.sees_modal("I know of no question", "did you mean tokens by product?", "Tokens by product, ")
    assert modal.value("Period") == "This month"


async def test_the_form_of_a_mistake_has_what_was_understood(quick: House) -> None:
    """Whoever mends the one thing that was wrong has the export."""
    ana = quick.member("ana")
    await knows_contracts(quick)
    asked = submissions(quick)
    await ana.types(
        "#finance",
        "/tokenflex export fields=productName,usageMnth metrics=tokensConsumed period=2025-10 name=my report "
        "where=productName = ‘Revit’",
    )
    modal = await ana.sees_modal("did you mean usageMonth?", "stands outside the condition")
    assert modal.value("Columns") == ["Product name"]
    assert modal.value("Numbers") == ["Tokens"]
    assert modal.value("File name") == "my report"
    days = "usageDate >= '2025-10-01' AND usageDate <= '2025-10-31'"
    assert modal.value("Only rows where") == f"{days} AND productName = 'Revit'"
    await modal.submit()
    await modal.shows("Got it: export #1.")
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=20)
    assert asked[0][1]["where"] == f"{days} AND productName = 'Revit'"


async def test_plain_words_open_the_short_form(quick: House) -> None:
    """What is no request and no name is looked for among the questions, with the days that were said."""
    ana = quick.member("ana")
    await knows_contracts(quick)
    await ana.types("#finance", "/tokenflex export how many tokens did each product use in october?")
    modal = await ana.sees_modal("I know of no question and no template “how many tokens")
    assert modal.value("What do you want to know?") == "Which products use the tokens?"
    assert modal.value("Period") == "A range of days …"
    await modal.submit()
    await modal.shows("Got it: export #1.")


async def test_where_no_form_opens_the_mistake_is_told_alone(quick: House) -> None:
    """Slack may have no time for a form; then the sentences come privately."""
    ana = quick.member("ana")
    quick.slack.controls.fail_next("views.open", status=503, html=True)
    await ana.types("#finance", f"/tokenflex export contract={CONTRACT} fields=prodctName")
    answer = await ana.hears("#finance", "That did not work yet:", "did you mean productName?", private=True)
    assert "Change it and send it again. /tokenflex help has examples." in answer.visible_text()
    assert answer.mentions() == set()


async def test_several_mistakes_are_told_at_once(quick: House) -> None:
    """Nobody has to send a command five times to hear of five mistakes."""
    ana = quick.member("ana")
    await ana.types("#finance", '/tokenflex export contract=x fields=a,b metrics=c category=d where="e=1" name=a/b')
    modal = await ana.sees_modal("I did not understand all of that.")
    assert modal.visible_text().count("•") >= 6


async def test_the_only_contract_need_not_be_named(new_house: OpenHouse) -> None:
    """Where the Autodesk login sees one contract, a command without one means that."""
    one = User("ana.admin", "ANA0ADMIN001", "contract manager", (CONTRACT,))
    house = await new_house(speed=SPEED, token_flex={**QUICK, "users": (one,), "recorded": False})
    await house.start_bot()
    await knows_contracts(house)
    ana = house.member("ana")
    await ana.types("#finance", "/tokenflex export metrics=tokensConsumed")
    await ana.hears("#finance", "Got it: export #1 (tokens_1.csv).", private=True)


async def test_the_only_active_contract_is_meant(quick: House) -> None:
    """A contract that has ended does not make people say which one they mean; the form presets the same."""
    ana = quick.member("ana")
    await knows_contracts(quick)
    assert [contract.is_active for contract in quick.contracts.offered] == [True, False, False]
    await ana.types("#finance", "/tokenflex export metrics=tokensConsumed")
    await ana.hears("#finance", "Got it: export #1", private=True)
    await ana.hears("#finance", "Export #1 ·", CONTRACT, private=False)


async def test_a_warning_stands_beside_the_acceptance(quick: House) -> None:
    """What may surprise is said, and the request goes out all the same."""
    ana = quick.member("ana")
    await ana.types("#finance", export(where="reasonComment = 'not used'", more="category=MANUAL_ADJUSTMENT"))
    answer = await ana.hears("#finance", "Got it: export #1", private=True)
    assert 'Please note: "not used" contains the word not, which Token Flex may refuse' in answer.visible_text()


async def test_a_finished_export_is_a_new_message(quick: House) -> None:
    """A reply in the card's thread, shown in the channel too, names the requester and carries the link."""
    ana = quick.member("ana")
    result = await gets(ana)
    assert result.thread_ts is not None
    assert result.broadcast
    assert result.mentions() == {"ana"}
    assert result.links()
    assert not result.unfurls
    assert result.buttons() == ["Get a fresh link", "Details", *ASKED_ANEW]
    assert "This link works until" in result.visible_text()
    assert "http" not in result.text
    card = next(each for each in ana.sees("#finance") if each.ts == result.thread_ts)
    await ana.waits(lambda: "Ready. Press Get a fresh link to download it." in card.visible_text())
    assert card.links() == []


async def test_a_name_that_looks_like_a_mention_notifies_nobody(quick: House) -> None:
    """Names and clauses are shown as they were typed; only the requester is mentioned."""
    ana = quick.member("ana")
    await ana.types(
        "#finance",
        f"/tokenflex export contract={CONTRACT} fields=productName name='@channel & `all`' "
        "where=\"productName = '<!channel> @here'\"",
    )
    await ana.hears("#finance", "Got it: export #1 (@channel & 'all'.csv)", private=True)
    result = await ana.hears("#finance", "export #1 is ready", private=False, timeout=20)
    assert result.mentions() == {"ana"}
    for message in ana.sees("#finance"):
        assert message.mentions() <= {"ana"}
        for version in message.history:
            assert version.mentions(message.names) <= {"ana"}


async def test_a_line_is_told_to_the_last_in_it(quick: House) -> None:
    """With more requests than calls, the answer says the place in the line, about how long it takes, and why."""
    ana = quick.member("ana")
    quick.token_flex.controls.hold()
    for number in range(1, 9):
        await ana.types("#finance", export(f"file{number}"))
        await ana.hears("#finance", f"Got it: export #{number}", private=True)
    last = await ana.hears("#finance", "Got it: export #8", private=True)
    assert "in line and goes out in about" in last.visible_text()
    assert "minute" in last.visible_text()


async def test_a_command_delivered_twice_is_one_export(quick: House) -> None:
    """The same envelope again asks for nothing twice and says nothing twice."""
    ana = quick.member("ana")
    quick.slack.controls.deliver_twice()
    await asks(ana)
    await gets(ana, name="year2", number=2)
    answers = [each for each in ana.sees("#finance") if "Got it: export #1" in each.visible_text()]
    assert len(answers) == 1
    assert len(keys(quick)) == 2
