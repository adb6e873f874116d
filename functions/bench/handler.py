"""The item managers' bench, behind the REST API."""

from __future__ import annotations

from wugan import bootstrap
from wugan.aws.runtime import answering
from wugan.web.bench_app import create

app = create(bootstrap.bench, bootstrap.sessions, bootstrap.public_url)
handler = answering(app)
