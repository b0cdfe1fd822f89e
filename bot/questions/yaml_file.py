"""YAML files that people write: read with the line and the field of every mistake.

Nothing is constructed from a file but texts and lists of texts, and no part of it can stand for another.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import yaml

#: Bytes; a thousand templates take about 300,000.
MAX_SIZE: Final = 500_000
_DEEPEST: Final = 4  #: the whole, a list, an entry, its columns
_MOST_SAID: Final = 20  #: mistakes
#: How the IDs of people and of channels begin (source: Slack, conversation and user objects).
_PEOPLE, _CHANNELS = "UW", "CGD"


class YamlFileError(ValueError):
    """The file cannot be used; each sentence says where and why."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Shape:
    """What entries of a list are called, and which fields they have: texts, and lists of texts."""

    what: str  #: "a template"
    texts: tuple[str, ...]
    lists: tuple[str, ...]
    required: tuple[str, ...]
    example: str = "[productName, userName]"  #: of a list


@dataclass(slots=True)
class Entry:
    """One entry of a list: texts and lists by field, with the line of each."""

    line: int
    texts: dict[str, str] = field(default_factory=dict)
    lists: dict[str, tuple[str, ...]] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)

    def at(self, name: str) -> str:
        """Return where a field stands."""
        return f"line {self.lines.get(name, self.line)}, {name}"

    def text(self, name: str) -> str:
        """Return what a field says, "" where it is not there."""
        return self.texts.get(name, "")


def write(lists: Mapping[str, Sequence[Mapping[str, str | list[str]]]]) -> str:
    """Return the file of lists, of each what their entries hold that is not empty."""
    whole = {
        name: [{key: value for key, value in entry.items() if value} for entry in entries]
        for name, entries in lists.items()
    }
    return yaml.safe_dump(whole, allow_unicode=True, sort_keys=False, width=120)


def read(text: str, shapes: Mapping[str, Shape], problems: list[str]) -> dict[str, list[Entry]]:
    """Return the entries of each list of a file, by its name; what is wrong in them is added to the problems.

    Raises:
        YamlFileError: the whole is not as it has to be.

    """
    found = _lists(text, shapes)
    return {
        name: [_entry(node, shape, problems) for node in found[name]] for name, shape in shapes.items() if name in found
    }


def refuse(problems: Sequence[str]) -> None:
    """Refuse a file where anything is wrong with it; so much is said as somebody can read.

    Raises:
        YamlFileError: something is.

    """
    if problems:
        more = len(problems) - _MOST_SAID
        raise YamlFileError(*problems[:_MOST_SAID], *([f"and {more} more mistakes"] if more > 0 else []))


def missing(entry: Entry, shape: Shape) -> list[str]:
    """Return which fields an entry lacks."""
    return [f"line {entry.line}: {name} is missing" for name in shape.required if name not in entry.lines]


def no_ids(entry: Entry, names: Iterable[str], of: str = f"{_PEOPLE}{_CHANNELS}") -> list[str]:
    """Return which of these fields are there and hold no ID of Slack that begins with one of some letters."""
    wanted = "write an ID of Slack, such as U012AB3CD for a person or C012AB3CD for a channel"
    return [
        f"{entry.at(name)}: {wanted}" for name in names if name in entry.texts and not _is_id(entry.texts[name], of)
    ]


def no_person(entry: Entry, name: str) -> list[str]:
    """Return whether a field is there and holds no ID of a person."""
    return no_ids(entry, [name], _PEOPLE)


def no_channel(entry: Entry, name: str) -> list[str]:
    """Return whether a field is there and holds no ID of a channel."""
    return no_ids(entry, [name], _CHANNELS)


def _is_id(text: str, of: str) -> bool:
    return text.isascii() and text.isalnum() and text[:1] in {*of} and text.isupper()


def _lists(text: str, shapes: Mapping[str, Shape]) -> dict[str, list[yaml.Node]]:
    root = _root(text)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    names = [str(key.value) for key, _ in pairs]
    are_known = set(names) <= shapes.keys() and len(set(names)) == len(names)
    if not names or not are_known or not all(isinstance(value, yaml.SequenceNode) for _, value in pairs):
        wanted = " or ".join(f"{name}:" for name in shapes)
        raise YamlFileError(f"line 1: the file has to begin with {wanted} and a list below it")
    return {name: list(value.value) for name, (_, value) in zip(names, pairs, strict=True)}


def _root(text: str) -> yaml.Node | None:
    if len(text.encode()) > MAX_SIZE:
        raise YamlFileError(f"The file is larger than {MAX_SIZE:,} bytes.")
    try:
        _check_shape(text)
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 1 if mark is None else mark.line + 1
        raise YamlFileError(f"line {line}: {error.problem or error.context}") from None
    except yaml.YAMLError:
        raise YamlFileError("The file has a character that YAML does not take.") from None


def _check_shape(text: str) -> None:
    """Refuse what stands for something else, and what is nested so deeply that reading it would fail."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise YamlFileError(f"line {line}: & and * stand for other parts of a file; write the text itself")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise YamlFileError(f"line {line}: this is nested too deeply")


def _entry(node: yaml.Node, shape: Shape, problems: list[str]) -> Entry:
    entry = Entry(node.start_mark.line + 1)
    if not isinstance(node, yaml.MappingNode):
        problems.append(f"line {entry.line}: {shape.what} has a {shape.texts[0]}: and so on")
        return entry
    known = (*shape.texts, *shape.lists)
    for key, value in node.value:
        line, name = key.start_mark.line + 1, str(key.value)
        if name in entry.lines:
            problems.append(f"line {line}, {name}: it stands in line {entry.lines[name]} already")
        elif name not in known:
            problems.append(f"line {line}: there is no {name[:40]!r}; {shape.what} has {', '.join(known)}")
        else:
            entry.lines[name] = line
            problems += _take(entry, name, value, shape)
    return entry


def _take(entry: Entry, name: str, value: yaml.Node, shape: Shape) -> Iterator[str]:
    """Take a field over into its entry; yield what is wrong with its kind."""
    if name in shape.texts and isinstance(value, yaml.ScalarNode):
        entry.texts[name] = value.value
    elif name in shape.lists and isinstance(value, yaml.SequenceNode):
        entry.lists[name] = tuple(each.value for each in value.value if isinstance(each, yaml.ScalarNode))
        if len(entry.lists[name]) < len(value.value):
            yield f"{entry.at(name)}: write names in this list"
    else:
        yield f"{entry.at(name)}: write {'a text' if name in shape.texts else f'a list such as {shape.example}'}"
