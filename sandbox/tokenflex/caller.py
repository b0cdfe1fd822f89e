"""Who calls the Token Flex API, what they may see, and what they ask."""

import json
from dataclasses import dataclass

from sandbox.tokenflex.answers import RefusalError, service_error
from sandbox.tokenflex.exports import PORTAL
from sandbox.tokenflex.inbound import Inbound
from sandbox.tokenflex.settings import Client, User


@dataclass(frozen=True, slots=True)
class Caller:
    """The client and the user of an access token. No user: a two-legged client that is tied to nobody."""

    client: Client
    user: User | None
    scopes: tuple[str, ...]

    @property
    def budget(self) -> str:
        """Return whose budget of calls this is: the user's, over all clients."""
        return f"user {self.user.name}" if self.user else f"client {self.client.client_id}"

    def contracts(self) -> tuple[str, ...]:
        """Return the numbers of the contracts that the user's role shows."""
        return self.user.contracts if self.user is not None and self.user.role else ()


@dataclass(frozen=True, slots=True)
class Question:
    """One call with its caller; `parts` are the variable segments of the path, decoded."""

    caller: Caller
    parts: tuple[str, ...]
    inbound: Inbound

    def user(self, *, portal: bool = False) -> User:
        """Return the user, who may see the contract (the first of the parts).

        Raises:
            RefusalError: the contract is not this user's, or the role is too small.

        """
        user = self.caller.user
        known = self.parts[0] in self.caller.contracts() or (portal and self.parts[0] == PORTAL)
        if user is None or not user.role or not known:
            raise RefusalError(service_error(403))
        return user

    def json(self) -> object:
        """Return the JSON body.

        Raises:
            BadRequestError: another content type, or no JSON.

        """
        if self.inbound.content_type != "application/json":
            raise BadRequestError("the content type is not application/json")
        try:
            data: object = json.loads(self.inbound.body, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise BadRequestError("the body is no JSON") from error
        return data

    def query(self) -> dict[str, str]:
        """Return the query parameters.

        Raises:
            BadRequestError: one is there twice.

        """
        query = self.inbound.target.query()
        if query is None:
            raise BadRequestError("a parameter is there twice")
        return query


class BadRequestError(RefusalError):
    """400 of the service, which does not tell its reason; `reason` is for the record of calls."""

    def __init__(self, reason: str) -> None:
        super().__init__(service_error(400))
        self.reason = reason


def _no_constant(name: str) -> None:
    raise ValueError(name)
