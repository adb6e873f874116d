"""The applicant's pages, behind the REST API."""

from __future__ import annotations

from wugan import bootstrap
from wugan.aws.runtime import answering
from wugan.web.applicant_app import create

app = create(bootstrap.applicant, bootstrap.audit)
handler = answering(app)
