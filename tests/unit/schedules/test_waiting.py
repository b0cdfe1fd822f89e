"""A run that waits for its data, through the night on which it is delivered."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.questions.periods import Days
from bot.schedules import waiting
from bot.schedules.calendar import Run
from bot.schedules.waiting import Ask, Go, Wait

NOVEMBER: Final = Days(date(2026, 11, 1), date(2026, 11, 30))
NOW: Final = datetime(2026, 12, 1, 7, tzinfo=UTC)
RUN: Final = Run(NOW, datetime.fromisoformat("2026-12-01T08:00"))
END: Final = datetime(2026, 12, 1, 17, tzinfo=UTC)
KNOWN: Final = date(2026, 11, 28)
HOUR: Final = timedelta(hours=1)


@pytest.mark.parametrize(
    ("until", "end"),
    [
        (time(18), datetime(2026, 12, 1, 17, tzinfo=UTC)),
        (time(8), datetime(2026, 12, 2, 7, tzinfo=UTC)),
        (time(6), datetime(2026, 12, 2, 5, tzinfo=UTC)),
    ],
)
def test_until_when_it_waits(until: time, end: datetime) -> None:
    assert waiting.latest(RUN, until, "Europe/Berlin") == end


@pytest.mark.parametrize(
    ("days", "known_through", "asked_at", "now", "does"),
    [
        (NOVEMBER, date(2026, 11, 30), None, NOW, Go()),
        (None, None, None, NOW, Go()),
        (NOVEMBER, KNOWN, None, NOW, Ask()),
        (NOVEMBER, None, None, NOW, Ask()),
        (NOVEMBER, KNOWN, NOW, NOW + HOUR / 2, Wait(NOW + HOUR)),
        (NOVEMBER, KNOWN, NOW, NOW + HOUR, Ask()),
        (NOVEMBER, KNOWN, END - HOUR / 2, END - HOUR / 4, Wait(END)),
        (NOVEMBER, KNOWN, NOW + 5 * HOUR, NOW, Ask()),  # the clock was set back
        (NOVEMBER, KNOWN, END, END, Go()),
        (NOVEMBER, None, END - HOUR / 2, END, Go(untold=True)),
        (NOVEMBER, None, None, END, Ask()),  # nobody was there to ask before
    ],
)
def test_what_it_does_now(
    days: Days | None,
    known_through: date | None,
    asked_at: datetime | None,
    now: datetime,
    does: Go | Ask | Wait,
) -> None:
    assert waiting.waits(days, known_through, asked_at, END, now) == does


@given(st.lists(st.integers(1, 200), max_size=40), st.integers(0, 40))
def test_it_asks_once_an_hour_at_most_and_runs_in_the_end(steps: list[int], delivered: int) -> None:
    """However often one looks, and whenever the data come."""
    asked = list[datetime]()
    now, ends = NOW, END + HOUR
    for place, minutes in enumerate([*steps, 100_000]):
        known = date(2026, 11, 30) if place >= delivered and asked and now - asked[-1] < HOUR else KNOWN
        does = waiting.waits(NOVEMBER, known, asked[-1] if asked else None, END, now)
        if isinstance(does, Ask):
            assert not asked or now - asked[-1] >= HOUR
            asked.append(now)
        elif isinstance(does, Wait):
            assert now < does.until <= END
        else:
            assert known == NOVEMBER.last or now >= END
            return
        now = min(now + timedelta(minutes=minutes), ends)
    assert waiting.waits(NOVEMBER, KNOWN, now, END, now) == Go()
