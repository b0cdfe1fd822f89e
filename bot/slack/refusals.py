"""Slack's words for a refusal, sorted by what can be done about them (source: chat.postMessage, chat.update)."""

#: Not in this channel, as it stands; somebody can mend that.
CHANNEL_TROUBLE = frozenset({
    "channel_not_found",
    "not_in_channel",
    "is_archived",
    "restricted_action",
    "restricted_action_read_only_channel",
    "restricted_action_thread_only_channel",
    "restricted_action_non_threadable_channel",
    "team_access_not_granted",
})  # fmt: skip
#: Not with this token; nothing can be delivered until somebody mends that.
TOKEN_TROUBLE = frozenset({
    "invalid_auth",
    "not_authed",
    "account_inactive",
    "token_revoked",
    "token_expired",
    "not_allowed_token_type",
})  # fmt: skip
#: The token lacks a scope of this one method.
SCOPE_TROUBLE = "missing_scope"
#: There is no such message any more, or it can no longer be edited.
NOTHING_TO_EDIT = frozenset({
    "message_not_found", "cant_update_message", "edit_window_closed", "is_inactive", "block_mismatch",
})  # fmt: skip
