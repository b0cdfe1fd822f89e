"""The ways of Autodesk's own recording, behind `recorded`."""

import csv
import io
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.tokenflex import recorded
from sandbox.tokenflex.usage_data import UsageData
from tests.sandbox.tokenflex_client import CONTRACT, REQUESTS, SIMPLE, House, at, running

ROMEO = "RomeoAgree-0"
DAILY = {
    "fields": ["userName", "usageDate", "productName", "contractYear"],
    "metrics": ["tokensConsumed", "usageHours"],
    "usageCategory": ["DESKTOP_PRODUCT"],
}
CALLBACK = "http://127.0.0.1:8765/callback"


@pytest.fixture
async def house(usage_data: UsageData) -> AsyncIterator[House]:
    async with running(usage_data, recorded=True) as house:
        yield house


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("RomeoAgree-0_myYear1DesktopCloudUsage.csv", "RomeoAgree0_myYear1DesktopCloudUsagecsv.csv"),
        ("two words_2026-10", "two words_202610.csv"),
        ("-.-", "API_Custom_Export.csv"),
    ],
)
async def test_file_names_lose_hyphens_and_dots(house: House, asked: str, answered: str) -> None:
    """Underscores and blanks stay; the answer and the list show the same name."""
    made = await house.call("POST", REQUESTS, SIMPLE | {"downloadFileName": asked})
    assert made.json["downloadFileName"] == answered
    assert [each["downloadFileName"] for each in await house.listed()] == [answered]


async def test_a_contract_with_letters(house: House) -> None:
    """It stands in the list beside the others, and every call takes it as it is."""
    numbers = [each["contractNumber"] for each in (await house.call("GET", "/contract")).json]
    assert numbers == [CONTRACT, "11000099871", ROMEO]
    assert (await house.call("GET", f"/contract/{ROMEO}")).json["contractNumber"] == ROMEO
    assert (await house.call("POST", f"/export/{ROMEO}/requests", SIMPLE)).status == 200
    elsewhere = await house.sign_in("cem.elsewhere")
    assert (await house.call("GET", f"/contract/{ROMEO}", token=elsewhere)).status == 403


async def test_links_look_like_those_of_an_object_store(house: House) -> None:
    """About 700 characters, signed, with signs that a careless client decodes; only the very address opens the file."""
    key = await house.create()
    house.controls.finish(key)
    link = (await house.show(key))["downloadUrl"]
    assert 650 <= len(link) <= 750
    assert "%2F" in link
    query = parse_qs(urlsplit(link).query)
    assert set(query) == {"AWSAccessKeyId", "Signature", "x-amz-security-token", "Expires"}
    assert (await house.raw("GET", link)).status == 200
    assert (await house.raw("GET", link.replace("%2F", "/"))).status == 403


async def test_links_end_after_about_a_minute(house: House) -> None:
    """Between 60 and 68 seconds after they were made, as `Expires` and the export say."""
    for _ in range(20):
        key = await house.create()
        house.controls.finish(key)
    made = house.clock.now().timestamp()
    lives = {int(parse_qs(urlsplit(each["downloadUrl"]).query)["Expires"][0]) - made for each in await house.listed()}
    assert all(59 <= life <= 68 for life in lives)
    assert len(lives) > 1
    link = (await house.show(key))["downloadUrl"]
    house.clock.move(59.9)
    assert (await house.raw("GET", link)).status == 200
    house.clock.move(8.2)
    assert (await house.raw("GET", link)).status == 403
    assert (await house.call("POST", at(key, "refreshUrl"))).json["downloadUrl"] != link


async def test_tables_are_quoted_and_end_with_a_comma(house: House) -> None:
    """Header and texts in quotes, numbers and dates bare, line feeds, rows in the order of the fields."""
    text = await house.csv(DAILY, ROMEO)
    lines = text.splitlines(keepends=True)
    header = '"userName","usageDate","productName","contractYear","tokensConsumed","usageHours",\n'
    assert lines[0] == header
    assert all(line.endswith(",\n") for line in lines)
    assert "\r" not in text
    rows = list(csv.reader(io.StringIO(text)))[1:]
    assert {len(row) for row in rows} == {7}
    assert rows == sorted(rows)
    assert all(row[1].endswith(" 00:00:00") and row[1][:2] == "20" for row in rows)
    assert all(row[4].count(".") == 1 for row in rows)
    assert '"' not in "".join(line.split(",")[1] for line in lines[1:])


async def test_most_rows_cost_nothing(house: House) -> None:
    """Two thirds of a daily table hold 0.0 tokens."""
    rows = list(csv.reader(io.StringIO(await house.csv(DAILY, ROMEO))))[1:]
    free = sum(row[4] == "0.0" for row in rows)
    assert 0.5 < free / len(rows) < 0.8


async def test_token_pools_have_their_recorded_names(house: House) -> None:
    """In the table and in a condition."""
    body = {"fields": ["tokenPool"], "metrics": ["tokensConsumed"], "usageCategory": ["MANUAL_ADJUSTMENT"]}
    found = list(csv.reader(io.StringIO(await house.csv(body))))[1:]
    assert [row[0] for row in found] == ["CY", "MY"]
    narrowed = list(csv.reader(io.StringIO(await house.csv(body | {"where": "tokenPool = 'MY'"}))))[1:]
    assert narrowed == found[1:]


@given(st.lists(st.tuples(st.text(), st.text()), max_size=5))
def test_any_text_survives_the_table(rows: list[tuple[str, str]]) -> None:
    """A reader of CSV gets back what was written, whatever the text holds."""
    rows = [tuple(text.encode("utf-8", "replace").decode() for text in row) for row in rows]  # type: ignore[misc]
    written = recorded.table(("userName", "productName"), (), rows).decode()
    read = list(csv.reader(io.StringIO(written, newline="")))
    assert [tuple(row) for row in read] == [("userName", "productName", ""), *((*row, "") for row in rows)]


async def test_sign_in_without_state_and_with_a_doubled_slash(house: House) -> None:
    """The consent page does without `state`, and the gateway takes `//authentication`."""
    query = f"response_type=code&client_id=sandbox-web&redirect_uri={CALLBACK}&scope=data:read&consent=allow"
    reply = await house.raw("GET", f"{house.sandbox.aps_base_url}/authorize?{query}")
    found = parse_qs(urlsplit(reply.headers["Location"]).query)
    assert found.keys() == {"code"}
    host = house.sandbox.aps_base_url.removesuffix("/authentication/v2")
    form = {
        "grant_type": "authorization_code",
        "code": found["code"][0],
        "redirect_uri": CALLBACK,
        "client_id": "sandbox-web",
        "client_secret": "sandbox-web-secret",
    }
    assert (await house.raw("POST", f"{host}//authentication/v2/token", data=form)).status == 200


async def test_none_of_it_is_the_default(usage_data: UsageData) -> None:
    """Without the setting names stay, the contract is not shown, links keep their form, the slash must be single."""
    async with running(usage_data) as house:
        made = await house.call("POST", REQUESTS, SIMPLE | {"downloadFileName": "a-b.c"})
        assert made.json["downloadFileName"] == "a-b.c.csv"
        assert ROMEO not in str((await house.call("GET", "/contract")).json)
        house.controls.finish(made.json["requestKey"])
        assert "AWSAccessKeyId" not in (await house.listed())[0]["downloadUrl"]
        host = house.sandbox.aps_base_url.removesuffix("/authentication/v2")
        assert (await house.raw("POST", f"{host}//authentication/v2/token")).status == 404
