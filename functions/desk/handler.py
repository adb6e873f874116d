"""The officials' desk, behind the REST API."""

from __future__ import annotations

from wugan import bootstrap
from wugan.aws.runtime import answering
from wugan.web.desk_app import create

app = create(bootstrap.desk, bootstrap.parcels)
handler = answering(app)
