"""The list of schedules: what each asks and when, how its last run ended, and what who looks can do with it."""

from dataclasses import replace
from typing import Any

import pytest

from bot.cards import schedule_card, schedule_list
from bot.cards.pages import PAGE, Page
from bot.cards.pauses import TAKES_OVER, Paused
from bot.cards.schedule_card import NotDone
from bot.cards.schedule_list import Line
from storage.runs import Run, RunState
from tests.harness.rows import NOW
from tests.unit.cards.test_alert_list import assert_slack_takes, labels
from tests.unit.cards.test_refusals import schedule

RUN = Run(
    id=7,
    schedule=1,
    identity="2026-11-02T08:00",
    due_at=NOW,
    state=RunState.DONE,
    late=False,
    why="",
    export=3,
    decided_at=NOW,
    changed_at=NOW,
    next_try_at=None,
)
NEXT = "Tuesday, 3 November 2026, 08:00"


def line(number: int = 1, **changes: Any) -> Line:
    whole = Line(
        replace(schedule("Tokens"), id=number),
        "Tokens <!channel>",
        "every day",
        NEXT,
        "2026-11-03T08:00",
        (),
        RUN,
        may_change=True,
    )
    return replace(whole, **changes)


def text_of(each: Line) -> str:
    return str(schedule_list.listing(Page([each], 0, 1)).blocks[0]["text"]["text"])


@pytest.mark.parametrize("first", [0, PAGE, 2 * PAGE])
def test_pages(first: int) -> None:
    """Slack takes them however much is said of each."""
    left_out = tuple(NEXT for _ in range(90))
    lines = [line(number, said="a<b & " * 1000, left_out=left_out) for number in range(1, PAGE + 1)]
    message = schedule_list.listing(Page(lines, first, 3 * PAGE), "It is paused.")
    assert_slack_takes(message)
    ends = {0: ["Next"], PAGE: ["Previous", "Next"], 2 * PAGE: ["Previous"]}[first]
    assert labels(message)[-len(ends) :] == ends


@pytest.mark.parametrize(
    ("state", "why", "said"),
    [
        (RunState.DONE, "", "The last one came (Monday, 2 November 2026, 08:00)."),
        (RunState.UNCHANGED, "", "The last one found nothing new (Monday, 2 November 2026, 08:00)."),
        (RunState.LEFT_OUT, "missed", "The last one was left out (Monday, 2 November 2026, 08:00)."),
        (
            RunState.FAILED,
            NotDone.ERROR.value,
            "The last one failed (Monday, 2 November 2026, 08:00): Autodesk could not make the file.",
        ),
    ],
)
def test_how_the_last_one_ended(state: RunState, why: str, said: str) -> None:
    """Of which day it was, and why there is none."""
    assert text_of(line(last=replace(RUN, state=state, why=why))).endswith(f"Next: {NEXT}. {said}")


@pytest.mark.parametrize("may_change", [True, False])
@pytest.mark.parametrize("why", Paused)
def test_what_lets_a_paused_one_go_on(why: Paused, *, may_change: bool) -> None:
    """A button does what is said; one whose rule nobody understands is edited."""
    one = replace(schedule("Tokens"), paused_why=why.value)
    message = schedule_list.listing(Page([line(schedule=one, may_change=may_change)], 0, 1))
    goes_on = [] if why in {Paused.RULE, Paused.PEOPLE} else ["Take over"] if why in TAKES_OVER else ["Resume"]
    owner = [*goes_on, "Edit", "Hand over", "Delete"]
    others = ["Take over"] if why in TAKES_OVER else ["Show again"]
    assert labels(message) == (owner if may_change else others)
    told = schedule_card.became(one, None)
    assert labels(told) == [*goes_on, "Edit", "Delete"]
    assert all(f"*{label}*" in told.text for label in goes_on or ["Edit"])


def test_what_is_left_out_is_named() -> None:
    """A few of them, and how many more there are."""
    assert f"Left out: {NEXT}." in text_of(line(left_out=(NEXT,), last=None))
    assert text_of(line(left_out=(NEXT,) * 7, last=None)).endswith(f"{NEXT} and 2 more.")
