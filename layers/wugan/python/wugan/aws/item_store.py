"""Published items in DynamoDB."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from wugan.aws.tables import item_rows
from wugan.cases.codec import stamp
from wugan.errors import NotFound
from wugan.items.model import Item
from wugan.items.port import Note
from wugan.items.version import version

CURRENT = "CURRENT"


@dataclass(frozen=True)
class DynamoItemStore:
    """The item store on the table `items`. Versions never change, so a process keeps what it read."""

    items_table: str
    _read: dict[tuple[str, str], Item] = field(default_factory=dict)

    @property
    def rows(self) -> Any:
        return item_rows(self.items_table)

    def publish(self, item: Item, at: datetime, note: Note | None = None) -> str:
        name = version(item)
        self.rows(item.code, name, body=item.model_dump(mode="json"), published_at=stamp(at), note=note).save()
        self.rows(item.code, CURRENT, current=name, published_at=stamp(at)).save()
        return name

    def current(self) -> list[tuple[str, Item]]:
        rows = self.rows.scan(self.rows.current.exists(), consistent_read=True)
        found = [(row.current, self.get(row.code, row.current)) for row in rows]
        return sorted(found, key=lambda pair: pair[1].number)

    def get(self, code: str, version: str) -> Item:
        if (code, version) not in self._read:
            self._read[code, version] = Item.model_validate(self._row(code, version).body)
        return self._read[code, version]

    def note(self, code: str, version: str) -> Note | None:
        note: Note | None = self._row(code, version).note
        return note

    def _row(self, code: str, version: str) -> Any:
        try:
            return self.rows.get(code, version, consistent_read=True)
        except self.rows.DoesNotExist:
            raise NotFound("no such item version", field="item") from None
