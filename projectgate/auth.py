"""Who calls: a bearer token (JWT) -> `resolvers.access.Caller`, or the reason why not."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from math import nan
from time import monotonic, time
from typing import Any, NamedTuple

import anyio.to_thread
import jwt
from jwt import PyJWK, PyJWKClient, PyJWTError, exceptions

from projectgate.data.documents import is_storable
from projectgate.resolvers.access import ADMIN, READ, Caller
from projectgate.resolvers.errors import Forbidden, Unauthenticated
from projectgate.settings import Settings

KNOWN_ROLES = frozenset({READ, ADMIN})
SECRET_ALGORITHMS = ("HS256",)
# By the type of the public key. No list holds both HS and RS: a public key is never a secret.
KEY_ALGORITHMS = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC": ("ES256", "ES384", "ES512"),
    "OKP": ("EdDSA",),
}
SUBJECT_LENGTH = 255
# Seconds for which a token that was found good is not checked again, and how many such tokens are kept.
TRUSTED_FOR = 60
TRUSTED = 1_000
# Seconds of the epoch beyond which no end of a token is told apart: JSON has numbers that no clock takes.
LAST = 2**53
WAY_OUT = "send the header `Authorization: Bearer <token>`"


class KeysUnavailable(Exception):
    """The public keys cannot be fetched, so no token can be checked: not the caller's fault."""


class PublicKeys:
    """The public keys behind a JWKS address, fetched when needed and kept.

    They are fetched anew after `lifespan`, and when a token names an unknown key, but then only
    if the last attempt is `cooldown` ago, so that made-up key names cannot make us hammer the
    provider. While the provider does not answer, the keys there are serve on for `grace`.
    Units: seconds.
    """

    def __init__(
        self, url: str, *, lifespan: float = 300, cooldown: float = 10, grace: float = 3600
    ) -> None:
        self._client = PyJWKClient(url, cache_jwk_set=False, timeout=5)
        self._lifespan, self._cooldown, self._grace = lifespan, cooldown, grace
        self._keys: dict[str, PyJWK] = {}
        self._fetched = self._attempted = float("-inf")
        self._failure: Exception | None = None
        self._lock = asyncio.Lock()

    @property
    def edition(self) -> float | None:
        """When the keys that serve now were fetched; None when they are to be fetched anew."""
        return self._fetched if monotonic() - self._fetched < self._lifespan else None

    async def get(self, name: str) -> PyJWK | None:
        """The key of that name (`kid`), or None when the provider has no such key.

        Raises: KeysUnavailable.
        """
        key = self._keys.get(name)
        if key is not None and monotonic() - self._fetched < self._lifespan:
            return key
        async with self._lock:  # one fetch at a time; those who waited find its keys
            now = monotonic()
            fresh = now - self._fetched < self._lifespan
            if not (fresh and name in self._keys) and now - self._attempted >= self._cooldown:
                await self._fetch()
        if self._failure is not None and (
            name not in self._keys or monotonic() - self._fetched > self._grace
        ):
            raise KeysUnavailable(str(self._failure)) from self._failure
        return self._keys.get(name)

    async def _fetch(self) -> None:
        try:
            # PyJWKClient blocks, for up to its timeout.
            keys = await anyio.to_thread.run_sync(self._client.get_signing_keys)
        # ValueError: an answer that is not JSON; OSError: a connection that breaks.
        except (PyJWTError, ValueError, OSError) as error:
            self._failure = error
        else:
            self._failure = None
            self._keys = {str(key.key_id): key for key in keys if key.key_type in KEY_ALGORITHMS}
            self._fetched = monotonic()
        self._attempted = monotonic()


class _Trust(NamedTuple):
    """A caller whose token was found good: until when that holds, and for which edition of the keys."""

    caller: Caller
    end: float
    edition: float


class Authenticator:
    """Checks bearer tokens as the settings say: with the secret, or with a provider's keys."""

    def __init__(self, settings: Settings, *, keys: PublicKeys | None = None) -> None:
        self._secret = settings.jwt_secret
        self._keys = PublicKeys(settings.jwks_url) if keys is None and settings.jwks_url else keys
        self._issuer = settings.jwt_issuer
        self._audience = settings.jwt_audience
        self._trusted: OrderedDict[tuple[str, ...], _Trust] = OrderedDict()

    async def caller(self, headers: Iterable[str]) -> Caller:
        """The bearer, out of the values of the `Authorization` headers.

        A token that was found good is trusted for a minute, but neither beyond its own end nor when keys were fetched
        anew. Raises: Unauthenticated (no token or a bad one), Forbidden (no known role), KeysUnavailable.
        """
        given = tuple(headers)
        trust = self._trusted.get(given)
        if trust is not None and time() < trust.end and trust.edition == self._edition():
            return trust.caller
        token = bearer(given)
        caller, end = await self._checked(token)
        # As it is usually written: other blanks around one token are to take no room of others.
        if given == (f"Bearer {token}",):
            self._trusted[given] = _Trust(caller, min(end, time() + TRUSTED_FOR), self._edition())
            self._trusted.move_to_end(given)
            if len(self._trusted) > TRUSTED:
                self._trusted.popitem(last=False)
        return caller

    async def session(self, headers: Iterable[str]) -> tuple[Caller, float]:
        """The bearer for a connection that stays open, and when the token ends, in seconds of the epoch.

        Raises: as `caller` does.
        """
        return await self._checked(bearer(headers))

    def _edition(self) -> float:
        """Of the keys that tokens are checked with; a secret has one for ever, keys that are not fresh have none."""
        return 0 if self._keys is None else self._keys.edition or nan

    async def _checked(self, token: str) -> tuple[Caller, float]:
        """The bearer of a token, and when it ends. Raises: as `caller` does."""
        key, algorithms = await self._key(token)
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=list(algorithms),
                issuer=self._issuer,
                audience=self._audience,
                options={
                    "require": ["exp", "sub"],
                    "verify_aud": self._audience is not None,
                    # A provider's clock that runs ahead is no fault of the token.
                    "verify_iat": False,
                    "verify_jti": False,
                    "enforce_minimum_key_length": True,
                },
            )
        except PyJWTError as error:
            raise Unauthenticated(_reason(error, algorithms)) from None
        for name in ("exp", "nbf"):
            # RFC 7519 §2: a JSON number. The library takes whatever `int` does.
            if type(claims.get(name, 0)) not in (int, float):
                raise Unauthenticated(
                    f"the claim `{name}` of the token must be a number: seconds since 1970"
                )
        return _caller(claims), min(int(claims["exp"]), LAST)

    async def _key(self, token: str) -> tuple[Any, Collection[str]]:
        if self._keys is None:
            if self._secret is None:
                raise KeysUnavailable("neither a secret nor public keys are set")
            return self._secret.get_secret_value(), SECRET_ALGORITHMS
        try:
            name = jwt.get_unverified_header(token).get("kid")
        except PyJWTError as error:
            raise Unauthenticated(_reason(error, ())) from None
        if not isinstance(name, str):
            raise Unauthenticated("the token names no key: its header needs a `kid`")
        key = await self._keys.get(name)
        if key is None:
            raise Unauthenticated(
                "the token is signed with a key that the provider does not have (`kid`)"
            )
        return key.key, KEY_ALGORITHMS[str(key.key_type)]


def bearer(headers: Iterable[str]) -> str:
    """The token in the values of the `Authorization` headers. Raises: Unauthenticated."""
    values = list(headers)
    if not values:
        raise Unauthenticated(f"the request has no token: {WAY_OUT}")
    if len(values) > 1:
        raise Unauthenticated(f"the request has {len(values)} Authorization headers: send one")
    scheme, _, token = values[0].strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or " " in token or not token.isascii():
        # The value is not repeated: it may be a token without the word Bearer.
        raise Unauthenticated(f"the Authorization header is not `Bearer <token>`: {WAY_OUT}")
    return token


def mint(
    secret: str,
    subject: str,
    roles: Iterable[str],
    stores: Iterable[str] | None,
    ttl: timedelta,
    *,
    issuer: str | None = None,
    audience: str | None = None,
) -> str:
    """A token signed with the secret, for the `token` command and for demo mode.

    `stores` None means all stores.
    """
    now = datetime.now(UTC)
    claims: dict[str, Any] = {"sub": subject, "roles": list(roles), "iat": now, "exp": now + ttl}
    optional = {"stores": None if stores is None else list(stores), "iss": issuer, "aud": audience}
    claims.update({name: value for name, value in optional.items() if value is not None})
    return jwt.encode(claims, secret, algorithm=SECRET_ALGORITHMS[0])


def _caller(claims: dict[str, Any]) -> Caller:
    name = claims["sub"]
    if not name or len(name) > SUBJECT_LENGTH or not is_storable(name):
        raise Unauthenticated(
            f"the claim `sub` of the token must be a name of 1 to {SUBJECT_LENGTH} characters"
        )
    stores = None
    if "stores" in claims:
        stores = frozenset(_strings(claims["stores"], "stores"))
    roles = frozenset(_strings(claims.get("roles"), "roles")) & KNOWN_ROLES
    if not roles:
        raise Forbidden(
            f"the claim `roles` of the token holds no role that is known here: {READ} or {ADMIN}"
        )
    return Caller(name=name, roles=roles, stores=stores)


def _strings(value: Any, claim: str) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(
        isinstance(item, str) and is_storable(item) for item in value
    ):
        raise Unauthenticated(f"the claim `{claim}` of the token must be a list of strings")
    return value


def _reason(error: PyJWTError, algorithms: Collection[str]) -> str:
    """What is wrong with a token, without a word of the token."""
    match error:
        case exceptions.ExpiredSignatureError():
            return "the token has expired: get a new one"
        case exceptions.ImmatureSignatureError():
            return "the token is not valid yet: its claim `nbf` lies in the future"
        case exceptions.MissingRequiredClaimError():
            return f"the token lacks the claim `{error.claim}`"
        case exceptions.InvalidIssuerError():
            return "the token is of another issuer: its claim `iss` is not the expected one"
        case exceptions.InvalidAudienceError():
            return "the token is for another audience: its claim `aud` lacks the expected one"
        case exceptions.InvalidSubjectError():
            return "the claim `sub` of the token must be a string"
        case exceptions.InvalidAlgorithmError():
            accepted = ", ".join(algorithms)
            return f"the token is signed in a way that is not accepted here: {accepted} would be"
        case exceptions.InvalidSignatureError():
            return (
                "the signature of the token does not match: another key made it, or it was changed"
            )
        case _:
            return (
                "the token is malformed: it must be a JSON Web Token of three parts, with whole "
                "numbers as times"
            )
