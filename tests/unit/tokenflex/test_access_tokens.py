"""The one place that knows which access token is good, and spends refresh tokens."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.tokenflex.errors import (
    LoginNeededError,
    NotAuthorisedError,
    RateLimitedError,
    TimedOutError,
    TokenFlexError,
    UnreachableError,
    UpstreamBrokenError,
    WrongClientError,
)
from bot.tokenflex.http import Response
from bot.tokenflex.oauth import StoredLogin
from tests.harness.token_endpoint import START, Tokens, signed_in


def test_two_legged_tokens_are_kept_and_never_stored() -> None:
    """Without a login the app signs in by itself, renews ahead of expiry, and stores nothing."""
    home = Tokens()
    assert [home.later(0), home.later(3298), home.later(2)] == ["two2", "two2", "two3"]
    assert home.store.history == [None]


def test_a_renewed_login_is_stored_at_once() -> None:
    """The new pair is in the store before the access token is used."""
    home = signed_in()
    assert home.later(0) == "a2"
    assert home.store.login == StoredLogin("r2", "a2", START + timedelta(seconds=3599))
    assert [home.later(3298), home.later(2)] == ["a2", "a3"]
    assert home.refreshes() == ["r1", "r2"]


def test_a_stored_access_token_is_used_after_a_restart() -> None:
    """A restart costs no refresh while the stored access token is good."""
    home = Tokens(StoredLogin("r1", "a1", START + timedelta(seconds=1000)))
    assert [home.later(0), home.later(699), home.later(2)] == ["a1", "a1", "a2"]


def test_short_lives_are_renewed_at_half_time() -> None:
    """A token that lives shorter than the time ahead is still used for half of its life."""
    home = signed_in()
    home.autodesk.expires_in = 60
    assert [home.later(0), home.later(29), home.later(2)] == ["a2", "a2", "a3"]


def test_a_login_stored_by_another_process_is_used_at_the_next_renewal() -> None:
    """The store is read before each refresh, since `login` may have put a new pair there."""
    home = signed_in()
    home.later(0)
    home.store.login = StoredLogin("other", "fresh", home.now + timedelta(days=1))
    assert home.later(3400) == "fresh"
    assert home.refreshes() == ["r1"]


def test_an_invalid_token_is_renewed_once() -> None:
    """After a 401 a new token is fetched; a late 401 for an old token changes nothing."""
    home = signed_in()
    first = home.tokens.access_token()
    home.tokens.invalidate(first)
    assert home.tokens.access_token() == "a3"
    home.tokens.invalidate(first)
    assert home.tokens.access_token() == "a3"
    home.tokens.invalidate()
    assert home.tokens.access_token() == "a4"


def test_invalidate_without_a_token_means_that_of_this_thread() -> None:
    """A thread that still holds the old token does not make the new one worthless."""
    home = signed_in()
    with ThreadPoolExecutor(1) as other:
        other.submit(home.tokens.access_token).result()
        home.tokens.access_token()
        home.tokens.invalidate()
        assert home.tokens.access_token() == "a3"
        other.submit(home.tokens.invalidate).result()
    assert home.tokens.access_token() == "a3"


@pytest.mark.parametrize("lost", [TimedOutError(), UpstreamBrokenError("broke off"), UpstreamBrokenError(status=200)])
def test_a_lost_answer_is_asked_for_once_more(lost: TokenFlexError) -> None:
    """If the server never acted, the same token is still good."""
    home = signed_in()
    home.autodesk.script = [lost]
    assert home.later(0) == "a2"
    assert home.refreshes() == ["r1", "r1"]


def test_a_lost_answer_is_repeated_once_at_most() -> None:
    """Two lost answers are told; the login stays stored for a later attempt."""
    home = signed_in()
    home.autodesk.script = [TimedOutError(), TimedOutError()]
    with pytest.raises(TimedOutError):
        home.later(0)
    assert home.refreshes() == ["r1", "r1"]
    assert home.later(60) == "a2"


def test_a_lost_answer_after_the_effect_ends_the_login() -> None:
    """If the server had acted, the old token is dead, and somebody has to sign in."""
    home = signed_in()
    home.autodesk.script = [home.autodesk.lose]
    with pytest.raises(LoginNeededError):
        home.later(0)
    assert home.refreshes() == ["r1", "r1"]


@pytest.mark.parametrize(
    "trouble", [UnreachableError(), RateLimitedError(5), UpstreamBrokenError(status=503), NotAuthorisedError()]
)
def test_other_trouble_is_not_repeated_here(trouble: TokenFlexError) -> None:
    """The refresh token is kept for a later attempt."""
    home = signed_in()
    home.autodesk.script = [trouble]
    with pytest.raises(type(trouble)):
        home.later(0)
    assert home.refreshes() == ["r1"]
    assert home.later(1) == "a2"


def test_trouble_ahead_of_expiry_harms_nobody() -> None:
    """While the old token is good it is handed out, and Autodesk is asked again only after a while."""
    home = signed_in()
    home.later(0)
    home.autodesk.script = [UnreachableError(), UnreachableError()]
    assert [home.later(3300), home.later(1), home.later(30)] == ["a2"] * 3
    assert len(home.refreshes()) == 3
    assert home.later(31) == "a3"


def test_trouble_after_expiry_is_told() -> None:
    """A token is never handed out after its own expiry."""
    home = signed_in()
    home.later(0)
    home.autodesk.script = [UnreachableError()]
    with pytest.raises(UnreachableError):
        home.later(3599)


def test_an_ended_login_is_not_hammered() -> None:
    """Autodesk is asked once; a new stored login clears it."""
    home = Tokens(StoredLogin("dead"))
    for _ in range(3):
        with pytest.raises(LoginNeededError):
            home.later(60)
    assert home.refreshes() == ["dead"]
    home.store.login = StoredLogin("r1")
    assert home.later(60) == "a2"


def test_a_new_login_is_tried_before_giving_up() -> None:
    """When the stored one was replaced while we asked, the new one is tried at once."""
    home = Tokens(StoredLogin("dead"))

    def _sign_in() -> None:
        home.store.login = StoredLogin("r1")

    home.autodesk.script = [_sign_in]
    assert home.later(0) == "a2"
    assert home.refreshes() == ["dead", "r1"]


def test_a_second_dead_login_ends_it() -> None:
    """Only one other login is tried in one go, and neither is hammered."""
    home = Tokens(StoredLogin("dead"))

    def _sign_in() -> None:
        home.store.login = StoredLogin("dead too")

    home.autodesk.script = [_sign_in]
    for _ in range(2):
        with pytest.raises(LoginNeededError):
            home.later(0)
    assert home.refreshes() == ["dead", "dead too"]


def test_a_store_that_fails_loses_no_login() -> None:
    """The new pair is kept and stored before anything else is done."""
    home = signed_in()
    home.store.failing = 2
    for _ in range(2):
        with pytest.raises(OSError, match="disk full"):
            home.later(0)
    assert home.later(0) == "a2"
    assert home.refreshes() == ["r1"]
    assert home.store.login is not None
    assert home.store.login.refresh_token == "r2"


def test_a_store_without_room_keeps_the_old_login_good() -> None:
    """The refresh token is not spent where its successor could not be kept."""
    home = signed_in()
    home.store.full = True
    with pytest.raises(OSError, match="disk full"):
        home.later(0)
    assert home.refreshes() == []
    home.store.full = False
    assert home.later(0) == "a2"


# --- What is on record of a renewal -----------------------------------------------------------------------------


OUTCOMES: list[tuple[list[Any], str | None]] = [
    ([], None),
    ([UnreachableError()], None),
    ([RateLimitedError(5)], None),
    ([NotAuthorisedError()], None),
    ([WrongClientError()], None),
    ([LoginNeededError()], None),
    ([TimedOutError()], None),
    ([TimedOutError(), TimedOutError()], "r1"),
    ([UpstreamBrokenError(status=503)], "r1"),
    ([UpstreamBrokenError(), RateLimitedError(5)], "r1"),
    ([UpstreamBrokenError(), UnreachableError()], "r1"),
    ([TimedOutError(), LoginNeededError()], "r1"),
]


@pytest.mark.parametrize(("script", "left"), OUTCOMES, ids=str)
def test_a_renewal_is_on_record_until_its_outcome_is_known(script: list[Any], left: str | None) -> None:
    """It is there before the token is spent, and goes when a new one is stored or none was certainly spent."""
    home = signed_in()
    seen: list[str | None] = []
    ask = home.autodesk.request

    def request(*words: Any, **rest: Any) -> Response:
        seen.append(home.store.renewing)
        return ask(*words, **rest)

    home.autodesk.request = request  # type: ignore[method-assign]
    home.autodesk.script = list(script)
    with contextlib.suppress(TokenFlexError):
        home.later(0)
    assert set(seen) == {"r1"}
    assert home.store.renewing == left


def test_a_renewal_without_room_stays_on_record_until_it_is_stored() -> None:
    """The token was spent; whoever starts the next process has to know while its successor is in memory only."""
    home = signed_in()
    home.store.failing = 1
    with pytest.raises(OSError, match="disk full"):
        home.later(0)
    assert home.store.renewing == "r1"
    home.later(0)
    assert home.store.renewing is None


def test_a_login_that_a_cut_off_renewal_has_ended_says_so() -> None:
    """The next process is refused, says why each time it is asked, and leaves it on record for the one after it."""
    home = Tokens(StoredLogin("dead"))
    home.store.renewing = "dead"
    for _ in range(2):
        with pytest.raises(LoginNeededError, match="a renewal of it was cut off"):
            home.later(0)
    assert home.refreshes() == ["dead"]
    assert home.store.renewing == "dead"
    assert "cut off" in home.tokens.state.trouble


def test_a_login_that_ended_otherwise_does_not_say_so() -> None:
    """What is on record of another refresh token is no reason."""
    home = Tokens(StoredLogin("dead"))
    home.store.renewing = "an older one"
    with pytest.raises(LoginNeededError) as caught:
        home.later(0)
    assert "cut off" not in str(caught.value)
    assert home.store.renewing is None


def test_another_login_stored_meanwhile_is_not_overwritten() -> None:
    """Compare and swap: the login of a person wins over our refresh of the old one."""
    home = signed_in()

    def _sign_in() -> None:
        home.store.login = StoredLogin("person", "pa", home.now + timedelta(days=1))

    home.autodesk.script = [_sign_in]
    assert home.later(0) == "a2"
    assert home.store.login is not None
    assert home.store.login.refresh_token == "person"
    assert home.later(3400) == "pa"


def test_one_renewal_at_a_time() -> None:
    """Threads that need a token at once share one refresh."""
    home = signed_in()
    barrier = threading.Barrier(4)

    def _ask(_: int) -> str:
        barrier.wait()
        return home.tokens.access_token()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(_ask, range(4))) == {"a2"}
    assert home.refreshes() == ["r1"]


@given(st.lists(st.sampled_from(["ok", "lost", "lost after", "down", "wait", "401", "sign in", "full"]), max_size=25))
def test_the_stored_login_is_always_the_newest_of_its_chain(events: list[str]) -> None:
    """Whatever happens in whatever order, a rotated token is in the store (or kept) before it is used."""
    home = signed_in()
    for event in events:
        _happen(home, event)
        try:
            token = home.later(0)
        except (TokenFlexError, OSError):
            continue
        assert home.store.login is not None
        assert token in {home.store.login.access_token, *(login.access_token for login in home.store.history if login)}


def _happen(home: Tokens, event: str) -> None:
    home.now += timedelta(seconds=3599 if event == "wait" else 10)
    if event == "401":
        home.tokens.invalidate()
    elif event == "sign in":
        home.autodesk.rotate()
        home.store.login = StoredLogin(home.autodesk.good)
    elif event == "full":
        home.store.failing = 1
    elif event in {"lost", "down"}:
        home.autodesk.script.append(TimedOutError() if event == "lost" else UnreachableError())
    elif event == "lost after":
        home.autodesk.script.append(home.autodesk.lose)
