"""What a person is told when what they wanted was not done: one sentence or two for each error, as mrkdwn."""

from collections.abc import Sequence

from bot import errors
from bot.cards.explanations import explain
from bot.cards.faces import CAN_BE_SENT_AGAIN, FACES
from bot.cards.text import channel, code, escape, mention, shorten
from bot.cards.text import sentence as ended
from bot.errors import NoLink, NotAllowedError, UseCaseError, Wish
from storage.models import Export
from storage.states import ExportState

DISK_FULL = "My disk is full, so nothing was kept of that. Please tell an administrator."

# Under the fields of the form, where neither mentions nor marks show.
CONTRACT_IN_FORM = "This contract may not be exported from here. Choose another one."
CHANNEL_IN_FORM = "Exports may not be posted there. Choose one of the channels named below."
TEMPLATE_GONE_IN_FORM = "That template is not there any more: choose another question."
SHARED_IN_FORM = (
    "Exports may not be posted to channels that are shared with other organisations, and that one is, or may be. "
    "Choose another one."
)
FIGURES_SHARED_IN_FORM = (
    "I show no figures in channels that are shared with other organisations, and that one is, or may be. "
    "Choose another one."
)
NOT_SHARED_IN_FORM = "Nothing of exports may be shared in this channel. Save it as yours."
TOO_SLOW_TO_SAVE = "That takes unusually long. Press Save again in a moment; unchanged, it is saved once."
TOO_SLOW_IN_FORM = "That takes unusually long. Press Export again in a moment; unchanged, it makes no second export."

_NO_SCHEDULE = (
    "That schedule is not there any more, or is another channel's. `/tokenflex schedules` lists those that you can see."
)
_NO_ALERT = (
    "That alert is not there any more, or is another channel's. `/tokenflex alerts` lists those that you can see."
)
_NAMED_AT_MOST = 5  #: administrators, or channels, in one sentence
_ALWAYS: dict[type[UseCaseError], str] = {
    errors.OrganisationWideError: (
        "I am installed for a whole organisation, which I do not support yet. Ask whoever installed me to install me "
        "in this workspace alone."
    ),
    errors.MembershipUnknownError: (
        "Slack does not tell me at the moment whether you may do that. Try again in a minute."
    ),
    errors.FiguresOffError: (
        "I read no files here and show links alone: an administrator has set me up that way. For the file itself, "
        "press *Get a fresh link*."
    ),
    errors.NoSuchScheduleError: _NO_SCHEDULE,
    errors.HiddenScheduleError: _NO_SCHEDULE,
    errors.NoSuchAlertError: _NO_ALERT,
    errors.HiddenAlertError: _NO_ALERT,
    errors.AlertOverError: "That is over already, so nothing was changed.",
    errors.NotGivenUpError: "That message was sent already, or is on its way. Nothing was changed.",
}
_FOR_REQUESTER = {
    Wish.LINK: "Links of export {label} go to {requester} only, who asked for it.",
    Wish.ANSWER: "The figures of export {label} are for {requester} only, who asked for it.",
    Wish.DELETE: "Only {requester}, who asked for export {label}, can delete it.",
    Wish.EDIT: "Only {requester}, who asked for export {label}, can send it again.",
    Wish.GIVE_UP: "Only {requester}, who asked for export {label}, can decide that.",
}
_OF_CHANNEL = {Wish.LINK: "Links", Wish.ANSWER: "The figures"}
_NO_LINK = {
    NoLink.NO_CALL: "Autodesk takes no more requests for the moment: no link for #{number} yet. Try again in a minute.",
    NoLink.STOPPING: "I am just being restarted. Try again in a minute.",
    NoLink.ERROR: "I could not get a link for #{number}. {cause}",
    NoLink.NOT_GIVEN: "Autodesk gave no link for #{number}; it says “{status}” now. "
    "`/tokenflex status #{number}` shows how it stands.",
    NoLink.GONE: f"Export #{{number}} {FACES[ExportState.VANISHED].standing}, so there is no file. {CAN_BE_SENT_AGAIN}",
    NoLink.EXPIRED: "Autodesk gave a link for #{number} that has expired already. Try again in a minute.",
    NoLink.UNUSABLE: "Autodesk gave a link for #{number} that Slack cannot open. Tell an administrator.",
}


def apology(reference: str) -> str:
    """Return what a person hears when something unforeseen happened."""
    return (
        "Sorry, something went wrong on my side. Try again in a minute. If it keeps happening, give an administrator "
        f"this reference: `{reference}`."
    )


def sentence(error: UseCaseError) -> str:
    """Return what a person is told of an error; each kind has its own."""
    match error:
        case errors.NoSuchExportError():
            text = (
                f"I know of no export #{error.number} here. `/tokenflex list` shows those that you can see; "
                "for one of another channel, ask there."
            )
        case errors.OldButtonError():
            what = "a message" if error.number is None else f"another export #{error.number}"
            where = "/tokenflex admin" if error.number is None else "/tokenflex list"
            text = (
                f"That button was made for {what} of the time before my records were put back from an older copy. I "
                f"know nothing of that any more, so nothing was done. `{where}` shows what I know."
            )
        case NotAllowedError():
            text = _not_allowed(error)
        case errors.WrongStateError():
            text = _wrong_state(error.export, error.wish)
        case errors.NoSuchTemplateError() | errors.TemplateRefusedError():
            text = _of_template(error)
        case errors.LinkUnavailableError():
            cause = "" if error.cause is None else explain(error.cause)
            text = _NO_LINK[error.why].format(number=error.number, cause=cause, status=escape(error.status))
        case errors.UsageUnknownError():
            cause = "I am just being restarted. Try again in a minute." if error.cause is None else explain(error.cause)
            text = f"I could not find out how contract {code(error.contract)} stands. {cause}"
        case errors.QueryRefusedError() | errors.ScheduleRefusedError() | errors.AlertRefusedError():
            text = " ".join(escape(ended(each)) for each in error.problems)
        case errors.FormNotOpenedError():
            reason = "I was too slow" if error.too_late else "Slack has a problem of its own"
            text = f"The form did not open: {reason}. Please do that once more; nothing was lost."
        case _:
            text = _ALWAYS[type(error)]
    return text


def _not_allowed(error: NotAllowedError) -> str:
    match error:
        case errors.PersonNotAllowedError():
            who = "full members of this workspace" if error.members else "people who were let in by name"
            text = f"Sorry, this data includes people's names, so only {who} can use me. Ask {whom(error.whom)}."
        case errors.AdministratorsOnlyError():
            text = f"That is for administrators. Ask {whom(error.whom)}."
        case errors.ContractNotAllowedError():
            refused = f"Contract {code(error.contract)} may not be exported from here."
            text = f"{refused} Ask {whom(error.whom)}."
        case errors.ChannelNotAllowedError():
            allowed = _listed([f"<#{each}>" for each in error.allowed], "and")
            refused = f"Exports may only be posted in {allowed}."
            text = f"{refused} Ask for them there, or ask {whom(error.whom)}."
        case errors.FiguresSharedError():
            shared = "is" if error.is_known else "may be, which Slack does not tell me"
            text = (
                "I show no figures in channels that are shared with other organisations, and "
                f"{channel(error.channel)} {shared}. Post it in another channel, or ask {whom(error.whom)}."
            )
        case errors.ChannelSharedError():
            shared = "is shared" if error.is_known else "may be shared, which Slack does not tell me,"
            text = (
                f"Exports may not be posted to channels that are shared with other organisations, and "
                f"{channel(error.channel)} {shared}. Ask for them in another channel, or ask {whom(error.whom)}."
            )
        case errors.ChannelOnlyError():
            what, where = _OF_CHANNEL[error.wish], channel(error.export.channel)
            text = f"{what} of export {error.export.label} can be had in its channel only, {where}."
        case errors.OwnerOnlyError() | errors.ScheduleOwnerOnlyError() | errors.AlertOwnerOnlyError():
            text = _not_the_owner(error)
        case errors.RequesterOnlyError():
            said = _FOR_REQUESTER[error.wish]
            text = said.format(label=error.export.label, requester=mention(error.export.requester))
        case _:
            raise NotImplementedError(type(error).__name__)
    return text


def _not_the_owner(error: errors.OwnerOnlyError | errors.ScheduleOwnerOnlyError | errors.AlertOwnerOnlyError) -> str:
    if isinstance(error, errors.OwnerOnlyError):
        return f"Only {mention(error.template.owner)}, who saved {code(error.template.name)}, can change it."
    if isinstance(error, errors.AlertOwnerOnlyError):
        return f"Only {mention(error.alert.owner)}, who owns that alert, can do that."
    return f"Only {mention(error.schedule.owner)}, who owns {code(shorten(error.schedule.name, 80))}, can do that."


def _of_template(error: errors.NoSuchTemplateError | errors.TemplateRefusedError) -> str:
    if isinstance(error, errors.TemplateRefusedError):
        return " ".join(escape(ended(each)) for each in error.problems)
    known = "`/tokenflex templates` lists those that you can see."
    if not error.name:
        return f"That template is not there any more. {known}"
    hint = f"; did you mean {code(error.near)}?" if error.near else "."
    return f"I know of no question and no template {code(error.name)} here{hint} {known}"


def _wrong_state(export: Export, wish: Wish) -> str:
    if wish is Wish.EDIT and export.replaced_by is not None:
        return f"Export {export.label} was sent again already, as #{export.replaced_by}."
    face = FACES[export.state]
    return f"Export {export.label} {face.standing}{face.why_not[wish].format(label=export.label)}"


def whom(administrators: Sequence[str]) -> str:
    """Return whom a person can ask, in a sentence; the IDs of user groups begin with S (source: usergroups.list)."""
    names = [f"<!subteam^{each}>" if each.startswith("S") else mention(each) for each in administrators]
    return _listed(names, "or") or "whoever installed me"


def _listed(names: list[str], word: str) -> str:
    shown = names if len(names) <= _NAMED_AT_MOST else [*names[: _NAMED_AT_MOST - 1], "others"]
    return f" {word} ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))
