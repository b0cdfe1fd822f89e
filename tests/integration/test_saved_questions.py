"""What is asked again: by a period, by the name of a question, from a template, from an export of before."""

import pytest

from bot.questions import periods
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
    await ana.hears("#finance", "There is no usage of 2099 yet: today is left out. Choose an earlier", private=True)
    await ana.types("#finance", f"{wanted} period=last-mnth metrics=hours")
    await ana.hears(
        "#finance", "did you mean last-month?", "“hours” is not a metric".replace("“", '"').replace("”", '"')
    )
