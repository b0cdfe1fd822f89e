"""Socket Mode: WebSocket connections, envelopes on them, and the three seconds for an acknowledgement."""

import asyncio
import json
import random
import secrets
import time
import uuid
from dataclasses import dataclass
from typing import Any

from aiohttp import WSMsgType, web

from sandbox.slack.changes import Changes
from sandbox.slack.json_values import Given
from sandbox.slack.people import APP_ID

ACK_SECONDS = 3.0
CLOSE_SECONDS = 1.0
MAX_CONNECTIONS = 10
WARNING_SECONDS = 10.0
USUAL_LIFETIME = 18060
DEBUG_LIFETIME = 360


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """How a delivery ended: `error` is None, `operation_timeout` or `no_connection`; `payload` came with the answer."""

    error: str | None = None
    payload: Given = None


class Connection:
    """One WebSocket. `silent` makes it deaf: no pongs, no acknowledgements heard."""

    def __init__(self, sockets: "SocketMode", request: web.Request) -> None:
        self._sockets = sockets
        self._request = request
        self.socket = web.WebSocketResponse(autoping=False, timeout=CLOSE_SECONDS)
        self.silent = False

    async def serve(self) -> web.WebSocketResponse:
        """Greet, then listen until the connection ends."""
        await self.socket.prepare(self._request)
        if len(self._sockets.connections) >= MAX_CONNECTIONS:
            await self.disconnecting("too_many_websockets")
            await self.socket.close()
            return self.socket
        self._sockets.joined(self)
        refreshing = asyncio.ensure_future(self._refresh_in_time())
        try:
            await self.send(self._sockets.hello(self._request))
            async for frame in self.socket:
                await self._heard(frame.type, frame.data)
        finally:
            refreshing.cancel()
            self._sockets.left(self)
        return self.socket

    async def _heard(self, kind: WSMsgType, data: Given) -> None:
        if self.silent:
            return
        if kind is WSMsgType.PING:
            await self.socket.pong(data)
        elif kind is WSMsgType.TEXT:
            self._sockets.heard(data)

    async def _refresh_in_time(self) -> None:
        lifetime = self._sockets.lifetime
        if self._request.query.get("debug_reconnects") == "true":
            lifetime = DEBUG_LIFETIME
        if lifetime is not None:
            await asyncio.sleep(max(0.0, lifetime - WARNING_SECONDS))
            await self.refresh(warning=True, wait=min(WARNING_SECONDS, lifetime))

    async def send(self, message: dict[str, Any]) -> bool:
        """Send one JSON frame; return False when the connection is gone."""
        try:
            await self.socket.send_str(json.dumps(message))
        except ConnectionError:
            return False
        return True

    async def disconnecting(self, reason: str) -> None:
        """Announce the end of the connection."""
        await self.send({"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}})

    async def refresh(self, *, warning: bool, wait: float = 0.0) -> None:
        """Announce the end (with a `warning` ahead of it if asked for) and end it."""
        if warning:
            await self.disconnecting("warning")
            await asyncio.sleep(wait)
        if not self.socket.closed:
            await self.disconnecting("refresh_requested")
            await self.drop(abrupt=False)

    async def drop(self, *, abrupt: bool) -> None:
        """End the connection, with a close frame or without."""
        self._sockets.left(self)
        if abrupt and self._request.transport is not None:
            self._request.transport.abort()
        else:
            await self.socket.close()


class SocketMode:
    """All connections, and the envelopes that wait for an acknowledgement.

    `ack_seconds` (real) is the deadline; `lifetime` (real seconds, None = endless) is when a connection is refreshed;
    `doubled` counts envelopes that are to go out twice; `refusing` turns new connections away.
    """

    def __init__(self, changes: Changes, rng: random.Random) -> None:
        self._changes = changes
        self._rng = rng
        self._pending: dict[str, asyncio.Future[Any]] = {}
        self._tickets: set[str] = set()
        self._started_at = time.strftime("%Y-%m-%d %H:%M:%S.000", time.gmtime())
        self.connections: list[Connection] = []
        self.ack_seconds = ACK_SECONDS
        self.lifetime: float | None = None
        self.refusing = False
        self.doubled = 0

    def ticket(self) -> str:
        """Return a ticket for one connection."""
        ticket = secrets.token_urlsafe(16)
        self._tickets.add(ticket)
        return ticket

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve a WebSocket request."""
        ticket = request.query.get("ticket", "")
        if self.refusing:
            return web.Response(status=503, text="not now")
        if ticket not in self._tickets:
            return web.Response(status=403, text="invalid ticket")
        self._tickets.discard(ticket)
        return await Connection(self, request).serve()

    def hello(self, request: web.Request) -> dict[str, Any]:
        """Return the first frame of a connection."""
        debugging = request.query.get("debug_reconnects") == "true"
        lifetime = DEBUG_LIFETIME if debugging else int(self.lifetime or USUAL_LIFETIME)
        return {
            "type": "hello",
            "num_connections": len(self.connections),
            "connection_info": {"app_id": APP_ID},
            "debug_info": {
                "host": "sandbox",
                "started": self._started_at,
                "build_number": 1,
                "approximate_connection_time": lifetime,
            },
        }

    def joined(self, connection: Connection) -> None:
        """Count a new connection."""
        self.connections.append(connection)
        self._changes.announce("socket_opened", connection)

    def left(self, connection: Connection) -> None:
        """Forget a connection that ended."""
        if connection in self.connections:
            self.connections.remove(connection)
            self._changes.announce("socket_closed", connection)

    def heard(self, frame: str) -> None:
        """Take an acknowledgement; what belongs to no waiting envelope is too late and ignored."""
        message = json.loads(frame)
        waiting = self._pending.get(message.get("envelope_id"))
        if waiting is not None and not waiting.done():
            waiting.set_result(message.get("payload"))

    async def deliver(
        self,
        kind: str,
        payload: dict[str, Any],
        *,
        accepts_response: bool = True,
        more: dict[str, Any] | None = None,
    ) -> Acknowledgement:
        """Send an envelope (with `more` keys) over one of the connections and wait for its acknowledgement."""
        if not self.connections:
            return Acknowledgement("no_connection")
        envelope_id = str(uuid.uuid4())
        envelope = {
            "envelope_id": envelope_id,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": accepts_response,
            **(more or {}),
        }
        self._pending[envelope_id] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self.ack_seconds):
                await self._send(envelope)
                return Acknowledgement(payload=await self._pending[envelope_id])
        except TimeoutError:
            return Acknowledgement("operation_timeout")
        finally:
            del self._pending[envelope_id]

    async def _send(self, envelope: dict[str, Any]) -> None:
        times = 2 if self.doubled > 0 else 1
        self.doubled = max(0, self.doubled - 1)
        for _ in range(times):
            if self.connections:
                await self._rng.choice(self.connections).send(envelope)

    async def close(self) -> None:
        """End everything."""
        await asyncio.gather(*(each.drop(abrupt=False) for each in list(self.connections)))
