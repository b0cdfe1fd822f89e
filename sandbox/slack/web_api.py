"""The HTTP side: tokens, scopes, rate limits, misbehaviour on demand, then the method."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from aiohttp import BodyPartReader, web

from sandbox.slack.arguments import Arguments, read_request
from sandbox.slack.changes import Changes
from sandbox.slack.controls import Controls, Failure
from sandbox.slack.errors import SlackFault
from sandbox.slack.methods import METHODS
from sandbox.slack.methods.method import Context, Method, RateLimitedFault
from sandbox.slack.response_urls import ResponseUrls

HTML = "<!DOCTYPE html><html><body><h1>Something went wrong</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Call:
    """One call that the app made; `arguments` without the token, `error` as it was answered, `status` of HTTP.

    `faults` say what is wrong with its blocks or view, as `response_metadata` tells the app.
    """

    at: datetime
    method: str
    arguments: dict[str, Any]
    ok: bool
    error: str | None
    status: int
    faults: tuple[str, ...] = ()


class WebApi:
    """Answers `/api/METHOD` and the response URLs, and remembers each call."""

    def __init__(
        self, context: Context, controls: Controls, changes: Changes, urls: ResponseUrls, tokens: tuple[str, str]
    ) -> None:
        self._context = context
        self._controls = controls
        self._changes = changes
        self._urls = urls
        self._bot_token, self._app_token = tokens
        self.revoked: str | None = None
        self.calls: list[Call] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one Web API call."""
        name = request.match_info["method"]
        values: dict[str, Any] = {}

        def run() -> web.Response:
            return self._run(name, values, token)

        try:
            values, token = await read_request(request)
        except SlackFault as fault:
            return self._done(name, values, fault.answer())
        return await self._around(request, name, values, run)

    async def handle_response_url(self, request: web.Request) -> web.StreamResponse:
        """Answer one post to a response URL."""
        values: dict[str, Any] = {}

        def run() -> web.Response:
            return self._respond(request.match_info["secret"], values)

        try:
            values, _ = await read_request(request)
            values = json.loads(values["payload"]) if isinstance(values.get("payload"), str) else values
        except (SlackFault, ValueError):
            return self._done("response_url", values, {"ok": False, "error": "invalid_payload"}, status=400)
        return await self._around(request, "response_url", values, run)

    async def handle_upload(self, request: web.Request) -> web.StreamResponse:
        """Take the bytes of one file, raw or as the first part of a form."""
        content = await _uploaded(request)
        values: dict[str, Any] = {"bytes": len(content)}

        def run() -> web.Response:
            problem = self._context.files.receive(request.match_info["secret"], content)
            self._note("upload", values, problem, 400 if problem else 200)
            return web.Response(text=problem or f"OK - {len(content)}", status=400 if problem else 200)

        return await self._around(request, "upload", values, run)

    async def _around(
        self, request: web.Request, name: str, values: dict[str, Any], run: Callable[[], web.Response]
    ) -> web.StreamResponse:
        """Run a call, or do what the controls want done instead."""
        failure = self._controls.take(name)
        if failure is None:
            return run()
        if failure.delay:
            await asyncio.sleep(failure.delay)
            return run()
        if failure.drop or failure.silent:
            return await self._unanswered(request, name, values, failure, run)
        return self._failed(name, values, failure)

    async def _unanswered(
        self, request: web.Request, name: str, values: dict[str, Any], failure: Failure, run: Callable[[], web.Response]
    ) -> web.Response:
        if failure.after_effect:
            run()
        else:
            self._note(name, values, "silence" if failure.silent else "connection_dropped", 0)
        while failure.silent and request.transport is not None:  # noqa: ASYNC110 - aiohttp tells nobody
            await asyncio.sleep(0.01)
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    def _failed(self, name: str, values: dict[str, Any], failure: Failure) -> web.Response:
        limited = failure.retry_after is not None
        status = failure.status or (429 if limited else 200)
        if failure.html:
            self._note(name, values, "html", status)
            return web.Response(text=HTML, content_type="text/html", status=status, headers=_wait(failure.retry_after))
        answer = {"ok": False, "error": failure.error}
        return self._done(name, values, answer, status=status, retry_after=failure.retry_after)

    def _run(self, name: str, values: dict[str, Any], token: str | None) -> web.Response:
        try:
            method = self._admitted(name, token)
            self._controls.refusals.check(name, values)
            return self._done(name, values, {"ok": True, **method.run(self._context, Arguments(values))})
        except RateLimitedFault as fault:
            return self._done(name, values, fault.answer(), status=429, retry_after=fault.retry_after)
        except SlackFault as fault:
            return self._done(name, values, fault.answer())

    def _admitted(self, name: str, token: str | None) -> Method:
        method = METHODS.get(name)
        if method is None:
            raise SlackFault("unknown_method", req_method=name)
        self._check_token(method, token)
        if wait := self._context.rates.call(name):
            raise RateLimitedFault(wait)
        if method.scopes and not method.app_token:
            self._context.need_scope(*method.scopes)
        return method

    def _check_token(self, method: Method, token: str | None) -> None:
        if not token:
            raise SlackFault("not_authed")
        if token not in {self._bot_token, self._app_token}:
            raise SlackFault("invalid_auth")
        if self.revoked:
            raise SlackFault(self.revoked)
        right = self._app_token if method.app_token else self._bot_token
        if token != right:
            raise SlackFault("not_allowed_token_type")

    def _respond(self, secret: str, values: dict[str, Any]) -> web.Response:
        try:
            self._controls.refusals.check("response_url", values, self._urls.place(secret))
            wait = self._urls.post(secret, Arguments(values))
        except SlackFault as fault:
            status = 404 if fault.error in {"used_url", "expired_url"} else 400
            return self._done("response_url", values, fault.answer(), status=status)
        if wait:
            answer = {"ok": False, "error": "ratelimited"}
            return self._done("response_url", values, answer, status=429, retry_after=wait)
        return self._done("response_url", values, {"ok": True})

    def _done(
        self,
        name: str,
        values: dict[str, Any],
        answer: dict[str, Any],
        *,
        status: int = 200,
        retry_after: int | None = None,
    ) -> web.Response:
        faults = tuple(answer.get("response_metadata", {}).get("messages", ()))
        self._note(name, values, answer.get("error"), status, faults)
        headers = {"x-oauth-scopes": ",".join(sorted(self._context.scopes)), **_wait(retry_after)}
        headers["Date"] = format_datetime(self._context.workspace.now(), usegmt=True)
        method = METHODS.get(name)
        if method and method.scopes:
            headers["x-accepted-oauth-scopes"] = ",".join(method.scopes)
        return web.json_response(answer, status=status, headers=headers)

    def _note(
        self, name: str, values: dict[str, Any], error: str | None, status: int, faults: tuple[str, ...] = ()
    ) -> None:
        call = Call(self._context.workspace.now(), name, dict(values), error is None, error, status, faults)
        self.calls.append(call)
        self._changes.announce("call", call)


async def _uploaded(request: web.Request) -> bytes:
    if request.content_type.startswith("multipart/"):
        reader = await request.multipart()
        part, chunks = await reader.next(), []
        while isinstance(part, BodyPartReader) and (chunk := await part.read_chunk()):
            chunks.append(chunk)
        return b"".join(chunks)
    return b"".join([chunk async for chunk in request.content.iter_any()])


def _wait(retry_after: int | None) -> dict[str, str]:
    return {} if retry_after is None else {"Retry-After": str(retry_after)}
