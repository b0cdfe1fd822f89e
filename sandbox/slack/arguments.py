"""Arguments of Web API calls: form, query or JSON in, one mapping out, with the types Slack understands."""

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from sandbox.slack.errors import SlackFault
from sandbox.slack.json_values import Given

_JSON_KEYS = ("blocks", "view", "metadata", "attachments", "files")


class Arguments(Mapping[str, Any]):
    """The arguments of one call. Readers raise SlackFault in Slack's words when one is missing or wrong."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = {key: _parsed(key, value) for key, value in values.items() if value is not None}

    def __getitem__(self, key: str) -> Given:
        return self._values[key]

    def __iter__(self) -> Given:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def need(self, key: str, error: str = "invalid_arguments") -> str:
        """Return a required text."""
        value = self._values.get(key)
        if value is None or value == "":
            messages = [f"[ERROR] missing required field: {key}"]
            raise SlackFault(error, response_metadata={"messages": messages})
        return str(value)

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Return a truth value: JSON booleans, `true`/`false`, `1`/`0`."""
        value = self._values.get(key, default)
        return value if isinstance(value, bool) else str(value).lower() in {"1", "true"}

    def number(self, key: str, default: int, highest: int) -> int:
        """Return a count between 1 and `highest`."""
        try:
            value = int(self._values.get(key, default))
        except (TypeError, ValueError):
            raise SlackFault("invalid_limit") from None
        if not 1 <= value <= highest:
            raise SlackFault("invalid_limit")
        return value


def _parsed(key: str, value: Given) -> Given:
    if key not in _JSON_KEYS or not isinstance(value, str) or not value:
        return value
    try:
        return json.loads(value)
    except ValueError:
        error = (
            "invalid_blocks_format"
            if key == "blocks"
            else "invalid_metadata_format"
            if key == "metadata"
            else "invalid_arguments"
        )
        raise SlackFault(error) from None


async def read_request(request: web.Request) -> tuple[dict[str, Any], str | None]:
    """Return the raw arguments and the token. A token inside a JSON body does not count. Raises SlackFault."""
    values: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        values |= await _json_body(request)
        token = request.query.get("token")
    else:
        values |= {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
        token = values.get("token")
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    values.pop("token", None)
    return values, given.strip() if kind.lower() == "bearer" else token


async def _json_body(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.text() or "{}")
    except ValueError:
        raise SlackFault("invalid_json") from None
    if not isinstance(body, dict):
        raise SlackFault("json_not_object")
    return body
