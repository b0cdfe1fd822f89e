"""The readings of the rate limit, by tables and by properties."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.tokenflex.limits import PERIOD, READINGS, TOTAL, PerMinute, limiter_for

BASE = 1_767_225_600.0  # a multiple of 8 h
LIMITED = READINGS[:-1]


def passed(reading: str, times: list[float]) -> list[bool]:
    limiter = limiter_for(reading)
    return [limiter.allows(BASE + time) is None for time in times]


def count(reading: str, times: list[float]) -> int:
    return sum(passed(reading, times))


def test_base_is_the_start_of_a_clock_period() -> None:
    """The tables below rely on minute and period borders at their zero."""
    assert BASE % PERIOD == 0


@pytest.mark.parametrize(
    ("reading", "allowed"), [("A", 50), ("B", 50), ("C", 50), ("D", 50), ("E", 50), ("F", 50), ("G", 55), ("none", 60)]
)
def test_a_burst_after_silence_passes_up_to_its_size(reading: str, allowed: int) -> None:
    """Sixty calls at once: as many pass as the reading's burst holds."""
    assert count(reading, [0.0] * 60) == allowed


@pytest.mark.parametrize(
    ("reading", "allowed"), [("A", 0), ("B", 5), ("C", 5), ("D", 5), ("E", 50), ("F", 50), ("G", 55)]
)
def test_a_second_burst_within_eight_hours(reading: str, allowed: int) -> None:
    """Fifty calls, an hour of silence, sixty calls: A to D have spent their single burst, E to G have not."""
    second = passed(reading, [0.0] * 50 + [3600.0] * 60)[50:]
    assert sum(second) == (1 if reading == "A" else allowed)


@pytest.mark.parametrize("reading", LIMITED)
def test_a_second_burst_after_eight_hours_and_a_minute(reading: str) -> None:
    """Once the period has gone by, the burst is there again in every reading."""
    assert all(passed(reading, [0.0] * 50 + [PERIOD + 60] * 50))


@pytest.mark.parametrize(("reading", "allowed"), [("A", 1), ("B", 5), ("D", 5), ("C", 50)])
@pytest.mark.parametrize("hours", [5, 7.9, 8 + 30 / 3600])
def test_no_rolling_period_touches_two_bursts(reading: str, allowed: int, hours: float) -> None:
    """Where the eight hours roll, they count from the end of the last burst's minute; in C a new period begins anew."""
    again = allowed if reading != "C" or hours >= 8 else 5
    assert sum(passed(reading, [0.0] * 50 + [hours * 3600] * 50)[50:]) == again


def test_the_burst_of_a_begins_at_the_call_before_the_early_one() -> None:
    """Its sixty seconds count from there: at second 59.9 it is still open, at 60.5 no longer."""
    assert passed("A", [0.0, 11.0, 50.0, 59.9]) == [True] * 4
    assert passed("A", [0.0, 11.0, 50.0, 60.5]) == [True] * 3 + [False]


@pytest.mark.parametrize(("reading", "allowed"), [("A", False), ("B", False), ("C", False), ("D", False), ("E", True)])
def test_a_burst_that_straddles_a_border(reading: str, allowed: bool) -> None:
    """Thirty calls from second 50 to 70 stay within no clock minute; in A and B a burst before has used up the rest."""
    before = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0] if reading in "AB" else []
    times = before + [50 + number * 20 / 29 for number in range(30)]
    assert all(passed(reading, times)) is allowed


def test_ordinary_calls_just_before_shorten_the_exempt_minute_of_b() -> None:
    """The exempt minute begins at the oldest call of the minute that overflowed."""
    assert passed("B", [0, 40, 40, 40, 40, 40, 59.9, 60.0]) == [True] * 7 + [False]


def test_b_wants_silence_after_a_burst() -> None:
    """Just after a burst the rolling minute is still full; sixty seconds after its last call it is free."""
    burst = [float(number) for number in range(50)]
    assert passed("B", [*burst, 60.0])[-1] is False
    assert passed("B", [*burst, 109.0])[-1] is True


def test_c_lets_ten_calls_pass_across_a_minute_border() -> None:
    """Five before the border and five after it are within C and D, and not within B once its burst is spent."""
    spent = [0.0] * 6
    across = [179.0] * 5 + [181.0] * 5
    assert all(passed("C", spent + across))
    assert all(passed("D", spent + across))
    assert not all(passed("B", spent + across))


def test_a_call_every_twelve_seconds_passes_for_ever_in_every_reading() -> None:
    """The even pace is the one that all readings share."""
    for reading in LIMITED:
        assert all(passed(reading, [12.0 * number for number in range(2 * TOTAL + 10)]))


def test_a_refuses_a_call_that_comes_too_early_once_its_burst_is_spent() -> None:
    """Spike arrest: eleven seconds after the last call is too early, refused calls count."""
    burst = [0.0] * 2
    assert passed("A", [*burst, 100.0, 111.0, 122.0, 134.0]) == [True, True, True, False, False, True]


def test_f_allows_48_bursts_back_to_back_and_no_more() -> None:
    """Only the total holds F back."""
    times = [60.0 * minute for minute in range(48) for _ in range(50)]
    assert all(passed("F", times))
    assert passed("F", [*times, 60.0 * 48])[-1] is False


def test_a_bucket_of_fifty_holds_under_e_and_g_only() -> None:
    """A client with a bucket bursts a second time after ten quiet minutes, and makes 2450 calls in eight hours."""
    times = [0.0] * 50 + [600.0] * 50 + [600.0 + 12 * number for number in range(1, 2350)]
    verdicts = {reading: all(passed(reading, times)) for reading in LIMITED}
    assert verdicts == {reading: reading in "EG" for reading in LIMITED}


@pytest.mark.parametrize("reading", ["B", "C", "D", "F", "G"])
def test_the_total_of_a_period(reading: str) -> None:
    """A burst on top of an even pace breaks 2400 in eight hours, except where the burst is on top."""
    times = [0.0] * 50 + [120.0 + 12 * number for number in range(2391)]
    inside = [time for time in times if time < PERIOD]
    fits = inside[: TOTAL if reading != "G" else TOTAL + 50]
    assert all(passed(reading, fits))
    assert passed(reading, [*fits, fits[-1] + 0.1])[-1] is (reading == "G" and len(fits) < TOTAL + 50)


@pytest.mark.parametrize("reading", LIMITED)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_waiting_as_told_lets_the_next_call_pass(reading: str, data: st.DataObject) -> None:
    """After a refusal, the wait that it names is enough if nothing comes in between."""
    gaps = data.draw(st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.5, 5.0, 12.0, 59.0, 61.0, 700.0]), max_size=200))
    limiter, now = limiter_for(reading), BASE + data.draw(st.floats(0, 100))
    for gap in gaps:
        now += gap
        wait = limiter.allows(now)
        if wait is not None:
            assert wait > 0
            now += wait + 1e-3
            assert limiter.allows(now) is None


@given(seed=st.integers(0, 2**32), minutes=st.integers(1, 60))
@settings(max_examples=40, deadline=None)
def test_five_in_any_rolling_minute_pass_in_b_to_g(seed: int, minutes: int) -> None:
    """The client's rule of five a minute (with a burst between two silences) is safe under B to G."""
    random = Random(seed)
    times: list[float] = []
    now = BASE + 1000 * random.random()
    burst_at = random.randrange(minutes * 5)
    for number in range(minutes * 5):
        now = max(now + random.choice([0.0, 0.1, 3.0, 20.0]), times[-5] + 60.001 if len(times) >= 5 else now)
        times.append(now)
        if number == burst_at:
            start = (now + 60.001) // 60 * 60 + 60
            times += sorted(start + random.uniform(0, 59.9) for _ in range(50))
            now = times[-1] + 60.001
    for reading in "BCDEFG":
        limiter = limiter_for(reading)
        assert all(limiter.allows(time) is None for time in times), reading


@given(gaps=st.lists(st.sampled_from([0.0, 0.3, 2.0, 7.0, 13.0, 61.0]), max_size=300))
@settings(max_examples=60, deadline=None)
def test_what_b_lets_pass_has_one_busy_minute_at_most(gaps: list[float]) -> None:
    """All calls that lie in an overfull rolling minute fit into one minute of at most fifty (checked the slow way)."""
    limiter, now, seen, busy = limiter_for("B"), BASE, [], set()
    for gap in gaps:
        now += gap
        passes = limiter.allows(now) is None
        seen.append(now)
        window = [index for index, time in enumerate(seen) if time > now - 60]
        if passes and len(window) > 5:
            busy.update(window)
    if busy:
        times = [seen[index] for index in busy]
        assert max(times) - min(times) < 60
        assert len(times) <= 50


def test_calls_come_in_the_order_of_time() -> None:
    """A limiter that is asked about the past says so."""
    limiter = limiter_for("B")
    limiter.allows(BASE)
    with pytest.raises(ValueError, match="order of time"):
        limiter.allows(BASE - 1)


def test_the_plain_limit_of_an_oauth_endpoint() -> None:
    """So many calls in any rolling minute, then a wait."""
    limiter = PerMinute(3)
    assert [limiter.allows(BASE + time) is None for time in (0, 1, 2, 3, 62.5, 63)] == [True] * 3 + [False, True, True]
