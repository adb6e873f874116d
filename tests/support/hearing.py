"""What vendors tell, as the edge hands it on once their protocols are read; a department's message as its bureau's platform signs it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from wugan import signing
from wugan.cases.callbacks import Callbacks
from wugan.outreach.receipts import Receipt, Status


def hear(callbacks: Callbacks, jurisdiction: str, kind: str, message: Mapping[str, Any], secret: str, now: datetime) -> None:
    """Take a message in. `kind`: channel, courier or department; `secret`: what the jurisdiction's platform signs with."""
    if kind == "channel":
        callbacks.receipt(Receipt(str(message["id"]), str(message["message_id"]), Status(str(message["status"]))))
    elif kind == "courier":
        callbacks.parcel(str(message["order_id"]))
    else:
        body, at = json.dumps(message).encode(), str(int(now.timestamp()))
        path = f"/callbacks/department/{jurisdiction}"
        headers = {signing.TIME_HEADER: at, signing.SIGNATURE_HEADER: signing.sign(secret, at, path, body)}
        callbacks.department(jurisdiction, headers, path, body)
