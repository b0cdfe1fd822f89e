"""A form that is submitted: the acknowledgement carries what became of it, so that nothing typed is lost."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final

from slack_bolt.async_app import AsyncAck

from bot.cards import refusals
from bot.errors import MembershipUnknownError, UseCaseError
from bot.people.asker import Asker, Sender
from handlers.forms import field_errors, filled, pieces
from handlers.guard import Guard

#: All before the acknowledgement may take this long of Slack's three seconds.
PATIENCE: Final = 2.0

#: What Slack takes as the answer to a form.
Answer = dict[str, Any]
#: Makes the answer to a form that was not taken, of the error and of the sentence about it for the person.
NotTaken = Callable[[Exception, Callable[[], str]], Answer]


def errors(at: Mapping[str, str]) -> Answer:
    """Return the answer that says what is wrong at which input block; all that was typed stays."""
    return {"response_action": "errors", "errors": at}


def update(view: pieces.View) -> Answer:
    """Return the answer that puts another form in the place of this one."""
    return {"response_action": "update", "view": view}


async def take(
    name: str,
    guard: Guard,
    ack: AsyncAck,
    sender: Sender,
    work: Callable[[Asker], Awaitable[Answer]],
    not_taken: NotTaken,
) -> None:
    """Do what a form asks for, for who may use the bot, and answer it; the same form sent once more is the same act."""
    with guard.act() as reference:
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await work(await guard.admit(sender))
        except Exception as error:  # noqa: BLE001 - logged, put on record, and told to the person
            await ack(**not_taken(error, partial(guard.sentence, name, error, reference)))
            await guard.note(name, sender, error)
        else:
            await ack(**answer)


def not_saved(view: Mapping[str, Any], error: Exception, said: Callable[[], str]) -> Answer:
    """Return the answer to a form that could not be saved for a reason that nothing typed in it has to do with.

    What may be otherwise in a moment stands at its first input, since Save is to be pressed again.
    """
    if isinstance(error, UseCaseError) and not isinstance(error, MembershipUnknownError):
        return update(pieces.done(str(view["title"]["text"]), refusals.sentence(error)))
    text = refusals.TOO_SLOW_TO_SAVE if isinstance(error, TimeoutError) else said().replace("`", "")
    return errors(field_errors.at({filled.inputs(view)[0]: [text]}))
