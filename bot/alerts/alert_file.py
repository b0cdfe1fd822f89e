"""Alerts in a YAML file: written for people to read, read with the line and the field of every mistake."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, get_args

from bot.alerts import daily, typed
from bot.alerts.typed import Kind, Part, Typed
from bot.alerts.use_cases import Draft
from bot.cards import alert_watched
from bot.cards.alert_watched import AlertError, Every, Limit, Watched
from bot.cards.pauses import Paused
from bot.questions import file_fields, yaml_file
from bot.questions.file_fields import Allowed
from bot.questions.yaml_file import Entry, Shape, YamlFileError
from bot.tokenflex.catalogue import Catalogue
from storage.alerts import Alert

_MORE: Final = ("shares", "every", "percent", "field", "value", "tokens")
SHAPE: Final = Shape(
    what="an alert",
    texts=("watches", *file_fields.TEXTS, *_MORE, "paused"),
    lists=(),
    required=("watches", *file_fields.TEXTS),
)
_KINDS: Final = get_args(Kind)
#: What says more of what is watched for.
_OF_KIND: Final[Mapping[Kind, tuple[str, ...]]] = {
    "shares": ("shares",),
    "shortage": (),
    "unusual": ("every", "percent"),
    "limit": ("field", "value", "tokens", "every"),
    "surplus": ("percent",),
}
#: Where a problem stands in the file.
_PLACES: Final[Mapping[Part, str]] = {
    "kind": "watches",
    "shares": "shares",
    "every": "every",
    "percent": "percent",
    "field": "field",
    "value": "value",
    "tokens": "tokens",
    "period": "every",
    "left": "percent",
}


@dataclass(frozen=True, slots=True)
class Written:
    """An alert of a file, from a line on."""

    line: int
    draft: Draft
    owner: str
    paused: Paused | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """What makes it a certain alert: where it is told, of which contract, what it watches for."""
        return self.draft.channel, self.draft.contract, alert_watched.as_text(self.draft.watched)


@dataclass(frozen=True, slots=True)
class Watchable:
    """What the settings let be watched: fields that name no people, and figures of files or not."""

    catalogue: Catalogue
    personal: Collection[str]
    reads_files: bool


def write(known: Iterable[Alert]) -> list[dict[str, str | list[str]]]:
    """Return the entries of alerts.

    Raises:
        YamlFileError: nobody understands any more what one of them watches for.

    """
    return [_written(each) for each in known]


def read(
    entries: Sequence[Entry], watchable: Watchable, allowed: Allowed, problems: list[str]
) -> tuple[Written, ...]:  # fmt: skip
    """Return the alerts of a file; what is wrong in them is added to the problems."""
    found = [(entry, new) for entry in entries if (new := _alert(entry, watchable, allowed, problems))]
    same = ((entry, "watches", (*new.key, alert_watched.words(new.draft.watched))) for entry, new in found)
    problems += file_fields.twice(same)
    return tuple(new for _, new in found)


def _written(alert: Alert) -> dict[str, str | list[str]]:
    try:
        said = typed.typed_of(alert_watched.of_text(alert.watched))
    except AlertError:
        what = f"Nobody understands alert {alert.id} of {alert.channel} any more"
        raise YamlFileError(f"{what}: delete it there, then write the file.") from None
    is_limit = said.kind == "limit"
    whole = {
        "shares": said.shares,
        "every": (said.period if is_limit else said.every).value,
        "percent": said.left if said.kind == "surplus" else said.percent,
        "field": said.field,
        "value": said.value,
        "tokens": said.tokens,
    }
    more: dict[str, str | list[str]] = {name: whole[name] for name in _OF_KIND[said.kind]}
    whose = {"owner": alert.owner, "channel": alert.channel, "contract": alert.contract}
    return {"watches": said.kind, **whose, **more, "paused": alert.paused_why}


def _alert(entry: Entry, watchable: Watchable, allowed: Allowed, problems: list[str]) -> Written | None:
    """Return the alert of an entry; None where something is wrong with it, which is added to the problems."""
    wrong = [*yaml_file.missing(entry, SHAPE), *allowed.problems(entry)]
    watched = _watched(entry, wrong)
    if watched is not None:
        wrong += _not_watchable(entry, watched, watchable)
    paused = file_fields.paused_of(entry, wrong)
    problems += wrong
    if wrong or watched is None:
        return None
    draft = Draft(contract=file_fields.contract_of(entry), channel=allowed.channel(entry), watched=watched)
    return Written(entry.line, draft, entry.text("owner"), paused)


def _watched(entry: Entry, wrong: list[str]) -> Watched | None:
    """Return what is watched for, None where something is wrong with that, which is added."""
    kind: Kind | None = next((kind for kind in _KINDS if kind == entry.text("watches")), None)
    if kind is None:
        said = [f"write one of {', '.join(_KINDS)}"] if "watches" in entry.lines else []
        wrong += file_fields.at(entry, "watches", said)
        return None
    found = file_fields.needless(entry, _MORE, _OF_KIND[kind], f"watches {kind}")
    found += [f"line {entry.line}: {name} is missing" for name in _OF_KIND[kind] if name not in entry.lines]
    every = file_fields.one_of(entry, "every", _periods(kind), Every.MONTH, found)
    if not found:
        watched = typed.read(_typed(entry, kind, every))
        if not isinstance(watched, tuple):
            return watched
        found = [f"{entry.at(_PLACES[each.part])}: {each.message}" for each in watched]
    wrong += found
    return None


def _typed(entry: Entry, kind: Kind, every: Every) -> Typed:
    text = entry.text
    return Typed(
        kind,
        shares=text("shares"),
        every=every,
        percent=text("percent"),
        field=text("field"),
        value=text("value"),
        tokens=text("tokens"),
        period=every,
        left=text("percent"),
    )


def _periods(kind: Kind) -> Mapping[str, Every]:
    """Return the words for periods, of which the usual of a contract year is not known."""
    return {each.value: each for each in Every if kind != "unusual" or each is not Every.YEAR}


def _not_watchable(entry: Entry, watched: Watched, watchable: Watchable) -> list[str]:
    if isinstance(watched, Limit) and not typed.is_watchable(watched.field, watchable.catalogue, watchable.personal):
        said = "only a product or a cost centre is watched, and nothing that names people"
        return file_fields.at(entry, "field", [said])
    if daily.reads_files(watched) and not watchable.reads_files:
        return file_fields.at(entry, "watches", ["it needs figures of files, which ANSWER_DETAIL says not to read"])
    return []
