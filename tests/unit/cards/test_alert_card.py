"""What people read of alerts: as they begin, while they last, when they are over."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Final, get_args

import pytest

from bot.cards import actions
from bot.cards.alert_card import (
    Ending,
    LeftUnused,
    Matter,
    OverLimit,
    OverUsual,
    Phase,
    RunsOut,
    ShareUsed,
    Told,
    message,
)

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
BUTTON: Final = actions.open_form()


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


@pytest.mark.parametrize("phase", Phase)
def test_buttons_stand_below_while_it_lasts_and_what_people_did(phase: Phase) -> None:
    until = datetime(2026, 12, 1, 7, tzinfo=UTC)
    shown = message(
        Told("9", SAID[0][0], phase, PERSON, until, Ending.EASED if phase is Phase.OVER else None), [BUTTON]
    )
    kinds = [block["type"] for block in shown.blocks]
    assert ("actions" in kinds) == (phase is not Phase.OVER)
    assert ("context" in kinds) == (phase in {Phase.ACKNOWLEDGED, Phase.PUT_OFF})
    assert (f"<@{PERSON}>" in str(shown.blocks)) == ("context" in kinds)


def test_the_name_of_a_cost_centre_may_be_long() -> None:
    shown = message(Told("9", OverLimit("x" * 5_000, "October 2026", 2, 1), Phase.OPEN))
    assert len(shown.text) < 330
