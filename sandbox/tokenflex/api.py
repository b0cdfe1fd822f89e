"""The way of every Token Flex API call: authentication, rate limit, scope, misbehaviour, then the call itself."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

from sandbox.clock import Clock
from sandbox.tokenflex.answers import Answer, RefusalError, gateway_error, rate_limited, service_error
from sandbox.tokenflex.caller import BadRequestError, Caller, Question
from sandbox.tokenflex.contract_calls import ContractCalls
from sandbox.tokenflex.export_calls import ExportCalls
from sandbox.tokenflex.faults import Faults
from sandbox.tokenflex.inbound import Call, Inbound
from sandbox.tokenflex.limits import Limiter, limiter_for
from sandbox.tokenflex.people import People
from sandbox.tokenflex.query_calls import QueryCalls
from sandbox.tokenflex.tokens import TokenBook
from sandbox.tokenflex.usage_calls import UsageCalls

Handler = Callable[[Question], Awaitable[Answer]]
Route = tuple[str, tuple[str | None, ...], Handler]

BASE = ("tokenflex", "v1")


def api_routes(
    contracts: ContractCalls, exports: ExportCalls, usage: UsageCalls, queries: QueryCalls
) -> tuple[Route, ...]:
    """Return method, path (None: a variable segment) and handler of every call; the first that fits is taken."""
    requests = ("export", None, "requests")
    return (
        ("GET", ("contract",), contracts.list_all),
        ("GET", ("contract", None), contracts.one),
        ("GET", ("contract", None, "enrichment"), contracts.enrichment),
        ("GET", ("contract", None, "enrichment", None), contracts.enrichment_values),
        ("GET", ("contract", None, None), contracts.field_values),
        ("GET", ("usage", None, "summary"), usage.summary),
        ("GET", ("usage", None, "last"), usage.last),
        ("POST", ("usage", None, "query"), queries.create),
        ("GET", ("usage", None, "query", None), queries.page),
        ("POST", requests, exports.create),
        ("GET", requests, exports.list_all),
        ("POST", (*requests, "markRead"), exports.mark_read),
        ("GET", (*requests, None), exports.one),
        ("DELETE", (*requests, None), exports.delete),
        ("POST", (*requests, None, "retry"), exports.retry),
        ("POST", (*requests, None, "refreshUrl"), exports.refresh_url),
    )


class Budgets:
    """One limiter per Autodesk user, over all of the user's programs."""

    def __init__(self, reading: str, clock: Clock) -> None:
        self._reading = reading
        self._clock = clock
        self._limiters: dict[str, Limiter] = {}

    def obey(self, reading: str) -> None:
        """From now on refuse what another reading refuses; nobody has called before."""
        self._reading = reading
        self._limiters.clear()

    def spend(self, budget: str) -> float | None:
        """Record a call; return None when it passes, else the seconds to wait."""
        limiter = self._limiters.setdefault(budget, limiter_for(self._reading))
        return limiter.allows(self._clock.now().timestamp())


class Api:
    """Answers Token Flex API calls and remembers each of them in `calls`, in the order of their arrival."""

    def __init__(
        self,
        routes: tuple[Route, ...],
        *,
        clock: Clock,
        people: People,
        tokens: TokenBook,
        budgets: Budgets,
        faults: Faults,
    ) -> None:
        self.calls: list[Call] = []
        self._routes = routes
        self._clock = clock
        self._people = people
        self._tokens = tokens
        self._budgets = budgets
        self._faults = faults

    async def answer(self, inbound: Inbound) -> Answer:
        """Answer one call.

        Raises:
            DroppedError: the connection is to be closed without an answer.

        """
        slot = len(self.calls)
        self.calls.append(
            Call(self._clock.now(), None, None, inbound.method, inbound.target.path, 0, inbound.target.query_text)
        )
        try:
            caller = self._caller(inbound, slot)
            self._admit(inbound, caller)
        except RefusalError as refusal:
            answer = refusal.answer
        else:
            work = partial(self._carry_out, inbound, caller, slot)
            answer = await self._faults.wrap(inbound.method, inbound.target, work)()
        self.calls[slot] = replace(self.calls[slot], status=answer.status)
        return answer

    def _caller(self, inbound: Inbound, slot: int) -> Caller:
        """Return whose access token this is, and note it on the record of the call."""
        scheme, _, token = inbound.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise RefusalError(gateway_error("AUTH-012"))
        grant = self._tokens.access(token.strip())
        client = self._people.client(grant.client_id) if grant else None
        if grant is None or client is None:
            raise RefusalError(gateway_error("AUTH-006"))
        user = self._people.user(grant.user) if grant.user else None
        self.calls[slot] = replace(self.calls[slot], user=grant.user, client=grant.client_id)
        return Caller(client, user, grant.scopes)

    def _admit(self, inbound: Inbound, caller: Caller) -> None:
        wait = self._budgets.spend(caller.budget)
        if wait is not None:
            raise RefusalError(rate_limited(wait))
        if not caller.client.api_enabled:
            raise RefusalError(gateway_error("AUTH-001"))
        if _scope(inbound) not in caller.scopes:
            raise RefusalError(gateway_error("AUTH-010"))

    async def _carry_out(self, inbound: Inbound, caller: Caller, slot: int) -> Answer:
        try:
            return await self._routed(inbound, caller)
        except BadRequestError as refusal:
            self.calls[slot] = replace(self.calls[slot], reason=refusal.reason)
            return refusal.answer
        except RefusalError as refusal:
            return refusal.answer

    async def _routed(self, inbound: Inbound, caller: Caller) -> Answer:
        segments, other_method = inbound.target.segments[len(BASE) :], False
        for method, pattern, handler in self._routes:
            parts = _matched(pattern, segments)
            if parts is not None and method == inbound.method:
                return await handler(Question(caller, parts, inbound))
            other_method = other_method or parts is not None
        return service_error(405 if other_method else 404)


def _scope(inbound: Inbound) -> str:
    """Return the scope that a call needs: to query is to read, though it is a POST."""
    segments = inbound.target.segments
    queries = segments[2:3] == ("usage",) and segments[-1] == "query"
    return "data:read" if inbound.method == "GET" or queries else "data:write"


def _matched(pattern: tuple[str | None, ...], segments: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the variable segments if the path fits the pattern."""
    if len(pattern) != len(segments):
        return None
    pairs = list(zip(pattern, segments, strict=True))
    if any(fixed not in (None, segment) for fixed, segment in pairs):
        return None
    return tuple(segment for fixed, segment in pairs if fixed is None)
