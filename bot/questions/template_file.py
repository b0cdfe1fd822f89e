"""Templates as one YAML file: written for people to read, read with the line and the field of every mistake.

Nothing is constructed from the file but texts and lists of texts, and no part of it can stand for another.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import yaml

from bot.questions import periods, templates
from bot.questions.periods import PeriodError
from bot.questions.questions import Question
from bot.questions.templates import name_problems, question_problems
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.problem import Part
from storage.templates import NewTemplate, Template

#: Bytes; a thousand templates take about 300,000.
MAX_SIZE: Final = 500_000
_DEEPEST: Final = 4  #: the whole, the list, a template, its columns
_MOST_SAID: Final = 20  #: mistakes
_TEXTS: Final = ("name", "sentence", "owner", "home", "where", "period")
_LISTS: Final = ("fields", "metrics", "categories")
_REQUIRED: Final = ("name", "owner", "period")
#: Where a problem of the rules stands in the file.
_OF_PART: Final[dict[Part, str]] = {"fields": "fields", "metrics": "metrics", "categories": "categories"}


class TemplateFileError(ValueError):
    """The file cannot be used; each sentence says where and why."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(slots=True)
class _Entry:
    """One template of the file: texts and lists by field, with the line of each."""

    line: int
    texts: dict[str, str] = field(default_factory=dict)
    lists: dict[str, tuple[str, ...]] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)

    def at(self, name: str) -> str:
        """Return where a field stands."""
        return f"line {self.lines.get(name, self.line)}, {name}"


def write(known: Iterable[Template]) -> str:
    """Return the file of templates."""
    return yaml.safe_dump(
        {"templates": [_written(each) for each in known]}, allow_unicode=True, sort_keys=False, width=120
    )


def read(text: str, catalogue: Catalogue) -> tuple[NewTemplate, ...]:
    """Return what a file holds, ready to be stored.

    Raises:
        TemplateFileError: anything in it is wrong.

    """
    problems: list[str] = []
    entries = [_entry(node, problems) for node in _nodes(text)]
    found = [new for entry in entries if (new := _template(entry, catalogue, problems))]
    problems += _twice(entries)
    if problems:
        more = len(problems) - _MOST_SAID
        raise TemplateFileError(*problems[:_MOST_SAID], *([f"and {more} more mistakes"] if more > 0 else []))
    return tuple(found)


def _written(template: Template) -> dict[str, str | list[str]]:
    question = templates.read(template)
    whole: dict[str, str | list[str]] = {
        "name": template.name,
        "sentence": template.sentence,
        "owner": template.owner,
        "home": template.home if template.is_shared else "",
        "fields": list(question.fields),
        "metrics": list(question.metrics),
        "categories": list(question.categories),
        "where": question.where,
        "period": periods.as_word(question.period),
    }
    return {name: value for name, value in whole.items() if value}


# --- the file -----------------------------------------------------------------------------------------------------


def _nodes(text: str) -> list[yaml.Node]:
    if len(text.encode()) > MAX_SIZE:
        raise TemplateFileError(f"The file is larger than {MAX_SIZE:,} bytes.")
    try:
        _check_shape(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 1 if mark is None else mark.line + 1
        raise TemplateFileError(f"line {line}: {error.problem or error.context}") from None
    except yaml.YAMLError:
        raise TemplateFileError("The file has a character that YAML does not take.") from None
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    if len(pairs) != 1 or pairs[0][0].value != "templates" or not isinstance(pairs[0][1], yaml.SequenceNode):
        raise TemplateFileError("line 1: the file has to begin with templates: and a list below it")
    return list(pairs[0][1].value)


def _check_shape(text: str) -> None:
    """Refuse what stands for something else, and what is nested so deeply that reading it would fail."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise TemplateFileError(f"line {line}: & and * stand for other parts of a file; write the text itself")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise TemplateFileError(f"line {line}: this is nested too deeply")


def _entry(node: yaml.Node, problems: list[str]) -> _Entry:
    entry = _Entry(node.start_mark.line + 1)
    if not isinstance(node, yaml.MappingNode):
        problems.append(f"line {entry.line}: a template has a name: and so on")
        return entry
    for key, value in node.value:
        line, name = key.start_mark.line + 1, str(key.value)
        if name in entry.lines:
            problems.append(f"line {line}, {name}: it stands in line {entry.lines[name]} already")
        elif name not in {*_TEXTS, *_LISTS}:
            problems.append(f"line {line}: there is no {name[:40]!r}; a template has {', '.join((*_TEXTS, *_LISTS))}")
        else:
            entry.lines[name] = line
            problems += _take(entry, name, value)
    return entry


def _take(entry: _Entry, name: str, value: yaml.Node) -> Iterator[str]:
    """Take a field over into its entry; yield what is wrong with its kind."""
    if name in _TEXTS and isinstance(value, yaml.ScalarNode):
        entry.texts[name] = value.value
    elif name in _LISTS and isinstance(value, yaml.SequenceNode):
        entry.lists[name] = tuple(each.value for each in value.value if isinstance(each, yaml.ScalarNode))
        if len(entry.lists[name]) < len(value.value):
            yield f"{entry.at(name)}: write names in this list"
    else:
        yield f"{entry.at(name)}: write {'a text' if name in _TEXTS else 'a list such as [productName, userName]'}"


# --- what it says -------------------------------------------------------------------------------------------------


def _template(entry: _Entry, catalogue: Catalogue, problems: list[str]) -> NewTemplate | None:
    """Return the template of an entry; None where something is wrong with it, which is added to the problems."""
    wrong = [f"line {entry.line}: {name} is missing" for name in _REQUIRED if name not in entry.lines]
    text = entry.texts.get
    wrong += [f"{entry.at('name')}: {each}" for each in name_problems(text("name", ""), text("sentence", ""))]
    wrong += [
        f"{entry.at(name)}: write an ID of Slack, such as U012AB3CD for a person or C012AB3CD for a channel"
        for name in ("owner", "home")
        if name in entry.texts and not _is_id(entry.texts[name])
    ]
    try:
        question = _question(entry)
    except PeriodError as error:
        problems += [*wrong, f"{entry.at('period')}: {error}"]
        return None
    wrong += [
        f"{entry.at(_OF_PART.get(problem.part, 'where'))}: {problem.message}"
        for problem in question_problems(question, catalogue)
        if not problem.warning
    ]
    problems += wrong
    return None if wrong else _new(entry, question)


def _question(entry: _Entry) -> Question:
    fields, metrics, categories = (entry.lists.get(name, ()) for name in _LISTS)
    period = periods.parse(entry.texts.get("period", periods.Relative.ALL), periods.ANY_DAY)
    return Question(fields, metrics, categories, entry.texts.get("where", "").strip(), period)


def _new(entry: _Entry, question: Question) -> NewTemplate:
    return NewTemplate(
        name=templates.tidy(entry.texts["name"]),
        sentence=templates.tidy(entry.texts.get("sentence", "")),
        question=templates.write(question),
        owner=entry.texts["owner"],
        home=entry.texts.get("home") or entry.texts["owner"],
    )


def _twice(entries: Iterable[_Entry]) -> Iterator[str]:
    seen: dict[tuple[str, str], int] = {}
    for entry in entries:
        name, home = templates.tidy(entry.texts.get("name", "")), entry.texts.get("home") or entry.texts.get("owner")
        first = seen.setdefault((home or "", name.casefold()), entry.line)
        if first != entry.line:
            yield f"{entry.at('name')}: {name!r} stands in line {first} already"


def _is_id(text: str) -> bool:
    return text.isascii() and text.isalnum() and text[:1] in {"U", "W", "C", "G", "D"} and text.isupper()
