"""How an alert stands: quiet, told, acknowledged or put off, over. Each episode is told once, and closed once. Pure.

An episode begins when what is watched for holds, and ends when it does not, when another period begins, or when a
higher step is reached. What is over may be told again after a rest; what ended with its period, or gave way to a higher
step, never.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final

from bot.alerts.rules import Finding, Held
from bot.cards.alert_told import Delay, Ending, Matter, Phase, Told
from bot.questions import periods

REST: Final = timedelta(days=7)  #: after what eased, before it is told again
_REMEMBERED: Final = 50  #: episodes; periods are left behind
_MORNING: Final = time(8)


@dataclass(frozen=True, slots=True)
class Episode:
    """What was told and is not over; `person` acknowledged it or put it off, `at` a moment and `until` another."""

    period: date
    step: int
    matter: Matter
    phase: Phase = Phase.OPEN
    person: str = ""
    at: datetime | None = None
    until: datetime | None = None

    @property
    def held(self) -> Held:
        """What the rules ask for."""
        return Held(self.period, self.step)

    def told(self, contract: str, *, ending: Ending | None = None, again: bool = False) -> Told:
        """Return it as its message shows it; with an `ending` it is over."""
        phase = self.phase if ending is None else Phase.OVER
        return Told(contract, self.matter, phase, self.person, self.until, ending, again)


@dataclass(frozen=True, slots=True)
class Past:
    """An episode that was told; `eased_at` is None where it ended otherwise."""

    period: date
    step: int
    eased_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class State:
    """How an alert stands; quiet without an episode. `past` are the newest ones, oldest first."""

    episode: Episode | None = None
    past: tuple[Past, ...] = ()

    @property
    def held(self) -> Held | None:
        """What the rules ask for."""
        return self.episode.held if self.episode else None


@dataclass(frozen=True, slots=True)
class Tell:
    """Post a new message; `again`: it was put off, and still holds."""

    episode: Episode
    again: bool = False


@dataclass(frozen=True, slots=True)
class Edit:
    """Change the message of the episode: its figures, or what a person did about it."""

    episode: Episode


@dataclass(frozen=True, slots=True)
class Close:
    """Change the message of the episode for the last time."""

    episode: Episode
    ending: Ending


Act = Tell | Edit | Close


def looked(state: State, finding: Finding | None, now: datetime) -> tuple[State, tuple[Act, ...]]:
    """Return how an alert stands after a look at the figures, and what people are told; in that order."""
    if finding is None or _is_of_before(state, finding):
        return state, ()
    acts: list[Act] = []
    if state.episode is not None and not _goes_on(state.episode, finding):
        closed = Close(state.episode, _ending(state.episode, finding))
        state, acts = _closed(state, closed, now), [closed]
    if finding.holds and finding.matter is not None:
        state, more = _holds(state, finding, finding.matter, now)
        acts += more
    return state, tuple(acts)


def acknowledged(state: State, person: str, now: datetime) -> tuple[State, tuple[Act, ...]]:
    """Return how an alert stands when a person has acknowledged it; nothing changes where it is over."""
    if state.episode is None:
        return state, ()
    return _changed(state, replace(state.episode, phase=Phase.ACKNOWLEDGED, person=person, at=now, until=None))


def put_off(state: State, person: str, until: datetime, now: datetime) -> tuple[State, tuple[Act, ...]]:
    """Return how an alert stands when a person has put it off; nothing changes where it is over."""
    if state.episode is None:
        return state, ()
    return _changed(state, replace(state.episode, phase=Phase.PUT_OFF, person=person, at=now, until=until))


def end_of(delay: Delay, now: datetime, zone: str) -> datetime:
    """Return until when something is put off by somebody in an IANA zone: a month ends on a morning there.

    Where nobody knows the zone it is one in UTC.
    """
    if delay is not Delay.MONTH:
        return now + (timedelta(days=1) if delay is Delay.DAY else timedelta(days=7))
    local = now.astimezone(periods.zone_of(zone))
    following = (local.date().replace(day=28) + timedelta(days=4)).replace(day=1)
    return datetime.combine(following, _MORNING, local.tzinfo).astimezone(now.tzinfo)


def is_due(state: State, now: datetime) -> bool:
    """Return whether something was put off until now, or by a clock that was set back since."""
    episode = state.episode
    if episode is None or episode.until is None:
        return False
    return episode.until <= now or _by_this_clock(episode, now) != episode


def next_moment(state: State, now: datetime) -> datetime | None:
    """Return until when something is put off; None where nothing is that lies ahead."""
    until = state.episode.until if state.episode else None
    return until if until is not None and until > now else None


# --- one step -----------------------------------------------------------------------------------------------------


def _is_of_before(state: State, finding: Finding) -> bool:
    """Return whether a finding is of an earlier period than what was told: by a clock that was set back."""
    told = [past.period for past in state.past] + ([state.episode.period] if state.episode else [])
    return finding.period < max(told, default=finding.period)


def _goes_on(episode: Episode, finding: Finding) -> bool:
    return finding.holds and (episode.period, episode.step) == (finding.period, finding.step)


def _ending(episode: Episode, finding: Finding) -> Ending:
    if finding.period > episode.period:
        return Ending.PERIOD_OVER
    return Ending.NEXT_STEP if finding.holds and finding.step > episode.step else Ending.EASED


def _closed(state: State, closed: Close, now: datetime) -> State:
    eased_at = now if closed.ending is Ending.EASED else None
    past = Past(closed.episode.period, closed.episode.step, eased_at)
    others = [each for each in state.past if (each.period, each.step) != (past.period, past.step)]
    return State(None, (*others, past)[-_REMEMBERED:])


def _holds(state: State, finding: Finding, matter: Matter, now: datetime) -> tuple[State, Sequence[Act]]:
    episode = state.episode
    if episode is None:
        if not _may_tell(state, finding, now):
            return state, ()
        begun = Episode(finding.period, finding.step, matter)
        return replace(state, episode=begun), [Tell(begun)]
    episode = _by_this_clock(replace(episode, matter=matter), now)
    if episode.until is not None and episode.until <= now:
        again = Episode(finding.period, finding.step, matter)
        return replace(state, episode=again), [Tell(again, again=True)]
    return _changed(state, episode)


def _may_tell(state: State, finding: Finding, now: datetime) -> bool:
    """Return whether this was not told yet, or is told again after a rest; a later step was told in its place."""
    told = {past.step: past for past in state.past if past.period == finding.period}
    if any(step > finding.step for step in told):
        return False
    past = told.get(finding.step)
    if past is None or past.eased_at is None:
        return past is None
    # A moment that lies ahead was written by a clock that was wrong then, and set back since.
    return not timedelta(0) <= now - past.eased_at < REST


def _by_this_clock(episode: Episode, now: datetime) -> Episode:
    """Return an episode that was put off such that it is for as long as it was meant, though the clock was set back."""
    if episode.at is None or episode.until is None or episode.at <= now:
        return episode
    return replace(episode, at=now, until=now + (episode.until - episode.at))


def _changed(state: State, episode: Episode) -> tuple[State, tuple[Act, ...]]:
    """Return the state with an episode, whose message is edited where it would look different."""
    if episode == state.episode:
        return state, ()
    return replace(state, episode=episode), (Edit(episode),)
