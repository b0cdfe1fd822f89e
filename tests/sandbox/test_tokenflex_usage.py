"""Summary, freshness, queries and contract years: their numbers are those of the exports."""

import csv
import io
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.tokenflex.catalogue import CATEGORIES, OLD_NAMES
from sandbox.tokenflex.settings import SandboxSettings
from sandbox.tokenflex.usage_data import UsageData
from tests.sandbox.tokenflex_client import CONTRACT, House, Reply, running

SUMMARY, LAST, QUERY = (f"/usage/{CONTRACT}/{name}" for name in ("summary", "last", "query"))
MONTHLY = {"fields": ["usageMonth", "contractYear", "usageCategory"], "metrics": ["uniqueUsers", "tokensConsumed"]}
BY_PRODUCT = {"fields": ["usageCategory", "productName"], "metrics": ["tokensConsumed", "uniqueUsers"]}


@pytest.fixture
async def house(usage_data: UsageData) -> AsyncIterator[House]:
    async with running(usage_data) as house:
        yield house


async def exported(house: House, body: dict[str, Any], contract: str = CONTRACT) -> list[list[str]]:
    return list(csv.reader(io.StringIO(await house.csv(body, contract), newline="")))[1:]


async def asked(house: House, body: dict[str, Any], contract: str = CONTRACT) -> str:
    """Submit a query and wait until it is done; return its id."""
    made = await house.call("POST", f"/usage/{contract}/query", body)
    assert made.status == 200, made.body
    house.clock.move(10)
    return str(made.json["id"])


async def page(house: House, query_id: str, more: str = "", contract: str = CONTRACT) -> Reply:
    return await house.call("GET", f"/usage/{contract}/query/{quote(query_id, safe='')}{more}")


conditions = st.fixed_dictionaries(
    {},
    optional={
        "minUsageMonth": st.sampled_from(["2024-02-01", "2025-01-15", "2026-03-01", "2030-01-01"]),
        "maxUsageMonth": st.sampled_from(["2024-12-31", "2025-11-01", "2026-06-01"]),
        "contractYear": st.integers(0, 5).map(str),
        "usageCategory": st.sampled_from([*CATEGORIES, *OLD_NAMES.values()]),
    },
)


def where_of(condition: dict[str, str]) -> dict[str, Any]:
    """Return the same condition as an export takes it; the months of the sandbox begin with their first day."""
    categories = {old: new for new, old in OLD_NAMES.items()} | {new: new for new in CATEGORIES}
    clauses = [f"contractYear = {condition['contractYear']}"] if "contractYear" in condition else []
    for name, sign in (("minUsageMonth", ">="), ("maxUsageMonth", "<=")):
        if name in condition:
            first = condition[name][:8] + "01"
            strict = sign == ">=" and first != condition[name]
            clauses.append(f"usageMonth {'>' if strict else sign} '{first}'")
    chosen = {"usageCategory": [categories[condition["usageCategory"]]]} if "usageCategory" in condition else {}
    return chosen | ({"where": " AND ".join(clauses)} if clauses else {})


@settings(max_examples=20, deadline=None)
@given(condition=conditions, user=st.sampled_from(["ana.admin", "ben.coordinator"]))
async def test_summary_equals_the_export_of_the_same_conditions(
    usage_data: UsageData, condition: dict[str, str], user: str
) -> None:
    """Month by month, in whole tokens and under the old names, narrowed by the role as well."""
    async with running(usage_data) as house:
        house.token = await house.sign_in(user)
        shown = (await house.call("GET", f"{SUMMARY}?{urlencode(condition)}")).json
        rows = await exported(house, MONTHLY | where_of(condition))
    expected = [
        {
            "usageMonth": month,
            "contractYear": int(year),
            "usageCategory": OLD_NAMES[category],
            "uniqueUsers": int(users),
            "tokensConsumed": round(float(tokens)),
        }
        for month, year, category, users, tokens in rows
    ]
    assert shown == expected


@pytest.mark.parametrize(
    "query", ["minUsageMonth=May", "contractYear=one", "contractYear=-1", "usageCategory=CLOUD", "month=1", "a=1&a=2"]
)
async def test_summary_refuses_what_it_does_not_know(house: House, query: str) -> None:
    """Bad values, unknown parameters, parameters that come twice."""
    assert (await house.call("GET", f"{SUMMARY}?{query}")).status == 400


async def test_the_recording_shows_new_names(usage_data: UsageData) -> None:
    """In summaries of the recording categories are called as in requests."""
    async with running(usage_data, recorded=True) as house:
        shown = (await house.call("GET", SUMMARY)).json
        assert {each["usageCategory"] for each in shown} == set(CATEGORIES)


async def test_freshness_names_the_last_day_of_each_pair(house: House) -> None:
    """Pairs of category and charge category that have usage, and no others."""
    found = {(each["usageCategory"], each["chargeCategory"]): each for each in (await house.call("GET", LAST)).json}
    body = {"fields": ["chargeCategory", "usageDate"], "metrics": [], "usageCategory": ["DESKTOP_PRODUCT"]}
    days: dict[str, str] = defaultdict(str)
    for charge, day in await exported(house, body):
        days[charge] = max(days[charge], day)
    assert {charge: found["DESKTOP_PRODUCT", charge]["lastUsageDate"] for charge in days} == days
    assert ("CLOUD_PRODUCT", "FREE") not in found
    manual = {"fields": ["transactionDate"], "metrics": ["quantity"], "usageCategory": ["MANUAL_ADJUSTMENT"]}
    entered = max(row[0] for row in await exported(house, manual))
    assert found["MANUAL_ADJUSTMENT", "N/A"]["lastProcessDate"] == entered
    assert found["CLOUD_SERVICE", "N/A"]["lastProcessDate"] > found["CLOUD_SERVICE", "N/A"]["lastUsageDate"]


@settings(max_examples=20, deadline=None)
@given(
    fields=st.lists(
        st.sampled_from(["usageCategory", "productName", "contractYear", "usageMonth", "userName"]), unique=True
    ),
    metrics=st.lists(
        st.sampled_from(["tokensConsumed", "uniqueUsers", "useCount", "quantity"]), min_size=1, unique=True
    ),
    categories=st.lists(st.sampled_from(CATEGORIES), unique=True),
    where=st.sampled_from(["", "contractYear = 2", "productName LIKE 'Auto%'", "usageDate < '2025-01-01'"]),
    size=st.integers(100, 2000),
)
async def test_query_rows_equal_the_export_of_the_same_conditions(
    usage_data: UsageData, fields: list[str], metrics: list[str], categories: list[str], where: str, size: int
) -> None:
    """All pages together hold the rows of the file, with the old names of categories."""
    body = {"fields": fields, "metrics": metrics, "usageCategory": categories, "where": where}
    async with running(usage_data) as house:
        query_id = await asked(house, body)
        rows: list[list[Any]] = []
        total = 1
        while len(rows) < total:
            result = (await page(house, query_id, f"?offset={len(rows)}&limit={size}")).json["result"]
            assert (result["columns"], result["limit"]) == ([*fields, *metrics], size)
            rows += result["rows"]
            total = result["total"]
        file = await exported(house, body)
    place = fields.index("usageCategory") if "usageCategory" in fields else None
    assert len(rows) == total == len(file)
    for row, line in zip(rows, file, strict=True):
        expected = [OLD_NAMES[text] if at == place else text for at, text in enumerate(line[: len(fields)])]
        assert ["" if value is None else str(value) for value in row[: len(fields)]] == expected
        assert row[len(fields) :] == [float(text) if text else None for text in line[len(fields) :]]


@pytest.mark.parametrize(("form", "prefix"), [("reference", "/tokenflex/v1"), ("walkthrough", "/v1")])
async def test_ids_come_in_two_forms(usage_data: UsageData, form: str, prefix: str) -> None:
    """Only the walkthrough's has a colon, and its detail_uri lacks the service's name; both are read by id."""
    async with running(usage_data, query_ids=form) as house:
        made = (await house.call("POST", QUERY, BY_PRODUCT)).json
        assert made["id"].startswith("query:") == (form == "walkthrough")
        assert made["detail_uri"] == f"{prefix}/usage/{CONTRACT}/query/{made['id']}"
        assert (await page(house, made["id"])).json == {"id": made["id"], "status": "QUEUED"}


async def test_a_query_is_queued_processed_done_and_gone(house: House) -> None:
    """A result lives for five minutes from when it was there; until then pages of 100 are the default."""
    house.controls.slow_query_next(40)
    query_id = (await house.call("POST", QUERY, MONTHLY)).json["id"]
    seen = []
    for seconds in (0, 15, 30, 290, 10):
        house.clock.move(seconds)
        seen.append((await page(house, query_id)).json["status"])
    assert seen == ["QUEUED", "PROCESSING", "DONE", "DONE", "EXPIRED"]
    assert "result" not in (await page(house, query_id)).json


async def test_default_pages(house: House) -> None:
    """A hundred rows from the first; nothing behind the last."""
    query_id = await asked(house, {"fields": ["userName", "usageMonth"], "metrics": ["tokensConsumed"]})
    result = (await page(house, query_id)).json["result"]
    assert (len(result["rows"]), result["offset"], result["limit"]) == (100, 0, 100)
    assert result["total"] > 100
    assert (await page(house, query_id, "?offset=1000000")).json["result"]["rows"] == []
    for wrong in ("?limit=-1", "?offset=x", "?page=2"):
        assert (await page(house, query_id, wrong)).status == 400


async def test_a_query_fails_or_takes_too_long(house: House) -> None:
    """On demand; five minutes is the longest."""
    house.controls.fail_query_next()
    failed = await asked(house, BY_PRODUCT)
    assert (await page(house, failed)).json == {"id": failed, "status": "FAILED"}
    house.controls.slow_query_next(301)
    slow = await asked(house, MONTHLY)
    house.clock.move(289)
    assert (await page(house, slow)).json["status"] == "PROCESSING"
    house.clock.move(1)
    assert (await page(house, slow)).json["status"] == "TIMEOUT"


async def test_the_same_query_again_is_answered_at_once(house: House) -> None:
    """With its result, for as long as that lives; another user starts anew."""
    query_id = await asked(house, BY_PRODUCT)
    again = (await house.call("POST", QUERY, BY_PRODUCT)).json
    assert (again["id"], again["status"]) == (query_id, "DONE")
    assert again["result"] == (await page(house, query_id)).json["result"]
    ben = await house.sign_in("ben.coordinator")
    assert (await house.call("POST", QUERY, BY_PRODUCT, token=ben)).json["status"] == "QUEUED"
    house.clock.move(400)
    assert (await house.call("POST", QUERY, BY_PRODUCT)).json["status"] == "QUEUED"


async def test_a_query_is_seen_under_its_contract_by_its_owner(house: House) -> None:
    """Any other contract, user or app does not find it."""
    query_id = await asked(house, BY_PRODUCT)
    assert (await page(house, query_id, contract="11000099871")).status == 404
    path = f"{QUERY}/{quote(query_id, safe='')}"
    for token in (await house.sign_in("ben.coordinator"), await house.sign_in(client="sandbox-untied")):
        assert (await house.call("GET", path, token=token)).status == 404
    assert (await house.call("POST", "/usage/110000777001/query", BY_PRODUCT)).status == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"downloadFileName": "x"},
        {"fields": ["chargedItemID"], "usageCategory": ["DESKTOP_PRODUCT"]},
        {"fields": ["chargeCategory"], "usageCategory": ["CLOUD_PRODUCT"]},
        {"fields": [], "metrics": []},
        {"where": "nonsense"},
    ],
)
async def test_queries_refuse_what_only_exports_take(house: House, wrong: dict[str, Any]) -> None:
    """File names, and sessions of desktop and cloud products."""
    assert (await house.call("POST", QUERY, BY_PRODUCT | wrong)).status == 400


async def test_manual_entries_can_be_queried_one_by_one(house: House) -> None:
    """Their transactions are the exception, and equal the file."""
    body = {
        "fields": ["chargedItemID", "reasonType"],
        "metrics": ["quantity"],
        "usageCategory": ["MANUAL_ADJUSTMENT", "MANUAL_CONSUMPTION"],
    }
    result = (await page(house, await asked(house, body), "?limit=1000")).json["result"]
    assert [[*row[:2], str(row[2])] for row in result["rows"]] == await exported(house, body)


async def test_reading_is_enough_to_query(house: House) -> None:
    """The one POST for which `data:read` does; without it there is none."""
    reader = await house.sign_in(scope="data:read")
    assert (await house.call("POST", QUERY, BY_PRODUCT, token=reader)).status == 200
    writer = await house.sign_in(scope="data:write")
    assert (await house.call("POST", QUERY, BY_PRODUCT, token=writer)).json["errorCode"] == "AUTH-010"


@pytest.mark.parametrize("contract", [CONTRACT, "11000099871", "RomeoAgree-0"])
async def test_contract_years_agree_with_the_exports(usage_data: UsageData, contract: str) -> None:
    """What a year consumed, from its own tokens and from the multi-year ones, is the sum of its export."""
    async with running(usage_data, recorded=True) as house:
        shown = (await house.call("GET", f"/contract/{contract}")).json
    async with running(usage_data) as house:
        house.controls.add_user(SandboxSettings(recorded=True).known_users()[0])
        body = {"fields": ["contractYear"], "metrics": ["tokensConsumed"]}
        used = {int(year): round(float(tokens)) for year, tokens in await exported(house, body, contract)}
    for year in shown["contractYears"]:
        assert year["consumedTokens"] + year["multiyearConsumedTokens"] == used.get(year["year"], 0)
        assert year["multiyearTokensAtStart"] >= year["multiyearConsumedTokens"] >= 0


def test_unknown_forms_of_ids_are_refused() -> None:
    """The setting has three values."""
    with pytest.raises(ValueError, match="query_ids"):
        SandboxSettings(query_ids="neither")


def test_usage_grows_with_the_days_that_pass() -> None:
    """What was known stays as it was, and each day brings its own; the end is as if it had been known at once."""
    through = [date(2026, 10, 17)]
    growing = UsageData(through=lambda: through[0])
    first = _rows(growing)
    assert max(row["usageDate"] for row in first) <= "2026-10-17"
    through[0] = date(2027, 1, 31)
    second = _rows(growing)
    assert [row for row in second if row["usageDate"] <= "2026-10-17"] == first
    growing.close()
    whole = UsageData(through=through[0])
    assert _rows(whole) == second
    assert {row["usageMonth"] for row in second} > {"2026-11-01", "2026-12-01", "2027-01-01"}
    whole.close()


def _rows(data: UsageData) -> list[dict[str, Any]]:
    names = ("usageDate", "usageMonth", "contractYear", "chargedItemID", "tokens")
    sql = f"SELECT {', '.join(names)} FROM usage WHERE contract = ? ORDER BY chargedItemID"
    return [dict(zip(names, row, strict=True)) for row in data.query(sql, (CONTRACT,))]
