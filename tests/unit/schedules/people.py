"""Who does something with schedules, and one to do it with."""

from datetime import time

from bot.questions.periods import Relative
from bot.questions.questions import Question
from bot.schedules.drafts import Draft
from bot.schedules.rule import Daily, Timed
from tests.harness.people import admitted
from tests.harness.stored import CONTRACT
from tests.unit.schedules.house import ADMINISTRATOR, CHANNEL, OWNER

BEN = "U0BEN00002"
ANA, COLLEAGUE = admitted(OWNER, CHANNEL), admitted(BEN, CHANNEL)
STRANGER, BOSS = admitted(BEN, "C0OTHER01"), admitted(ADMINISTRATOR, "C0OTHER01")
QUESTION = Question(("productName",), ("tokensConsumed",), (), "", Relative.LAST_MONTH)
DRAFT = Draft(
    name="Tokens by  product",
    question=QUESTION,
    contract=CONTRACT,
    channel=CHANNEL,
    rule=Timed(Daily(), time(8), "Europe/Berlin"),
)
