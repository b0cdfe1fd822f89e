"""Walking through blocks: the texts, elements, buttons and links that they hold."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sandbox.slack.json_values import Given, Json
from sandbox.slack.reading import Names, links_in, mentions_in, read_mrkdwn

_UNSEEN_UNTIL_OPENED = {"confirm", "options", "option_groups"}
_OPTIONS_IN_SIGHT = {"radio_buttons", "checkboxes"}


@dataclass(frozen=True, slots=True)
class Text:
    """One piece of text in blocks; `mrkdwn` says whether markup in it is read."""

    content: str
    mrkdwn: bool
    verbatim: bool = False

    def read(self, names: Names) -> str:
        """Return it as it is drawn."""
        return read_mrkdwn(self.content, names) if self.mrkdwn else self.content


def texts(node: Given) -> Iterator[Text]:
    """Yield the texts of blocks (or of any part of them) in reading order."""
    if isinstance(node, list):
        for each in node:
            yield from texts(each)
    elif isinstance(node, dict):
        if node.get("type") in {"data_table", "data_visualization"}:
            yield from _caption(node)
        own = _own_text(node)
        if own is not None:
            yield own
            return
        for key, value in node.items():
            if key not in _UNSEEN_UNTIL_OPENED or node.get("type") in _OPTIONS_IN_SIGHT:
                yield from texts(value)


def _caption(node: Json) -> Iterator[Text]:
    """Yield what a data block shows beside its cells: caption or title, axes, and each point of a chart."""
    for key in ("caption", "title", "x_label", "y_label", "name"):
        if isinstance(node.get(key), str):
            yield Text(node[key], mrkdwn=False)
    if "label" in node:
        yield Text(f"{node['label']}: {node.get('value')}", mrkdwn=False)
    for key in ("chart", "axis_config", "series", "segments", "data"):
        held = node.get(key)
        for part in held if isinstance(held, list) else [held] if isinstance(held, dict) else []:
            yield from _caption(part)


def _own_text(node: Json) -> Text | None:
    kind, text = node.get("type"), node.get("text")
    if kind == "mrkdwn":
        return Text(str(text), mrkdwn=True, verbatim=bool(node.get("verbatim")))
    if kind == "raw_number" and text is None:
        return Text(str(node.get("value")), mrkdwn=False)
    if kind in {"plain_text", "raw_text", "raw_number"} or (kind == "text" and isinstance(text, str)):
        return Text(str(text), mrkdwn=False)
    return _rich_text(node)


def _rich_text(node: Json) -> Text | None:
    drawn = _DRAWN.get(str(node.get("type")))
    return None if drawn is None else Text(*drawn(node))


_DRAWN: dict[str, Callable[[Json], tuple[str, bool]]] = {
    "markdown": lambda node: (str(node.get("text")), False),
    "link": lambda node: (str(node.get("text") or node.get("url")), False),
    "user": lambda node: (f"<@{node.get('user_id')}>", True),
    "channel": lambda node: (f"<#{node.get('channel_id')}>", True),
    "broadcast": lambda node: (f"<!{node.get('range')}>", True),
    "emoji": lambda node: (f":{node.get('name')}:", False),
    "image": lambda node: (str(node.get("alt_text")), False),
    "date": lambda node: (
        f"<!date^{node.get('timestamp')}^{node.get('format')}|{node.get('fallback', '')}>",
        True,
    ),
}


def elements(blocks: Sequence[Json]) -> Iterator[tuple[Json, Json]]:
    """Yield (block, interactive element) for accessories, elements of actions blocks and inputs."""
    for block in blocks:
        held = [block.get("accessory"), block.get("element")]
        if block.get("type") == "actions":
            held += block.get("elements", [])
        for element in held:
            if isinstance(element, dict) and element.get("type") != "image":
                yield block, element


def element(blocks: Sequence[Json], block_id: str, action_id: str) -> tuple[Json, Json]:
    """Return (block, element) of these ids. Raises AssertionError when there is no such element."""
    for block, found in elements(blocks):
        if (block["block_id"], found["action_id"]) == (block_id, action_id):
            return block, found
    raise AssertionError("That is not there any more.")


def buttons(blocks: Sequence[Json]) -> Iterator[tuple[Json, Json]]:
    """Yield (block, button) for every button."""
    return ((block, element) for block, element in elements(blocks) if element["type"] == "button")


def options(menu: Json) -> list[Json]:
    """Return the options of a menu, or of what a search brought; those of groups in order."""
    groups = menu.get("option_groups") or []
    return list(menu.get("options") or [option for group in groups for option in group["options"]])


def links(blocks: Sequence[Json]) -> list[str]:
    """Return every URL that a person can click in the blocks."""
    found = [
        url for text in texts(list(blocks)) if text.mrkdwn for url in links_in(text.content, verbatim=text.verbatim)
    ]
    return found + list(_urls(list(blocks)))


def _urls(node: Given) -> Iterator[str]:
    if isinstance(node, list):
        for each in node:
            yield from _urls(each)
    elif isinstance(node, dict):
        if isinstance(node.get("url"), str):
            yield node["url"]
        for value in node.values():
            yield from _urls(value)


def mentions(blocks: Sequence[Json], names: Names) -> set[str]:
    """Return whom the blocks notify."""
    found: set[str] = set()
    for text in texts(list(blocks)):
        if text.mrkdwn:
            found |= mentions_in(text.content, names, verbatim=text.verbatim)
    return found
