"""The registries' changes, behind the REST API."""

from __future__ import annotations

from wugan import bootstrap
from wugan.aws.runtime import answering
from wugan.web.changes_app import create

app = create(bootstrap.change_intake)
handler = answering(app)
