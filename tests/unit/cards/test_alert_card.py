"""What people read of alerts: as they begin, while they last, when they are over."""

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import product
from typing import Final, get_args

import pytest

from bot.cards import actions, alert_told, alert_watched
from bot.cards.alert_card import became, message
from bot.cards.alert_told import (
    Delay,
    Ending,
    LeftUnused,
    Matter,
    OverLimit,
    OverUsual,
    Phase,
    RunsOut,
    ShareUsed,
    Told,
)
from bot.cards.alert_watched import Every, Limit
from bot.cards.pauses import TAKES_OVER, Paused
from storage.alerts import Alert
from tests.harness.rows import NOW

ENDS: Final = date(2027, 1, 31)
PERSON: Final = "U0SBX00002"
#: Each matter, as it begins and as it is over since it holds no more.
SAID: Final[tuple[tuple[Matter, str, str], ...]] = (
    (
        ShareUsed(3, 75, 7_512, 10_000, 0.414),
        "Contract `9`: 75 % of the tokens of contract year 3 are used, 7,512 of 10,000. 41 % of the year is over.",
        "Over: less than 75 % of the tokens of contract year 3, contract `9`, are used again.",
    ),
    (
        RunsOut(3, date(2026, 12, 4), ENDS, 10_000),
        "Contract `9`: at this pace the tokens of contract year 3 last until about 4 December 2026, 58 days less than the year.",  # noqa: E501 # as it is read
        "Over: the tokens of contract year 3, contract `9`, are expected to last until it ends.",
    ),
    (
        RunsOut(3, None, ENDS, 10_000),
        "Contract `9`: all 10,000 tokens of contract year 3 are used, and the year ends on 31 January 2027.",
        "Over: the tokens of contract year 3, contract `9`, are expected to last until it ends.",
    ),
    (
        OverUsual("October 2026", 1_450, 1_000, whole=True),
        "Contract `9`: 1,450 tokens were used in October 2026, 45 % more than usual (1,000, the middle of the last six).",  # noqa: E501 # as it is read
        "Over: what contract `9` used in October 2026 is no longer so much more than usual.",
    ),
    (
        OverUsual("October 2026", 1_450, 1_000, whole=False),
        "Contract `9`: 1,450 tokens were used in October 2026 so far, 45 % more than usual (1,000, the middle of the last six).",  # noqa: E501 # as it is read
        "Over: what contract `9` used in October 2026 is no longer so much more than usual.",
    ),
    (
        OverLimit("<@U1> & Co", "October 2026", 5_001, 5_000),
        "Contract `9`: &lt;@U1&gt; &amp; Co used 5,001 tokens in October 2026, over the limit of 5,000.",
        "Over: &lt;@U1&gt; &amp; Co, contract `9`, is below the limit of 5,000 tokens in October 2026.",
    ),
    (
        LeftUnused(3, 2_300, 1_100, 3_500, 10_000, ENDS),
        "Contract `9`: about 2,300 of 10,000 tokens are likely to be left when contract year 3 ends on 31 January 2027, four times out of five between 1,100 and 3,500.",  # noqa: E501 # as it is read
        "Over: fewer tokens of contract year 3, contract `9`, are likely to be left.",
    ),
)
ALERT: Final = Alert(
    id=7, origin="form:7", contract="9", channel="C0SBX00006", owner=PERSON, standing="", paused_why="", useless=0,
    watched=alert_watched.as_text(Limit("productName", "A & B", 5_000, Every.YEAR)), edition=1, looked_at=None,
    created_at=NOW, changed_at=NOW,
)  # fmt: skip


@pytest.mark.parametrize(("matter", "begins", "ends"), SAID)
def test_what_an_alert_says(matter: Matter, begins: str, ends: str) -> None:
    told = Told("9", matter, Phase.OPEN)
    assert message(told).text == begins
    assert message(replace(told, again=True)).text == f"Still so: {begins}"
    assert message(replace(told, phase=Phase.OVER, ending=Ending.EASED)).text == ends
    for ending in Ending:
        said = message(replace(told, phase=Phase.OVER, ending=ending)).text
        assert said.startswith("Over: ")
        assert said.endswith(".")
        assert "contract `9`" in said


def test_each_matter_is_in_that_table() -> None:
    assert {type(matter) for matter, _, _ in SAID} == set(get_args(Matter))


def under(told: Told, alert: Alert | None) -> list[str]:
    """What can be pressed or chosen below a message."""
    blocks = message(told, alert).blocks
    return [each["action_id"] for block in blocks if block["type"] == "actions" for each in block["elements"]]


@pytest.mark.parametrize("phase", Phase)
def test_buttons_stand_below_while_it_lasts_and_what_people_did(phase: Phase) -> None:
    until = datetime(2026, 12, 1, 7, tzinfo=UTC)
    told = Told("9", SAID[0][0], phase, PERSON, until, Ending.EASED if phase is Phase.OVER else None)
    acts = {
        Phase.OPEN: [actions.ACKNOWLEDGE, actions.PUT_OFF, actions.NOT_USEFUL],
        Phase.ACKNOWLEDGED: [actions.PUT_OFF, actions.NOT_USEFUL],
        Phase.PUT_OFF: [actions.ACKNOWLEDGE, actions.PUT_OFF, actions.NOT_USEFUL],
        Phase.OVER: [],
    }
    assert under(told, ALERT) == acts[phase]
    assert under(told, None) == []
    kinds = [block["type"] for block in message(told, ALERT).blocks]
    assert ("context" in kinds) == (phase in {Phase.ACKNOWLEDGED, Phase.PUT_OFF})
    assert (f"<@{PERSON}>" in str(message(told, ALERT).blocks)) == ("context" in kinds)


def test_it_is_put_off_for_a_day_a_week_or_until_next_month() -> None:
    (row,) = [block for block in message(Told("9", SAID[0][0], Phase.OPEN), ALERT).blocks if block["type"] == "actions"]
    (menu,) = [each for each in row["elements"] if each["action_id"] == actions.PUT_OFF]
    assert [each["value"] for each in menu["options"]] == [f"7.{ALERT.mark} {delay}" for delay in Delay]


def test_figures_of_a_file_are_not_for_everybody() -> None:
    """What Autodesk's own counts say is, as it is where people have it posted."""
    for matter, begins, _ in SAID:
        said = message(Told("9", matter, Phase.OPEN), counts=False).text
        is_of_file = isinstance(matter, OverLimit)
        assert (said == begins) != is_of_file
        assert not is_of_file or f"{matter.tokens:,}" not in said  # type: ignore[union-attr]
    week = OverUsual("the week from 16 November 2026", 1_450, 1_000, whole=True, of_file=True)
    said = message(Told("9", week, Phase.OPEN), counts=False).text
    assert said == "Contract `9`: more tokens than usual were used in the week from 16 November 2026."


@pytest.mark.parametrize("why", Paused)
def test_why_one_is_paused(why: Paused) -> None:
    alert = replace(ALERT, paused_why=why.value)
    said = became(alert, private=True)
    assert said.text.startswith("The alert on contract `9`, *A &amp; B over 5,000 tokens in a contract year*, in <#C0")
    assert (actions.TAKE_OVER_ALERT in str(said.blocks)) == (why in TAKES_OVER)
    needs_edit = why in {Paused.RULE, Paused.PEOPLE}  # else it would pause again at once
    assert (actions.RESUME_ALERT in str(said.blocks)) == (why not in TAKES_OVER and not needs_edit)
    assert actions.CHANGE_ALERT in str(said.blocks)
    assert ("*Edit* it" in said.text) == needs_edit
    assert "A &amp; B" not in str(became(alert, shared=True).blocks)
    assert "contract 9" not in str(became(alert, shared=True).blocks).lower()
    lasts = Told("9", SAID[0][0], Phase.OPEN)
    assert "paused" in str(message(lasts, alert).blocks)


def test_one_that_goes_on_again_has_no_button() -> None:
    said = became(ALERT)
    assert said.text.endswith("was paused. It goes on.")
    assert [block["type"] for block in said.blocks] == ["section"]


@pytest.mark.parametrize("matter", [matter for matter, _, _ in SAID])
def test_what_was_told_comes_back_as_it_was(matter: Matter) -> None:
    for phase, until, ending in product(Phase, (None, NOW), (None, *Ending)):
        told = Told("9", matter, phase, PERSON, until, ending, again=ending is None)
        assert alert_told.of_text(alert_told.as_text(told)) == told


def test_the_name_of_a_cost_centre_may_be_long() -> None:
    shown = message(Told("9", OverLimit("x" * 5_000, "October 2026", 2, 1), Phase.OPEN))
    assert len(shown.text) < 330
