"""The numbers in the CSV files equal plain SQL on the data set."""

import csv
import io
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.tokenflex.usage_data import UsageData
from tests.sandbox.tokenflex_client import CONTRACT, House, running

WALKTHROUGH = {
    "fields": [
        *("contractYear", "chargedItemID", "reasonType", "reasonComment", "usageCategory", "usageDate"),
        *("transactionDate", "productLineCode", "productName"),
    ],
    "metrics": ["tokensConsumed", "quantity"],
    "usageCategory": ["MANUAL_ADJUSTMENT", "MANUAL_CONSUMPTION"],
    "where": "contractYear=1",
    "downloadFileName": "myYear1Adjustments",
}
MINE = f"FROM usage WHERE contract = '{CONTRACT}'"


@pytest.fixture
async def house(usage_data: UsageData) -> AsyncIterator[House]:
    async with running(usage_data) as house:
        yield house


async def rows(house: House, body: dict[str, Any]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(await house.csv(body), newline="")))


def texts(values: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple("" if value is None else str(value) for value in values)


async def test_the_walkthrough_of_the_api(house: House, usage_data: UsageData) -> None:
    """Every manual entry of year 1 is there once, with its tokens and quantity; the file has its name."""
    found = await rows(house, WALKTHROUGH)
    names = ", ".join(WALKTHROUGH["fields"])
    sql = f"SELECT {names}, tokens, quantity {MINE} AND contractYear = 1 AND usageCategory LIKE 'MANUAL%'"
    expected = usage_data.query(sql)
    assert Counter(tuple(row.values()) for row in found) == Counter(texts(row) for row in expected)
    assert list(found[0]) == [*WALKTHROUGH["fields"], *WALKTHROUGH["metrics"]]
    assert house.sandbox.exports.all()[0].file_name == "myYear1Adjustments.csv"
    assert any("\n" in row["reasonComment"] for row in found)
    assert any(row["reasonComment"][0] in "=+-@" for row in found)


async def test_sums_by_month_and_product(house: House, usage_data: UsageData) -> None:
    """Aggregates are computed over the chosen fields; all categories take part when none is named."""
    found = await rows(house, {"fields": ["usageMonth", "productName"], "metrics": ["tokensConsumed", "usageHours"]})
    sql = f"SELECT usageMonth, productName, SUM(tokens), ROUND(SUM(minutes) / 60, 4) {MINE} GROUP BY 1, 2"
    expected = [texts(row) for row in usage_data.query(sql)]
    assert Counter(tuple(row.values()) for row in found) == Counter(expected)
    (total,) = usage_data.query(f"SELECT SUM(tokens) {MINE}")[0]
    assert sum(float(row["tokensConsumed"]) for row in found) == pytest.approx(total)


async def test_totals_do_not_depend_on_the_grouping(house: House) -> None:
    """Session level and aggregate of the same category and condition add up to the same."""
    common = {"metrics": ["tokensConsumed", "usageMinutes"], "usageCategory": ["DESKTOP_PRODUCT"]}
    where = {"where": "contractYear = 2 AND customField2 = 'EMEA'"}
    whole = (await rows(house, common | where))[0]
    sessions = await rows(house, common | where | {"fields": ["chargedItemID", "sessionStartDate", "sessionEndDate"]})
    assert len({row["chargedItemID"] for row in sessions}) == len(sessions) > 100
    for metric in common["metrics"]:
        assert sum(float(row[metric]) for row in sessions) == float(whole[metric]) > 0


async def test_unique_counts_and_uses(house: House, usage_data: UsageData) -> None:
    """Distinct users and products of each group, and the number of uses."""
    metrics = ["uniqueUsers", "uniqueProducts", "useCount"]
    found = await rows(house, {"fields": ["usageCategory"], "metrics": metrics, "where": "contractYear != 1"})
    sql = (
        "SELECT usageCategory, COUNT(DISTINCT userName), COUNT(DISTINCT productName), SUM(uses) "
        f"{MINE} AND contractYear <> 1 GROUP BY 1"
    )
    assert Counter(tuple(row.values()) for row in found) == Counter(texts(row) for row in usage_data.query(sql))


async def test_fields_of_one_category_are_empty_in_another(house: House) -> None:
    """A machine is a matter of desktop products; the manual rows show nothing there."""
    found = await rows(
        house, {"fields": ["usageCategory", "machineName"], "usageCategory": ["DESKTOP_PRODUCT", "CLOUD_SERVICE"]}
    )
    assert {row["machineName"] for row in found if row["usageCategory"] == "CLOUD_SERVICE"} == {""}
    assert all(row["machineName"] for row in found if row["usageCategory"] == "DESKTOP_PRODUCT")


async def test_adjustments_have_a_token_pool(house: House) -> None:
    """And adjustments alone."""
    found = await rows(house, {"fields": ["tokenPool"], "usageCategory": ["MANUAL_ADJUSTMENT"]})
    assert {row["tokenPool"] for row in found} == {"ANNUAL", "MULTIYEAR"}


async def test_nothing_found_is_a_header(house: House) -> None:
    """A condition that nothing meets gives a file without rows, with and without fields."""
    nothing = {"where": "productName = 'No such product'"}
    assert await house.csv({"fields": ["userName"]} | nothing) == "userName\r\n"
    assert await house.csv({"metrics": ["tokensConsumed"]} | nothing) == "tokensConsumed\r\n"


async def test_quotes_commas_and_other_alphabets(house: House) -> None:
    """RFC 4180: what needs quotes has them; the text is UTF-8."""
    text = await house.csv({"fields": ["userName", "customField4"], "where": "userName LIKE 'smith%'"})
    assert text.startswith('userName,customField4\r\n"smith, jane",')
    assert "東京" in await house.csv({"fields": ["customField4"]})


async def test_a_byte_order_mark_on_demand(usage_data: UsageData) -> None:
    """Some of Autodesk's files may have one, so a client has to cope."""
    async with running(usage_data, csv_bom=True) as house:
        assert (await house.csv({"fields": ["usageMonth"]})).startswith("\ufeffusageMonth\r\n")


async def test_another_contract_has_other_numbers(house: House, usage_data: UsageData) -> None:
    """Each contract sees its own usage."""
    text = await house.csv({"metrics": ["tokensConsumed"]}, contract="11000099871")
    (total,) = usage_data.query("SELECT SUM(tokens) FROM usage WHERE contract = '11000099871'")[0]
    assert text == f"tokensConsumed\r\n{total}\r\n"


def test_the_data_set_is_the_same_each_time(usage_data: UsageData) -> None:
    """Same seed, same rows; another seed, other rows."""
    sql = "SELECT * FROM usage ORDER BY chargedItemID LIMIT 50"
    again, other = UsageData(), UsageData(seed=1)
    assert usage_data.query(sql) == again.query(sql) != other.query(sql)
    again.close()
    other.close()


def test_every_session_lies_within_its_contract_year(usage_data: UsageData) -> None:
    """No row is without a year, and months fit their days."""
    strays = "SELECT COUNT(*) FROM usage WHERE contractYear = 0 OR substr(usageDate, 1, 7) <> substr(usageMonth, 1, 7)"
    assert usage_data.query(strays) == [(0,)]
