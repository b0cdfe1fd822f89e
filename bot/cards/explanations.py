"""What an error of Token Flex means to a person, and what they can do; one sentence or two for each."""

from collections.abc import Mapping

from bot.tokenflex import errors

#: The first kind that fits; those of a kind stand before it.
_SENTENCES: Mapping[type[errors.TokenFlexError], str] = {
    errors.ScopeMissingError: "The Autodesk login lacks a permission. An administrator has to sign in again with the "
    "scopes `data:read data:write`.",
    errors.ApiNotEnabledError: "The Token Flex Usage Data API is not enabled for our Autodesk app. An administrator "
    "has to add it to the app on Autodesk's developer page.",
    errors.ContractRefusedError: "Token Flex does not let our Autodesk user see this contract, or the user's role does "
    "not allow it. Check the contract number, or ask an administrator of the contract.",
    errors.ForbiddenError: "Token Flex does not permit that for our Autodesk user. Ask an administrator.",
    errors.NotFoundError: "Token Flex does not know this contract or export. Check the contract number.",
    errors.InvalidRequestError: "Something in the request is wrong. Change it and send it again.",
    errors.LoginNeededError: "The Autodesk login has ended. An administrator has to sign in again with `python -m bot "
    "login`; waiting requests then go on by themselves.",
    errors.NotAuthorisedError: "Autodesk does not accept our credentials. An administrator has to check the client ID "
    "and secret.",
    errors.RateLimitedError: "Token Flex takes no more calls from us for the moment. Try again in a few minutes.",
    errors.QuotaExceededError: "As many exports are under way as Token Flex allows. Try again when one has finished.",
    errors.TimedOutError: "Token Flex did not answer in time. Try again in a minute.",
    errors.UnreachableError: "Token Flex cannot be reached at the moment. Try again in a few minutes.",
    errors.UpstreamBrokenError: "Token Flex has a problem of its own at the moment. Try again in a few minutes.",
}


def explain(error: errors.TokenFlexError) -> str:
    """Return the sentence for an error; never its own text, which is for logs."""
    for kind, sentence in _SENTENCES.items():
        if isinstance(error, kind):
            return sentence
    return "Something went wrong between Token Flex and me. Try again in a minute."


def upstream_message(error: errors.RefusedError) -> str:
    """Return Token Flex's own words without the code that it repeats in front."""
    message = error.message.strip()
    prefix = f"{error.code}:"
    return message[len(prefix) :].strip() if error.code and message.startswith(prefix) else message
