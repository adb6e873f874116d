"""Identity checks by the sandbox. For rehearsals: `wugan.bootstrap` refuses it in production."""

from __future__ import annotations

from typing import Any

from wugan.clock import Clock
from wugan.errors import VendorUnavailable
from wugan.http import JsonClient, SignedService, flag_in, segment, text_in
from wugan.identity.port import Checked, Started


class SandboxIdentity:
    """The identity port (`wugan.identity.port.IdentityVerifier`). `Checked.at` is the business time of asking.

    A reference that the sandbox does not know is VendorRefused.
    """

    def __init__(self, base_url: str, secret: str, clock: Clock, client: JsonClient) -> None:
        self._service = SignedService(base_url, secret, clock, client)
        self._clock = clock

    def start_face(
        self,
        id: str,
        name: str,
        id_number: str,
        return_url: str,
        intention: str = "",  # noqa: ARG002 – the port's signature
        meta_info: str = "",  # noqa: ARG002
    ) -> Started:
        """POST /identity/face."""
        body = {"id": id, "name": name, "id_number": id_number, "return_url": return_url}
        answer = self._service.post("/identity/face", body)
        return Started(text_in(answer, "reference"), text_in(answer, "url"))

    def start_code(self, id: str, mobile: str) -> Started:
        """POST /identity/code."""
        answer = self._service.post("/identity/code", {"id": id, "mobile": mobile})
        return Started(text_in(answer, "reference"), None)

    def check_face(self, reference: str) -> Checked | None:
        """GET /identity/face/{reference}/result."""
        answer = self._service.get(f"/identity/face/{segment(reference)}/result")
        state = text_in(answer, "state")
        if state not in ("open", "passed", "failed"):
            raise VendorUnavailable("the answer has an unknown state", field="state")
        return None if state == "open" else self._checked(reference, "face", answer, passed=state == "passed")

    def check_code(self, reference: str, code: str) -> Checked:
        """POST /identity/code/{reference}/check."""
        answer = self._service.post(f"/identity/code/{segment(reference)}/check", {"code": code})
        return self._checked(reference, "code", answer, passed=flag_in(answer, "passed"))

    def _checked(self, reference: str, level: str, answer: dict[str, Any], *, passed: bool) -> Checked:
        return Checked(reference, passed, level, self._clock.now(), "" if passed else text_in(answer, "reason"))
