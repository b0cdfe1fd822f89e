"""What `/tokenflex help` shows: questions to begin with, each word with one line, examples that work when copied."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.cards import actions
from bot.cards.blocks import Block, Message, plain, section
from bot.cards.text import code, escape, sentence

#: Each form of the command and what it does.
LINES: Final = (
    ("/tokenflex", "opens the form."),
    ("/tokenflex export …", "skips the form; examples are below."),
    ("/tokenflex export products period=last-month", "asks a question, or a template, by its name."),
    ("/tokenflex usage", "shows how many tokens are used and left, and for how long they last."),
    ("/tokenflex answer #42 by userName top 25", "shows other figures of its file, to you alone; also where …"),
    ("/tokenflex list", "shows the latest exports and their numbers."),
    ("/tokenflex list revit failed", "those alone; also @name, #channel and october."),
    ("/tokenflex templates", "shows saved questions, to run, change and share them."),
    ("/tokenflex schedules", "shows what runs by itself, to start, pause and change it."),
    ("/tokenflex alerts", "shows what I watch for and tell a channel of, to make, pause and delete it."),
    ("/tokenflex status #42", "shows how far an export is."),
    ("/tokenflex link #42", "gets its download link."),
    ("/tokenflex retry #42", "tries an export that failed once more."),
    ("/tokenflex delete #42", "deletes an export and its file, after asking you."),
    ("/tokenflex help", "shows this."),
)
#: What the words of `export` mean.
EXPORT_LINES: Final = (
    ("contract=", "the contract's number; leave it out when only one is active."),
    ("fields= metrics=", "columns and numbers; at least one of the two, names joined by commas."),
    ("category=", "usage categories, joined by commas; needed with session or transaction fields."),
    ("period=", "the days: last-month, 2026-10, 2026-10-01..2026-10-15 and others; all where it is left out."),
    ("where=", "only rows where that holds; in double quotes, with texts and dates in single quotes."),
    ("name=", "the file's name; in double quotes when it has blanks."),
    ("answer=no", "the link alone, without totals, chart and table."),
)
SAMPLE_CONTRACT: Final = "12345"

_EXAMPLES: Final = (
    (
        "Tokens by product and month",
        "fields=productName,usageMonth metrics=tokensConsumed name=tokensByProduct",
    ),
    (
        "AutoCAD family by user since January",
        (
            "fields=userName,productName metrics=tokensConsumed,usageHours category=DESKTOP_PRODUCT "
            "where=\"usageMonth >= '2026-01-01' and productName LIKE 'Auto%'\" name=\"AutoCAD by user\""
        ),
    ),
    (
        "Users in each contract year",
        "fields=contractYear metrics=uniqueUsers,tokensConsumed",
    ),
    (
        "Manual adjustments in contract year 1",
        (
            "fields=contractYear,chargedItemID,reasonType,reasonComment,usageCategory,usageDate,transactionDate,"
            "productLineCode,productName metrics=tokensConsumed,quantity category=MANUAL_ADJUSTMENT,MANUAL_CONSUMPTION "
            'where="contractYear=1" name=myYear1Adjustments'
        ),
    ),
)


def examples(contract_number: str = SAMPLE_CONTRACT) -> tuple[str, ...]:
    """Return whole commands, ready to be copied."""
    return tuple(f"/tokenflex export contract={contract_number} {rest}" for _, rest in _EXAMPLES)


@dataclass(frozen=True, slots=True)
class Example:
    """A question of the person's own contract, in plain text."""

    value: str  #: as the form's menu knows it
    title: str
    said: str  #: what will be exported
    command: str  #: what asks it without the form


def message(questions: Sequence[Example] = (), contract_number: str = SAMPLE_CONTRACT) -> Message:
    """Return the help; `contract_number` is a known contract's, for the examples of commands."""
    titles = [title for title, _ in _EXAMPLES]
    shown = [f"{escape(title)}\n{code(one)}" for title, one in zip(titles, examples(contract_number), strict=True)]
    named = "\n".join(code(one.command) for one in questions)
    return Message(
        escape("\n".join(f"{form} {meaning}" for form, meaning in LINES)),
        [
            _header("What do you want to know?"),
            *map(_question, questions),
            section("form", "The form has more questions, and all that you may want to change in them."),
            actions.row("open", actions.open_form()),
            _header("What /tokenflex does"),
            _lines("words", LINES),
            _header("The words of an export"),
            _lines("export", EXPORT_LINES),
            _header("Examples to copy"),
            *([section("questions", f"The questions above, without the form\n{named}")] if questions else []),
            *(section(f"example.{at}", text) for at, text in enumerate(shown)),
        ],
    )


def _question(example: Example) -> Block:
    shown = section(f"question.{example.value}", f"*{escape(example.title)}*\n{escape(sentence(example.said))}")
    return shown | {"accessory": actions.ask("Ask", example.value, example.title)}


def _lines(block_id: str, lines: tuple[tuple[str, str], ...]) -> Block:
    return section(block_id, "\n".join(f"{code(form)} {escape(meaning)}" for form, meaning in lines))


def _header(text: str) -> Block:
    return {"type": "header", "text": plain(text)}
