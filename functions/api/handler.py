"""The JSON interface, behind the REST API."""

from __future__ import annotations

from wugan import bootstrap
from wugan.aws.runtime import answering
from wugan.web.api_app import create

app = create(bootstrap.applicant, bootstrap.audit, bootstrap.request_store, bootstrap.allowed_origins)
handler = answering(app)
