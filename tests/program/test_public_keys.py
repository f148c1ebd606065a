"""Tokens that a provider signs, checked with the public keys it publishes."""

from __future__ import annotations

import asyncio
import base64
import hmac
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from projectgate.auth import Authenticator, KeysUnavailable, PublicKeys
from projectgate.resolvers.access import READ, Caller
from projectgate.resolvers.errors import Unauthenticated
from tests.program.conftest import GOOD, SECRET, Provider, claims, handmade, make_settings

pytestmark = pytest.mark.anyio


RSA_KEY = rsa.generate_private_key(65537, 2048)


OTHER_RSA_KEY = rsa.generate_private_key(65537, 2048)


EC_KEY = ec.generate_private_key(ec.SECP256R1())


ED_KEY = ed25519.Ed25519PrivateKey.generate()


RSA_PUBLIC = RSAAlgorithm.to_jwk(RSA_KEY.public_key(), as_dict=True)


OTHER_RSA_PUBLIC = RSAAlgorithm.to_jwk(OTHER_RSA_KEY.public_key(), as_dict=True)


EC_PUBLIC = ECAlgorithm.to_jwk(EC_KEY.public_key(), as_dict=True)


ED_PUBLIC = OKPAlgorithm.to_jwk(ED_KEY.public_key(), as_dict=True)


def with_keys(provider: Provider, **times: float) -> Authenticator:
    """An authenticator that checks with the provider's keys."""
    return Authenticator(
        make_settings(jwt_secret=None, jwks_url=provider.url),
        keys=PublicKeys(provider.url, **times),
    )


def signed(key: Any, algorithm: str, name: Any = "one", **changes: Any) -> list[str]:
    """An Authorization header with a token that a private key signed."""
    return [
        "Bearer " + jwt.encode(claims(**changes), key, algorithm, {"kid": name} if name else None)
    ]


@pytest.mark.parametrize(
    ("key", "public", "algorithm"),
    [(RSA_KEY, RSA_PUBLIC, "RS256"), (RSA_KEY, RSA_PUBLIC, "PS384"), (EC_KEY, EC_PUBLIC, "ES256"),
     (ED_KEY, ED_PUBLIC, "EdDSA")],
)  # fmt: skip
async def test_a_token_of_a_published_key_is_let_in(
    provider: Provider, key: Any, public: Any, algorithm: str
) -> None:
    provider.publish(one=public)
    caller = await with_keys(provider).caller(signed(key, algorithm, stores=["1"]))
    assert caller == Caller("ann", frozenset({READ}), frozenset({"1"}))


async def test_public_keys_are_fetched_once_for_many_tokens(provider: Provider) -> None:
    provider.publish(one=RSA_PUBLIC, two=EC_PUBLIC)
    authenticator = with_keys(provider)
    tokens = [signed(RSA_KEY, "RS256"), signed(EC_KEY, "ES256", "two")] * 10
    await asyncio.gather(*(authenticator.caller(one) for one in tokens))
    await authenticator.caller(tokens[0])
    assert provider.asked == 1


async def test_a_new_key_is_fetched_when_a_token_names_it(provider: Provider) -> None:
    provider.publish(one=RSA_PUBLIC)
    authenticator = with_keys(provider, cooldown=0)
    await authenticator.caller(signed(RSA_KEY, "RS256"))
    provider.publish(two=OTHER_RSA_PUBLIC)
    await authenticator.caller(signed(OTHER_RSA_KEY, "RS256", "two"))
    with pytest.raises(Unauthenticated, match="kid"):
        await authenticator.caller(signed(RSA_KEY, "RS256"))
    assert provider.asked == 3


async def test_made_up_key_names_do_not_reach_the_provider_again(provider: Provider) -> None:
    provider.publish(one=RSA_PUBLIC)
    authenticator = with_keys(provider, cooldown=60)
    for number in range(10):
        with pytest.raises(Unauthenticated, match="does not have"):
            await authenticator.caller(signed(RSA_KEY, "RS256", f"made up {number}"))
    assert provider.asked == 1


async def test_keys_are_fetched_again_after_their_time(provider: Provider) -> None:
    provider.publish(one=RSA_PUBLIC)
    authenticator = with_keys(provider, lifespan=0.05, cooldown=0)
    await authenticator.caller(signed(RSA_KEY, "RS256"))
    provider.publish(one=OTHER_RSA_PUBLIC)
    await asyncio.sleep(0.1)
    with pytest.raises(Unauthenticated, match="signature"):
        await authenticator.caller(signed(RSA_KEY, "RS256"))
    assert provider.asked == 2


async def test_known_keys_serve_on_while_the_provider_fails_but_not_forever(
    provider: Provider,
) -> None:
    provider.publish(one=RSA_PUBLIC)
    authenticator = with_keys(provider, lifespan=0.01, cooldown=0, grace=0.5)
    await authenticator.caller(signed(RSA_KEY, "RS256"))
    provider.status = 500
    await asyncio.sleep(0.05)
    assert (await authenticator.caller(signed(RSA_KEY, "RS256"))).name == "ann"
    await asyncio.sleep(0.6)
    with pytest.raises(KeysUnavailable):
        await authenticator.caller(signed(RSA_KEY, "RS256"))


@pytest.mark.parametrize(
    "content", [b"", b"no JSON", b"[]", b"null", b"{}", b'{"keys":[]}', b'{"keys":1}', b"\xff"]
)
async def test_a_provider_without_usable_keys_is_not_the_fault_of_the_caller(
    provider: Provider, content: bytes
) -> None:
    provider.content = content
    with pytest.raises(KeysUnavailable):
        await with_keys(provider).caller(signed(RSA_KEY, "RS256"))


async def test_a_provider_that_is_down_is_asked_again_only_after_a_while(
    provider: Provider,
) -> None:
    provider.status = 503
    authenticator = with_keys(provider, cooldown=60)
    for _ in range(5):
        with pytest.raises(KeysUnavailable):
            await authenticator.caller(signed(RSA_KEY, "RS256"))
    assert provider.asked == 1


async def test_the_loop_goes_on_while_keys_are_fetched(provider: Provider) -> None:
    provider.publish(one=RSA_PUBLIC)
    provider.delay = 0.3
    fetching = asyncio.create_task(with_keys(provider).caller(signed(RSA_KEY, "RS256")))
    turns = 0
    while not fetching.done():
        await asyncio.sleep(0.01)
        turns += 1
    assert turns > 10
    await fetching


async def test_a_public_key_does_not_serve_as_a_secret(provider: Provider) -> None:
    provider.publish(one=RSA_PUBLIC)
    public = RSA_KEY.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    header = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"one"}').rstrip(b"=")
    body = base64.urlsafe_b64encode(GOOD).rstrip(b"=")
    signature = base64.urlsafe_b64encode(
        hmac.digest(public, header + b"." + body, "sha256")
    ).rstrip(b"=")
    with pytest.raises(Unauthenticated, match="RS256"):
        await with_keys(provider).caller(
            [f"Bearer {b'.'.join([header, body, signature]).decode()}"]
        )


async def test_a_token_of_the_secret_does_not_pass_for_one_of_a_published_key(
    provider: Provider,
) -> None:
    provider.publish(one=RSA_PUBLIC)
    with pytest.raises(Unauthenticated, match="not accepted"):
        await with_keys(provider).caller(
            ["Bearer " + jwt.encode(claims(), SECRET, "HS256", {"kid": "one"})]
        )


async def test_a_secret_among_the_published_keys_is_not_used(provider: Provider) -> None:
    shared = base64.urlsafe_b64encode(SECRET.encode()).rstrip(b"=").decode()
    provider.publish(one={"kty": "oct", "k": shared}, two=RSA_PUBLIC)
    with pytest.raises(Unauthenticated, match="does not have"):
        await with_keys(provider).caller(
            ["Bearer " + jwt.encode(claims(), SECRET, "HS256", {"kid": "one"})]
        )


@pytest.mark.parametrize("name", [None, 7])
async def test_a_token_without_the_name_of_its_key_is_refused(
    provider: Provider, name: Any
) -> None:
    provider.publish(one=RSA_PUBLIC)
    header = b'{"alg":"RS256"}' if name is None else b'{"alg":"RS256","kid":7}'
    with pytest.raises(Unauthenticated):
        await with_keys(provider).caller([f"Bearer {handmade(header, GOOD)}"])
    assert provider.asked == 0


async def test_a_weak_published_key_is_refused(provider: Provider) -> None:
    weak = rsa.generate_private_key(65537, 1024)  # noqa: S505
    provider.publish(one=RSAAlgorithm.to_jwk(weak.public_key(), as_dict=True))
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        headers = signed(weak, "RS256")
    with pytest.raises(Unauthenticated):
        await with_keys(provider).caller(headers)
