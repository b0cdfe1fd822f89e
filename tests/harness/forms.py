"""The form as tests need it: opened when the contracts are known, watched on its way to Token Flex."""

import json
from typing import Any

from sandbox.slack.modal import Modal
from sandbox.tokenflex.answers import Answer
from sandbox.tokenflex.inbound import Inbound
from tests.harness.house import House
from tests.harness.talk import knows_contracts

SHORT = "New export"
TITLE = "Export usage data"
#: The request of the API's own export walkthrough, as its documentation shows it.
WALKTHROUGH = {
    "fields": [
        "contractYear",
        "chargedItemID",
        "reasonType",
        "reasonComment",
        "usageCategory",
        "usageDate",
        "transactionDate",
        "productLineCode",
        "productName",
    ],
    "metrics": ["tokensConsumed", "quantity"],
    "usageCategory": ["MANUAL_ADJUSTMENT", "MANUAL_CONSUMPTION"],
    "where": "contractYear=1",
    "downloadFileName": "myYear1Adjustments",
}


async def open_questions(
    house: House, *, place: str = "#finance", who: str = "ana", typed: str = "/tokenflex"
) -> Modal:
    """Type the command and return the short form that it opens."""
    await knows_contracts(house)
    answer = await house.member(who).types(place, typed)
    assert answer.error is None
    return await house.member(who).sees_modal(SHORT)


async def opens_menus(modal: Modal) -> Modal:
    """Look into both menus that ask what to offer, so that anything can be chosen in them."""
    for label in ("Columns", "Numbers"):
        assert await modal.search(label, "")
    return modal


async def choose_everything(house: House, *, who: str = "ana") -> Modal:
    """Press "Choose everything myself" in the short form and return what comes, with nothing chosen in it."""
    modal = await house.member(who).sees_modal(SHORT)
    await modal.presses("Choose everything myself")
    modal = await opens_menus(await house.member(who).sees_modal(TITLE))
    for label, nothing in {"Columns": [], "Numbers": [], "Only rows where": ""}.items():
        modal.fill(label, nothing)
    return modal


async def open_form(
    house: House,
    *,
    place: str = "#finance",
    who: str = "ana",
    typed: str = "/tokenflex",
    metrics: tuple[str, ...] = ("tokensConsumed",),
) -> Modal:
    """Type the command, choose everything oneself, and return that form with these metrics chosen."""
    await open_questions(house, place=place, who=who, typed=typed)
    modal = await choose_everything(house, who=who)
    if metrics:
        modal.fill("Numbers", list(metrics))
    return modal


def fill(modal: Modal, **entered: Any) -> None:
    """Fill fields by their labels, written with underscores."""
    for label, value in entered.items():
        modal.fill(label.replace("_", " "), value)


def fill_walkthrough(modal: Modal) -> None:
    """Fill in the walkthrough's request by what a person reads."""
    fill(
        modal,
        Usage_categories=WALKTHROUGH["usageCategory"],
        Columns=WALKTHROUGH["fields"],
        Numbers=WALKTHROUGH["metrics"],
        Only_rows_where=WALKTHROUGH["where"],
        File_name=WALKTHROUGH["downloadFileName"],
    )


def submissions(house: House) -> list[tuple[str, dict[str, Any]]]:
    """Return a list that fills with (contract, body) of each export that Token Flex is asked for from now on."""
    seen: list[tuple[str, dict[str, Any]]] = []
    answer = house.token_flex._answer

    async def watch(inbound: Inbound) -> Answer:
        segments = inbound.target.segments
        if inbound.method == "POST" and segments[-1] == "requests":
            seen.append((segments[-2], json.loads(inbound.body)))
        return await answer(inbound)

    setattr(house.token_flex, "_answer", watch)  # noqa: B010 - a method cannot be assigned to
    return seen
