"""Logging: readable in a terminal, JSON elsewhere, and no secret or link in either."""

import logging
import re
import sys
from collections.abc import Iterable, MutableMapping
from typing import Any, TextIO

import structlog

_HIDDEN = "[hidden]"
#: Signed links carry their secret in the query; Slack's response URLs and socket addresses in path or query.
_SECRET_SHAPES = re.compile(
    r"https?://\S+\?\S+|wss?://\S+|https?://\S*/(?:commands|actions|response)\S*"
    r"|xox[a-z]-[\w-]+|xoxe\.\S+|xapp-[\w-]+|eyJ[\w-]+\.[\w-]+\.[\w-]*|(?i:bearer|basic)\s+[\w.~+/=-]{8,}"
)


class Redactor:
    """Takes secrets out of anything that is about to be logged."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = sorted((secret for secret in secrets if len(secret) >= 4), key=len, reverse=True)

    def clean(self, text: str) -> str:
        """Return the text without known secrets and without anything that looks like one."""
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return _SECRET_SHAPES.sub(_HIDDEN, text)

    def __call__(self, _logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Clean every value of a log event; a structlog processor."""
        return {name: self._value(value) for name, value in event.items()}

    def _value(self, value: Any) -> Any:  # noqa: ANN401 - log values are of any kind
        if isinstance(value, bool | int | float) or value is None:
            return value
        return self.clean(value if isinstance(value, str) else repr(value))


def configure(level: str, style: str, secrets: Iterable[str], stream: TextIO | None = None) -> None:
    """Send all logging, ours and the libraries', through one formatter to standard error.

    slack_sdk and slack_bolt log whole requests and frames at DEBUG, so they are held at INFO.
    """
    out = stream or sys.stderr
    redactor = Redactor(secrets)
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(out)
    handler.setFormatter(_formatter(shared, redactor, as_text=_as_text(style, out), colors=out.isatty()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("slack_sdk", "slack_bolt", "asyncio", "aiohttp", "urllib3"):
        logging.getLogger(chatty).setLevel(max(logging.INFO, logging.getLevelName(level)))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _as_text(style: str, out: TextIO) -> bool:
    return style == "text" or (style == "auto" and out.isatty())


def _formatter(shared: list[Any], redactor: Redactor, *, as_text: bool, colors: bool) -> logging.Formatter:
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)
        if as_text
        else structlog.processors.JSONRenderer()
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            redactor,
            renderer,
        ],
    )
