"""Who may come in: this machine only, by the page's own address and with its token, never sent by another page."""

import secrets
from collections.abc import Awaitable, Callable

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_STRANGER = "Open the address that `make demo` printed: it holds the key to this page."


class Door:
    """Checks each request. `port` has to be set before the first one.

    The token stands in the address once; from then on a cookie carries it. The cookie's name holds the port, since
    browsers share cookies between all ports of a host.
    """

    def __init__(self) -> None:
        self._token = secrets.token_urlsafe(32)
        self.port = 0

    @property
    def url(self) -> str:
        """The address that lets a person in."""
        return f"http://127.0.0.1:{self.port}/?token={self._token}"

    @web.middleware
    async def check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let a request through, set the cookie for the first one, or refuse it."""
        if request.host not in self._hosts():
            return self._refused("This page answers to its own address only.")
        if request.path == "/" and "token" in request.query:
            return self._welcome(request.query["token"])
        if not self._is_ours(request.cookies.get(self._cookie, "")):
            return self._refused(_STRANGER)
        if request.method != "GET" and request.headers.get("Origin") != f"http://{request.host}":
            return self._refused("This page takes orders from itself only.")
        return await handler(request)

    async def seal(self, _request: web.Request, response: web.StreamResponse) -> None:
        """Put the security headers on every answer, before it is sent."""
        response.headers.update(_HEADERS)

    @property
    def _cookie(self) -> str:
        return f"sandbox_page_{self.port}"

    def _hosts(self) -> set[str]:
        return {f"127.0.0.1:{self.port}", f"localhost:{self.port}"}

    def _is_ours(self, token: str) -> bool:
        return secrets.compare_digest(token.encode(), self._token.encode())

    def _welcome(self, token: str) -> web.Response:
        if not self._is_ours(token):
            return self._refused(_STRANGER)
        response = web.Response(status=303, headers={"Location": "/"})
        response.set_cookie(self._cookie, self._token, httponly=True, samesite="Strict", path="/")
        return response

    @staticmethod
    def _refused(reason: str) -> web.Response:
        return web.Response(status=403, text=reason)
