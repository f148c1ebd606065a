"""Numbers of variables: read as they are written, or refused."""

from __future__ import annotations

import random
from decimal import Decimal

import httpx2
import pytest

from projectgate.parameters import LONG_NUMBERS, read_json
from projectgate.request import Rejected
from tests.program.conftest import code, post

pytestmark = pytest.mark.anyio


def made_up_number(dice: random.Random) -> str:
    """A number of JSON: of few digits and many, large and small, some of them what a double is written as."""
    if dice.random() < 0.3:
        return repr(dice.uniform(-1, 1) * 10.0 ** dice.randint(-320, 300))
    digits = "".join(dice.choices("0123456789", k=dice.choice([1, 2, 13, 14, 15, 16, 18, 19, 20])))
    number = dice.choice(["", "-"]) + (digits.lstrip("0") or "0")
    if dice.random() < 0.6:
        number += "." + "".join(dice.choices("0123456789", k=dice.choice([1, 2, 13, 14, 15, 17])))
    if dice.random() < 0.4:
        exponents = ["0", "7", "15", "007", "99", "150", "199", "200", "299", "307", "308", "330"]
        number += dice.choice("eE") + dice.choice(["", "+", "-"]) + dice.choice(exponents)
    return number


def test_a_number_is_read_as_it_is_written_or_not_at_all() -> None:
    dice = random.Random(5)
    taken = 0
    for _ in range(30_000):
        text = made_up_number(dice)
        whole = text.lstrip("-").isdecimal()
        again = Decimal(repr(float(text)))
        kept = -(2**63) <= int(text) < 2**64 if whole else again == Decimal(text)
        # Beside what looks like a number, and is none.
        content = b'{"a1.5": ["1e999", "\\"12345678901234567890", %s, 7]}' % text.encode()
        if not kept:
            with pytest.raises(Rejected, match=r"cannot be kept exactly|not JSON"):
                read_json(content, "it")
            continue
        _, _, value, _ = read_json(content, "it")["a1.5"]
        assert type(value) is (int if whole else float), text
        assert Decimal(repr(value)) == Decimal(text), text
        taken += 1
    assert 10_000 < taken < 20_000


def test_long_numbers_are_as_many_as_can_be_read_soon() -> None:
    number = "0.1234567890123456"
    most = [number] * LONG_NUMBERS + ["1.5"] * LONG_NUMBERS
    assert len(read_json(f"[{','.join(most)}]".encode(), "it")) == 2 * LONG_NUMBERS
    with pytest.raises(Rejected, match="send them as strings"):
        read_json(f"[{','.join([number, *most])}]".encode(), "it")


@pytest.mark.parametrize(
    "number", ["0.1", "1.10", "-0.0", "1e2", "1E-7", "123456789.123456", "0.0000000001"]
)
async def test_a_number_that_a_double_holds_is_taken(
    client: httpx2.AsyncClient, number: str
) -> None:
    content = b'{"query":"query($a: Float) { caller }","variables":{"a":' + number.encode() + b"}}"
    assert (
        code(await post(client, content)) == "GRAPHQL_VALIDATION_FAILED"
    )  # $a is not used: it came that far
