"""Whether Slack tells which channels are shared with other organisations, and what follows where it does not."""

from typing import Final

from bot.operate.checks.slack_tokens import update_app
from bot.operate.findings import Finding, ok, skipped, warning
from bot.settings import Settings, SharedChannels
from bot.slack.api import WAITED_FOR, SlackApi
from bot.slack.errors import MethodMissingError, NotToldError, SlackError, SlackRefusedError

SHARED_CHANNELS: Final = "Shared channels"
_NEEDED: Final = ("channels:read", "groups:read")
_NO_CHANNEL: Final = "C0000000000"  #: asked for where Slack does not name scopes; only the kind of refusal counts
_WHAT_IS_POSTED: Final = {
    SharedChannels.REFUSE: "no exports",
    SharedChannels.PRIVATE: "cards without where clause and names, and no links",
    SharedChannels.ALLOW: "what is posted anywhere",
}
_FOLLOWS: Final = {
    False: (
        "SHARED_CHANNELS is not set, so people of other organisations see where clauses and links in a channel that is "
        "shared with them."
    ),
    True: "SHARED_CHANNELS is set, so each channel counts as shared: {posted}.",
}
_OR: Final = "Or set SHARED_CHANNELS to what is to be posted to any channel meanwhile."


async def check_shared_channels(api: SlackApi, settings: Settings) -> Finding:
    """Say what is posted to shared channels; what the token may is known from what was asked before."""
    rule, is_set = settings.shared_channels, settings.shared_channels_are_set
    posted = _WHAT_IS_POSTED[rule]
    if rule is SharedChannels.ALLOW:
        return ok(SHARED_CHANNELS, f"Posted there: {posted}, since SHARED_CHANNELS says so.")
    try:
        lacks = await _lacks(api)
    except SlackError as error:
        return skipped(SHARED_CHANNELS, f"Slack did not say whether it tells which channels are shared ({error}).")
    if lacks:
        found = f"Slack does not tell which channels are shared with other organisations ({lacks})."
        mend = f"{update_app(settings.slack_app_token)} {_OR}"
        return warning(SHARED_CHANNELS, f"{found} {_FOLLOWS[is_set].format(posted=posted)}", mend)
    return ok(SHARED_CHANNELS, f"Slack tells which ones are. Posted there: {posted}.")


async def _lacks(api: SlackApi) -> str:
    """Return what keeps Slack from telling, "" where nothing does.

    Raises:
        SlackError: that is not known.

    """
    if api.scopes is not None:
        missing = [scope for scope in _NEEDED if scope not in api.scopes]
        return f"the app lacks {' and '.join(missing)}" if missing else ""
    try:
        await api.call("conversations.info", channel=_NO_CHANNEL, within=WAITED_FOR)
    except (NotToldError, MethodMissingError) as error:
        return str(error)
    except SlackRefusedError:
        return ""
    return ""
