"""The questions that come with the bot, in the words of those who ask them (source: what people ask of usage data)."""

from dataclasses import dataclass, replace
from typing import Final

from bot.cards.names import NAMES, Names
from bot.questions.periods import Relative
from bot.questions.questions import Question
from bot.tokenflex.catalogue import DESKTOP_PRODUCT, MANUAL_ADJUSTMENT, MANUAL_CONSUMPTION


@dataclass(frozen=True, slots=True)
class Starter:
    """One question; `key` is its word in commands and buttons, `note` what to know about its answer."""

    key: str
    title: str
    question: Question
    note: str = ""


_TOKENS: Final = ("tokensConsumed",)
_HANDED: Final = "Unique users cannot be added up: one person may count in several rows."

_PRODUCTS: Final = Starter(
    "products",
    "Which products use the tokens?",
    Question(("productName",), _TOKENS, period=Relative.LAST_MONTH),
)
_USERS: Final = Starter(
    "users",
    "Who are the top users?",
    Question(("userName",), _TOKENS, period=Relative.LAST_MONTH),
)
_DAYS: Final = Starter(
    "days",
    "Tokens by day",
    Question(("usageDate",), _TOKENS, period=Relative.LAST_30_DAYS),
)
_CHARGE_BACK: Final = Question(
    ("usageMonth",), ("tokensConsumed", "usageHours"), period=Relative.LAST_MONTH
)  #: with one of the customer's own categories in front
_OTHERS: Final = (
    Starter(
        "versions",
        "Use by product and version",
        Question(("productName", "productVersion"), ("uniqueUsers", "usageHours"), period=Relative.LAST_MONTH),
        _HANDED,
    ),
    Starter(
        "servers",
        "Use by licence server and person",
        Question(("licenseServerName", "userName"), ("usageHours",), period=Relative.LAST_MONTH),
    ),
    Starter(
        "adjustments",
        "Manual adjustments and consumptions, with reasons",
        Question(
            (
                *("contractYear", "chargedItemID", "reasonType", "reasonComment", "usageCategory", "usageDate"),
                *("transactionDate", "productLineCode", "productName"),
            ),
            ("tokensConsumed", "quantity"),
            (MANUAL_ADJUSTMENT, MANUAL_CONSUMPTION),
            period=Relative.THIS_CONTRACT_YEAR,
        ),
    ),
    Starter(
        "occasional",
        "Who uses a product on so few days that another licence is cheaper?",
        Question(("userName", "productName", "usageDate"), _TOKENS, period=Relative.LAST_90_DAYS),
        "Each row is one day on which somebody used a product: count the rows of a person.",
    ),
    Starter(
        "idle",
        "Who has not used anything for long?",
        Question(("userName", "productName", "usageDate"), period=Relative.ALL),
        "Only people who ever used something are there; the newest day of each is what counts.",
    ),
    Starter(
        "charges",
        "Why was this charged twice, or not at all?",
        Question(
            ("userName", "productName", "chargedItemID", "chargeCategory", "sessionStartDate", "sessionEndDate"),
            ("usageMinutes", "tokensConsumed"),
            (DESKTOP_PRODUCT,),
            period=Relative.LAST_7_DAYS,
        ),
        "FREE: after charging has already occurred for that day. CASUAL: too short to be charged.",
    ),
    Starter(
        "accidents",
        "Was it started by accident?",
        # With its ID, so that each session is a row: nothing counts uses at desktop session level.
        Question(
            ("userName", "productName", "chargeCategory", "chargedItemID"),
            ("usageMinutes",),
            (DESKTOP_PRODUCT,),
            "chargeCategory = 'CASUAL'",
            Relative.LAST_MONTH,
        ),
        "Each row is one session that was too short to be charged.",
    ),
)


#: Questions that are answered at once, without an export, by their keys (source: what people ask of usage data, 1, 2).
AT_ONCE: Final = {
    "usage.left": "How many tokens are used, how many are left, will they last?",
    "usage.months": "Tokens and unique users by category and month",
}


def starters(names: Names, chosen: str = "") -> tuple[Starter, ...]:
    """Return all questions; charge-back is one for each custom field that the customer has a label for.

    One that is `chosen` by its key stays, although another contract has no label for its field.
    """
    own = list(names.labelled or ("customField1",))
    field = f"customField{chosen.removeprefix('charge-back-')}"
    if field in NAMES and field not in own:
        own.append(field)
    return (_PRODUCTS, _USERS, _DAYS, *(_charge_back(name, names) for name in own), *_OTHERS)


def _charge_back(name: str, names: Names) -> Starter:
    asked = replace(_CHARGE_BACK, fields=(name, *_CHARGE_BACK.fields))
    return Starter(f"charge-back-{name.removeprefix('customField')}", f"Charge-back by {names.noun(name)}", asked)
