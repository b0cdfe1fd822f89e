"""Calls that were made and calls that wait, for tests of who may call: moments are seconds after `START`."""

from bot.calls.budget import Decision, Limits, PastCall, Rank, Waiting, decide

LIMITS = Limits()
#: The beginning of a minute of the server.
START = 1_800_000_000.0
#: The earliest second of a minute in which a burst may begin.
BORDER = LIMITS.margin
HOUR = 3600.0


def past(
    *ends: float, rank: Rank = Rank.PEOPLE, person: str = "U1", took: float = 1.0, burst: bool = False
) -> list[PastCall]:
    """Return calls that ended so many seconds after START."""
    return [PastCall(START + end - took, START + end, rank, person, burst) for end in ends]


def refused(end: float, retry_after: float | None = None, took: float = 1.0) -> PastCall:
    return PastCall(START + end - took, START + end, Rank.POLL, rate_limited=True, retry_after=retry_after)


def people(*names: str, since: float = 0.0) -> list[Waiting]:
    return [Waiting(Rank.PEOPLE, name, START + since) for name in names]


def machine(rank: Rank = Rank.POLL, since: float = 0.0) -> Waiting:
    return Waiting(rank, "", START + since)


def ask(calls: list[PastCall], waiting: list[Waiting], at: float, limits: Limits = LIMITS) -> Decision:
    """Decide at so many seconds after START; the time to ask again is counted from START as well."""
    decision = decide(calls, waiting, START + at, limits)
    if decision.ask_again_at is None:
        return decision
    assert decision.ask_again_at > START + at
    return Decision(ask_again_at=decision.ask_again_at - START)


def grants(calls: list[PastCall], waiting: list[Waiting], at: float) -> list[str]:
    """Grant as much as the rule allows at one moment; each call is in flight from then on."""
    calls, waiting, order = list(calls), list(waiting), []
    while (decision := decide(calls, waiting, START + at, LIMITS)).granted is not None:
        call = waiting.pop(decision.granted)
        order.append(call.person or call.rank.name)
        calls.append(PastCall(START + at, None, call.rank, call.person, decision.burst))
    return order


def scheduled(*owners: str, since: float = 0.0) -> list[Waiting]:
    return [Waiting(Rank.SCHEDULE, owner, START + since) for owner in owners]
