"""Tables and targets: printed for people, written as JSON, compared."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

Cell = str | float | int


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass(slots=True)
class Table:
    """Rows of figures under a title."""

    title: str
    columns: list[str]
    rows: list[list[Cell]] = field(default_factory=list)

    def row(self, *cells: Cell) -> None:
        """Add a row."""
        self.rows.append(list(cells))

    def text(self) -> str:
        """Return the table as Markdown, which is readable in a terminal as well."""
        lines = [self.columns, ["---"] * len(self.columns), *([_shown(cell) for cell in row] for row in self.rows)]
        widths = [max(len(line[index]) for line in lines) for index in range(len(self.columns))]
        padded = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
        return "\n".join([f"### {self.title}", "", *(f"| {line} |" for line in padded), ""])


@dataclass(frozen=True, slots=True)
class Target:
    """A figure that may not be above its limit."""

    name: str
    value: float
    limit: float

    @property
    def is_met(self) -> bool:
        """Whether the figure keeps to its limit."""
        return self.value <= self.limit

    def text(self) -> str:
        """Return the comparison as one line."""
        return (
            f"{'met   ' if self.is_met else 'MISSED'}  {self.name}: {_shown(self.value)} (at most {_shown(self.limit)})"
        )


def write(path: Path, tables: Sequence[Table], targets: Sequence[Target]) -> None:
    """Write all figures as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "tables": [{"title": table.title, "columns": table.columns, "rows": table.rows} for table in tables],
        "targets": [
            {"name": each.name, "value": each.value, "limit": each.limit, "met": each.is_met} for each in targets
        ],
    }
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def _shown(cell: Cell) -> str:
    if isinstance(cell, float):
        return f"{cell:.2f}" if abs(cell) < 10 and cell != int(cell) else f"{cell:.1f}"
    return str(cell)
