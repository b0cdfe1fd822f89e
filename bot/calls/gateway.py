"""The one way to Token Flex: a call waits for its turn, runs in a worker thread, and is logged before and after."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from contextvars import copy_context
from functools import partial
from random import Random
from threading import Event
from typing import Literal, Protocol, TypeVar

import structlog

from bot.calls import retry
from bot.calls.budget import Rank
from bot.calls.health import Health
from bot.calls.turns import Turn, Turns
from bot.runtime.bell import Bell
from bot.runtime.clock import Clock
from bot.runtime.interrupts import GRACE
from bot.tokenflex.client import TokenFlexClient
from bot.tokenflex.errors import (
    AppRefusedError,
    LoginNeededError,
    NotAuthorisedError,
    RateLimitedError,
    RefusedError,
    ScopeMissingError,
    SignInRefusedError,
    TimedOutError,
    TokenFlexError,
    UnreachableError,
    UpstreamBrokenError,
)
from bot.tokenflex.oauth import AccessTokens

T = TypeVar("T")
Work = Callable[[TokenFlexClient], T]

_THREADS = 12
#: Calls that need the scope data:write; what one of them meets, the others do.
_WRITING = frozenset({"submit", "retry", "delete", "refreshUrl"})

log = structlog.get_logger(__name__)


class _Run(Protocol):
    async def __call__(self, work: Work[T]) -> T: ...


class GrantedCall:
    """One call that may be made now, once."""

    def __init__(self, run: "_Run", turn: Turn, saw: Callable[[TokenFlexError | None], None]) -> None:
        self._run = run
        self._turn = turn
        self._saw = saw

    async def make(self, work: Work[T]) -> T:
        """Make the call in a worker thread.

        Raises:
            TokenFlexError: as the client says it. Where no access token was to be had, the turn counts as not used.

        """
        made = False

        def _make(client: TokenFlexClient) -> T:
            nonlocal made
            made = True
            return work(client)

        self._turn.used = True  # also when nobody waits for the end of it
        try:
            result = await self._run(_make)
        except TokenFlexError as error:
            self._turn.used = made
            self._saw(error)
            raise
        self._saw(None)
        return result


class TokenFlexCalls:
    """Turns, threads, tokens and repetition around the synchronous client."""

    def __init__(
        self, client: TokenFlexClient, tokens: AccessTokens, turns: Turns, clock: Clock, random: Random
    ) -> None:
        self._client = client
        self.tokens = tokens
        self.turns = turns
        self._clock = clock
        self._random = random
        self.health = Health(clock)
        #: Why Autodesk does not accept us until a person does something, False: it does, None: not known yet.
        self.login_lost: TokenFlexError | Literal[False] | None = None
        #: What calls have last shown of the app, by their kind: that the gateway refuses it, or None: that it does not.
        self.app_refused: dict[str, AppRefusedError | None] = {}
        self.login_seen = Bell(clock)  #: rung when a call has shown something of either
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="token-flex")
        self._signing_in: set[asyncio.Future[None]] = set()
        self._closed_at: float | None = None  #: real seconds of the loop
        self._ending = Event()  #: set when no call is to be made any more

    @asynccontextmanager
    async def turn(self, name: str, *, rank: Rank, person: str = "") -> AsyncIterator[GrantedCall]:
        """Wait for a turn and give it out; one that is not used goes back to the budget.

        Raises:
            StoppingError: the bot is being stopped.

        """
        turn = await self.turns.wait(name, rank=rank, person=person)
        # What is fetched ahead may be refused alone, and is not asked for again soon: it says nothing of the app.
        saw = self.health.saw if rank is Rank.AHEAD else partial(self._saw, name)
        refused: RateLimitedError | None = None
        try:
            yield GrantedCall(self._in_thread, turn, saw)
        except RateLimitedError as error:
            refused = error
            raise
        finally:
            await asyncio.shield(self._close(turn, refused))

    async def call(
        self, name: str, work: Work[T], *, rank: Rank, person: str = "", attempts: int = retry.MAX_ATTEMPTS
    ) -> T:
        """Make a call that is safe to repeat, so often at most; each attempt waits for a turn of its own.

        A 401 is answered by a new access token and one more attempt.

        Raises:
            TokenFlexError: when repeating does not help.

        """
        attempt, renewed = 1, False
        while True:
            try:
                async with self.turn(name, rank=rank, person=person) as granted:
                    return await granted.make(work)
            except NotAuthorisedError as error:
                if renewed or error.concerns_all:
                    raise
                renewed = True
            except TokenFlexError as error:
                pause = retry.decide(error, attempt, random=self._random, at_most=attempts)
                if pause is None:
                    raise
                log.info("a call is repeated", call=name, error=type(error).__name__, pause=pause)
                attempt += 1
                await self._clock.sleep(pause)

    def close(self) -> None:
        """Send everybody in the line away; the time that a stop leaves to what is under way begins."""
        self.turns.close()
        self._closed_at = asyncio.get_running_loop().time()

    async def drain(self) -> None:
        """Take no more calls, and wait for a login that is being renewed in a thread: to lose it would be for good.

        What those who made the other calls still waited for has ended by now, or is in doubt, or can be repeated.
        """
        self._ending.set()
        self._threads.shutdown(wait=False, cancel_futures=True)
        if self._signing_in:
            now = asyncio.get_running_loop().time()
            gone = 0.0 if self._closed_at is None else now - self._closed_at
            _, late = await asyncio.wait(self._signing_in, timeout=max(0.0, GRACE - gone))
            if late:
                log.warning("the bot ends while the Autodesk login is being renewed")

    async def _in_thread(self, work: Work[T]) -> T:
        loop = asyncio.get_running_loop()
        context = copy_context()  # what the log says in the thread belongs to the same export
        signed_in = loop.create_future()
        self._signing_in.add(signed_in)

        def _is_signed_in() -> None:
            self._signing_in.discard(signed_in)
            if not signed_in.done():
                signed_in.set_result(None)

        def _has_ended(call: asyncio.Future[T]) -> None:
            _is_signed_in()
            if not call.cancelled():
                call.exception()  # looked at, since the one who waited for it may have been cancelled

        def _authorised() -> T:
            self._sign_in()
            if self._ending.is_set():  # nobody would take down what comes of it
                raise UnreachableError("the bot is being stopped; the call was not made")
            loop.call_soon_threadsafe(_is_signed_in)
            return self._authorised(work)

        made = loop.run_in_executor(self._threads, context.run, _authorised)
        made.add_done_callback(_has_ended)
        try:
            result = await asyncio.shield(made)
        except (LoginNeededError, SignInRefusedError) as error:
            self._see_login(error)
            raise
        self._see_login(False)
        return result

    def _saw(self, name: str, error: TokenFlexError | None) -> None:
        """Note what the end of a call has shown of all others."""
        self.health.saw(error)
        refused, kind = error if isinstance(error, AppRefusedError) else None, "write" if name in _WRITING else name
        if error is refused and self.app_refused.get(kind, self) is not refused:
            self.app_refused[kind] = refused
            self.login_seen.ring()

    def _see_login(self, lost: TokenFlexError | Literal[False]) -> None:
        if lost or self.login_lost is not lost:
            self.login_lost = lost
            self.login_seen.ring()

    def _authorised(self, work: Work[T]) -> T:
        try:
            result = work(self._client)
        except NotAuthorisedError as error:
            if error.concerns_all or self.tokens.invalidate():
                raise
            raise LoginNeededError("Autodesk refuses also the access tokens that it has just given us") from None
        except RefusedError as error:
            if isinstance(error, ScopeMissingError):
                self.tokens.invalidate()  # somebody may have signed in meanwhile, with all scopes
            self.tokens.accepted()
            raise
        self.tokens.accepted()
        return result

    def _sign_in(self) -> None:
        """Have an access token before the call itself.

        What goes wrong here leaves no doubt whether the call had an effect, and says nothing of Token Flex's own limit.
        """
        try:
            self.tokens.access_token()
        except (RateLimitedError, TimedOutError, UpstreamBrokenError) as error:
            log.warning("no access token to be had", error=type(error).__name__, reason=str(error))
            raise UnreachableError("Autodesk did not sign us in; the call was not made") from None

    async def _close(self, turn: Turn, refused: RateLimitedError | None) -> None:
        try:
            await self._end(turn, refused)
        except Exception:  # the budget in memory is right, and a row without an end counts at the next start
            log.exception("the end of a call could not be logged")

    async def _end(self, turn: Turn, refused: RateLimitedError | None) -> None:
        if not turn.used:
            await self.turns.give_back(turn)
        elif refused is None:
            await self.turns.end(turn)
        else:
            await self.turns.end(turn, rate_limited=True, retry_after=refused.retry_after)
