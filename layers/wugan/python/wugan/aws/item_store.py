"""Published items in DynamoDB."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter
from pynamodb.exceptions import PutError

from wugan.aws.tables import item_rows
from wugan.errors import Conflict, NotFound
from wugan.items.model import Item
from wugan.items.port import ItemStore
from wugan.items.release import Release
from wugan.items.version import version

RELEASES = "RELEASES"  # the partition of all releases, small rows that one query reads; an item's code is in small letters
_RELEASE = TypeAdapter(Release)


@dataclass(frozen=True)
class DynamoItemStore(ItemStore):
    """The item store on the table `items`. Versions never change, so a process keeps what it read."""

    items_table: str
    _read: dict[tuple[str, str], Item] = field(default_factory=dict)

    @property
    def rows(self) -> Any:
        return item_rows(self.items_table)

    def keep(self, item: Item) -> str:
        name = version(item)
        self.rows(item.code, name, body=item.model_dump(mode="json")).save()
        return name

    def get(self, code: str, version: str) -> Item:
        if (code, version) not in self._read:
            self._read[code, version] = Item.model_validate(self._row(code, version).body)
        return self._read[code, version]

    def record(self, release: Release) -> None:
        row = self.rows(RELEASES, f"{release.code}#{release.number:06d}", body=_RELEASE.dump_python(release, mode="json"))
        try:
            row.save(condition=self.rows.code.does_not_exist())
        except PutError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise
            raise Conflict("somebody else released this item just now: look again") from error

    def releases(self, code: str = "") -> list[Release]:
        wanted = self.rows.version.startswith(f"{code}#") if code else None
        return [_RELEASE.validate_python(row.body) for row in self.rows.query(RELEASES, wanted, consistent_read=True)]

    def _row(self, code: str, version: str) -> Any:
        try:
            return self.rows.get(code, version, consistent_read=True)
        except self.rows.DoesNotExist:
            raise NotFound("no such item version", field="item") from None
