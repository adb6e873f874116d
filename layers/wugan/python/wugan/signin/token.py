"""The id token, checked (OpenID Connect Core 1.0, 3.1.3.7). Pure: the keys and the time are handed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from wugan.signin.problem import SignInRefused

ALGORITHMS = ("RS256", "ES256")  # never `none`, never one with a shared secret
LEEWAY = 60  # seconds by which clocks may differ
MOST_CHARACTERS = 16_000


class UnknownKey(SignInRefused):
    """The token names a key that is not among these: the issuer may have changed its keys."""

    def __init__(self) -> None:
        super().__init__("token", "the token's key is not known")


@dataclass(frozen=True)
class Expected:
    """What the token must say: who issued it, for whom, and in answer to which request."""

    issuer: str
    client_id: str
    nonce: str


def verify(token: str, keys: KeySet, expected: Expected, now: datetime) -> dict[str, Any]:
    """The claims of a token that is signed, current and meant for us. Raises UnknownKey, SignInRefused."""
    if len(token) > MOST_CHARACTERS:
        raise SignInRefused("token", "the token is too long")
    try:
        claims = jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims
        _registry(expected, now).validate(claims)
    except InvalidKeyIdError:
        raise UnknownKey from None
    except (JoseError, ValueError, TypeError) as error:  # its message may quote the token
        raise SignInRefused("token", f"the token is not valid: {type(error).__name__}") from None
    _check_audience(claims, expected.client_id)
    return claims


def _registry(expected: Expected, now: datetime) -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY,
        iss={"essential": True, "value": expected.issuer},
        sub={"essential": True},
        aud={"essential": True, "value": expected.client_id},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": expected.nonce},
    )


def _check_audience(claims: dict[str, Any], client_id: str) -> None:
    """A token for several parties names the one that it was issued to."""
    many = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (many or "azp" in claims) and claims.get("azp") != client_id:
        raise SignInRefused("token", "the token was issued to another party")
    if not isinstance(claims["sub"], str) or not claims["sub"]:
        raise SignInRefused("token", "the token names nobody")
