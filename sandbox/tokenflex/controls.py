"""Everything that a test or a demo can switch while a stand-in runs."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from sandbox.clock import Clock
from sandbox.tokenflex.answers import (
    Answer,
    gateway_error,
    gateway_failure,
    html_page,
    plain_text,
    rate_limited,
    service_error,
)
from sandbox.tokenflex.api import Budgets
from sandbox.tokenflex.download import Spoils
from sandbox.tokenflex.exports import ERROR, PORTAL, Export, ExportBook
from sandbox.tokenflex.faults import Dropped, Fault, Faults, Kind, MadeUp, Slow, Truncated
from sandbox.tokenflex.people import People
from sandbox.tokenflex.queries import QueryBook
from sandbox.tokenflex.settings import Client, User
from sandbox.tokenflex.spoilt import Way
from sandbox.tokenflex.tokens import TokenBook
from sandbox.tokenflex.usage_data import Report

_SCOPES = "data:read data:write"
_FORMS: dict[str, Callable[[int], Answer]] = {
    "service": service_error,
    "gateway": gateway_failure,
    "text": lambda status: plain_text(status, "Forbidden" if status == 403 else "no healthy upstream"),
    "html": lambda status: html_page(status, "Error"),
}


@dataclass(frozen=True, slots=True)
class Controls:
    """The switches. Faults hit API calls, or OAuth calls with `oauth=True`; `path_contains` sees the query too."""

    clock: Clock
    book: ExportBook
    faults: Faults
    tokens: TokenBook
    people: People
    budgets: Budgets
    queries: QueryBook
    spoils: Spoils

    def fail_next(self, count: int = 1) -> None:
        """Let the next exports that are created or retried end in `Error`."""
        self.book.fail_next(count)

    def finish(self, key: str) -> None:
        """Make an export's file ready now, with a fresh link."""
        self.book.finish(self.book.get(key))

    def fail(self, key: str) -> None:
        """Let an export end in `Error` now."""
        self.book.finish(self.book.get(key), ERROR)

    def expire_link(self, key: str) -> None:
        """Let every link of an export be over now."""
        self.book.expire_links(self.book.get(key))

    def spoil_download_next(self, way: Way, count: int = 1) -> None:
        """Let the next files that are downloaded go wrong in this way."""
        self.spoils.next.extend([way] * count)

    def spoil_downloads(self, way: Way) -> Callable[[], None]:
        """Let every file that is downloaded go wrong in this way, until the returned function is called."""
        self.spoils.always = way

        def lift() -> None:
            self.spoils.always = None

        return lift

    def fill(self, key: str, content: bytes) -> None:
        """Let an export's file have this content."""
        self.book.get(key).content = content

    def fill_from(self, key: str, path: Path) -> None:
        """Let an export's file be this one on the disk, which is sent in pieces."""
        self.book.get(key).path = path

    def hold(self) -> None:
        """Keep exports in `Requested` until `release`."""
        self.book.hold()

    def release(self) -> None:
        """Let held exports go on: those that became due meanwhile are ready now."""
        self.book.release()

    def vanish(self, key: str) -> None:
        """Let an export be gone without anybody having asked."""
        self.book.delete(key)

    def unknown_status(self, key: str, status: str = "Archiving") -> None:
        """Give an export a status that the documentation does not know; `finish` ends it."""
        self.book.finish(self.book.get(key), status)

    def fail_query_next(self, count: int = 1) -> None:
        """Let the next queries end in `FAILED`."""
        self.queries.to_fail += count

    def slow_query_next(self, seconds: float) -> None:
        """Let the next query take so long; beyond five minutes it ends in `TIMEOUT`."""
        self.queries.next_durations.append(seconds)

    def outstanding_elsewhere(self, count: int, *, user: str = "ana.admin", contract: str | None = None) -> list[str]:
        """Add outstanding exports of the user's other programs; they show in the list and count for the quota.

        Returns their keys, for `finish` and `vanish`.
        """
        return [self._foreign(user, contract, f"elsewhere-{number}.csv").key for number in range(1, count + 1)]

    def made_in_portal(self, file_name: str = "portal.csv", *, user: str = "ana.admin") -> str:
        """Add an export of the account portal (listed under `null`); return its key."""
        return self._foreign(user, None, file_name, listed_under=PORTAL).key

    def foreign_call(self, count: int = 1, *, user: str = "ana.admin") -> None:
        """Let the user's other programs spend calls now."""
        for _ in range(count):
            self.budgets.spend(f"user {user}")

    def read_limit_as(self, reading: str) -> None:
        """Refuse from now on what that reading of the rate limit refuses; calls before do not count."""
        self.budgets.obey(reading)

    def answer_next(
        self,
        status: int,
        method: str | None = None,
        path_contains: str | None = None,
        count: int = 1,
        *,
        retry_after: float | None = None,
        body: object = None,
        html: bool = False,
        truncated: bool = False,
        oauth: bool = False,
    ) -> None:
        """Answer the next fitting calls with this status, without doing what they ask.

        `body` is JSON data, or bytes. `truncated` is the exception: the call has its effect and its own answer is cut
        in half.
        """
        fault: Fault = Truncated(status) if truncated else MadeUp(_made_up(status, retry_after, body, html=html))
        self.faults.plan(fault, Kind(method, path_contains, oauth=oauth), count)

    def drop_answer_next(
        self,
        method: str | None = None,
        path_contains: str | None = None,
        count: int = 1,
        *,
        after_effect: bool = True,
        oauth: bool = False,
    ) -> None:
        """Close the connection of the next fitting calls without an answer, after or before their effect."""
        fault = Dropped(after_effect)
        self.faults.plan(fault, Kind(method, path_contains, oauth=oauth), count)

    def slow_next(
        self,
        seconds: float,
        method: str | None = None,
        path_contains: str | None = None,
        count: int = 1,
        *,
        real: bool = False,
        after_effect: bool = True,
        oauth: bool = False,
    ) -> None:
        """Answer the next fitting calls late: by the stand-in's clock, or by `real` time."""
        fault = Slow(seconds, None if real else self.clock, after_effect)
        self.faults.plan(fault, Kind(method, path_contains, oauth=oauth), count)

    def answer_always(
        self,
        status: int,
        method: str | None = None,
        *,
        path_end: str | None = None,
        contract: str | None = None,
        key: str | None = None,
        form: str = "service",
        body: object = None,
        retry_after: float | str | None = None,
        oauth: bool = False,
    ) -> Callable[[], None]:
        """Answer every call of a kind with this status, without any effect; the returned function lifts that.

        `path_end` is the last segment (`refreshUrl`, `requests`, `contract`, `token`). `form` says who answers:
        `service`, `gateway` (JSON), `text` or `html`; a `body` (JSON data or bytes) replaces it. `retry_after` is
        seconds of any length, or a text as it is.
        """
        answer = Answer(status, body) if body is not None else _FORMS[form](status)
        if retry_after is not None:
            value = retry_after if isinstance(retry_after, str) else str(round(retry_after))
            answer = replace(answer, headers=answer.headers | {"Retry-After": value})
        kind = Kind(method, path_end=path_end, contract=contract, key=key, oauth=oauth)
        return self.faults.last(MadeUp(answer), kind)

    def lapse_role(self, contract: str | None = None, *, user: str = "ana.admin") -> Callable[[], None]:
        """Take the user's role for a contract (None: for all of them); the returned function gives it back."""
        self.people.lapse(user, contract)
        return lambda: self.people.restore(user, contract)

    def spoil_list(self, contract: str, entry: object = None) -> Callable[[], None]:
        """Let the list of a contract's exports begin with this entry, until the returned function is called."""
        self.book.unreadable[contract] = entry

        def lift() -> None:
            self.book.unreadable.pop(contract, None)

        return lift

    def behave(self) -> None:
        """Forget the faults that have not happened yet, and lift those of `answer_always` and `spoil_downloads`."""
        self.faults.clear()
        self.spoils.next.clear()
        self.spoils.always = None

    def revoke_tokens(self) -> None:
        """Kill every access token."""
        self.tokens.revoke_access()

    def revoke_refresh_tokens(self) -> None:
        """Kill every refresh token."""
        self.tokens.revoke_refresh()

    def make_login(self, client_id: str = "sandbox-web", user: str = "ana.admin", scope: str = _SCOPES) -> str:
        """Sign a user in without a browser; return the refresh token."""
        return self.tokens.issue_refresh(self.tokens.new_grant(client_id, user, tuple(scope.split())))

    def add_client(self, client: Client) -> None:
        """Add a client, or replace the one with this id."""
        self.people.add_client(client)

    def add_user(self, user: User) -> None:
        """Add a user, or replace the one with this name."""
        self.people.add_user(user)

    def _foreign(self, user: str, contract: str | None, file_name: str, listed_under: str | None = None) -> Export:
        known = self.people.user(user)
        number = contract or (known.contracts[0] if known and known.contracts else "")
        report = Report(number, ("usageMonth",), ("tokensConsumed",))
        return self.book.add(report, client_id=None, user=user, file_name=file_name, contract=listed_under or number)


def _made_up(status: int, retry_after: float | None, body: object, *, html: bool) -> Answer:
    if html:
        answer = html_page(status, "Bad Gateway" if status == 502 else "Error")
    elif body is not None:
        answer = Answer(status, body)
    elif status == 429:
        return rate_limited(retry_after)
    else:
        answer = gateway_error("AUTH-006") if status == 401 else service_error(status)
    headers = {} if retry_after is None else {"Retry-After": str(round(retry_after))}
    return Answer(status, answer.body, answer.headers | headers, answer.content_type)
