"""Whether files can be put into threads as ATTACH_FILES wants it: what the token may, and who may have a link."""

from typing import Final

from bot.operate.checks.slack_tokens import update_app
from bot.operate.findings import Finding, ok, skipped, warning
from bot.settings import AnswerDetail, AttachFiles, LinkAudience, Settings
from bot.slack.api import SlackApi
from bot.slack.files import READ, WRITE

ATTACH_FILES: Final = "ATTACH_FILES"


def check_files(api: SlackApi, settings: Settings) -> Finding | None:
    """Say what keeps files from threads; None where the settings want none. Slack has named the scopes before."""
    wanted = settings.attach_files
    if wanted is AttachFiles.NO:
        return None
    for kept, name, found in (
        (
            settings.link_audience is LinkAudience.PRESS,
            "LINK_AUDIENCE=press",
            "Links are for whoever presses the button",
        ),
        (settings.answer_detail is AnswerDetail.LINK, "ANSWER_DETAIL=link", "Nothing but the link is shown"),
    ):
        if kept:
            return warning(
                ATTACH_FILES, f"{found} ({name}), so no file is put anywhere.", f"Set {ATTACH_FILES}=no, or not {name}."
            )
    if api.scopes is None:
        return skipped(ATTACH_FILES, "Slack did not say whether the bot token may hand over files.")
    if WRITE not in api.scopes:
        found = f"The bot token lacks {WRITE}, so no file is put into a thread although ATTACH_FILES is {wanted.value}."
        return warning(ATTACH_FILES, found, f"{update_app(settings.slack_app_token)} Or set ATTACH_FILES=no.")
    if READ not in api.scopes:
        found = f"The bot token lacks {READ}: a file that Slack took and does not show is not noticed."
        return warning(ATTACH_FILES, found, update_app(settings.slack_app_token))
    return ok(ATTACH_FILES, f"Files are put into threads as {wanted.value}.")
