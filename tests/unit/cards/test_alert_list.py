"""The list of alerts: what each watches for, how it stands, and what who looks can do with it."""

from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from bot.cards import actions, alert_card, alert_list
from bot.cards.alert_list import Line
from bot.cards.alert_told import OverLimit, Phase, Told
from bot.cards.pages import PAGE, Page
from bot.cards.pauses import TAKES_OVER, Paused
from tests.harness.rows import NOW
from tests.harness.slack_takes import assert_slack_takes_element, elements
from tests.unit.cards.test_refusals import alert

TOLD = Told("110000123456", OverLimit("Revit <!channel>", "March 2026", 12_345, 10_000), Phase.OPEN)


def line(number: int = 1, **changes: Any) -> Line:
    return replace(Line(alert(id=number), "Revit <!channel> over 10,000 tokens", None, "", may_change=True), **changes)


def labels(message: Any) -> list[str]:
    return [element["text"]["text"] for element in elements(message.blocks)]


def assert_slack_takes(message: Any) -> None:
    """A message has fifty blocks at most, and shows nothing as it was typed."""
    assert len(message.blocks) <= 50
    assert len({block["block_id"] for block in message.blocks}) == len(message.blocks)
    for element in elements(message.blocks):
        assert_slack_takes_element(element)
    assert "<!channel>" not in str(message.blocks) + message.text
    assert all(len(block["text"]["text"]) <= 3000 for block in message.blocks if block["type"] == "section")


def test_nothing_is_watched_yet() -> None:
    """What there would be is said, and how to begin."""
    message = alert_list.listing(Page((), 0, 0))
    assert_slack_takes(message)
    assert labels(message) == ["New alert"]


@pytest.mark.parametrize("first", [0, PAGE, 2 * PAGE])
def test_pages(first: int) -> None:
    lines = [line(number, said="Revit <!channel> " * 100) for number in range(1, PAGE + 1)]
    message = alert_list.listing(Page(lines, first, 3 * PAGE), "It is paused.")
    assert_slack_takes(message)
    ends = {0: ["Next"], PAGE: ["Previous", "Next"], 2 * PAGE: ["Previous"]}[first]
    assert labels(message)[-len(ends) - 1 :] == ["New alert", *ends]


@pytest.mark.parametrize(("why", "may_change"), [*product(("", *Paused), (True, False))])
def test_what_who_looks_can_do(why: str, may_change: bool) -> None:
    """Who owns it pauses and deletes; what somebody else can save is offered to everybody."""
    one = alert(paused_why=str(why))
    said = alert_card.paused(one) if why else ""
    message = alert_list.listing(Page([line(alert=one, paused=said, may_change=may_change)], 0, 1))
    assert_slack_takes(message)
    needs_edit = why in {Paused.RULE, Paused.PEOPLE}
    goes_on = "Pause" if not why else "Take over" if why in TAKES_OVER else "Resume"
    owner = [*([] if needs_edit else [goes_on]), "Edit", "Delete"]
    assert labels(message)[:-1] == (owner if may_change else ["Take over"] if why in TAKES_OVER else [])
    assert said in str(message.blocks)


def test_what_it_tells_stands_there() -> None:
    """With who has done what about it; figures of files are for who may see them."""
    put_off = replace(TOLD, phase=Phase.PUT_OFF, person="U0SBX00003", until=NOW + timedelta(days=1))
    message = alert_list.listing(Page([line(told=put_off)], 0, 1))
    assert_slack_takes(message)
    assert "12,345 tokens" in str(message.blocks)
    assert "put it off until" in str(message.blocks)
    assert "12,345" not in str(alert_list.listing(Page([line(told=put_off, counts=False)], 0, 1)).blocks)


def test_what_nobody_understands_can_be_deleted() -> None:
    message = alert_list.listing(Page([line(said="")], 0, 1))
    assert_slack_takes(message)
    assert "Delete" in labels(message)
    assert actions.UNWATCH in str(message.blocks)
