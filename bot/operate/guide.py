"""Where an administrator finds each value that `init` asks for."""

from typing import Final

#: The settings that `init` asks for when it is called without names, in their order.
ASKED: Final = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "APS_CLIENT_ID", "APS_CLIENT_SECRET", "DATABASE_KEY")

#: Where Slack shows the IDs that some settings name.
IDS: Final = (
    "Slack shows a person's ID in their profile under ⋮, “Copy member ID” (U…); a channel's at the very end of what "
    "opens when its name is pressed, “Channel ID” (C…); a user group's on its page under ⋮, “Copy group ID” (S…)."
)

_SLACK_APP: Final = "https://api.slack.com/apps, your app"
WHERE: Final = {
    "SLACK_BOT_TOKEN": (
        f"{_SLACK_APP}, page “OAuth & Permissions”: press “Install to Workspace” if that has not been done, then copy "
        "“Bot User OAuth Token”. It begins with xoxb-."
    ),
    "SLACK_APP_TOKEN": (
        f"{_SLACK_APP}, page “Basic Information”, “App-Level Tokens”: press “Generate Token and Scopes”, give it any "
        "name, add the scope connections:write, generate, copy. It begins with xapp-."
    ),
    "APS_CLIENT_ID": (
        "https://aps.autodesk.com/myapps, your app (make one with the Token Flex Usage Data API enabled): copy "
        "“Client ID”."
    ),
    "APS_CLIENT_SECRET": "The same page: copy “Client Secret”. Leave it empty for a public client, which has none.",
    "DATABASE_KEY": (
        "Encrypts the Autodesk login in the database; needed only when a person signs in (three-legged). Type g to "
        "have one made. Keep a copy of it apart from the backups: without it a stored login cannot be read."
    ),
    "ALLOWED_PEOPLE": IDS,
    "ALLOWED_CHANNELS": IDS,
    "ADMINISTRATORS": IDS,
    "ALLOWED_CONTRACTS": "`python -m bot doctor` lists the contracts that the Autodesk login sees.",
}
