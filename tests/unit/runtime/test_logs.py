"""Logs: readable in a terminal, JSON elsewhere, free of secrets, and with every error that nobody caught in them."""

import asyncio
import gc
import io
import json
import logging
import re
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bot import settings
from bot.operate import guide
from bot.operate.checks import obstacles
from bot.runtime import logs
from bot.runtime.logs import Redactor

SECRET = 'canary "key" \\ 1'

Configure = Callable[..., io.StringIO]


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def configured() -> Iterator[Configure]:
    """Configure logging into a stream, and put everything back after the test."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook

    def _configure(level: str = "DEBUG", style: str = "auto", stream: io.StringIO | None = None) -> io.StringIO:
        out = stream or io.StringIO()
        logs.configure(level, style, [SECRET], out)
        return out

    yield _configure
    logging.captureWarnings(capture=False)
    root.handlers[:], level = before
    root.setLevel(level)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks


def _fails_with(text: str) -> None:
    raise RuntimeError(text)


def events(out: io.StringIO) -> list[dict[str, object]]:
    """The lines of a JSON log."""
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_json_where_nobody_reads(configured: Configure) -> None:
    """Outside of a terminal each event is one line of JSON with time in UTC, level, logger and the values."""
    out = configured()
    structlog.get_logger("bot.test").info("an export has ended", export=42, state="ready")
    logging.getLogger("library").warning("said %s", "something")
    ours, theirs = events(out)
    assert (ours["event"], ours["export"], ours["level"], ours["logger"]) == (
        "an export has ended",
        42,
        "info",
        "bot.test",
    )
    assert str(ours["timestamp"]).endswith("Z")
    assert (theirs["event"], theirs["logger"]) == ("said something", "library")


def test_text_in_a_terminal(configured: Configure) -> None:
    """A person sees text with colours; `text` without a terminal is the same without them, `json` wins over both."""
    terminal = configured(stream=Terminal())
    structlog.get_logger("bot.test").info("connected", team="T1")
    assert "connected" in terminal.getvalue()
    assert "\x1b[" in terminal.getvalue()
    plain = configured(style="text")
    structlog.get_logger("bot.test").info("connected", team="T1")
    assert "team=T1" in plain.getvalue()
    assert "\x1b[" not in plain.getvalue()
    forced = configured(style="json", stream=Terminal())
    structlog.get_logger("bot.test").info("connected", team="T1")
    assert events(forced)[0]["team"] == "T1"


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_traceback_is_in_the_log_without_secrets(configured: Configure, style: str) -> None:
    """The traceback of an exception is there, whatever it says is cleaned."""
    out = configured(style=style)
    try:
        _fails_with(f"GET https://host.example/file?signature=abc with {SECRET}")
    except RuntimeError:
        structlog.get_logger("bot.test").exception("a loop crashed", value={"key": SECRET})
    text = out.getvalue()
    assert "Traceback" in text
    assert "RuntimeError" in text
    assert "canary" not in text
    assert "signature" not in text
    assert "[hidden]" in text


def test_the_level_counts_for_ours_and_theirs(configured: Configure) -> None:
    """At WARNING nobody says less than that."""
    out = configured("WARNING")
    structlog.get_logger("bot.test").info("not said")
    logging.getLogger("library").info("not said")
    structlog.get_logger("bot.test").warning("said")
    assert [event["event"] for event in events(out)] == ["said"]


@pytest.mark.parametrize("name", ["slack_sdk.web", "slack_bolt.AsyncApp", "urllib3.connectionpool", "asyncio"])
def test_libraries_are_held_at_info(configured: Configure, name: str) -> None:
    """Whole requests and frames, which libraries log at DEBUG, stay out, whatever level their logger was given."""
    out = configured("DEBUG")
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.DEBUG)
    try:
        logger.debug("a whole frame")
        logger.info("reconnecting")
    finally:
        logger.setLevel(level)
    assert [event["event"] for event in events(out)] == ["reconnecting"]


def test_an_error_that_ends_a_thread_is_logged(configured: Configure) -> None:
    """It is in the log with the thread's name, and cleaned."""
    out = configured()

    def _fails() -> None:
        raise RuntimeError(SECRET)

    thread = threading.Thread(target=_fails, name="database-writer")
    thread.start()
    thread.join()
    (event,) = events(out)
    assert (event["event"], event["thread"]) == ("a thread ended by an error", "database-writer")
    assert "RuntimeError: [hidden]" in str(event["exception"])


def test_an_error_that_ends_the_program_is_logged(configured: Configure) -> None:
    """The interpreter's last word is a log line as well."""
    out = configured()
    error = RuntimeError(SECRET)
    sys.excepthook(RuntimeError, error, None)
    (event,) = events(out)
    assert (event["event"], event["level"]) == ("the program ended by an error", "critical")
    assert "canary" not in out.getvalue()


def test_an_error_in_a_finaliser_is_logged(configured: Configure) -> None:
    """What Python itself cannot raise is logged too."""
    out = configured()

    class Fails:
        def __del__(self) -> None:
            raise RuntimeError(SECRET)

    Fails()
    gc.collect()
    (event,) = events(out)
    assert event["event"] == "an error that nobody could catch"
    assert "canary" not in out.getvalue()


async def test_an_error_of_a_forgotten_task_is_logged(configured: Configure) -> None:
    """Asyncio's own complaint goes through the same formatter."""
    out = configured()

    async def _fails() -> None:
        raise RuntimeError(SECRET)

    task = asyncio.ensure_future(_fails())
    await asyncio.wait([task])
    del task
    gc.collect()
    (event,) = events(out)
    assert "never retrieved" in str(event["event"])
    assert "canary" not in out.getvalue()


def test_warnings_are_logged(configured: Configure) -> None:
    """What would go raw to standard error is a line of the log."""
    out = configured()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn(f"unclosed {SECRET}", ResourceWarning, stacklevel=1)
    (event,) = events(out)
    assert event["logger"] == "py.warnings"
    assert "canary" not in out.getvalue()


def test_a_line_that_cannot_be_written_is_named_without_its_content(configured: Configure) -> None:
    """A wrong log call shows neither its arguments nor stops anything."""
    out = configured()
    logging.getLogger("library").info("%d", SECRET)
    assert out.getvalue().startswith("a log line of library could not be written (test_logs.py:")
    assert "canary" not in out.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "https://download.example/a.csv?key=K?signature=SECRET",
        "wss://wss-primary.slack.com/link/?ticket=SECRET&app_id=1",
        "ws://127.0.0.1:1/link/?ticket=SECRET",
        "https://hooks.slack.com/commands/T1/2/SECRET",
        "https://hooks.slack.com/actions/T1/2/SECRET",
        "http://127.0.0.1:1/response/SECRET",
        "xoxb-1-SECRET",
        "xoxe.xoxb-1-SECRET",
        "xapp-1-A-SECRET",
        "Authorization: Bearer SECRETSECRET",
        "Basic SECRETSECRET==",
        "eyJSECRET.SECRET.SECRET",
        "1338.4242.0123456789abcdef0123456789abcdef",
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str) -> None:
    """Shapes of tokens, signed links, socket addresses, response URLs and trigger ids, wherever they stand."""
    for context in ("{}", "error: {} (code 1)", "url='{}'", '{{"url": "{}"}}'):
        cleaned = Redactor([]).clean(context.format(text))
        assert "SECRET" not in cleaned
        assert "0123456789abcdef" not in cleaned


def test_ordinary_words_stay_readable() -> None:
    """Request keys, times, channel ids and plain addresses are what logs are for."""
    text = "2018-09-20T22:43:13#7be9d6ac-a077-42e9-8fc0-d276c38eab35 in C012 by U012 at https://slack.com/api/ 12.5 s"
    assert Redactor(["secret"]).clean(text) == text


def test_values_of_every_kind_are_cleaned() -> None:
    """Numbers stay numbers, anything else is cleaned as text, tiny secrets do not eat the log."""
    redactor = Redactor([SECRET, "abc"])
    event = redactor(None, "info", {"n": 1, "none": None, "yes": True, "list": [SECRET], "at": datetime.now(UTC)})
    assert (event["n"], event["none"], event["yes"]) == (1, None, True)
    assert event["list"] == "['[hidden]']"
    assert redactor.clean("abc abc") == "abc abc"


SENTENCES = [
    *(setting.meaning for setting in settings.SETTINGS),
    *guide.WHERE.values(),
    *obstacles.MENDS.values(),
    "DATABASE_KEY is too short to protect anything: give it at least 8 random characters.",
]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_our_own_sentences_stay_whole(sentence: str) -> None:
    """What is wrong with a secret can be read, also where its beginning is one of the words in the sentence."""
    words = re.findall(r"\w+", sentence)
    assert Redactor([word for word in words if len(word) < 8]).clean(sentence) == sentence
    assert Redactor([word[:-2] for word in words if word.islower()]).clean(sentence) == sentence


def test_a_password_in_an_address_is_hidden() -> None:
    """Of a proxy above all, whose address may stand in an error of a library."""
    assert Redactor([]).clean("at http://ana:pass@proxy:3128/") == "at http://[hidden]@proxy:3128/"


@given(secret=st.text(min_size=8, max_size=40), before=st.text(max_size=10), after=st.text(max_size=10))
def test_no_known_secret_gets_through(secret: str, before: str, after: str) -> None:
    """Whatever a secret is made of, it is hidden as it is, inside of a `repr`, and inside of JSON."""
    hidden = Redactor([secret])
    if secret in "[hidden]" or secret in before + after:
        return
    for form in (f"{before} {secret} {after}", f"{before} {json.dumps({'a': secret})}", f"{before} {[secret]!r}"):
        cleaned = hidden.clean(form)
        assert form == cleaned or "[hidden]" in cleaned
        assert all(secret not in piece for piece in cleaned.split("[hidden]"))
