"""What is wrong with an item file, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wugan.errors import WuganError
from wugan.items.said import Said

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One thing to mend: the place in the item, what is wrong and how to mend it. `line` counts from 1; 0 when no file is known.

    `offset` tells the character that is meant, from 0, of a text that can have several lines.
    """

    place: Place
    message: Said
    file: str = ""
    line: int = 0
    offset: int | None = None

    @property
    def field(self) -> str:
        """The place as people write it: `personas[2].hit`; `item` for the whole."""
        text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in self.place)
        return text.removeprefix(".") or "item"

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: " if self.file else ""
        return f"{where}{self.field}: {self.message}"


class ItemInvalid(WuganError):
    """An item file that cannot be used; `problems` are all that was found, one per line of `detail`."""

    code = "item_invalid"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)), field=problems[0].field)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return self.detail
