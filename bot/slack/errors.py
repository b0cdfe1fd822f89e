"""What a call to Slack can come to when it does not work: one tree of meanings; Slack's own word is kept for the log.

SlackError
├── SlackUnreachableError      no connection was made: nothing happened
├── SlackUnsureError           the response was lost or is none: it may have happened
│   └── SlackBrokenError       there was a response, and it says nothing
│       └── MethodMissingError what responded knows no such method
├── SlackRateLimitedError      nothing happened; when it may be tried again
└── SlackRefusedError          nothing happened, and why
    ├── ChannelClosedError, PersonClosedError, MessageGoneError, ThreadGoneError, BlocksRefusedError, …
"""

import re
from collections.abc import Iterable, Mapping

from bot.cards.notices import Closing
from bot.network import Obstacle


class SlackError(Exception):
    """A call to Slack did not work; the text is Slack's word for that, or the kind of the trouble on the way."""


class SlackUnreachableError(SlackError):
    """No connection was made, since something stood in the way; nothing happened."""

    def __init__(self, message: str = "", *, obstacle: Obstacle = Obstacle.OTHER) -> None:
        super().__init__(message or obstacle.value)
        self.obstacle = obstacle


class SlackUnsureError(SlackError):
    """There was no response, or none that can be read; what was asked for may have happened."""


class SlackBrokenError(SlackUnsureError):
    """What responded is a Slack in trouble, or something in between."""


class MethodMissingError(SlackBrokenError):
    """What responded is no Slack that knows the method: a stand-in, or something in between."""


class NotSlackError(SlackBrokenError):
    """What responded is no Slack: a page of something in between, or of another address."""


class SlackRateLimitedError(SlackError):
    """Slack takes no more of this method for `retry_after` seconds; nothing happened."""

    def __init__(self, retry_after: float, method: str = "chat.postMessage") -> None:
        super().__init__(f"{method} is rate limited for {retry_after:.0f} s")
        self.retry_after = retry_after
        self.method = method


class SlackRefusedError(SlackError):
    """Slack said no; nothing happened. This class itself: for a reason that nobody here knows."""


#: Words that do not say by themselves what closes the channel; edits in an archived one are refused as inactive.
_CLOSINGS = {
    "is_inactive": Closing.ARCHIVED,
    "team_access_not_granted": Closing.RESTRICTED,
    "posting_to_channel_denied": Closing.RESTRICTED,
    "external_channel_migrating": Closing.REFUSED,
}


class ChannelClosedError(SlackRefusedError):
    """Not in this channel, as it stands; somebody can mend that. `closing` says what."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.closing = _CLOSINGS.get(code) or Closing(code)


class PersonClosedError(SlackRefusedError):
    """This person takes no private messages of ours, or cannot be shown anything in that channel."""


class TokenRefusedError(SlackRefusedError):
    """Nothing works with this token until somebody mends that."""


class SuspendedError(SlackRefusedError):
    """Nothing works for now, whatever the token: administrators, the network or a move of the workspace keep us out."""


class NotToldError(SlackRefusedError):
    """Slack, or what stands in for it, does not do this for this app."""


class ScopeMissingError(NotToldError):
    """The token lacks a scope of this method."""


class SwitchedOffError(SlackRefusedError):
    """A feature that this needs is switched off in the settings of the app."""


class MessageGoneError(SlackRefusedError):
    """There is no such message any more, or it can no longer be edited."""


class ThreadGoneError(MessageGoneError):
    """The first message of the thread was deleted, or takes no replies."""


class BlocksRefusedError(SlackRefusedError):
    """Slack does not take the blocks, whatever the text is."""


class MalformedError(SlackRefusedError):
    """What we sent is not as Slack wants it: sending it again is vain."""


class TriggerLateError(SlackRefusedError):
    """What the person did is too long ago for a form to open."""


class FormOpenError(SlackRefusedError):
    """The trigger has opened a form already."""


class ViewOvertakenError(SlackRefusedError):
    """The view has changed or gone since; there is nothing left to do."""


class UrlSpentError(SlackRefusedError):
    """The response URL has been used five times, or is older than half an hour."""


class NobodyError(SlackRefusedError):
    """There is no such account, or it is not one that this workspace sees."""


class AccountUnknownError(NobodyError):
    """There is no account of this id."""


class NoGroupError(SlackRefusedError):
    """There is no such user group, or none at all."""


class NoRoomError(SlackRefusedError):
    """The workspace takes no more messages."""


class FileRefusedError(SlackRefusedError):
    """The workspace takes no files, none of this kind or size, or no more."""


class FileGoneError(SlackRefusedError):
    """There is no such file, or no place for its bytes any more: it was deleted, or thrown away before it was shown."""


_UNSURE = frozenset({"internal_error", "fatal_error", "request_timeout", "service_unavailable"})
_RATE_LIMITED = frozenset({"ratelimited", "rate_limited"})
#: What Slack's words mean, for all methods (sources: their reference pages, and "common errors").
_WORDS: Mapping[type[SlackRefusedError], str] = {
    ChannelClosedError: """
        channel_not_found not_in_channel is_archived is_inactive posting_to_channel_denied team_access_not_granted
        restricted_action restricted_action_read_only_channel restricted_action_thread_only_channel
        external_channel_migrating""",
    PersonClosedError: "messages_tab_disabled user_not_in_channel cannot_dm_bot user_disabled",
    TokenRefusedError: """
        invalid_auth not_authed account_inactive token_revoked token_expired not_allowed_token_type forbidden_team""",
    SuspendedError: """
        access_denied accesslimited ekm_access_denied org_login_required team_added_to_org two_factor_setup_required
        enterprise_is_restricted user_is_restricted""",
    ScopeMissingError: "missing_scope",
    NotToldError: """
        no_permission unknown_method method_not_found not_implemented not_supported deprecated_endpoint
        method_deprecated""",
    SwitchedOffError: "link_disabled not_enabled",
    MessageGoneError: "message_not_found cant_update_message edit_window_closed block_mismatch",
    ThreadGoneError: """
        thread_not_found cannot_reply_to_message invalid_thread_ts
        restricted_action_non_threadable_channel restricted_action_thread_locked""",
    BlocksRefusedError: """
        invalid_blocks invalid_blocks_format msg_blocks_too_long invalid_attachments only_one_table_allowed""",
    MalformedError: """
        invalid_arguments missing_argument invalid_cursor invalid_limit invalid_ts_oldest invalid_types team_not_found
        invalid_arg_name invalid_array_arg invalid_charset invalid_form_data invalid_post_type missing_post_type
        attachment_payload_limit_exceeded metadata_too_large metadata_must_be_sent_from_app
        invalid_json json_not_object invalid_metadata_format invalid_metadata_schema too_many_attachments no_text
        msg_too_long markdown_text_conflict no_dual_broadcast_content_update invalid_trigger_id invalid_view
        invalid_message view_too_large push_limit_reached duplicate_external_id""",
    TriggerLateError: "expired_trigger_id trigger_expired",
    FormOpenError: "exchanged_trigger_id trigger_exchanged",
    ViewOvertakenError: "hash_conflict not_found",
    UrlSpentError: "used_url expired_url",
    NobodyError: "user_not_visible users_not_found",
    AccountUnknownError: "user_not_found",
    NoGroupError: "no_such_subteam subteam_not_found plan_upgrade_required",
    NoRoomError: "message_limit_exceeded",
    FileRefusedError: """
        storage_limit_reached file_uploads_disabled file_uploads_except_images_disabled file_type_not_allowed
        file_upload_size_restricted snippet_too_large cant_delete_file""",
    FileGoneError: "file_not_found file_deleted",
}
_MEANINGS = {word: meaning for meaning, words in _WORDS.items() for word in words.split()}
#: An expired trigger has been refused as `invalid_arguments` (source: Netflix/dispatch#833), in one of these words.
_EXPIRED = re.compile(r"trigger_id`? expired|expired_trigger_id|trigger_expired")


def refusal(code: str, messages: Iterable[object] = ()) -> SlackRefusedError:
    """Return what Slack's word for a refusal means; `messages` are what it adds to that."""
    if code == "invalid_arguments" and any(_EXPIRED.search(str(each)) for each in messages):
        return TriggerLateError(code)
    return _MEANINGS.get(code, SlackRefusedError)(code)


def judged(method: str, status: int, code: str, messages: Iterable[object], retry_after: float) -> SlackError:
    """Return what a response means that is not good: by its HTTP status and Slack's word, "" where it says none."""
    if status == 429 or code in _RATE_LIMITED:
        return SlackRateLimitedError(retry_after, method)
    if not code and status in {404, 405, 501}:
        return MethodMissingError(f"HTTP {status}")
    if not code and status < 500:
        return NotSlackError(f"HTTP {status}")
    if not code or code in _UNSURE or (status >= 500 and code not in _MEANINGS):
        return SlackBrokenError(code or f"HTTP {status}")
    return refusal(code, messages)
