"""The stand-in as a whole: one server on the loopback address."""

import random
from collections.abc import Collection, Mapping

from aiohttp import web

from sandbox.clock import Clock
from sandbox.slack.changes import Changes
from sandbox.slack.controls import Controls
from sandbox.slack.deliveries import Deliveries
from sandbox.slack.events import Events
from sandbox.slack.files import Files
from sandbox.slack.member import Member, Typing
from sandbox.slack.methods.method import Context
from sandbox.slack.people import TEAM_DOMAIN
from sandbox.slack.rates import RateLimits
from sandbox.slack.refusals import Refusals
from sandbox.slack.response_urls import ResponseUrls
from sandbox.slack.socket_mode import SocketMode
from sandbox.slack.triggers import Triggers
from sandbox.slack.views import Views
from sandbox.slack.web_api import Call, WebApi
from sandbox.slack.workspace import Workspace

DEFAULT_SCOPES = frozenset({
    "channels:history", "channels:read", "chat:write", "commands", "groups:history", "groups:read", "im:history",
    "im:read", "im:write", "metadata.message:read", "mpim:history", "mpim:read", "usergroups:read", "users:read",
})  # fmt: skip


class SlackSandbox:
    """A Slack workspace with one app installed.

    `clock` gives message times and drives the rate limits and the thirty minutes of response URLs; the three
    seconds of acknowledgements and trigger ids are real. `scopes` are those of the bot token (default: everything
    that the methods here need, without `chat:write.public`). `rate_profile` is `slack` or `none`. `commands` are
    the app's slash commands (None: any is taken for one), `should_escape` is their setting in the manifest;
    `messages_tab` says whether people can be sent direct messages, `messages_tab_read_only` that they cannot write
    there, `home_tab` whether the app has a Home tab; `events` are the manifest's `bot_events`, `shortcuts` the ids of
    its global shortcuts by their names.
    """

    bot_token = "xoxb-sandbox-bot"  # noqa: S105 - opens nothing but this
    app_token = "xapp-sandbox-app"  # noqa: S105

    def __init__(
        self,
        *,
        clock: Clock,
        scopes: Collection[str] | None = None,
        rate_profile: str = "slack",
        commands: Collection[str] | None = None,
        should_escape: bool = True,
        bot_name: str = "tokenflex",
        messages_tab: bool = True,
        messages_tab_read_only: bool = False,
        home_tab: bool = True,
        events: Collection[str] = (),
        shortcuts: Mapping[str, str] | None = None,
        rng: random.Random | None = None,
    ) -> None:
        granted = DEFAULT_SCOPES if scopes is None else frozenset(scopes)
        self.changes = Changes()
        self.workspace = Workspace(clock, self.changes, bot_name)
        self.rates = RateLimits(clock, rate_profile)
        self.sockets = SocketMode(self.changes, rng or random.Random(0))
        self.views = Views(self.changes)
        self.triggers = Triggers()
        self.response_urls = ResponseUrls(self.workspace, self.rates)
        self.files = Files(self.workspace, clock)
        self._context = Context(
            self.workspace, self.sockets, self.views, self.triggers, self.rates, granted, self.files,
            messages_tab=messages_tab, home_tab=home_tab,
        )  # fmt: skip
        self.events = Events(self.workspace, self.sockets, self.changes, clock, lambda: self._context.scopes)
        self.events.subscribed = frozenset(events)
        refusals = Refusals(self.workspace)
        self.controls = Controls(self.sockets, self.changes, refusals, self.triggers, self.events, self.files)
        tokens = (self.bot_token, self.app_token)
        self.web_api = WebApi(self._context, self.controls, self.changes, self.response_urls, tokens)
        self._deliveries = Deliveries(
            self.workspace, self.changes, self.sockets, self.triggers, self.response_urls, self.views
        )
        known = None if commands is None else frozenset(commands)
        self.typing = Typing(known, should_escape=should_escape, may_command="commands" in granted)
        self.typing.in_messages_tab, self.typing.home_tab = not messages_tab_read_only, home_tab
        self.typing.shortcuts = dict(shortcuts or {})
        self._members: dict[str, Member] = {}
        self._runner: web.AppRunner | None = None
        self.api_url = ""

    def revoke_tokens(self, error: str = "token_revoked") -> None:
        """Answer every call from now on with this error: `token_revoked`, `account_inactive`, `token_expired`, …."""
        self.web_api.revoked = error

    def grant(self, scopes: Collection[str]) -> None:
        """Give the bot token these scopes instead of the ones it has, as a new installation does."""
        self._context.scopes = frozenset(scopes)
        self.typing.may_command = "commands" in scopes

    @property
    def calls(self) -> list[Call]:
        """Every Web API call and every post to a response URL (method `response_url`), oldest first."""
        return self.web_api.calls

    def member(self, name: str) -> Member:
        """Return the person of that name at their keyboard. Raises KeyError."""
        user = self.workspace.user(name)
        return self._members.setdefault(user.id, Member(user, self._deliveries, self.typing, self.events))

    async def connected(self, count: int = 1, *, timeout: float = 30.0) -> None:  # noqa: ASYNC109
        """Wait until the app has that many Socket Mode connections; `timeout` in real seconds. Raises TimeoutError."""
        await self.changes.until(lambda: len(self.sockets.connections) >= count or None, timeout)

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1; port 0 takes a free one."""
        app = web.Application(client_max_size=4 * 1024 * 1024)
        app.router.add_route("*", "/api/{method}", self.web_api.handle)
        app.router.add_post("/response/{secret}", self.web_api.handle_response_url)
        app.router.add_post("/upload/{secret}", self.web_api.handle_upload)
        app.router.add_get("/link/", self.sockets.handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self._name_addresses(self._runner.addresses[0][1])

    def _name_addresses(self, port: int) -> None:
        self.api_url = f"http://127.0.0.1:{port}/api/"
        self.response_urls.base = f"http://127.0.0.1:{port}/response/"
        self._context.upload_url = f"http://127.0.0.1:{port}/upload/"
        self._context.socket_url = f"ws://127.0.0.1:{port}/link/"
        self._context.team_url = f"https://{TEAM_DOMAIN}.slack.com/"

    async def stop(self) -> None:
        """Close all connections and stop listening."""
        await self.events.close()
        await self.files.close()
        await self.sockets.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
