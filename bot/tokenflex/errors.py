"""What can go wrong with a call to Autodesk, sorted by what the caller should do.

    TokenFlexError
    ├── RefusedError                  our request or our rights are wrong; trying again cannot help
    │   ├── InvalidRequestError       400: upstream's own message says why
    │   ├── ForbiddenError            403
    │   │   ├── AppRefusedError       another code of the gateway: nothing of a contract, so an administrator's matter
    │   │   │   ├── ScopeMissingError   AUTH-010: sign in again with both scopes
    │   │   │   └── ApiNotEnabledError  AUTH-001, AUTH-002: the app lacks the Token Flex API
    │   │   └── ContractRefusedError  the contract is not this user's, or the role is too small
    │   └── NotFoundError             404: not there or not ours
    ├── NotAuthorisedError            401: the access token is not valid
    │   ├── LoginNeededError          no usable login is stored; a person must sign in again
    │   └── SignInRefusedError        Autodesk does not sign us in, whatever the login is
    │       └── WrongClientError      the client ID or the client secret is wrong
    ├── RateLimitedError              429: wait `retry_after` seconds
    ├── QuotaExceededError            429 on create or retry: 50 exports are outstanding already
    ├── UpstreamBrokenError           5xx, HTML, cut-off or senseless answers: the effect is unknown
    ├── TimedOutError                 no answer in time: the effect is unknown
    └── UnreachableError              no connection was made: nothing was sent

Messages never carry a URL, a token or a link.
"""

from typing import Final

from bot.network import Obstacle

#: Seconds; no `Retry-After` is obeyed for longer (ours).
LONGEST_WAIT: Final = 900.0
#: What stands in front of the service says so while the service is away, for whoever calls.
_AWAY: Final = (502, 503, 504)


class TokenFlexError(Exception):
    """A call to Autodesk failed."""

    #: True where the server may have acted on the request although no proper answer came back.
    effect_unknown = False
    #: True where the trouble is with all calls, so that it makes sense that others wait, too; else with this one alone.
    concerns_all = False


class RefusedError(TokenFlexError):
    """The request was understood and refused; `message` is upstream's own text, `code` its code, both may be empty."""

    def __init__(self, message: str = "", *, code: str = "", status: int = 0) -> None:
        super().__init__(message or type(self).__doc__ or "refused")
        self.message = message
        self.code = code
        self.status = status


class InvalidRequestError(RefusedError):
    """Token Flex says that the request is not valid."""


class ForbiddenError(RefusedError):
    """Token Flex does not permit this call."""


class AppRefusedError(ForbiddenError):
    """Autodesk's gateway does not let this app, or its login, through to Token Flex, whatever a call is about."""


class ScopeMissingError(AppRefusedError):
    """The Autodesk login lacks a scope; sign in again with data:read and data:write."""


class ApiNotEnabledError(AppRefusedError):
    """The Autodesk app has not enabled the Token Flex Usage Data API."""


class ContractRefusedError(ForbiddenError):
    """The contract is not this Autodesk user's, or the user's role does not allow it."""


class NotFoundError(RefusedError):
    """Token Flex does not know it, or it is not ours."""


class NotAuthorisedError(TokenFlexError):
    """Autodesk does not accept the credentials; `status` is that of its answer, 0 where there was none."""

    def __init__(self, message: str = "", *, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class LoginNeededError(NotAuthorisedError):
    """The Autodesk login has ended; somebody has to sign in again."""

    concerns_all = True


class SignInRefusedError(NotAuthorisedError):
    """Autodesk does not sign us in, whatever the login is: something about the app, or on the way, is wrong."""

    concerns_all = True


class WrongClientError(SignInRefusedError):
    """Autodesk does not know the client ID, or the client secret is not its own."""


class RateLimitedError(TokenFlexError):
    """Too many calls for this Autodesk user; wait `retry_after` seconds (None: the server did not say).

    What asks for more than a quarter of an hour is not believed: a slip there would silence us for as long.
    """

    concerns_all = True

    def __init__(self, retry_after: float | None = None) -> None:
        super().__init__("too many calls")
        self.retry_after = None if retry_after is None else min(retry_after, LONGEST_WAIT)


class QuotaExceededError(TokenFlexError):
    """As many exports are outstanding as Token Flex allows; only a finished one makes room."""


class UpstreamBrokenError(TokenFlexError):
    """Autodesk answered with an error of its own or with something that is not an answer."""

    effect_unknown = True

    def __init__(self, message: str = "", *, status: int = 0) -> None:
        super().__init__(message or "Autodesk's answer could not be used")
        self.status = status
        self.concerns_all = status in _AWAY


class TimedOutError(TokenFlexError):
    """Autodesk did not answer in time."""

    effect_unknown = True


class UnreachableError(TokenFlexError):
    """Autodesk could not be reached, since something stood in the way; nothing was sent."""

    concerns_all = True

    def __init__(self, message: str = "", *, obstacle: Obstacle = Obstacle.OTHER) -> None:
        super().__init__(message or f"no connection to Autodesk: {obstacle}")
        self.obstacle = obstacle
