"""The page's server: static files, one event stream per open page, and the acts of people."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

from aiohttp import web

from sandbox.clock import ScaledClock
from sandbox.journey import Journey, Time
from sandbox.page.destinations import Destination, destinations, said
from sandbox.page.door import Door
from sandbox.page.hands import Hands, MisplacedError
from sandbox.page.panel import Panel
from sandbox.page.scene import Scene
from sandbox.page.stream import Stream
from sandbox.page.switches import Switches
from sandbox.slack.errors import SlackFault
from sandbox.slack.json_values import Json
from sandbox.slack.people import User
from sandbox.slack.server import SlackSandbox
from sandbox.tokenflex.contracts import CONTRACTS
from sandbox.tokenflex.server import TokenFlexSandbox

_STATIC = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command as the composer offers it; `usage` is its hint, words in brackets with bars between them."""

    name: str
    description: str
    usage: str = ""


class Page:
    """A chat workspace in the browser, on 127.0.0.1, over two stand-ins that run.

    `time` is what a person changes in the panel: how fast it runs, and which day it is; without it nobody can.
    """

    def __init__(
        self,
        slack: SlackSandbox,
        token_flex: TokenFlexSandbox,
        clock: ScaledClock,
        *,
        commands: Sequence[Command] = (),
        time: Time | None = None,
    ) -> None:
        self._slack = slack
        self._clock = clock
        self._commands = commands
        self._journey = Journey(clock, time) if time is not None else None
        self._switches = Switches(slack, token_flex, time, self._journey, self._destinations)
        self._panel = Panel(slack, token_flex, clock, self._switches, self._shown_time)
        self._hands = Hands(slack.workspace)
        self._door = Door()
        self._streams: set[Stream] = set()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """The address that lets a person in; whoever has it can use the page."""
        return self._door.url

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1; port 0 takes a free one. Raises OSError when the port is taken."""
        app = web.Application(middlewares=[self._door.check])
        app.on_response_prepare.append(self._door.seal)
        app.on_shutdown.append(self._end_streams)
        app.router.add_get("/", self._index)
        app.router.add_static("/static/", _STATIC)
        app.router.add_get("/events", self._events)
        app.router.add_get("/files/{id}", self._file)
        app.router.add_post("/act", self._act)
        app.router.add_post("/switch", self._switch)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self._door.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """End all streams and a journey, and stop listening."""
        if self._journey is not None:
            await self._journey.end()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def _zone(self) -> ZoneInfo:
        """Whose clock is meant: that of the first person."""
        return ZoneInfo(next(each.tz for each in self._slack.workspace.users.values() if not each.is_bot))

    def _destinations(self) -> tuple[Destination, ...]:
        return destinations(self._clock.now(), self._zone, CONTRACTS[0].years) if self._journey else ()

    def _shown_time(self) -> Json:
        """Return what time it is, and where one can travel to, or does."""
        to = self._journey.destination if self._journey else None
        days = [{"name": each.name, "label": each.label, "at": each.said} for each in self._destinations()]
        return {
            "it_is": f"{said(self._clock.now().astimezone(self._zone))}, {self._zone.key}",
            "destinations": days,
            "to": said(to) if to else "",
            "trouble": self._journey.trouble if self._journey else "",
        }

    async def _end_streams(self, _app: web.Application) -> None:
        for stream in self._streams:
            stream.end()

    async def _index(self, _request: web.Request) -> web.StreamResponse:
        return web.FileResponse(_STATIC / "index.html")

    async def _events(self, request: web.Request) -> web.StreamResponse:
        user = self._person(request.query.get("as", ""))
        first = {"now": self._clock.now().timestamp(), "commands": [asdict(each) for each in self._commands]}
        stream = Stream(self._slack, Scene(self._slack, user), self._panel, first)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        self._streams.add(stream)
        try:
            with suppress(ConnectionResetError):  # the page was closed
                await stream.serve(response)
        finally:
            self._streams.discard(stream)
        return response

    async def _file(self, request: web.Request) -> web.Response:
        """Give a file to who may see a message that shows it."""
        scene = Scene(self._slack, self._person(request.query.get("as", "")))
        with suppress(SlackFault):  # there is no such file
            file = self._slack.files.completed(request.match_info["id"])
            if any(scene.sees(share) and not share.deleted for share in file.shares):
                name = quote(file.name, safe="")
                headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
                return web.Response(body=file.content, content_type=file.mimetype, headers=headers)
        raise web.HTTPNotFound(text="There is no such file here.")

    async def _act(self, request: web.Request) -> web.Response:
        act = await _json(request)
        member = self._slack.member(self._person(str(act.get("as"))).name)
        try:
            return web.json_response(await self._hands.do(member, act))
        except MisplacedError as error:
            return web.json_response({"problem": str(error)}, status=409)

    async def _switch(self, request: web.Request) -> web.Response:
        given = await _json(request)
        try:
            said = await self._switches.flip(str(given.get("name")), given.get("value"))
        except (KeyError, TypeError):
            return web.json_response({"problem": "There is nothing (any more) to switch."}, status=409)
        return web.json_response({"said": said, "flips": self._switches.flips})

    def _person(self, name: str) -> User:
        people = [user for user in self._slack.workspace.users.values() if not user.is_bot]
        return next((user for user in people if user.name == name), people[0])


async def _json(request: web.Request) -> Json:
    try:
        given = await request.json()
    except ValueError:  # no JSON, or no text at all
        given = None
    if request.content_type != "application/json" or not isinstance(given, dict):
        raise web.HTTPBadRequest(text="A JSON object is expected.")
    return given
