"""The log of calls, small facts, and the encrypted login."""

from collections.abc import Iterator

import pytest
from sqlite_utils import Database as Connection

from storage import calls, facts, logins
from storage.logins import Login, WrongKeyError
from storage.migrations import migrations
from storage.models import LoggedCall
from tests.harness.rows import NOW, after

KEY = "a long enough database key"


@pytest.fixture
def db() -> Iterator[Connection]:
    """An empty database in memory."""
    connection = Connection(memory=True)
    migrations.apply(connection)
    yield connection
    connection.close()


def begin(db: Connection, seconds: float = 0.0, name: str = "submit") -> int:
    return calls.start(db, name=name, rank=1, person="U1", burst=False, now=after(seconds))


def test_a_call_is_logged_before_and_after(db: Connection) -> None:
    """Without an end it is under way; the end says whether it was refused for its rate."""
    number = begin(db)
    assert calls.since(db, NOW) == (LoggedCall(number, NOW, None, "submit", 1, "U1", False, False, None),)
    calls.end(db, number, now=after(2), rate_limited=True, retry_after=30.0)
    (ended,) = calls.since(db, NOW)
    assert (ended.ended_at, ended.rate_limited, ended.retry_after) == (after(2), True, 30.0)


def test_calls_since_a_moment_come_oldest_first(db: Connection) -> None:
    """The moment itself counts; the order is that of time, also when the clock was set back in between."""
    numbers = [begin(db, seconds) for seconds in (10, 5, 20, 0)]
    assert [call.id for call in calls.since(db, after(5))] == [numbers[1], numbers[0], numbers[2]]


def test_calls_of_a_dead_process_are_ended(db: Connection) -> None:
    """Only those without an end."""
    calls.end(db, begin(db), now=after(1), rate_limited=False, retry_after=None)
    begin(db)
    calls.end_open(db, after(60))
    assert [call.ended_at for call in calls.since(db, NOW)] == [after(1), after(60)]


def test_old_calls_are_forgotten(db: Connection) -> None:
    """By time, or one that was not made after all."""
    old, kept, unused = begin(db, 0), begin(db, 10), begin(db, 20)
    calls.forget_before(db, after(10))
    calls.forget(db, unused)
    assert [call.id for call in calls.since(db, NOW)] == [kept]
    assert old not in {call.id for call in calls.since(db, NOW)}


def test_facts_are_kept_by_name(db: Connection) -> None:
    """Put again, a fact has a new value and a new time; forgotten, it is gone."""
    assert (facts.get(db, "a"), facts.saved_at(db, "a")) == (None, None)
    facts.put(db, "a", "1", NOW)
    facts.put(db, "a", "2", after(5))
    facts.put(db, "b", "3", NOW)
    assert (facts.get(db, "a"), facts.saved_at(db, "a")) == ("2", after(5))
    facts.forget(db, "a")
    facts.forget(db, "a")
    assert (facts.get(db, "a"), facts.get(db, "b")) == (None, "3")


LOGIN = Login("refresh-token-canary", "access-token-canary", after(3600), ("data:read", "data:write"), "seed")


@pytest.mark.parametrize("login", [LOGIN, Login("refresh-token-canary")])
def test_a_login_is_read_back_and_hidden_in_the_file(db: Connection, login: Login) -> None:
    """With the key all of it is there; without it neither token can be seen in the rows."""
    secret = logins.cipher(db, KEY, NOW)
    assert (logins.exists(db), logins.load(db, secret)) == (False, None)
    logins.save(db, secret, login, NOW)
    assert logins.exists(db)
    assert logins.load(db, secret) == login
    assert "canary" not in repr([dict(row) for row in db.query("SELECT * FROM logins")])
    assert "canary" not in repr(login)


def test_there_is_one_login(db: Connection) -> None:
    """Saving replaces, forgetting removes."""
    secret = logins.cipher(db, KEY, NOW)
    logins.save(db, secret, LOGIN, NOW)
    logins.save(db, secret, Login("another"), NOW)
    assert logins.load(db, secret) == Login("another")
    logins.forget(db)
    assert not logins.exists(db)


def test_the_key_of_a_restart_opens_what_was_stored(db: Connection) -> None:
    """The salt is made once for each database; another key, even a similar one, opens nothing."""
    logins.save(db, logins.cipher(db, KEY, NOW), LOGIN, NOW)
    assert logins.load(db, logins.cipher(db, KEY, after(60))) == LOGIN
    for wrong in (KEY + " ", KEY.upper(), "another long enough key"):
        with pytest.raises(WrongKeyError):
            logins.load(db, logins.cipher(db, wrong, NOW))


def test_the_same_key_is_another_one_in_another_database(db: Connection) -> None:
    """A login that is copied into another database cannot be read there."""
    logins.save(db, logins.cipher(db, KEY, NOW), LOGIN, NOW)
    (row,) = db.query("SELECT * FROM logins")
    other = Connection(memory=True)
    migrations.apply(other)
    secret = logins.cipher(other, KEY, NOW)
    other.table("logins").insert(dict(row))
    with pytest.raises(WrongKeyError):
        logins.load(other, secret)
    other.close()


def test_naive_times_are_refused(db: Connection) -> None:
    """In every function that takes one."""
    naive, secret = NOW.replace(tzinfo=None), logins.cipher(db, KEY, NOW)
    number = begin(db)
    for call in (
        lambda: calls.start(db, name="a", rank=1, person="", burst=False, now=naive),
        lambda: calls.end(db, number, now=naive, rate_limited=False, retry_after=None),
        lambda: calls.since(db, naive),
        lambda: calls.end_open(db, naive),
        lambda: calls.forget_before(db, naive),
        lambda: facts.put(db, "a", "1", naive),
        lambda: logins.save(db, secret, LOGIN, naive),
        lambda: logins.save(db, secret, Login("a", "b", naive), NOW),
    ):
        with pytest.raises(ValueError, match="naive"):
            call()
