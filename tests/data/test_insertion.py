"""Many rows are one value of one statement on PostgreSQL, and become what they become one by one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, true

from projectgate.data import graphs, insertion, log, projects, versions
from projectgate.data.database import Database
from projectgate.data.insertion import MANY
from projectgate.data.partners import PARTNERS
from projectgate.data.projects import PROJECTS
from projectgate.data.transactions import TRANSACTIONS
from projectgate.data.versions import VERSIONS, Version
from tests.conftest import migrated, recorded, statements
from tests.make.documents import make_document, make_full_document, store_documents

pytestmark = pytest.mark.anyio

# Text that has a meaning in JSON, in SQL or in neither, and numbers at their limits.
HARD = "a\"b\\c\n\t\x01\x7f\u2028 æøå 漢 😀 '; -- \\u0041 {} [null]"
UNKNOWN = {
    "text": HARD,
    HARD: [Decimal("0.1"), Decimal("-1234567890123456789012345678.5"), 10**17, True, None, {}],
}


def _documents() -> list[dict[str, Any]]:
    hard = make_document("hard", name=HARD, storeId=HARD, tags=[HARD, ""], unknown=UNKNOWN)
    line = {"name": HARD, "skuId": HARD, "quantity": Decimal("-999999999999999999.0123456789")}
    hard |= {"products": [line, {}, {"properties": []}, {"id": "x", "unknown": UNKNOWN}]}
    hard |= {"deadline": "0001-01-02T00:00:00Z", "projectDate": "9999-12-31T23:59:59.999998Z"}
    return [hard, *(make_full_document(f"full-{place}") for place in range(10))]


async def test_rows_that_are_written_together_are_what_each_is_by_itself(
    template: Callable[[str, str], Any],
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ids = sorted(document["id"] for document in _documents())
    found = []
    async with migrated("postgresql", template, tmp_path, request) as database:
        await store_documents(database, _documents())
        stored = await graphs.read(database, await _rows(database, ids))
        for many in (1, 10**6):
            monkeypatch.setattr(insertion, "MANY", many)
            async with database.transaction() as transaction:
                await transaction.run(delete(PROJECTS))
                await graphs.insert_many(transaction, [(stored[one].project, 1) for one in ids])
            found.append([await _rows(database, ids), await graphs.load(database, ids)])
    # Their texts tell 1 from 1.0, and a moment from the same one elsewhere.
    assert repr(found[0]) == repr(found[1])
    assert found[1] == [[stored[one].row for one in ids], {one: stored[one].rows for one in ids}]


async def _rows(database: Database, ids: list[str]) -> list[Any]:
    found = await projects.by_id(database, ids, true())
    return [found[one] for one in ids]


async def test_versions_keep_their_times_and_numbers(database: Database) -> None:
    await store_documents(database, [make_document("a")])
    at = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    state = {"n": Decimal("1.10"), "t": HARD}
    made = [
        Version("a", number, at, HARD, "import", [["x", None, state]], at, None, state)
        for number in range(2, 2 + MANY)
    ]
    async with database.transaction() as transaction:
        await versions.insert_many(transaction, made)
    columns = [VERSIONS.c[name] for name in Version._fields]
    rows = await database.run(select(*columns).where(VERSIONS.c.version > 1))
    assert sorted(map(Version._make, rows)) == made


async def test_a_batch_is_one_statement_a_table_however_many_rows_there_are(
    database: Database,
) -> None:
    counts = []
    for name, count in (("few", MANY), ("many", 3 * MANY)):
        made = [make_full_document(f"{name}-{place}") for place in range(count)]
        with recorded(database) as sent:
            await store_documents(database, made)
        counts.append(len([text for text in sent if text.lower().startswith("insert")]))
    assert counts[0] == counts[1]


async def test_rows_of_more_than_a_text_may_have_are_sent_in_parts(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(insertion, "TEXT_LIMIT", 2000)
    made = [make_document(f"p-{place}", name="n" * 300) for place in range(MANY)]
    made.append(make_document("large", name="n" * 3000))
    with statements(database) as sent:
        await store_documents(database, made)
    assert len(await projects.by_id(database, [one["id"] for one in made], true())) == len(made)
    if database.dialect == "postgresql":
        own = [values for text, values in sent if text.startswith("INSERT INTO project ")]
        assert len(own) > 2
        assert sum(len(values[0]) > 2000 for values in own) == 1


async def test_nothing_to_write_is_no_statement(database: Database) -> None:
    async with database.transaction() as transaction:
        with recorded(database) as sent:
            await log.LOG.insert(transaction, [])
    assert sent == []


@pytest.mark.parametrize("many", [1, 10**6], ids=["together", "each"])
async def test_rows_that_are_taken_out_are_those_of_the_keys_and_no_other(
    database: Database, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    await store_documents(database, _documents())
    there = await TRANSACTIONS.by_project(database, ["full-1", "full-2"])
    monkeypatch.setattr(insertion, "MANY", many)
    kept = there["full-1"][1::2]
    async with database.transaction() as transaction:
        await TRANSACTIONS.replace(transaction, there["full-1"], kept)
    left = await TRANSACTIONS.by_project(database, ["full-1", "full-2"])
    assert 0 < len(kept) < len(there["full-1"])
    assert left == {"full-1": kept, "full-2": there["full-2"]}


async def test_postgresql_hears_two_statements_for_a_list_however_many_rows_differ(
    database: Database,
) -> None:
    await store_documents(database, [make_full_document("p")])
    rows = (await PARTNERS.by_project(database, ["p"]))["p"]
    longer = [rows[0]._replace(position=place, name=f"{place}") for place in range(9)]
    for count in (2, 9):
        with statements(database) as sent:
            async with database.transaction() as transaction:
                await PARTNERS.replace(transaction, rows, longer[:count])
                await PARTNERS.replace(transaction, longer[:count], rows)
        # Values for each of several rows would be a list of rows, each of which the server hears by itself.
        several = [text for text, values in sent if isinstance(values, list) and len(values) > 1]
        assert len(sent) == 4
        assert len(several) == (0 if database.dialect == "postgresql" else 4)
