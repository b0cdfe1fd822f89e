"""What a text after `/tokenflex` asks for: a frozen record for each kind of command."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from bot.cards.query import Query
from bot.cards.text import shorten
from bot.tokenflex.models import ExportRequest

NumberedWord = Literal["status", "link", "retry", "delete"]
NUMBERED_WORDS: Final[tuple[NumberedWord, ...]] = get_args(NumberedWord)


@dataclass(frozen=True, slots=True)
class OpenForm:
    """Bare `/tokenflex`, or `export` without anything else: show the form."""


@dataclass(frozen=True, slots=True)
class Export:
    """A request that may go out; `warnings` are plain sentences that the person should see beside the answer.

    `period` is what was typed of the days, which depend on the day on which the request is made; "" where nothing was.
    With a `name` it is a saved question, or one of the bot's own; the request has what was typed besides.
    """

    request: ExportRequest
    warnings: tuple[str, ...] = ()
    period: str = ""
    name: str = ""
    wants_answer: bool = True  #: whether its file is to be read for figures


@dataclass(frozen=True, slots=True)
class List:
    """Show the exports that some words mean."""

    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """Show how a contract stands."""

    contract: str


@dataclass(frozen=True, slots=True)
class Templates:
    """Show the saved questions."""


@dataclass(frozen=True, slots=True)
class Schedules:
    """Show what runs by itself."""


@dataclass(frozen=True, slots=True)
class Alerts:
    """Show what is watched for."""


@dataclass(frozen=True, slots=True)
class Help:
    """Show the words and examples."""


@dataclass(frozen=True, slots=True)
class Administer:
    """Show administrators how things stand."""


@dataclass(frozen=True, slots=True)
class OnExport:
    """Do one thing to the export of that number."""

    word: NumberedWord
    number: int


@dataclass(frozen=True, slots=True)
class Mistake:
    """What was typed cannot be followed; plain sentences that quote what was typed: escape before showing.

    `understood` is what was of an export: several things can be wrong at once, and the form opens with the rest. Of
    another command `likely` is the one that may be meant.
    """

    messages: tuple[str, ...]
    understood: Export | None = None
    likely: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """What was typed begins with no word of the command; `likely` is the command that may be meant, "" for none."""

    typed: str
    word: str
    likely: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask something of the file of the export of that number; columns are called as they were typed."""

    number: int
    query: Query


Command = (
    OpenForm
    | Export
    | Usage
    | List
    | Templates
    | Schedules
    | Alerts
    | Help
    | Administer
    | OnExport
    | Ask
    | Mistake
    | Unknown
)


def quoted(text: str) -> str:
    """Return what was typed as sentences quote it."""
    return f"“{shorten(text, 60)}”"
