"""Switches that make things go wrong, and time: how fast it runs, until a link comes, and to which day it jumps."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from sandbox.journey import Journey, Time
from sandbox.page.destinations import Destination
from sandbox.slack.changes import Change
from sandbox.slack.json_values import Given, Json
from sandbox.slack.messages import Message
from sandbox.slack.rules.data import DATA_BLOCKS
from sandbox.slack.server import SlackSandbox
from sandbox.tokenflex.server import TokenFlexSandbox
from sandbox.tokenflex.spoilt import Way

SPEEDS = (1, 5, 20)
_ENDLESS = 1_000_000  #: calls
_SLOW = 8.0  #: real seconds per answer
_RETRY_AFTER = 30  #: seconds, what a made-up 429 asks for


class Switches:
    """Every switch of the panel by its name. Without `time` nobody changes that; `destinations` are asked as it is."""

    def __init__(
        self,
        slack: SlackSandbox,
        token_flex: TokenFlexSandbox,
        time: Time | None,
        journey: Journey | None,
        destinations: Callable[[], Sequence[Destination]],
    ) -> None:
        self._slack = slack
        self._token_flex = token_flex
        self._controls = token_flex.controls
        self._answers = "normal"
        self._login_refused = False
        self._socket_lost = False
        self._time = time
        self._journey = journey
        self._destinations = destinations
        self._sped_up = False
        self._links: set[str] = set()
        slack.changes.subscribe(self._heard)
        self.speeds = SPEEDS if time else ()
        self.flips = 0  #: how often any of them was flipped
        self._switches: dict[str, Callable[[Given], str | None]] = {
            "speed": self._run_at,
            "travel": self._travel,
            "answers": self._answer,
            "login_refused": self._refuse_login,
            "slack_token_revoked": self._revoke_slack_token,
            "data_refused": self._refuse_data,
            "lose_share": self._lose_share,
            "downloads": self._spoil_downloads,
            "fail_next": self._fail_next,
            "finish": self._controls.finish,
            "fail": self._controls.fail,
            "expire_link": self._controls.expire_link,
            "invite": slack.workspace.invite_bot,
            "kick": slack.workspace.kick_bot,
        }

    def state(self) -> Json:
        """Return how the lasting switches stand."""
        return {
            "answers": self._answers,
            "login_refused": self._login_refused,
            "slack_token_revoked": self._slack.web_api.revoked is not None,
            "socket_lost": self._socket_lost,
            "data_refused": bool(self._slack.workspace.refused_blocks),
            "downloads": self._controls.spoils.always or "",
        }

    async def flip(self, name: str, value: Given) -> str:
        """Flip a switch and return a sentence about it, empty for none. Raises KeyError for what there is not."""
        self.flips += 1
        if name == "socket_lost":
            return await self._lose_socket(lost=bool(value))
        if name == "stay":
            return await self._stay()
        return self._switches[name](value) or ""

    def _run_at(self, factor: Given) -> None:
        if factor not in self.speeds or self._time is None:
            raise KeyError(factor)
        self._time.run_at(float(factor))
        self._sped_up = factor != 1

    def _travel(self, name: Given) -> None:
        if self._journey is None:
            raise KeyError(name)
        destination = {each.name: each for each in self._destinations()}[name]
        self._sped_up = False  # a link that comes on the way holds nobody up
        self._journey.begin(destination.at)

    async def _stay(self) -> str:
        if self._journey is not None:
            await self._journey.end()
        return ""

    def _heard(self, change: Change) -> None:
        """End the rush when a link comes: it lives two minutes, of which a rush would leave seconds for the click."""
        is_answer = isinstance(change.subject, Message) and change.subject.sender.is_bot
        links = set(change.subject.links()) if is_answer else set()
        if self._sped_up and links - self._links:
            self._run_at(1)
        self._links |= links

    def _answer(self, how: Given) -> None:
        self._controls.behave()
        if how == "slow":
            self._controls.slow_next(_SLOW, count=_ENDLESS, real=True)
        elif how in {"429", "503"}:
            wait = _RETRY_AFTER if how == "429" else None
            self._controls.answer_next(int(how), count=_ENDLESS, retry_after=wait)
        elif how != "normal":
            raise KeyError(how)
        self._answers = how

    def _refuse_login(self, refused: Given) -> None:
        """Kill the access tokens and let Autodesk know another secret than the bot, or the right one again."""
        client = self._token_flex.settings.clients[0]
        self._login_refused = bool(refused)
        self._controls.add_client(replace(client, secret="another") if refused else client)  # noqa: S106
        self._controls.revoke_tokens()

    def _revoke_slack_token(self, revoked: Given) -> None:
        self._slack.web_api.revoked = "token_revoked" if revoked else None

    def _refuse_data(self, refused: Given) -> str:
        self._slack.workspace.refused_blocks = DATA_BLOCKS if refused else frozenset()
        return "" if refused else "Once refused, tables and charts are left out by the bot for a day."

    def _lose_share(self, _value: Given) -> str:
        self._slack.controls.lose_shares()
        return "The next file that the bot shares is accepted and never shown."

    def _spoil_downloads(self, way: Given) -> None:
        if way not in {"", *Way}:
            raise KeyError(way)
        self._controls.spoils.always = Way(way) if way else None

    def _fail_next(self, _value: Given) -> str:
        self._controls.fail_next()
        return "The next export will fail."

    async def _lose_socket(self, *, lost: bool) -> str:
        self._socket_lost = lost
        self._slack.controls.refuse_sockets(lost)
        if lost:
            await self._slack.controls.drop_sockets(abrupt=True)
        return ""
