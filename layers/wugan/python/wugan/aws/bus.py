"""The event bus that says which subjects changed. Its events hold credit codes and nothing personal."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from wugan.aws.clients import client
from wugan.errors import VendorUnavailable

SOURCE = "wugan.registry"
DETAIL_TYPE = "Subject Changed"  # what the rule of the template lets through, from whatever source
AT_ONCE = 10  # the most that EventBridge takes in one call


@dataclass(frozen=True)
class EventBridgeBus:
    """A bus of EventBridge."""

    name: str

    def tell(self, credit_codes: Iterable[str], batch: str, producer: str = "") -> None:
        about = {"batch": batch} | ({"producer": producer} if producer else {})
        details = [json.dumps({"credit_code": code, **about}) for code in credit_codes]
        entries = [{"EventBusName": self.name, "Source": SOURCE, "DetailType": DETAIL_TYPE, "Detail": d} for d in details]
        for start in range(0, len(entries), AT_ONCE):
            self._put(entries[start : start + AT_ONCE])

    def _put(self, entries: list[dict[str, str]]) -> None:
        try:
            answer = client("events").put_events(Entries=entries)
        except (ClientError, BotoCoreError) as error:
            raise VendorUnavailable("the event bus cannot be reached now") from error
        if answer["FailedEntryCount"]:
            raise VendorUnavailable("the event bus did not take every event")
