"""A call as it came in, before anybody made sense of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl, unquote


@dataclass(frozen=True, slots=True)
class Target:
    """The request target exactly as sent; `segments` are split on the raw path and decoded once."""

    raw: str
    path: str
    query_text: str
    segments: tuple[str, ...]

    @classmethod
    def of(cls, raw: str) -> "Target":
        """Return the parts of a raw target."""
        path, _, query = raw.partition("?")
        return cls(raw, path, query, tuple(unquote(each) for each in path.split("/")[1:]))

    def query(self) -> dict[str, str] | None:
        """Return the query parameters, or None when one is there twice."""
        pairs = parse_qsl(self.query_text, keep_blank_values=True)
        return dict(pairs) if len({name for name, _ in pairs}) == len(pairs) else None


@dataclass(frozen=True, slots=True)
class Inbound:
    """One HTTP request; `content_type` is lower case and without parameters."""

    method: str
    target: Target
    headers: Mapping[str, str] = field(repr=False)
    content_type: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it is remembered.

    `time` is by the stand-in's clock (UTC). `path` is raw: request keys are percent-encoded as they came. `status` is
    0 until the answer is known, and for ever when the connection is closed without one. `reason` says why a request
    was refused where the answer does not. For OAuth, `grant` is the grant type.
    """

    time: datetime
    user: str | None
    client: str | None
    method: str
    path: str
    status: int
    query: str = field(default="", repr=False)
    reason: str = ""
    grant: str = ""
