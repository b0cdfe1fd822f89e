"""Server-sent events: what changes for one person, as it happens."""

import asyncio
import json

from aiohttp import web

from sandbox.page.panel import Panel
from sandbox.page.scene import Scene, refusal, trouble
from sandbox.slack.changes import Change
from sandbox.slack.json_values import Given, Json
from sandbox.slack.messages import Message
from sandbox.slack.server import SlackSandbox

_PANEL_EVERY = 0.5  #: real seconds between two pictures of the panel


class Stream:
    """One open page: first the whole scene, then each change as it happens, and the panel over and over."""

    def __init__(self, slack: SlackSandbox, scene: Scene, panel: Panel, first: Json) -> None:
        self._slack = slack
        self._scene = scene
        self._panel = panel
        self._first = first
        self._events: asyncio.Queue[tuple[str, Given] | None] = asyncio.Queue()

    def end(self) -> None:
        """Let `serve` return."""
        self._events.put_nowait(None)

    async def serve(self, response: web.StreamResponse) -> None:
        """Write events until the page goes away or `end` is called."""
        unsubscribe = self._slack.changes.subscribe(self._heard)
        await _write(response, "scene", self._scene.whole() | self._first)
        try:
            await _write(response, "panel", self._panel.shown())
            while await self._passed_on(response):
                await _write(response, "panel", self._panel.shown())
        finally:
            unsubscribe()

    async def _passed_on(self, response: web.StreamResponse) -> bool:
        """Write what comes in until it is time for the panel; False at the end."""
        try:
            async with asyncio.timeout(_PANEL_EVERY):
                while (event := await self._events.get()) is not None:
                    await _write(response, *event)
        except TimeoutError:
            return True
        return False

    def _heard(self, change: Change) -> None:
        event = self._event(change)
        if event is not None:
            self._events.put_nowait(event)

    def _event(self, change: Change) -> tuple[str, Given] | None:
        subject = change.subject
        if isinstance(subject, Message):
            return ("message", self._scene.message(subject)) if self._scene.sees(subject) else None
        if change.kind.startswith("view_"):
            return ("modal", self._scene.modal()) if subject.user is self._scene.user else None
        if change.kind == "home_published":
            return ("home", self._scene.home()) if subject.user is self._scene.user else None
        if change.kind == "channel_changed":
            mine = self._scene.user.id in subject.member_ids
            return ("channel", self._scene.channel(subject)) if mine else None
        if change.kind == "person_error":
            user, error, detail = subject
            return ("trouble", trouble(error, detail)) if user is self._scene.user else None
        refused = refusal(subject, self._slack.workspace.refused_blocks) if change.kind == "call" else None
        return ("refused", refused) if refused else None


async def _write(response: web.StreamResponse, name: str, data: Given) -> None:
    await response.write(f"event: {name}\ndata: {json.dumps(data)}\n\n".encode())
