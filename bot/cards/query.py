"""What somebody asks of the file of an export, as a value: by which columns, how many rows, of which rows."""

import json
from dataclasses import dataclass
from typing import Final

from bot.cards.drawing import MOST_ROWS

TOP: Final = 10  #: rows of a table for which nobody has asked otherwise
#: How many rows a person may choose; the last is as many as fit into a table.
TOPS: Final = (TOP, 25, MOST_ROWS)


@dataclass(frozen=True, slots=True)
class Query:
    """A table by these columns, by those that fit the export where there are none; its first rows; a where clause."""

    by: tuple[str, ...] = ()
    top: int = TOP
    where: str = ""

    @property
    def words(self) -> str:
        """The query as it is typed after the number of an export; "" for the one that nobody has to type."""
        by = [f'"{name}"' if " " in name else name for name in self.by]
        parts = (
            f"by {', '.join(by)}" if by else "",
            f"top {self.top}" if self.top != TOP else "",
            f"where {self.where}" if self.where else "",
        )
        return " ".join(filter(None, parts))

    @property
    def text(self) -> str:
        """The query as it is kept, on buttons too; "" for the one that nobody has to ask."""
        said = {"by": list(self.by), "top": self.top, "where": self.where}
        usual = {"by": [], "top": TOP, "where": ""}
        changed = {key: value for key, value in said.items() if value != usual[key]}
        return json.dumps(changed, ensure_ascii=False, separators=(",", ":")) if changed else ""

    @classmethod
    def of(cls, text: str) -> "Query":
        """Return the query of such a text.

        Raises:
            ValueError: it is none of ours.

        """
        said = json.loads(text or "{}")
        known = {"by": [], "top": TOP, "where": "", **said} if isinstance(said, dict) else {}
        by, top, where = known.get("by"), known.get("top"), known.get("where")
        if not isinstance(by, list) or not isinstance(top, int) or not isinstance(where, str):
            raise ValueError("no query")  # noqa: TRY004 - of whatever kind it is instead
        return cls(tuple(map(str, by)), top, where)
