"""`/tokenflex usage`: figures of the data set, at once and privately, with two calls an hour; posted by a button."""

import asyncio
from calendar import monthrange
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from bot.calls.budget import Rank
from bot.questions.starters import AT_ONCE
from sandbox.slack.messages import Message
from sandbox.tokenflex.usage_data import UsageData
from storage import logins
from storage.audit import Act
from tests.harness.allowed import house_where, pass_time, private_messages, recorded
from tests.harness.forms import SHORT, open_questions
from tests.harness.house import CONTRACT, House
from tests.harness.talk import OpenHouse, calls, eventually, knows_contracts

BEGINS = datetime(2027, 1, 10, 12, tzinfo=UTC)
NOON = time(12)
USAGE = "/tokenflex usage"


@pytest.fixture
async def house(new_house: OpenHouse) -> House:
    house = await new_house(begins=BEGINS)
    await house.start_bot()
    await knows_contracts(house)
    return house


def spent(house: House) -> tuple[int, int]:
    """Return how many calls were made for the contract and for its summary."""
    return calls(house, "GET", f"/contract/{CONTRACT}"), calls(house, "GET", f"/usage/{CONTRACT}/summary")


async def glances(house: House, *containing: str, typed: str = USAGE) -> Message:
    ana = house.member("ana")
    await ana.types("#finance", typed)
    return await ana.hears("#finance", *containing, private=True, timeout=20)


def table_of(message: Message) -> list[list[str]]:
    (table,) = (block for block in message.blocks if block["type"] == "data_table")
    return [[str(cell["text"]) for cell in row] for row in table["rows"]]


async def test_the_figures_are_those_of_the_data(house: House, usage_data: UsageData) -> None:
    """Every number is what the data add up to: the year, what is left, each month, users by month and category."""
    shown = await glances(house, "Contract 110000123456", "tokens of contract year 3 are used", "Users of")
    rows = usage_data.query(
        "SELECT substr(usageDate, 1, 7), usageCategory, SUM(tokens), COUNT(DISTINCT userName) FROM usage "
        "WHERE contract = ? GROUP BY 1, 2",
        (CONTRACT,),
    )
    tokens, users = defaultdict[str, int](int), dict[tuple[str, str], int]()
    for month, category, used, people in rows:
        tokens[month] += round(used)
        users[month, category] = people
    header, *lines = table_of(shown)
    assert header[:3] == ["Month", "Tokens", "Users of desktop products"]
    assert [line[0] for line in lines] == sorted(tokens, reverse=True)[:12]
    for month, counted, *_ in lines:
        assert counted == f"{tokens[month]:,}"
    for month, _, desktop, *_ in lines:
        assert desktop == f"{users.get((month, 'DESKTOP_PRODUCT'), 0):,}"
    assert spent(house) == (1, 1)


@pytest.mark.parametrize("through", [date(2026, 4, 20), date(2026, 8, 16), date(2026, 11, 30)])
async def test_until_when_tokens_last_is_what_plain_arithmetic_says(new_house: OpenHouse, through: date) -> None:
    """The day and its range, the tokens left, the pace and the multi-year tokens: from the rows of the data set."""
    data = UsageData(through=through)
    house = await new_house(begins=datetime.combine(through + timedelta(2), NOON, UTC), data=data)
    await house.start_bot()
    await knows_contracts(house)
    shown = await glances(house, "Contract 110000123456", "Users of")
    used, months = counted(data, 3)
    data.close()
    left = 19_000 - used
    newest = [months[key] for key in sorted(months) if date(*key, months[key][1]) <= through][-6:]
    expected, earliest, latest = lasts(newest, left)
    last = date(2027, 1, 31)
    days = [through + timedelta(number) for number in (expected, earliest, latest)]
    assert f"{used:,} of 19,000 tokens of contract year 3 are used, {left:,} are left." in shown.text
    if days[0] <= last:
        assert f"they last until about {said(days[0])}." in shown.text
    else:
        assert f"they last until the year ends on {said(last)}." in shown.text
    facts = " ".join(str(block.get("text", {}).get("text", "")) for block in shown.blocks if block["type"] == "section")
    if days[1] <= last:
        end = said(days[2]) if days[2] <= last else f"the year's end, {said(last)}"
        assert f"between {said(days[1])} and {end}" in facts
    over = round(100 * ((through - date(2026, 2, 1)).days + 1) / 365)
    assert f"{round(100 * used / 19_000)} % of the tokens are used, and {over} % of the year is over" in facts
    assert "Multi-year tokens, which are counted apart: 0 used in this contract year, 15,000 left." in facts


async def test_there_is_no_forecast_below_two_whole_months(new_house: OpenHouse) -> None:
    """A contract that has just begun says so."""
    data = UsageData(through=date(2024, 3, 18))
    house = await new_house(begins=datetime(2024, 3, 20, 12, tzinfo=UTC), data=data)
    await house.start_bot()
    await knows_contracts(house)
    shown = await glances(house, "tokens of contract year 1 are used", "It takes two whole months of usage")
    data.close()
    assert "At this pace" not in shown.text


def counted(data: UsageData, year: int) -> tuple[int, dict[tuple[int, int], tuple[int, int]]]:
    """Return the tokens of a contract year, and those of each month with its days, as Token Flex rounds them."""
    rows = data.query(
        "SELECT usageDate, usageCategory, contractYear, tokens FROM usage WHERE contract = ?", (CONTRACT,)
    )
    parts = defaultdict[tuple[int, int, str, int], Decimal](Decimal)
    for day, category, of, tokens in rows:
        parts[int(day[:4]), int(day[5:7]), category, of] += Decimal(str(tokens))
    used = round(sum(tokens for (_, _, _, of), tokens in parts.items() if of == year))
    months = defaultdict[tuple[int, int], int](int)
    for (in_year, month, _, _), tokens in parts.items():
        months[in_year, month] += round(tokens)
    return used, {key: (tokens, monthrange(*key)[1]) for key, tokens in months.items()}


def lasts(months: Sequence[tuple[int, int]], left: int) -> list[int]:
    """Return on which day the tokens are used up: expected, earliest, latest; by the method of the docs."""
    month, count = Decimal("30.4375"), len(months)
    pace = Decimal(sum(tokens for tokens, _ in months)) / sum(days for _, days in months) * month
    each = [Decimal(tokens) / days * month for tokens, days in months]
    middle = sum(each, Decimal()) / count
    spread = (sum(((one - middle) * (one - middle) for one in each), Decimal()) / (count - 1)).sqrt()
    off = Decimal("1.476") * max(spread, pace / 20)

    def _used(day: int, side: int) -> Decimal:
        ahead = day / month
        return pace * ahead + side * off * (ahead + ahead * ahead / count).sqrt()

    return [next(day for day in range(1, 9999) if _used(day, side) >= left) for side in (0, 1, -1)]


def said(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"


async def test_it_costs_two_calls_an_hour(house: House) -> None:
    """Whoever asks within the hour is shown the same, with its time; after it, what is new; also after a restart."""
    await glances(house, "Contract 110000123456", "As Autodesk counted it")
    await house.member("ben").types("#finance", f"{USAGE} {CONTRACT}")
    await house.member("ben").hears("#finance", "Contract 110000123456", private=True)
    assert spent(house) == (1, 1)
    await house.stop_bot()
    await house.start_bot()
    await knows_contracts(house)
    await house.member("ben").types("#general", f"{USAGE} contract={CONTRACT}")
    await house.member("ben").hears("#general", "Contract 110000123456", private=True)
    assert spent(house) == (1, 1)
    pass_time(house, 61)
    await house.member("ana").types("#finance", USAGE)
    await eventually(lambda: spent(house) == (2, 2))


async def test_while_autodesk_is_away_the_last_figures_are_shown(house: House) -> None:
    """With their age and why; before any are known, the reason alone."""
    back = house.token_flex.controls.answer_always(503)
    await glances(house, "I could not find out how contract 110000123456 stands.", "problem of its own")
    back()
    await glances(house, "tokens of contract year 3 are used")
    pass_time(house, 120)
    house.token_flex.controls.answer_always(503)
    shown = await glances(house, "tokens of contract year 3 are used", "I could not get newer figures.")
    assert table_of(shown)


async def test_it_is_posted_once_and_by_product_asks_a_question(house: House) -> None:
    """Both buttons; the message in the channel can be asked by product too."""
    shown = await glances(house, "tokens of contract year 3 are used")
    ana, ben = house.member("ana"), house.member("ben")
    await ana.presses(shown, "Post to channel")
    await ana.presses(shown, "Post to channel")
    posted = await ben.hears("#finance", "tokens of contract year 3 are used", private=False)
    assert table_of(posted) == table_of(shown)
    assert posted.buttons() == ["By product"]
    await ben.presses(posted, "By product")
    modal = await ben.sees_modal(SHORT)
    await modal.shows("Tokens by product, contract year 3", f"contract {CONTRACT}")
    entries = [entry for entry in await recorded(house) if entry.act is Act.USAGE]
    assert [entry.result for entry in entries] == [
        f"contract {CONTRACT}, {where}" for where in ("privately", "for the channel")
    ]


async def test_a_slack_without_tables_is_shown_plain_text(house: House) -> None:
    """The same figures with bars, to one person and in the channel."""
    house.slack.workspace.refused_blocks = frozenset({"data_table", "data_visualization"})
    first = await glances(house, "Contract 110000123456", "█", "Users of")
    assert [block["type"] for block in first.blocks] == ["section", "section", "section", "actions", "context"]
    await house.member("ana").presses(first, "Post to channel")
    posted = await house.member("ben").hears("#finance", "Contract 110000123456", "█", private=False, timeout=20)
    assert [block["type"] for block in posted.blocks] == ["section", "section", "section", "actions", "context"]


async def test_who_may_not_export_the_contract_sees_nothing_of_it(new_house: OpenHouse) -> None:
    """The same settings as for exports: contracts, people; channels that others read show no figures."""
    house = await house_where(new_house, ALLOWED_CONTRACTS="11000099871")
    ana = house.member("ana")
    await ana.types("#finance", f"{USAGE} {CONTRACT}")
    await ana.hears("#finance", f"Contract {CONTRACT} may not be exported from here.", private=True)
    await house.member("gus").types("#finance", USAGE)
    await house.member("gus").hears("#finance", "only", "can use me", private=True)
    assert spent(house) == (0, 0)
    assert [entry.act for entry in await recorded(house)] == [Act.REFUSED, Act.REFUSED]


async def test_a_contract_that_is_not_there_is_told(house: House) -> None:
    """With the likely command as a button; nothing is asked of Autodesk."""
    shown = await glances(house, "999", typed=f"{USAGE} 999")
    assert shown.buttons() == [f"/tokenflex usage {CONTRACT}"]
    assert spent(house) == (0, 0)


async def test_the_form_answers_two_of_its_questions_at_once(house: House) -> None:
    """Nothing but the contract is asked then; another question brings the rest of the form back."""
    modal = await open_questions(house)
    for question in AT_ONCE.values():
        modal.fill("What do you want to know?", question)
        await modal.settled()
        await modal.shows(f"Shown at once, and to you alone: the tokens of contract {CONTRACT}")
        assert not {"Period", "Only …", "Post to channel"} & set(modal.labels())
    modal.fill("What do you want to know?", "Tokens by day")
    await modal.settled()
    assert {"Period", "Only …", "Post to channel"} <= set(modal.labels())
    modal.fill("What do you want to know?", AT_ONCE["usage.left"])
    await modal.settled()
    await modal.submit()
    ana = house.member("ana")
    await ana.hears("#finance", "tokens of contract year 3 are used", private=True, timeout=20)
    assert house.export_calls() == 0


async def test_without_a_free_call_the_last_figures_come_first(house: House) -> None:
    """With their age; what is new comes when Autodesk has been asked."""
    await glances(house, "tokens of contract year 3 are used")
    pass_time(house, 120)
    ana = house.member("ana")
    held = [house.side.calls.turns.wait("held", rank=Rank.PEOPLE, person=f"U{number}") for number in range(5)]
    turns = await asyncio.gather(*held)
    await ana.types("#finance", USAGE)
    await ana.hears("#finance", "tokens of contract year 3 are used", "Newer figures come by themselves.", timeout=20)
    assert spent(house) == (1, 1)
    for turn in turns:
        await house.side.calls.turns.give_back(turn)
    await eventually(lambda: spent(house) == (2, 2))
    await eventually(lambda: len(private_messages(house, "ana")) == 3)


async def test_no_figures_in_channels_that_others_read(new_house: OpenHouse) -> None:
    """The button says why; what stood there before others were let in is drawn without figures at the next press."""
    house = await new_house(begins=BEGINS)
    await house.start_bot()
    await knows_contracts(house)
    ana = house.member("ana")
    shown = await glances(house, "tokens of contract year 3 are used")
    await ana.presses(shown, "Post to channel")
    posted = await ana.hears("#finance", "tokens of contract year 3 are used", private=False, timeout=20)
    house.slack.workspace.channel("#finance").shared = True
    pass_time(house, 6)
    await ana.presses(shown, "Post to channel")
    await ana.hears("#finance", "I show no figures in channels that are shared", private=True)
    await ana.waits(lambda: "The tokens of a contract are not shown here" in posted.visible_text())
    assert "contract year 3" not in posted.visible_text()


async def test_who_posts_where_the_bot_is_not_hears_why(house: House) -> None:
    """Privately and once; when it has been invited it is there."""
    ana = house.member("ana")
    await ana.types("#licences", USAGE)
    shown = await ana.hears("#licences", "tokens of contract year 3 are used", private=True, timeout=20)
    await ana.presses(shown, "Post to channel")
    told = await ana.hears("@tokenflex", "I cannot post how the contract stands to", "/invite @tokenflex", timeout=20)
    assert not told.links()


async def test_trouble_after_the_last_figures_is_told(house: House) -> None:
    """They were shown while nobody knew; what keeps the new ones is said by itself."""
    await glances(house, "tokens of contract year 3 are used")
    pass_time(house, 120)
    ana = house.member("ana")
    turns = await asyncio.gather(
        *(house.side.calls.turns.wait("held", rank=Rank.PEOPLE, person=f"U{number}") for number in range(5))
    )
    await ana.types("#finance", USAGE)
    await ana.hears("#finance", "Newer figures come by themselves.", private=True, timeout=20)
    house.token_flex.controls.answer_always(503)
    for turn in turns:
        await house.side.calls.turns.give_back(turn)
    await ana.hears("#finance", f"I could not find out how contract {CONTRACT} stands.", private=True, timeout=20)


async def test_what_was_shown_with_a_login_of_before_is_not_posted(house: House) -> None:
    """It is asked for anew; where that is vain, nothing is posted and the reason is told."""
    ana = house.member("ana")
    shown = await glances(house, "tokens of contract year 3 are used")
    await house.side.database.write(logins.changed, house.clock.now())
    back = house.token_flex.controls.answer_always(503)
    await ana.presses(shown, "Post to channel")
    await ana.hears("#finance", f"I could not find out how contract {CONTRACT} stands.", private=True, timeout=20)
    back()
    await ana.presses(shown, "Post to channel")
    await ana.hears("#finance", "tokens of contract year 3 are used", private=False, timeout=20)
