"""Logging: readable in a terminal, JSON elsewhere, and no secret or link in either."""

import json
import logging
import re
import sys
import threading
from collections.abc import Iterable, Iterator, MutableMapping
from types import TracebackType
from typing import Any, TextIO
from urllib.parse import quote

import structlog

_HIDDEN = "[hidden]"
_SHORTEST = 8  #: characters of a secret, as DATABASE_KEY has to have
_WORD = re.compile(r"[A-Za-z][a-z]{,14}", re.ASCII)  #: what could be a word of a sentence
_CHATTY = ("slack_sdk", "slack_bolt", "asyncio", "aiohttp", "urllib3")
#: Signed links carry their secret in the query; Slack's response URLs and socket addresses in path or query. A trigger
#: id is three numbers, the last in hexadecimal.
_SECRET_SHAPES = re.compile(
    r"(?<=//)[^\s/:@]*:[^\s/@]+(?=@)|https?://\S+\?\S+|wss?://\S+|https?://\S*/(?:commands|actions|response)\S*"
    r"|xox[a-z]-[\w-]+|xoxe\.\S+|xapp-[\w-]+|\d+\.\d+\.[0-9a-f]{32}|eyJ[\w-]+\.[\w-]+\.[\w-]*"
    r"|(?i:bearer|basic)\s+(?!Information\b)[\w.~+/=-]{8,}"  # “Basic Information” is a page of Slack's
)

log = structlog.get_logger(__name__)


class Redactor:
    """Takes secrets out of anything that is about to be logged.

    What is shorter than any secret is left alone, and one that could be a word is hidden where it stands for itself:
    a sentence that says what is wrong with a secret has to stay one.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets if len(secret) >= _SHORTEST for form in _forms(secret)}
        patterns = (_pattern(form) for form in sorted(forms, key=len, reverse=True))
        self._known = re.compile("|".join(patterns)) if forms else None

    def clean(self, text: str) -> str:
        """Return the text without known secrets and without anything that looks like one."""
        if self._known is not None:
            text = self._known.sub(_HIDDEN, text)
        return _SECRET_SHAPES.sub(_HIDDEN, text)

    def __call__(self, _logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Clean every value of a log event; a structlog processor."""
        return {name: self._value(value) for name, value in event.items()}

    def _value(self, value: Any) -> Any:  # noqa: ANN401 - log values are of any kind
        if isinstance(value, bool | int | float) or value is None:
            return value
        return self.clean(value if isinstance(value, str) else repr(value))


def _pattern(form: str) -> str:
    whole = re.escape(form)
    return rf"(?<!\w){whole}(?!\w)" if _WORD.fullmatch(form) else whole


def _forms(secret: str) -> Iterator[str]:
    """Yield a secret as it is, and as it looks inside of a `repr`, of JSON and of an address."""
    yield secret
    yield repr(secret)[1:-1]
    yield json.dumps(secret)[1:-1]
    yield quote(secret, safe="")


class _Handler(logging.StreamHandler[TextIO]):
    """Writes log lines; whatever cannot be written is named without its content, which nobody has cleaned."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name of the standard library
        if self.stream is not None and not self.stream.closed:
            self.stream.write(f"a log line of {record.name} could not be written ({record.filename}:{record.lineno})\n")


class _Quiet(logging.Filter):
    """Drops what libraries say below INFO: whole requests, frames and addresses.

    It sits on the handler, since Bolt gives its loggers the level of the root logger.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.INFO or not record.name.startswith(_CHATTY)


def configure(level: str, style: str, secrets: Iterable[str], stream: TextIO | None = None) -> None:
    """Send all logging, ours and the libraries', through one formatter to standard error.

    So do warnings, and exceptions that end a thread or the program. slack_sdk and slack_bolt log whole requests and
    frames at DEBUG, so they are held at INFO.
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
    handler = _Handler(out)
    handler.addFilter(_Quiet())
    handler.setFormatter(_formatter(shared, redactor, as_text=_as_text(style, out), colors=out.isatty()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.captureWarnings(capture=True)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    sys.unraisablehook = _unraisable
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


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    log.critical("the program ended by an error", exc_info=(kind, error, trace))


def _uncaught_in_thread(caught: threading.ExceptHookArgs) -> None:
    name = caught.thread.name if caught.thread is not None else ""
    info = (caught.exc_type, caught.exc_value, caught.exc_traceback)
    log.critical("a thread ended by an error", thread=name, exc_info=info)


def _unraisable(caught: "sys.UnraisableHookArgs") -> None:
    info = (caught.exc_type, caught.exc_value, caught.exc_traceback)
    log.error("an error that nobody could catch", exc_info=info)


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
