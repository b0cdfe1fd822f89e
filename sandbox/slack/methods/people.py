"""auth, apps, users and user groups."""

from sandbox.slack.arguments import Arguments
from sandbox.slack.errors import SlackFault
from sandbox.slack.json_values import Json
from sandbox.slack.methods.method import Context, Method, page
from sandbox.slack.people import APP_ID, BOT_ID, ENTERPRISE_ID, TEAM_DOMAIN, TEAM_ID, User


def auth_test(context: Context, _arguments: Arguments) -> Json:
    """Tell whose token it is."""
    bot = context.workspace.bot
    org_wide = context.workspace.installation.org_wide
    told: Json = {
        "url": context.team_url,
        "team": TEAM_DOMAIN,
        "team_id": TEAM_ID,
        "user": bot.name,
        "user_id": bot.id,
        "bot_id": BOT_ID,
        "app_id": APP_ID,
        "is_enterprise_install": org_wide,
    }
    return told | ({"enterprise_id": ENTERPRISE_ID} if org_wide else {})


def connections_open(context: Context, _arguments: Arguments) -> Json:
    """Give the address for one Socket Mode connection."""
    return {"url": f"{context.socket_url}?ticket={context.sockets.ticket()}"}


def users_info(context: Context, arguments: Arguments) -> Json:
    """Show one account."""
    user = context.workspace.account(arguments.need("user", "user_not_found"))
    if user is None:
        raise SlackFault("user_not_found")
    return {"user": _shown(context, user)}


def _shown(context: Context, user: User) -> Json:
    """Return an account; a stranger is somebody from elsewhere who shares no channel with the app."""
    workspace = context.workspace
    met = any(user.id in each.member_ids and workspace.bot_is_in(each) for each in workspace.channels.values())
    return user.as_json() | {"is_stranger": user.foreign and not met}


def users_list(context: Context, arguments: Arguments) -> Json:
    """Show all accounts, page by page."""
    context.need_team(arguments)
    shown, cursor = page(list(context.workspace.users.values()), arguments, limit=1000)
    return {"members": [_shown(context, user) for user in shown], "response_metadata": {"next_cursor": cursor}}


def usergroup_users(context: Context, arguments: Arguments) -> Json:
    """Show who is in a user group."""
    context.need_team(arguments)
    group = context.workspace.usergroups.get(arguments.need("usergroup"))
    if group is None:
        raise SlackFault("no_such_subteam")
    return {"users": list(group.user_ids)}


def usergroups_list(context: Context, arguments: Arguments) -> Json:
    """Show all user groups."""
    context.need_team(arguments)
    groups = context.workspace.usergroups.values()
    return {"usergroups": [{"id": each.id, "handle": each.handle, "name": each.handle} for each in groups]}


METHODS = {
    "auth.test": Method(auth_test),
    "apps.connections.open": Method(connections_open, ("connections:write",), app_token=True),
    "users.info": Method(users_info, ("users:read",)),
    "users.list": Method(users_list, ("users:read",)),
    "usergroups.list": Method(usergroups_list, ("usergroups:read",)),
    "usergroups.users.list": Method(usergroup_users, ("usergroups:read",)),
}
