"""Where the registries tell changes: a signed batch in, what became of each row out."""

from __future__ import annotations

from collections.abc import Callable

from chalice.app import Chalice, Response

from wugan.registry.change_intake import ChangeIntake
from wugan.web.callbacks_app import HEADERS, answered


def create(service: Callable[[], ChangeIntake]) -> Chalice:
    """The Chalice app; `service` is asked when the first request comes."""
    app = Chalice("changes", configure_logs=False)

    def take(headers: dict[str, str], path: str, body: bytes) -> Response:
        return Response(service().take(headers, path, body).as_json(), dict(HEADERS), 202)

    app.route("/registry/changes", methods=["POST"], name="changes")(lambda: answered(app, take))
    return app
