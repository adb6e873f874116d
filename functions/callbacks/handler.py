"""The callbacks of vendors and departments, behind the REST API."""

from __future__ import annotations

from wugan import bootstrap
from wugan.aws.runtime import answering
from wugan.web.callbacks_app import create

app = create(bootstrap.callbacks, bootstrap.vendor_calls)
handler = answering(app)
