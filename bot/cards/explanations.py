"""What an error of Token Flex means to a person, and what they can do; one sentence or two for each."""

from collections.abc import Mapping

from bot.cards.faces import NO_ROOM
from bot.tokenflex import errors

#: The first kind that fits; those of a kind stand before it.
_SENTENCES: Mapping[type[errors.TokenFlexError], str] = {
    errors.ScopeMissingError: "Our Autodesk login lacks a right. An administrator has to sign in again.",
    errors.ApiNotEnabledError: "Our Autodesk app may not use Token Flex yet. An administrator has to add "
    "the Token Flex Usage Data API to it.",
    errors.AppRefusedError: "Autodesk does not let our app through to Token Flex. An administrator has to see to that.",
    errors.ContractRefusedError: "Our Autodesk account can't see this contract, or may not export it. Check the "
    "number, or ask an administrator.",
    errors.ForbiddenError: "Our Autodesk account may not do that. Ask an administrator.",
    errors.NotFoundError: "Autodesk does not know this contract or export. Check the number.",
    errors.InvalidRequestError: "Autodesk finds something wrong with it.",
    errors.LoginNeededError: "Our Autodesk login has ended. An administrator has to sign in again; "
    "what waits then goes on by itself.",
    errors.NotAuthorisedError: "Autodesk does not accept our login. An administrator has to see to that.",
    errors.RateLimitedError: "Autodesk takes no more requests from us for the moment. Try again in a few minutes.",
    errors.QuotaExceededError: f"{NO_ROOM} Try again in a few minutes.",
    errors.TimedOutError: "Autodesk did not answer in time. Try again in a minute.",
    errors.UnreachableError: "Autodesk cannot be reached at the moment. Try again in a few minutes.",
    errors.UpstreamBrokenError: "Autodesk has a problem of its own at the moment. Try again in a few minutes.",
}


def explain(error: errors.TokenFlexError) -> str:
    """Return the sentence for an error; never its own text, which is for logs."""
    for kind, sentence in _SENTENCES.items():
        if isinstance(error, kind):
            return sentence
    return "Something went wrong between Autodesk and me. Try again in a minute."


def upstream_message(error: errors.RefusedError) -> str:
    """Return Token Flex's own words without the code that it repeats in front."""
    message = error.message.strip()
    prefix = f"{error.code}:"
    return message[len(prefix) :].strip() if error.code and message.startswith(prefix) else message
