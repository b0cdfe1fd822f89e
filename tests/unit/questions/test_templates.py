"""Saved questions: kept, found, changed and given away by those who may."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from bot import errors
from bot.people.access import Access
from bot.people.asker import Asker
from bot.people.permissions import Named, Rules
from bot.questions import templates
from bot.questions.periods import Relative
from bot.questions.questions import Question
from bot.questions.templates import MAX_NAME, MAX_SENTENCE, MOST, Templates
from bot.slack.members import Account, Standing
from bot.tokenflex.catalogue import Catalogue
from storage import audit
from storage.audit import Act
from storage.database import Database
from storage.templates import Template
from tests.harness.people import admitted
from tests.harness.rows import NOW, opened
from tests.unit.questions.test_questions import QUESTIONS

ANA, BOB, ADMIN = "U0SBX00001", "U0SBX00002", "U0SBX00009"
FINANCE, SALES = "C0SBX00006", "C0SBX00007"
QUESTION = Question(("productName",), ("tokensConsumed",), (), "productName = 'Revit'", Relative.LAST_MONTH)
OTHER = Question(("userName",), ("usageHours",))
ANA_THERE, BOB_THERE, BOB_ELSEWHERE, ADMIN_ELSEWHERE = (
    *(admitted(ANA, FINANCE), admitted(BOB, FINANCE), admitted(BOB, SALES), admitted(ADMIN, SALES)),
)


class Still:
    """A clock that stands."""

    def now(self) -> Any:
        return NOW


class Members:
    """The workspace: full members, as Slack says."""

    async def account(self, person: str) -> Account:
        return Account(Standing.MEMBER, frozenset({person}))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(tmp_path / "templates.db") as database:
        yield database


def use_cases(database: Database, **rules: Any) -> Templates:
    nobody: Any = None
    still: Any = Still()
    members: Any = Members()
    known = Rules(administrators=Named(frozenset({ADMIN})), **rules)
    return Templates(database, Access(known, members, nobody, "T1", database, still), Catalogue(), still)


@pytest.fixture
def saved(database: Database) -> Templates:
    return use_cases(database)


async def save(saved: Templates, asker: Asker = ANA_THERE, name: str = "Monthly", **more: Any) -> Template:
    given: dict[str, Any] = {"question": QUESTION, "name": name, "origin": f"view:{asker.person}:{name}", **more}
    return await saved.save(given.pop("question"), asker, **given)


async def notes(database: Database) -> list[tuple[str, Act, str]]:
    return [(entry.person, entry.act, entry.result) for entry in await database.read(_entries)]


def _entries(db: Any) -> list[audit.Entry]:
    return list(audit.since(db))


async def test_a_question_is_kept_and_found_by_its_name(saved: Templates, database: Database) -> None:
    """With its sentence, once for an act, and on record without what was typed."""
    kept = await save(saved, name="  Monthly  by\nproduct ", sentence="For the  books")
    assert (kept.name, kept.sentence, kept.owner, kept.home) == ("Monthly by product", "For the books", ANA, ANA)
    assert templates.read(kept) == QUESTION
    assert await save(saved, name="  Monthly  by\nproduct ") == kept
    assert await saved.find("monthly BY product", ANA_THERE) == kept
    assert await saved.listing(ANA_THERE) == (kept,)
    assert await notes(database) == [(ANA, Act.TEMPLATE, f"template 1 saved, for {ANA}")]


@settings(max_examples=30)
@given(QUESTIONS)
def test_every_question_is_kept_as_it_is(question: Question) -> None:
    """Its period in words, not in the days that it means today."""
    row = {"sentence": "", "owner": ANA, "home": ANA, "created_at": NOW, "changed_at": NOW}
    kept = Template(id=1, name="x", question=templates.write(question), **row)  # type: ignore[arg-type]
    assert templates.read(kept) == question


async def test_who_may_see_a_template(saved: Templates) -> None:
    """One's own: oneself; a channel's: who asks from there, and who saved it; administrators all of them."""
    own = await save(saved)
    shared = await save(saved, name="Ours", shared=True)
    for asker, sees_own, sees_shared in (
        (ANA_THERE, True, True),
        (admitted(ANA, SALES), True, True),
        (BOB_THERE, False, True),
        (BOB_ELSEWHERE, False, False),
        (ADMIN_ELSEWHERE, True, True),
    ):
        for template, sees in ((own, sees_own), (shared, sees_shared)):
            if sees:
                assert await saved.see(template.id, asker) == template
            else:
                with pytest.raises(errors.HiddenTemplateError):
                    await saved.see(template.id, asker)
    assert await saved.listing(BOB_THERE) == (shared,)
    assert await saved.listing(BOB_ELSEWHERE) == ()
    with pytest.raises(errors.NoSuchTemplateError):
        await saved.find("Ours", BOB_ELSEWHERE)


async def test_who_may_change_a_template(saved: Templates) -> None:
    """Who saved it, and administrators; others who see it hear whose it is, who does not hears nothing."""
    await save(saved, shared=True)
    acts: list[Callable[[Asker], Awaitable[Template]]] = [
        lambda asker: saved.change(1, asker),
        lambda asker: saved.edit(1, asker, OTHER),
        lambda asker: saved.rename(1, asker, "Yearly", ""),
        lambda asker: saved.share(1, asker, shared=True),
        lambda asker: saved.delete(1, asker),
    ]
    for act in acts:
        with pytest.raises(errors.OwnerOnlyError) as caught:
            await act(BOB_THERE)
        assert caught.value.template.owner == ANA
        with pytest.raises(errors.HiddenTemplateError):
            await act(BOB_ELSEWHERE)
        assert await act(ANA_THERE)
    assert await saved.listing(ANA_THERE) == ()
    await save(saved, name="Again", shared=True)
    assert (await saved.delete(2, ADMIN_ELSEWHERE)).name == "Again"


async def test_what_changes_and_what_stays(saved: Templates, database: Database) -> None:
    """Each act changes what it is for, and is on record."""
    await save(saved, sentence="For the books")
    edited = await saved.edit(1, ANA_THERE, OTHER)
    assert (templates.read(edited), edited.name, edited.sentence) == (OTHER, "Monthly", "For the books")
    renamed = await saved.rename(1, ANA_THERE, "Hours", "By person")
    assert (templates.read(renamed), renamed.name, renamed.sentence) == (OTHER, "Hours", "By person")
    assert (await saved.share(1, ANA_THERE, shared=True)).home == FINANCE
    assert (await saved.find("hours", BOB_THERE)).owner == ANA
    assert (await saved.share(1, admitted(ANA, SALES), shared=False)).home == ANA
    await saved.delete(1, ANA_THERE)
    assert [result for _, _, result in await notes(database)] == [
        f"template 1 saved, for {ANA}",
        f"template 1 edited, for {ANA}",
        f"template 1 renamed, for {ANA}",
        f"template 1 shared, for {FINANCE}",
        f"template 1 no longer shared, for {ANA}",
        f"template 1 deleted, for {ANA}",
    ]
    for act in (saved.see(1, ANA_THERE), saved.delete(1, ANA_THERE), saved.share(1, ANA_THERE, shared=True)):
        with pytest.raises(errors.NoSuchTemplateError):
            await act


async def test_ones_own_goes_before_the_channels(saved: Templates) -> None:
    """The same name in both places is the asker's own."""
    await save(saved, BOB_THERE, shared=True)
    own = await save(saved)
    assert await saved.find("Monthly", ANA_THERE) == own
    assert [each.owner for each in await saved.listing(ANA_THERE)] == [ANA, BOB]


async def test_a_slip_in_a_name_is_told(saved: Templates) -> None:
    """With the name that was likely meant, and none that is not theirs to see."""
    await save(saved)
    with pytest.raises(errors.NoSuchTemplateError) as caught:
        await saved.find("montly", ANA_THERE)
    assert (caught.value.name, caught.value.near) == ("montly", "Monthly")
    with pytest.raises(errors.NoSuchTemplateError) as caught:
        await saved.find("montly", BOB_THERE)
    assert caught.value.near == ""


@pytest.mark.parametrize(
    ("given_", "says"),
    [
        ({"name": "  "}, "Give the template a name"),
        ({"name": "·"}, "Give the template a name"),
        ({"name": "x" * (MAX_NAME + 1)}, "shorten it to 60"),
        ({"name": 'a="b"'}, 'must not contain " ='),
        ({"name": "a\u202eb"}, "invisible character"),
        ({"name": "a\x00b"}, "invisible character"),
        ({"sentence": "x" * (MAX_SENTENCE + 1)}, "shorten it to 150"),
        ({"question": Question()}, "at least one column or number"),
        ({"question": Question(("productname",))}, "did you mean productName?"),
        ({"question": Question(("productName",), where="October")}, "October"),
        ({"question": Question(("hubId",))}, "session-level field"),
        ({"name": "taken", "origin": "view:other"}, 'You have a template "taken" already'),
        ({"name": "Taken", "origin": "view:other", "shared": True}, 'This channel has a template "Taken" already'),
    ],
)
async def test_what_cannot_be_kept_is_told(saved: Templates, given_: dict[str, Any], says: str) -> None:
    """Each refusal is a sentence, and nothing is stored."""
    await save(saved, name="Taken")
    await save(saved, name="Taken", shared=True, origin="view:shared")
    with pytest.raises(errors.TemplateRefusedError) as caught:
        await save(saved, **given_)
    assert says in " ".join(caught.value.problems)
    assert len(await saved.listing(ANA_THERE)) == 2


async def test_a_name_is_taken_also_for_what_changes(saved: Templates) -> None:
    """Renaming and sharing find it as saving does."""
    await save(saved)
    await save(saved, name="Weekly")
    await save(saved, BOB_THERE, name="Weekly", shared=True)
    with pytest.raises(errors.TemplateRefusedError):
        await saved.rename(1, ANA_THERE, "weekly", "")
    with pytest.raises(errors.TemplateRefusedError):
        await saved.share(2, ANA_THERE, shared=True)


async def test_there_is_an_end_to_what_one_keeps(saved: Templates, database: Database) -> None:
    """A list stays one; what was one too many is not there."""
    for number in range(MOST):
        await save(saved, name=f"Number {number}")
    with pytest.raises(errors.TemplateRefusedError, match="You have 100 templates already"):
        await save(saved, name="One more")
    assert len(await saved.listing(ANA_THERE)) == MOST
    assert len(await notes(database)) == MOST
    assert await save(saved, name="One more", shared=True)


async def test_a_channel_that_may_not_have_exports_gets_no_templates(database: Database) -> None:
    """The settings of channels hold for questions too; one's own are free."""
    saved = use_cases(database, channels=frozenset({SALES}))
    with pytest.raises(errors.ChannelNotAllowedError):
        await save(saved, shared=True)
    await save(saved)
    with pytest.raises(errors.ChannelNotAllowedError):
        await saved.share(1, ANA_THERE, shared=True)
    assert (await saved.share(1, admitted(ANA, SALES), shared=True)).home == SALES
