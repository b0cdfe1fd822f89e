"""Slack's words for a failure: each has a meaning, in one table, and nobody but the door reads one."""

import ast
from pathlib import Path

import pytest

from bot.cards.file_card import NoFile
from bot.cards.notices import Closing
from bot.slack import errors
from bot.slack.errors import (
    ChannelClosedError,
    MalformedError,
    MethodMissingError,
    NotSlackError,
    SlackBrokenError,
    SlackError,
    SlackRateLimitedError,
    SlackRefusedError,
    TriggerLateError,
    judged,
    refusal,
)
from tests.harness.house import ROOT

#: Every error code on the two reference pages of Slack that this bot rests on, in their order.
CODES = """
    expired_trigger_id exchanged_trigger_id invalid_trigger_id trigger_expired trigger_exchanged
    markdown_text_conflict channel_not_found not_in_channel is_archived messages_tab_disabled invalid_blocks
    invalid_blocks_format no_text ratelimited rate_limited message_limit_exceeded account_inactive token_revoked
    token_expired missing_scope team_access_not_granted cannot_reply_to_message msg_too_long msg_blocks_too_long
    restricted_action restricted_action_read_only_channel restricted_action_thread_only_channel
    restricted_action_non_threadable_channel restricted_action_thread_locked message_not_found cant_update_message
    edit_window_closed is_inactive block_mismatch no_dual_broadcast_content_update user_not_in_channel
    duplicate_external_id view_too_large push_limit_reached hash_conflict not_found not_enabled invalid_attachments
    only_one_table_allowed file_uploads_disabled file_uploads_except_images_disabled file_type_not_allowed
    file_upload_size_restricted storage_limit_reached posting_to_channel_denied snippet_too_large missing_argument
    link_disabled invalid_view invalid_message invalid_arguments
"""
#: What every method may be refused with (source: Slack's reference, "Errors" of each method).
COMMON = """
    access_denied accesslimited account_inactive deprecated_endpoint ekm_access_denied enterprise_is_restricted
    fatal_error internal_error invalid_arg_name invalid_arguments invalid_array_arg invalid_auth invalid_charset
    invalid_form_data invalid_post_type method_deprecated missing_post_type missing_scope no_permission
    not_allowed_token_type not_authed org_login_required ratelimited request_timeout service_unavailable
    team_access_not_granted team_added_to_org token_expired token_revoked two_factor_setup_required user_is_restricted
"""
#: Words of Slack's that are no error codes where they stand, or are another service's too.
_ELSEWHERE = {"not_found", "rate_limited"}
#: Methods whose errors the bot never meets, and answers to a form, which are no calls.
_NOT_OURS = {"not_enough_users", "users_list_not_supplied", "invalid_errors", "invalid_options"}


def stand_ins_words() -> set[str]:
    """Find every word that the stand-in refuses something with."""
    found = set()
    for path in sorted(Path(ROOT, "sandbox", "slack").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "SlackFault":
                found |= {each.value for each in node.args if isinstance(each, ast.Constant)}
    return {str(word) for word in found} - _NOT_OURS


@pytest.mark.parametrize("code", sorted({*CODES.split(), *COMMON.split(), *stand_ins_words()}))
def test_every_code_has_a_meaning(code: str) -> None:
    """A code that falls through the table would be treated as one that nobody has heard of."""
    assert type(judged("chat.postMessage", 200, code, (), 1.0)) not in {SlackRefusedError, SlackError}


def test_every_meaning_has_a_word() -> None:
    """A class without a word, or an account of one, could never be raised."""
    kinds = set(_below(SlackRefusedError))
    assert {type(refusal(word)) for word in errors._MEANINGS} == kinds


def _below(kind: type[SlackError]) -> list[type[SlackError]]:
    return [each for child in kind.__subclasses__() for each in (child, *_below(child))]


def test_a_word_has_one_meaning() -> None:
    """The same word under two classes would mean whatever comes last."""
    words = [word for each in errors._WORDS.values() for word in each.split()]
    assert sorted(words) == sorted(set(words))


def test_an_unheard_of_word_is_a_refusal() -> None:
    """Slack said no, whatever for; nothing happened."""
    assert type(refusal("as_yet_unknown_error")) is SlackRefusedError


@pytest.mark.parametrize(
    ("status", "code", "meaning"),
    [
        (429, "", SlackRateLimitedError),
        (200, "ratelimited", SlackRateLimitedError),
        (503, "", SlackBrokenError),
        (500, "internal_error", SlackBrokenError),
        (200, "", NotSlackError),
        (502, "as_yet_unknown_error", SlackBrokenError),
        (404, "", MethodMissingError),
        (501, "", MethodMissingError),
        (403, "", NotSlackError),
        (403, "not_in_channel", ChannelClosedError),
    ],
)
def test_what_says_nothing_leaves_a_doubt(status: int, code: str, meaning: type[SlackError]) -> None:
    """A page of something in between, whatever its status, is no refusal."""
    assert type(judged("chat.postMessage", status, code, (), 1.0)) is meaning


@pytest.mark.parametrize(
    ("messages", "meaning"),
    [
        (["[ERROR] `trigger_id` expired [json-pointer:/trigger_id]"], TriggerLateError),
        (["[ERROR] expired_trigger_id"], TriggerLateError),
        (["[ERROR] invalid `trigger_id` [json-pointer:/trigger_id]"], MalformedError),
        (["[ERROR] missing required field: view"], MalformedError),
        ([], MalformedError),
    ],
)
def test_an_expired_trigger_by_another_name(messages: list[str], meaning: type[SlackError]) -> None:
    """Slack has said `invalid_arguments`, with the true word among the messages."""
    assert type(refusal("invalid_arguments", messages)) is meaning


@pytest.mark.parametrize(
    ("code", "closing"),
    [
        ("channel_not_found", Closing.ABSENT),
        ("not_in_channel", Closing.ABSENT),
        ("is_archived", Closing.ARCHIVED),
        ("restricted_action_read_only_channel", Closing.RESTRICTED),
        ("team_access_not_granted", Closing.RESTRICTED),
        ("external_channel_migrating", Closing.REFUSED),
    ],
)
def test_a_closed_channel_says_what_closes_it(code: str, closing: Closing) -> None:
    """Each has an advice of its own; rows of an earlier version have Slack's words, and read the same."""
    error = refusal(code)
    assert isinstance(error, ChannelClosedError)
    assert error.closing is closing
    assert Closing(str(closing)) is closing


def product() -> list[tuple[str, ast.AST]]:
    """Every node of the bot's code outside the door's room, with its file."""
    files = [path for room in ("bot", "handlers", "storage") for path in sorted(Path(ROOT, room).rglob("*.py"))]
    outside = [path for path in files if Path(ROOT, "bot", "slack") not in path.parents]
    return [(path.name, node) for path in outside for node in ast.walk(ast.parse(path.read_text()))]


def test_only_the_door_knows_slacks_errors() -> None:
    """Nothing outside its room imports anything of slack_sdk, or has a word of Slack's in it."""
    nodes = product()
    imported = {str(node.module) for _, node in nodes if isinstance(node, ast.ImportFrom)}
    imported |= {name.name for _, node in nodes if isinstance(node, ast.Import) for name in node.names}
    assert not {name for name in imported if name.startswith("slack_sdk")}
    known = (
        (set(errors._MEANINGS) | errors._UNSURE | errors._RATE_LIMITED)
        - _ELSEWHERE
        - set(map(str, Closing))
        - set(map(str, NoFile))
    )
    words = [(file, node.value) for file, node in nodes if isinstance(node, ast.Constant) and node.value in known]
    assert words == []


def test_slack_sdk_is_asked_in_one_place() -> None:
    """No other file than the door calls a method of Slack's client."""
    room = Path(ROOT, "bot", "slack")
    assert [path.name for path in sorted(room.glob("*.py")) if "SlackApiError" in path.read_text()] == ["api.py"]
