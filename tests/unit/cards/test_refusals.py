"""What people are told of errors: every kind has its sentence, and foreign text in it is harmless."""

from collections.abc import Iterator
from typing import Any

import pytest

from bot import errors
from bot.cards.refusals import sentence
from bot.errors import NoLink, UseCaseError, Wish
from bot.tokenflex.errors import UnreachableError
from storage.alerts import Alert
from storage.models import Export
from storage.schedules import Schedule
from storage.states import ExportState
from storage.templates import Template
from tests.harness.rows import NOW, REQUEST

#: A way to make each kind of error; a kind without one fails `test_every_kind_is_made_here`.
WHOM = ("U0SBX00002", "S0SBX00001")


def export(state: ExportState = ExportState.QUEUED, **more: Any) -> Export:
    return Export(42, state, REQUEST, "U0SBX00002", "C0SBX00006", NOW, NOW, **more)


def template(name: str) -> Template:
    return Template(
        **dict.fromkeys(("sentence", "question"), ""),
        name=name,
        owner="U0SBX00002",
        home="C0SBX00006",
        id=1,
        created_at=NOW,
        changed_at=NOW,
    )


def schedule(name: str) -> Schedule:
    return Schedule(
        origin="",
        question="",
        contract="",
        rule="",
        missed="",
        through="",
        paused_why="",
        name=name,
        owner="U0SBX00002",
        channel="C0SBX00006",
        id=1,
        next_at=None,
        failures=0,
        edition=1,
        created_at=NOW,
        changed_at=NOW,
    )


def alert(**changes: Any) -> Alert:
    fields: dict[str, Any] = {
        **dict.fromkeys(("origin", "standing", "paused_why"), ""),
        **dict.fromkeys(("looked_at", "created_at", "changed_at"), NOW),
        "contract": "110000123456",
        "channel": "C0SBX00006",
        "owner": "U0SBX00002",
        "watched": '{"kind": "shortage"}',
        "id": 1,
        "useless": 0,
        "edition": 1,
    }
    return Alert(**{**fields, **changes})


def made() -> Iterator[UseCaseError]:
    """Yield errors of every kind, in every variety."""
    yield errors.NoSuchExportError(42)
    yield errors.HiddenExportError(42)
    yield errors.PersonNotAllowedError(WHOM, members=True)
    yield errors.PersonNotAllowedError((), members=False)
    yield errors.AdministratorsOnlyError(WHOM)
    yield errors.ContractNotAllowedError("<!channel>", WHOM)
    yield errors.ChannelNotAllowedError(("C0SBX00006",), WHOM)
    yield from (errors.RequesterOnlyError(export(), wish) for wish in (Wish.LINK, Wish.ANSWER, Wish.DELETE, Wish.EDIT))
    yield from (errors.ChannelSharedError("C0SBX00006", known, WHOM) for known in (True, False))
    yield from (errors.FiguresSharedError("C0SBX00006", known, WHOM) for known in (True, False))
    yield from (errors.UsageUnknownError("<!channel>", cause) for cause in (None, UnreachableError("<!channel>")))
    yield from (errors.ChannelOnlyError(export(), wish) for wish in (Wish.LINK, Wish.ANSWER))
    yield errors.FiguresOffError()
    yield errors.QueryRefusedError(42, ("The file has no <!channel>", "And more."), "answer #42")
    yield errors.MembershipUnknownError()
    yield errors.OrganisationWideError()
    yield errors.NotGivenUpError()
    yield from (errors.OldButtonError(number) for number in (42, None))
    yield from (errors.NoSuchTemplateError(name, near) for name in ("<!channel>", "") for near in ("<!channel>", ""))
    yield errors.HiddenTemplateError("")
    yield errors.TemplateRefusedError(("There is <!channel>", "And more"))
    yield errors.NoSuchScheduleError()
    yield errors.HiddenScheduleError()
    yield errors.ScheduleRefusedError(("There is <!channel>", "And more"))
    yield errors.ScheduleOwnerOnlyError(schedule("<!channel>"))
    yield errors.NoSuchAlertError()
    yield errors.HiddenAlertError()
    yield errors.AlertOverError()
    yield errors.AlertRefusedError(("There is <!channel>", "And more"))
    yield errors.AlertOwnerOnlyError(alert())
    yield errors.OwnerOnlyError(template("<!channel>"))
    yield from (
        errors.LinkUnavailableError(42, why, UnreachableError("<!channel>"), status="<!channel>") for why in NoLink
    )
    yield from (errors.FormNotOpenedError(too_late=late) for late in (True, False))
    yield errors.WrongStateError(export(ExportState.VANISHED, replaced_by=43), Wish.EDIT)
    yield errors.WrongStateError(export(ExportState.FAILED), Wish.LINK)


def kinds(of: type[UseCaseError] = UseCaseError) -> Iterator[type[UseCaseError]]:
    """Yield every kind of error that has no kinds of its own, or can be raised itself."""
    for kind in of.__subclasses__():
        if kind is not errors.NotAllowedError:
            yield kind
        yield from kinds(kind)


def test_every_kind_is_made_here() -> None:
    """A new kind of error needs a sentence and a line above."""
    assert {type(error) for error in made()} == set(kinds())


@pytest.mark.parametrize("error", list(made()), ids=lambda error: type(error).__name__)
def test_every_error_has_a_sentence(error: UseCaseError) -> None:
    """A whole sentence, in which nothing pings a channel."""
    told = sentence(error)
    assert told[0].isupper()
    assert told.endswith(".")
    assert "<!channel>" not in told
    assert "{" not in told


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            errors.WrongStateError(export(ExportState.FAILED), Wish.LINK),
            "Export #42 failed, so there is no file. `/tokenflex retry #42` tries again.",
        ),
        (
            errors.WrongStateError(export(ExportState.RETRYING), Wish.RETRY),
            "Export #42 is being tried again already.",
        ),
        (
            errors.WrongStateError(export(ExportState.ABANDONED), Wish.DELETE),
            "Export #42 was given up already.",
        ),
        (
            errors.WrongStateError(export(ExportState.VANISHED, replaced_by=43), Wish.EDIT),
            "Export #42 was sent again already, as #43.",
        ),
        (
            errors.RequesterOnlyError(export(), Wish.DELETE),
            "Only <@U0SBX00002>, who asked for export #42, can delete it.",
        ),
    ],
)
def test_sentences_are_whole(error: UseCaseError, told: str) -> None:
    """The parts that come from the table of faces make one sentence."""
    assert sentence(error) == told
