"""views.open, views.push, views.update, views.publish."""

from sandbox.slack.arguments import Arguments
from sandbox.slack.errors import SlackFault
from sandbox.slack.json_values import Json
from sandbox.slack.methods.method import Context, Method
from sandbox.slack.triggers import Trigger
from sandbox.slack.views import OpenView, checked_view


def _front(context: Context, trigger: Trigger) -> OpenView | None:
    """Return the view on top of the stack that the trigger came from, None for one from elsewhere."""
    return context.views.top(context.workspace.user(trigger.user_id)) if trigger.view_id else None


def _show(context: Context, arguments: Arguments, *, pushing: bool) -> Json:
    view = checked_view(arguments.get("view"))
    trigger = context.triggers.check(arguments.need("trigger_id"))
    over = _front(context, trigger)
    if pushing and over is None:
        raise SlackFault("invalid_trigger_id")
    user = context.workspace.user(trigger.user_id)
    channel = context.workspace.channels.get(trigger.channel_id or "")
    opened = context.views.show(user, view, channel, over=over)
    trigger.used = True
    return {"view": opened.as_json()}


def views_open(context: Context, arguments: Arguments) -> Json:
    """Open a modal for whoever gave the trigger; inside a modal it goes on top."""
    return _show(context, arguments, pushing=False)


def views_push(context: Context, arguments: Arguments) -> Json:
    """Put a modal on top of the one that gave the trigger."""
    return _show(context, arguments, pushing=True)


def views_update(context: Context, arguments: Arguments) -> Json:
    """Replace what an open modal, or a Home tab, shows."""
    view_id, external_id = arguments.get("view_id"), arguments.get("external_id")
    if not view_id and not external_id:
        raise SlackFault(
            "invalid_arguments", response_metadata={"messages": ["[ERROR] view_id or external_id required"]}
        )
    given = arguments.get("view")
    kind = "home" if isinstance(given, dict) and given.get("type") == "home" else "modal"
    view = checked_view(given, kind)
    opened = context.views.get(view_id, external_id)
    if opened.payload["type"] != kind:
        messages = ["[ERROR] the type of a view cannot change [json-pointer:/view/type]"]
        raise SlackFault("invalid_arguments", response_metadata={"messages": messages})
    context.views.update(opened, view, arguments.get("hash"))
    return {"view": opened.as_json()}


def views_publish(context: Context, arguments: Arguments) -> Json:
    """Put a view on somebody's Home tab."""
    user = context.workspace.account(arguments.need("user_id"))
    view = checked_view(arguments.get("view"), "home")
    if user is None or user.is_bot:
        messages = ["[ERROR] invalid `user_id` [json-pointer:/user_id]"]
        raise SlackFault("invalid_arguments", response_metadata={"messages": messages})
    if not context.home_tab:
        raise SlackFault("not_enabled")
    return {"view": context.views.publish(user, view, arguments.get("hash")).as_json()}


METHODS = {
    "views.open": Method(views_open),
    "views.push": Method(views_push),
    "views.update": Method(views_update),
    "views.publish": Method(views_publish),
}
