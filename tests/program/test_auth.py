"""Tokens -> callers: what is let in, what is refused and how that is said."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from projectgate.auth import TRUSTED, TRUSTED_FOR, Authenticator, mint
from projectgate.resolvers.access import ADMIN, READ, Caller
from projectgate.resolvers.errors import Forbidden, Unauthenticated
from tests.program.conftest import GOOD, SECRET, claims, handmade, make_settings, token

pytestmark = pytest.mark.anyio


async def let_in(text: str, **settings: Any) -> Caller:
    """The caller that a token of the secret names."""
    return await Authenticator(make_settings(**settings)).caller([f"Bearer {text}"])


async def refusal(text: str, **settings: Any) -> str:
    """What is said of a token that is not let in."""
    with pytest.raises(Unauthenticated) as caught:
        await let_in(text, **settings)
    assert text not in str(caught.value)
    return str(caught.value)


async def test_a_token_names_its_caller() -> None:
    assert await let_in(token()) == Caller("ann", frozenset({READ}), None)


@pytest.mark.parametrize(
    ("given", "scope"),
    [
        ({}, None),
        ({"stores": []}, frozenset()),
        ({"stores": ["1", "2", "1"]}, frozenset({"1", "2"})),
    ],
)
async def test_stores_are_all_when_absent_else_those_that_are_named(given: Any, scope: Any) -> None:
    assert (await let_in(token(**given))).stores == scope


async def test_stores_null_means_no_store() -> None:
    assert (await let_in(jwt.encode({**claims(), "stores": None}, SECRET))).stores == frozenset()


async def test_unknown_roles_are_ignored() -> None:
    assert (await let_in(token(roles=["Owner", ADMIN, READ]))).roles == {READ, ADMIN}


@pytest.mark.parametrize("roles", [None, [], ["Owner"], ["projectread"]])
async def test_no_known_role_is_forbidden(roles: Any) -> None:
    with pytest.raises(Forbidden, match="ProjectRead or ProjectAdmin"):
        await let_in(token(roles=roles))


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_the_scheme_is_written_in_any_case(scheme: str) -> None:
    assert (await Authenticator(make_settings()).caller([f"{scheme}  {token()} "])).name == "ann"


@pytest.mark.parametrize(
    "headers",
    [[], [""], ["Bearer"], ["Bearer "], ["Basic YTpi"], [token()], [f"Token {token()}"],
     [f"Bearer {token()} x"], [f"Bearer {token()}", f"Bearer {token()}"],
     ["Bearer \u00e9.\u00e9.\u00e9"], ["Bearer \ud800"]],
)  # fmt: skip
async def test_a_header_without_one_bearer_token_is_refused(headers: list[str]) -> None:
    with pytest.raises(Unauthenticated, match="send") as caught:
        await Authenticator(make_settings()).caller(headers)
    assert "eyJ" not in str(caught.value)


@pytest.mark.parametrize("claim", ["exp", "sub"])
async def test_exp_and_sub_are_required(claim: str) -> None:
    assert await refusal(token(**{claim: None})) == f"the token lacks the claim `{claim}`"


async def test_an_expired_token_is_refused() -> None:
    assert "expired" in await refusal(token(exp=datetime.now(UTC) - timedelta(seconds=1)))


async def test_a_token_that_starts_later_is_refused() -> None:
    assert "nbf" in await refusal(token(nbf=datetime.now(UTC) + timedelta(minutes=1)))


@pytest.mark.parametrize("claim", ["exp", "nbf"])
@pytest.mark.parametrize("value", [True, [], {}, "soon", float("inf")])
async def test_a_time_that_is_no_number_is_refused(claim: str, value: Any) -> None:
    assert await refusal(jwt.encode({**claims(), claim: value}, SECRET))


@pytest.mark.parametrize("claim", ["exp", "nbf"])
async def test_a_number_as_text_is_no_time(claim: str) -> None:
    now = datetime.now(UTC).timestamp()
    value = now + (600 if claim == "exp" else -600)
    assert (await let_in(jwt.encode({**claims(), claim: value}, SECRET))).name == "ann"
    said = await refusal(jwt.encode({**claims(), claim: str(int(value))}, SECRET))
    assert said == f"the claim `{claim}` of the token must be a number: seconds since 1970"


@pytest.mark.parametrize("end", [b"1e300", b"1" + b"0" * 400])
async def test_a_token_may_end_when_no_clock_counts_any_more(end: bytes) -> None:
    given = handmade(b'{"alg":"HS256"}', GOOD.replace(b"9999999999", end))
    assert (await let_in(given)).name == "ann"
    _, until = await Authenticator(make_settings()).session([f"Bearer {given}"])
    # A stream waits for it.
    assert 10**10 < until - time.time() < 10**16


async def test_a_provider_whose_clock_runs_ahead_is_no_fault() -> None:
    assert (await let_in(token(iat=datetime.now(UTC) + timedelta(minutes=1)))).name == "ann"


async def test_another_secret_is_refused() -> None:
    assert "signature" in await refusal(jwt.encode(claims(), "x" * 32))


async def test_a_changed_token_is_refused() -> None:
    header, _, signature = token().split(".")
    other = token(roles=[ADMIN]).split(".")[1]
    assert "signature" in await refusal(f"{header}.{other}.{signature}")


async def test_issuer_and_audience_are_checked_when_set() -> None:
    here = {"jwt_issuer": "https://id.example.com", "jwt_audience": "gate"}
    assert (
        await let_in(token(iss="https://id.example.com", aud=["other", "gate"]), **here)
    ).name == "ann"
    assert "`iss`" in await refusal(token(iss="https://evil.example.com", aud="gate"), **here)
    assert "`iss`" in await refusal(token(aud="gate"), **here)
    assert "`aud`" in await refusal(token(iss="https://id.example.com", aud="other"), **here)
    assert "`aud`" in await refusal(token(iss="https://id.example.com"), **here)


async def test_issuer_and_audience_may_be_anything_when_not_set() -> None:
    assert (await let_in(token(iss="https://any.example.com", aud="any"))).name == "ann"


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
async def test_only_hs256_goes_with_a_secret(algorithm: str) -> None:
    with_this = jwt.encode(claims(), SECRET * 2, algorithm)
    assert "HS256 would be" in await refusal(with_this, jwt_secret=SECRET * 2)


async def test_a_token_without_signature_is_refused() -> None:
    assert "not accepted" in await refusal(jwt.encode(claims(), "", "none"))


@pytest.mark.parametrize(
    "header",
    [b"{}", b"[]", b"null", b"1", b'"x"', b"\xff", b"[" * 50_000, b"1" * 5_000,
     b'{"alg":"none"}', b'{"alg":null}', b'{"alg":["HS256"]}', b'{"alg":{}}', b'{"alg":NaN}',
     b'{"alg":"\\ud800"}', b'{"alg":"RS256"}', b'{"alg":"HS256","crit":["x"]}',
     b'{"alg":"HS256","crit":1}', b'{"alg":"HS256","b64":false}', b'{"alg":"HS256","kid":1}'],
)  # fmt: skip
async def test_no_header_of_a_token_breaks_in(header: bytes) -> None:
    await refusal(handmade(header, GOOD))


@pytest.mark.parametrize(
    "payload",
    [b"", b"[]", b"null", b"1", b"\xff", b"[" * 50_000, b"9" * 5_000]
    + [GOOD.replace(b"9999999999", exp) for exp in
       (b'"x"', b"1e999", b"NaN", b"-1", b"null", b"[]", b"true", b"1" * 5_000)]
    + [GOOD.replace(b'"ann"', sub) for sub in
       (b"1", b'""', b'"\\u0000"', b'"\\ud800"', b"[]", b'"' + b"x" * 256 + b'"')]
    + [GOOD.replace(b'["ProjectRead"]', roles) for roles in
       (b'"ProjectRead"', b"{}", b"1", b"[1]", b"[null]")]
    + [GOOD.replace(b"{", b'{"stores":' + stores + b",", 1) for stores in
       (b'"1"', b"1", b"{}", b"[1]", b"[null]", b"true")]
    + [GOOD.replace(b"{", b'{"nbf":' + nbf + b",", 1) for nbf in
       (b'"x"', b"1e999", b"null", b"[]")],
)  # fmt: skip
async def test_no_payload_of_a_token_breaks_in(payload: bytes) -> None:
    await refusal(handmade(b'{"alg":"HS256"}', payload))


async def test_malformed_claims_are_named() -> None:
    assert "`roles` of the token must be a list of strings" in await refusal(
        token(roles="ProjectRead")
    )
    assert "`stores` of the token must be a list of strings" in await refusal(token(stores=7))
    assert "`sub` of the token must be a string" in await refusal(
        handmade(b'{"alg":"HS256"}', GOOD.replace(b'"ann"', b"1"))
    )


@pytest.mark.parametrize("text", ["x", "a.b", "a.b.c", "..", "....", "a.b.c.d", "x" * 100_000])
async def test_text_that_is_no_token_is_malformed(text: str) -> None:
    with pytest.raises(Unauthenticated, match="malformed"):
        await let_in(text)


async def test_a_minted_token_is_let_in() -> None:
    made = mint(SECRET, "bo", [ADMIN], ["7"], timedelta(minutes=1), issuer="us", audience="gate")
    caller = await let_in(made, jwt_issuer="us", jwt_audience="gate")
    assert caller == Caller("bo", frozenset({ADMIN}), frozenset({"7"}))


async def test_a_minted_token_for_all_stores_has_no_claim_of_stores_and_ends_in_time() -> None:
    found = jwt.decode(mint(SECRET, "bo", [READ], None, timedelta(minutes=1)), SECRET, ["HS256"])
    assert "stores" not in found
    assert 0 < found["exp"] - time.time() <= 60


async def test_a_minted_token_may_have_no_store() -> None:
    assert (
        await let_in(mint(SECRET, "bo", [READ], [], timedelta(minutes=1)))
    ).stores == frozenset()


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens whose signature was checked."""
    found: list[str] = []
    decode = jwt.decode

    def noted(text: str, *given: Any, **options: Any) -> Any:
        found.append(text)
        return decode(text, *given, **options)

    monkeypatch.setattr(jwt, "decode", noted)
    return found


async def test_a_token_is_checked_once_a_minute(
    monkeypatch: pytest.MonkeyPatch, checked: list[str]
) -> None:
    authenticator = Authenticator(make_settings())
    header = [f"Bearer {token()}"]
    callers = [await authenticator.caller(header) for _ in range(3)]
    assert callers == [callers[0]] * 3
    assert len(checked) == 1
    now = time.time()
    monkeypatch.setattr("projectgate.auth.time", lambda: now + TRUSTED_FOR + 1)
    await authenticator.caller(header)
    assert len(checked) == 2


async def test_a_token_that_was_good_is_refused_when_it_has_ended() -> None:
    authenticator = Authenticator(make_settings())
    header = [f"Bearer {jwt.encode({**claims(), 'exp': int(time.time()) + 2}, SECRET)}"]
    await authenticator.caller(header)
    await asyncio.sleep(2.1)
    with pytest.raises(Unauthenticated, match="expired"):
        await authenticator.caller(header)


async def test_other_ways_to_write_a_token_take_no_room_of_others() -> None:
    authenticator = Authenticator(make_settings())
    good = token()
    for way in (f"bearer {good}", f"Bearer  {good}", f" Bearer {good} ", f"BEARER {good}"):
        assert (await authenticator.caller([way])).name
    assert not authenticator._trusted
    with pytest.raises(Unauthenticated, match="2 Authorization headers"):
        await authenticator.caller([f"Bearer {good}"] * 2)


async def test_only_so_many_tokens_are_kept() -> None:
    authenticator = Authenticator(make_settings())
    for number in range(TRUSTED + 5):
        await authenticator.caller([f"Bearer {token(sub=f'caller {number}')}"])
    assert len(authenticator._trusted) == TRUSTED
