"""Which contract is polled, and when: a pure rule over what is outstanding, what a minute has room for, and now.

One list call shows a whole contract, and a minute has room for four. The rule, in words:

1. A contract with new exports is polled after `FIRST_POLL`, one with an answer in doubt as soon as a list says
   something about it, where there is room for one more poll after that.
2. Otherwise a poll is worth its call as soon as it has been as long in coming as the poll after it will be: earlier,
   it finds too little; later, what it finds has waited too long. "Long" is the number of exports that have probably
   ended meanwhile, by what `durations` has learned, and just as much plain time, since that may be wrong.
3. A contract that is alone is never left for longer than `LONGEST_GAP` while there is room.
4. While people call often, a poll that would probably find little leaves a second call to them.
5. The contract is chosen when the call is granted: the one whose ended exports have probably waited longest in sum.

By the pace `bucket` calls are saved up, and 2 to 4 do not hold. A poll is worth its call as soon as what has probably
ended has waited in sum for as many seconds as a call is worth: a fifteenth of one while all is saved, `_DEAREST` when
nothing is. So looks come every three to five seconds at the age at which most exports end, and are rarer where little
is saved or little is to be found. While people call seldom, what comes back is spent at once and what is saved within
minutes, whatever the chances are.

All moments of one question are of one clock, but for how far back a list has to reach.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp

from bot.calls.turns import Room
from bot.exports.doubt import next_list_for
from bot.exports.durations import Durations
from storage.models import Export
from storage.states import ExportState

FIRST_POLL = timedelta(seconds=8)  #: after a submission; shorter exports were never seen (source: examples, 30 s up)
LONGEST_GAP = timedelta(seconds=20)  #: between two polls of the only contract, while there is room for more
_SHORTEST_GAP = timedelta(seconds=3)  #: between two polls of one contract
#: While people call often, a poll that would probably find less waiting in sum than this leaves a second call to them.
_MODEST = 1.0  #: seconds
#: By the pace `bucket`: how many seconds a call is worth when nothing is saved, by how many saved ones it becomes worth
#: a third.
_DEAREST, _CHEAPER_BY = 3.0, 10.0
#: While people call seldom, what is saved is spent as if it had to last for so many seconds, and no contract waits for
#: longer than that gives it. While they call often, none waits for longer than the other.
_LASTS = 170.0
_LONGEST_GAP_SAVING = timedelta(minutes=10)
_SECOND = timedelta(seconds=1)
_HALVED = 11  #: how often the span in which a poll becomes worth its call is halved: it is of some 20 s to minutes


@dataclass(frozen=True, slots=True)
class Target:
    """A contract that has to be polled, and how far back its list has to reach (`oldest`).

    That is the server's time where it was known, ours otherwise.

    Not before `due_at`; at `must_at`, if there is one, whatever the chances are. `running` holds for each export since
    when it runs, and from when on nothing is known of it (the last poll, or its beginning).
    """

    contract: str
    due_at: datetime
    oldest: datetime
    must_at: datetime | None = None
    polled_at: datetime | None = None
    running: tuple[tuple[datetime, datetime], ...] = ()


def targets(exports: Sequence[Export], polled: Mapping[str, datetime], *, house_full: bool) -> list[Target]:
    """Return the contracts with work outstanding, the one that is due first in front.

    `polled` says when a contract was polled last. Queued exports count only when no place is free: then the list
    has to show that one became free.
    """
    by_contract: dict[str, list[Export]] = {}
    for export in exports:
        if _is_polled_for(export, house_full=house_full):
            by_contract.setdefault(export.request.contract_number, []).append(export)
    found = [_target(contract, group, polled.get(contract)) for contract, group in by_contract.items()]
    return sorted(found, key=lambda target: target.due_at)


def _is_polled_for(export: Export, *, house_full: bool) -> bool:
    if export.state is ExportState.QUEUED:
        return house_full
    return export.state in {ExportState.REQUESTED, ExportState.ABANDONED} or export.in_doubt


def _target(contract: str, group: Sequence[Export], polled: datetime | None) -> Target:
    first = min(_first_poll(export) for export in group)
    in_doubt = [_first_poll(export) for export in group if export.in_doubt]
    running = [export for export in group if export.state is not ExportState.ABANDONED] or group
    is_new = polled is None or all(export.changed_at > polled for export in group)
    return Target(
        contract,
        due_at=first if polled is None else max(first, polled + _SHORTEST_GAP),
        oldest=min(_times(group)),
        must_at=min([*in_doubt, *([first] if is_new else [])], default=None),
        polled_at=polled,
        running=tuple((export.changed_at, max(export.changed_at, polled or export.changed_at)) for export in running),
    )


def _first_poll(export: Export) -> datetime:
    if export.state is ExportState.ABANDONED:
        return export.next_try_at or export.changed_at + FIRST_POLL
    if not export.in_doubt:
        return export.changed_at + FIRST_POLL
    return max(next_list_for(export), export.next_try_at or next_list_for(export))


def _times(group: Sequence[Export]) -> list[datetime]:
    times = [export.intent_server_at or export.intent_at or export.accepted_at for export in group]
    return times + [export.requested_at for export in group if export.requested_at is not None]


def next_poll(found: Sequence[Target], room: Room, durations: Durations, now: datetime) -> tuple[Target, datetime]:
    """Return the contract to poll next, and when: `now` or earlier means that it is worth a call now."""
    polls = [(target, _asked_for_at(target, len(found), room, durations, now)) for target in found]
    asked_for = [target for target, at in polls if at <= now]
    if asked_for:
        return longest_waiting(asked_for, durations, now), now
    return min(polls, key=lambda poll: poll[1])


def longest_waiting(found: Sequence[Target], durations: Durations, now: datetime) -> Target:
    """Return the contract whose ended exports have probably waited longest in sum."""
    return max(found, key=lambda target: _waited(target, durations, now))


def _asked_for_at(target: Target, contracts: int, room: Room, durations: Durations, now: datetime) -> datetime:
    """Return when a turn is asked for.

    What is worth a call as soon as there is room gets into the line now: who goes first is the budget's business. But
    not before it is due: it could not use a turn that comes sooner than the room does, and would ask again at once.
    """
    free_at = max(now, room.free_at[0])
    low = max(free_at, target.due_at)
    high = max(low, _at_the_latest(target, low, contracts, room))
    at = _first(low, high, lambda moment: _is_worth_it(target, contracts, room, durations, moment))
    if room.saved is None and room.busy and _waited(target, durations, max(at, now)) < _MODEST:
        return max(at, room.for_another)
    return max(now, target.due_at) if at <= free_at else at


def _first(low: datetime, high: datetime, is_worth_it: Callable[[datetime], bool]) -> datetime:
    """Return about the first of these moments that is worth it, the last one where none is."""
    if is_worth_it(low):
        return low
    for _ in range(_HALVED):
        middle = low + (high - low) / 2
        if is_worth_it(middle):
            high = middle
        else:
            low = middle
    return high


def _at_the_latest(target: Target, low: datetime, contracts: int, room: Room) -> datetime:
    """Return when a poll is worth its call whatever it would find, `low` being the first moment that may be."""
    latest = (target.polled_at or max(since for since, _ in target.running)) + _longest_gap(contracts, room)
    if target.must_at is not None and room.for_another <= max(low, target.must_at):
        return min(latest, target.must_at)
    return latest


def _longest_gap(contracts: int, room: Room) -> timedelta:
    if room.saved is None:
        return LONGEST_GAP * contracts
    if room.busy:
        return _LONGEST_GAP_SAVING
    return contracts / (1 / room.window.total_seconds() + max(0.0, room.saved) / _LASTS) * _SECOND


def _is_worth_it(target: Target, contracts: int, room: Room, durations: Durations, moment: datetime) -> bool:
    if room.saved is not None:
        return _waited(target, durations, moment) >= _DEAREST * exp(-max(0.0, room.saved) / _CHEAPER_BY)
    return _comes_halfway(target, durations, moment, contracts * room.pause_after(moment))


def _comes_halfway(target: Target, durations: Durations, moment: datetime, until_next: float) -> bool:
    """Return whether a poll at `moment` has been as long in coming as the one `until_next` seconds after it will be."""
    since_last = (moment - max(known for _, known in target.running)).total_seconds()
    unseen = coming = 0.0
    for since, known in target.running:
        age = (moment - since).total_seconds()
        alive = durations.survival((known - since).total_seconds())
        still = durations.survival(age)
        unseen += 1 - still / alive
        coming += (still - durations.survival(age + until_next)) / alive
    return unseen * until_next + since_last * coming >= 2 * coming * until_next


def _waited(target: Target, durations: Durations, now: datetime) -> float:
    """Return the seconds that ended exports have waited unseen, in sum, as far as can be expected.

    On average each has waited for half the time from which on nothing is known of it.
    """
    total = 0.0
    for since, known in target.running:
        alive = durations.survival((known - since).total_seconds())
        ended = 1 - durations.survival((now - since).total_seconds()) / alive
        total += ended * (now - known).total_seconds() / 2
    return total
