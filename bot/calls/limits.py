"""The figures of the rule in `bot/calls/budget.py`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The figures of the rule; all times in seconds. The defaults are those of Token Flex and of the house plan.

    Raises:
        ValueError: the figures leave polls or the burst no room at all, ever.

    """

    per_minute: int = 5
    window: float = 60.0
    margin: float = 2.0
    per_eight_hours: int = 2400
    eight_hours: float = 28800.0
    #: Of the calls of a window, so many are left to people, whatever polls and metadata want.
    kept_for_people: int = 1
    #: The same of schedules: what people and polls need of a window, they find.
    kept_from_schedules: int = 2
    #: What is fetched ahead is so only while a window has room for so many calls besides it.
    kept_from_ahead: int = 3
    #: Nor is it while people have made as many calls as a window takes within this time.
    quiet_before_ahead: float = 600.0
    #: Of the calls of eight hours, so many at the end are left to people.
    kept_of_eight_hours: int = 100
    #: A poll or metadata call that waited so long goes before people, once per window.
    overdue_after: float = 45.0
    #: The same where schedules call, or did within `schedules_pace`, and people call often.
    overdue_beside_schedules: float = 90.0
    #: A call of a schedule that waited so long goes before polls, and after `schedules_pressing_after` before people,
    #: where fewer than `schedules_at_least` were made within `schedules_pace`. That makes 50 in about 80 minutes of an
    #: office that asks for more than there is.
    schedules_overdue_after: float = 60.0
    schedules_pressing_after: float = 240.0
    schedules_at_least: int = 4
    schedules_pace: float = 360.0
    burst_size: int = 50
    #: Fewer calls of people than this never start a burst: there is one in eight hours.
    burst_threshold: int = 12
    #: No call of a burst starts after this second of the server's minute, lest it be counted in the next one.
    burst_last_second: float = 50.0
    #: So many calls of a burst, or of the pace `bucket`, are made at once: no more than the caller has threads for,
    #: since one that is granted and then has to wait for a thread might leave the minute, or be refused in vain.
    burst_at_once: int = 12
    #: By the pace `bucket`, so many of the saved calls (`burst_size` at most) are left to people, unless as many of
    #: theirs came within this time.
    kept_saved: int = 12
    crowd_within: float = 120.0
    #: How long one call of a burst takes, as a guess, with that many under way at once.
    burst_call_seconds: float = 0.5
    #: A call is counted within this time of its start, even if its end was never recorded.
    longest_call: float = 120.0
    #: The pause after a 429 without `Retry-After`; doubled for each in a row, up to `longest_pause`.
    first_pause: float = 60.0
    longest_pause: float = 900.0
    #: For `caution` after a 429 calls are so far apart, times the number of 429s in that time, up to `widest_spacing`.
    spacing: float = 12.0
    widest_spacing: float = 60.0
    caution: float = 3600.0

    def __post_init__(self) -> None:
        if (
            max(self.kept_for_people, self.kept_from_schedules, self.kept_from_ahead) >= self.per_minute
            or self.kept_of_eight_hours >= self.per_eight_hours
        ):
            raise ValueError("nothing is left to polls")
        if not 0 < self.burst_threshold <= self.burst_size <= self.per_eight_hours:
            raise ValueError("the burst never fits")

    @property
    def silence(self) -> float:
        """How long after the end of a call it no longer counts in a minute."""
        return self.window + self.margin

    @property
    def refill(self) -> float:
        """After how long one more call is saved by the pace `bucket`."""
        return self.window / self.per_minute

    @property
    def memory(self) -> float:
        """How far back the calls must reach that `decide` is given, by their start."""
        return self.eight_hours + self.silence + self.longest_call
