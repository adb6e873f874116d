"""The public ledger, behind the REST API."""

from __future__ import annotations

from wugan import bootstrap
from wugan.aws.runtime import answering
from wugan.web.ledger_app import create

app = create(bootstrap.public_log)
handler = answering(app)
