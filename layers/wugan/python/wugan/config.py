"""Settings of a process, from its environment; read when asked for, never at import."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from wugan.errors import InvalidInput

PRODUCTION = "production"
REHEARSALS = ("rehearsal", "dev")


@dataclass(frozen=True)
class Settings:
    """What the template hands to a function. A function that needs one it was not given fails with its name."""

    values: Mapping[str, str]

    def need(self, name: str) -> str:
        """A setting that must be there. Raises InvalidInput naming it."""
        value = self.values.get(name, "")
        if not value:
            raise InvalidInput("this environment variable is not set", field=name)
        return value

    def get(self, name: str) -> str:
        """A setting that may be empty."""
        return self.values.get(name, "")

    def number(self, name: str, default: float) -> float:
        """A number that may be left out. Raises InvalidInput naming it."""
        value = self.values.get(name, "")
        try:
            return float(value) if value else default
        except ValueError:
            raise InvalidInput(f"{value!r} is no number", field=name) from None


CASES_TABLE = "WUGAN_CASES_TABLE"
WAITS_TABLE = "WUGAN_WAITS_TABLE"
ITEMS_TABLE = "WUGAN_ITEMS_TABLE"
REGISTRY_BUCKET = "WUGAN_REGISTRY_BUCKET"
FILES_BUCKET = "WUGAN_FILES_BUCKET"
CHANGES_TABLE = "WUGAN_CHANGES_TABLE"
CHANGE_BUS = "WUGAN_CHANGE_BUS"
CHANGE_DAYS = "WUGAN_CHANGE_DAYS"
SENSE_QUEUE = "WUGAN_SENSE_QUEUE"
SENSE_FAILURES = "WUGAN_SENSE_FAILURES"
KMS_KEY = "WUGAN_KMS_KEY"
CASE_MACHINE = "WUGAN_CASE_MACHINE"
SCAN_MACHINE = "WUGAN_SCAN_MACHINE"
SIMULATE_MACHINE = "WUGAN_SIMULATE_MACHINE"
REQUESTS_TABLE = "WUGAN_REQUESTS_TABLE"
ALLOWED_ORIGINS = "WUGAN_ALLOWED_ORIGINS"
LINK_SECRET = "WUGAN_LINK_SECRET"  # the name of a secret, not the secret
VENDOR_SECRET = "WUGAN_VENDOR_SECRET"
PUBLIC_URL = "WUGAN_PUBLIC_URL"
PUBLIC_URL_PARAMETER = "WUGAN_PUBLIC_URL_PARAMETER"
CLOCK = "WUGAN_CLOCK"
VENDORS = "WUGAN_VENDORS"  # the name of the parameter with the vendors' document
VENDORS_TABLE = "WUGAN_VENDORS_TABLE"
STAGE = "WUGAN_STAGE"
PEOPLE_TABLE = "WUGAN_PEOPLE_TABLE"
QUIET_HOURS = "WUGAN_QUIET_HOURS"
MESSAGE_CAPS = "WUGAN_MESSAGE_CAPS"
BEHAVIOUR_MODEL = "WUGAN_BEHAVIOUR_MODEL"  # on | off
SHRINK_PERCENT = "WUGAN_SHRINK_PERCENT"
STALE_DAYS = "WUGAN_STALE_DAYS"
MONITOR_DAYS = "WUGAN_MONITOR_DAYS"
OUTBOX_TABLE = "WUGAN_OUTBOX_TABLE"
LEDGER_TABLE = "WUGAN_LEDGER_TABLE"
LEDGER_BUCKET = "WUGAN_LEDGER_BUCKET"
LEDGER_KEY = "WUGAN_LEDGER_KEY"  # the KMS key that signs the log
LEDGER_ORIGIN = "WUGAN_LEDGER_ORIGIN"  # the log's name
WITNESSES = "WUGAN_WITNESSES"
OIDC_ISSUER = "WUGAN_OIDC_ISSUER"  # empty: nobody can sign in but by invitation, in a rehearsal
OIDC_CLIENT_ID = "WUGAN_OIDC_CLIENT_ID"
OIDC_CLIENT_SECRET = "WUGAN_OIDC_CLIENT_SECRET"  # the name of a secret, empty for a public client
OIDC_ROLE_CLAIM = "WUGAN_OIDC_ROLE_CLAIM"
OIDC_ROLES = "WUGAN_OIDC_ROLES"


def settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings; refuses rehearsal aids in production."""
    found = Settings(dict(os.environ if environment is None else environment))
    if found.get(STAGE) == PRODUCTION:
        if found.get(CLOCK):
            raise InvalidInput("a rehearsal aid must not be set in production", field=CLOCK)
        if "@http://" in found.get(WITNESSES):
            raise InvalidInput("production speaks to witnesses over https", field=WITNESSES)
        if found.get(OIDC_ISSUER) and not _is_public_https(found.get(OIDC_ISSUER)):
            raise InvalidInput("production signs in at an https issuer that is not this machine", field=OIDC_ISSUER)
    return found


def _is_public_https(url: str) -> bool:
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme != "https" or not host or host == "localhost" or host.endswith(".localhost"):
        return False
    try:
        return not ip_address(host).is_loopback
    except ValueError:  # a name
        return True
