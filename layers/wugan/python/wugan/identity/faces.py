"""Several vendors of faces behind one: the first that answers takes the check, and its name goes into the reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from wugan.errors import VendorRefused, VendorUnavailable
from wugan.identity.code import FaceCheck
from wugan.identity.port import Checked, Started


@dataclass(frozen=True)
class Faces:
    """The face half of the identity port; `vendors` by name, in the order in which they are tried.

    A check that a vendor began without our hearing of it costs nothing and ends by itself, so another vendor may be asked at once.
    """

    vendors: Mapping[str, FaceCheck]

    def start_face(self, id: str, name: str, id_number: str, return_url: str, intention: str = "", meta_info: str = "") -> Started:
        """Begin at the first vendor that answers. Raises the last one's VendorUnavailable, or a vendor's VendorRefused."""
        failure = VendorUnavailable("no face vendor is configured")
        for vendor, face in self.vendors.items():
            try:
                started = face.start_face(id, name, id_number, return_url, intention, meta_info)
            except VendorUnavailable as error:
                failure = error
                continue
            return replace(started, reference=f"{vendor}:{started.reference}")
        raise failure

    def check_face(self, reference: str) -> Checked | None:
        """Ask the vendor that began it."""
        vendor, _, own = reference.partition(":")
        if vendor not in self.vendors:
            raise VendorRefused("vendor_not_configured")
        checked = self.vendors[vendor].check_face(own)
        return replace(checked, reference=reference) if checked else None
