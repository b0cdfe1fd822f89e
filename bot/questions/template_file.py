"""Templates as one YAML file: written for people to read, read with the line and the field of every mistake."""

from collections.abc import Iterable, Iterator
from typing import Final

from bot.questions import question_file, templates, yaml_file
from bot.questions.questions import Question
from bot.questions.templates import name_problems
from bot.questions.yaml_file import Entry, Shape
from bot.tokenflex.catalogue import Catalogue
from storage.templates import NewTemplate, Template

_SHAPE: Final = Shape(
    what="a template",
    texts=("name", "sentence", "owner", "home", *question_file.TEXTS),
    lists=question_file.LISTS,
    required=("name", "owner", "period"),
)


def write(known: Iterable[Template]) -> str:
    """Return the file of templates."""
    return yaml_file.write({"templates": [_written(each) for each in known]})


def read(text: str, catalogue: Catalogue) -> tuple[NewTemplate, ...]:
    """Return what a file holds, ready to be stored.

    Raises:
        YamlFileError: anything in it is wrong.

    """
    problems: list[str] = []
    entries = yaml_file.read(text, {"templates": _SHAPE}, problems)["templates"]
    found = [new for entry in entries if (new := _template(entry, catalogue, problems))]
    yaml_file.refuse([*problems, *_twice(entries)])
    return tuple(found)


def _written(template: Template) -> dict[str, str | list[str]]:
    return {
        "name": template.name,
        "sentence": template.sentence,
        "owner": template.owner,
        "home": template.home if template.is_shared else "",
        **question_file.written(templates.read(template)),
    }


def _template(entry: Entry, catalogue: Catalogue, problems: list[str]) -> NewTemplate | None:
    """Return the template of an entry; None where something is wrong with it, which is added to the problems."""
    wrong = yaml_file.missing(entry, _SHAPE)
    wrong += [f"{entry.at('name')}: {each}" for each in name_problems(entry.text("name"), entry.text("sentence"))]
    wrong += yaml_file.no_ids(entry, ("owner", "home"))
    question = question_file.read(entry, catalogue, wrong)
    problems += wrong
    return None if wrong or question is None else _new(entry, question)


def _new(entry: Entry, question: Question) -> NewTemplate:
    return NewTemplate(
        name=templates.tidy(entry.texts["name"]),
        sentence=templates.tidy(entry.text("sentence")),
        question=templates.write(question),
        owner=entry.texts["owner"],
        home=entry.text("home") or entry.texts["owner"],
    )


def _twice(entries: Iterable[Entry]) -> Iterator[str]:
    seen: dict[tuple[str, str], int] = {}
    for entry in entries:
        name, home = templates.tidy(entry.text("name")), entry.text("home") or entry.text("owner")
        first = seen.setdefault((home, name.casefold()), entry.line)
        if first != entry.line:
            yield f"{entry.at('name')}: {name!r} stands in line {first} already"
