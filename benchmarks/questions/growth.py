"""Does a page cost more when there are a hundred times as many projects?"""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from statistics import median
from types import SimpleNamespace
from typing import Any

from benchmarks import servers
from benchmarks.processes import used_by
from benchmarks.stage import Stage, told
from projectgate.data.filters import fingerprint
from projectgate.data.search import ProjectSortOrder
from projectgate.resolvers.cursors import Cursors

REPEATS = 100
# A list that takes long is asked for less often, after so many seconds.
LONGEST = 10
_WARM, _LEAST = 5, 3
_QUERY = """
query Page($after: String, $query: String, $sortOrder: ProjectSortOrder) {
  projects(first: 20, after: $after, query: $query, sortOrder: $sortOrder) {
    nodes { id projectNumber name status created projectValue }
    pageInfo { hasNextPage endCursor }
  }
}
"""
# Keys are spread over the rows, and a tenth of those that may be missing is. The multiplier is prime to both sizes.
_FILL = """
insert into project (
  id, project_number, name, type, project_type_name, status, created, modified, deadline, store_id,
  project_value, project_budget_value, project_additional_value, version,
  project_type_name_key, customer_key, partner_key, store_contact_key, workflow_step_key
)
select
  'growth-' || lpad(n::text, 7, '0'), 'PN' || n, 'Claim for order ' || n, 'claim', 'Claim', 'Active',
  at, at + interval '1 day' * (n % 20),
  case when n % 10 > 0 then at + interval '1 day' * (n % 60) end, 'store-' || n % 40,
  (spread % 90000) + 0.5, 0, 0, 1,
  case when n % 10 > 0 then 'type ' || n % 6 end,
  case when n % 10 > 1 then 'customer ' || spread % 5000 end,
  case when n % 10 > 2 then 'partner ' || spread % 500 end,
  case when n % 10 > 3 then 'contact ' || spread % 5000 end,
  case when n % 10 > 4 then 'step ' || n % 8 end
from (
  select n, spread, timestamptz '2026-06-01T12:00:00Z' - interval '20 seconds' * spread as at
  from (select n, (n * 7919::bigint) % {count} as spread from generate_series(1, {count}) as n) as numbered
) as spread_out;
"""
# A rare word is in 20 projects whatever their number, a common one in a hundredth of them.
_WORDS = """
insert into project_text (project_id, terms)
select 'growth-' || lpad(n::text, 7, '0'),
  array_to_tsvector(array['growth', 'rare' || n / 20 || 'x', 'common' || n % 100 || 'x'])
from generate_series(1, {count}) as n;
"""


def answer(stage: Stage) -> dict[str, Any]:
    """By list what it costs with few and with many projects, and the ratio. Units: milliseconds."""
    options = stage.options
    counts = (options.small, options.large)
    with ExitStack() as started:
        names = [_filled(stage, count) for count in counts]
        lists = [_lists(stage, *pair) for pair in zip(names, counts, strict=True)]
        running = [
            started.enter_context(
                servers.running(servers.ours(stage.postgres.url(name), name=f"growth-{count}"))
            )
            for name, count in zip(names, counts, strict=True)
        ]
        told(f"Growth from {options.small:,} to {options.large:,} projects, a page of 20:")
        found: dict[str, dict[str, float]] = {}
        for name in lists[0]:
            one = found[name] = _compared(running, [by_name[name] for by_name in lists])
            shown = f"{one['small']:10.2f} ms{one['large']:10.2f} ms{one['ratio']:8.2f}x"
            told(f"  {name:55}{shown}")
    for name in names:
        stage.postgres.run(f"drop database {name}")
    return {"small": options.small, "large": options.large, "lists": found}


def _filled(stage: Stage, count: int) -> str:
    """A database with so many projects of their own row only; indexes are made when the rows are there."""
    told(f"Making {count:,} projects ...")
    name = stage.postgres.create(f"growth_{count}")
    used_by(servers.program("migrate"), servers.environment(stage.postgres.url(name)))
    made = stage.postgres.run(
        "select indexdef from pg_indexes where tablename in ('project', 'project_text') "
        "and indexname not like 'pk_%'",
        name,
    )
    dropped = stage.postgres.run(
        "select indexname from pg_indexes where tablename in ('project', 'project_text') "
        "and indexname not like 'pk_%'",
        name,
    )
    drops = "".join(f"drop index {index};\n" for index in dropped.splitlines())
    indexes = ";\n".join(made.splitlines())
    script = drops + _FILL.format(count=count) + _WORDS.format(count=count) + indexes + ";"
    stage.postgres.run(script, name)
    stage.postgres.settle(name)
    return name


def _lists(stage: Stage, name: str, count: int) -> dict[str, dict[str, Any]]:
    """The lists to read, by name: the variables of the query."""
    lists: dict[str, dict[str, Any]] = {
        f"first page, {sort.value}": {"sortOrder": sort.value} for sort in ProjectSortOrder
    }
    deep = count // 2
    for sort in (ProjectSortOrder.CREATED_DESCENDING, ProjectSortOrder.CUSTOMER_ASCENDING):
        cursor = _cursor(stage, name, sort, deep)
        lists[f"half-way, {sort.value}"] = {"sortOrder": sort.value, "after": cursor}
    newest = ProjectSortOrder.CREATED_DESCENDING.value
    lists["search, 20 hits"] = {"sortOrder": newest, "query": "rare17x"}
    lists["search, a hundredth of all"] = {"sortOrder": newest, "query": "common17x"}
    return lists


def _cursor(stage: Stage, name: str, sort: ProjectSortOrder, place: int) -> str:
    """The cursor of the row at a place of an order, as the page that ends there would give it."""
    cursors = Cursors(sort, fingerprint(None, None))
    column = cursors.order.key.name
    direction = "desc" if cursors.order.descending else "asc"
    row = stage.postgres.run(
        f"set timezone = 'UTC';\n"
        f"select id, {column} from project "
        f"order by {column} {direction} nulls last, id {direction} offset {place} limit 1",
        name,
    )
    row_id, _, text = row.partition("|")
    key = datetime.fromisoformat(text).astimezone(UTC) if column == "created" else text
    return cursors.of(SimpleNamespace(id=row_id, **{column: key}))


def _compared(
    running: Sequence[servers.Server], variables: Sequence[dict[str, Any]]
) -> dict[str, float]:
    """The medians of one list, asked of both servers in turn on connections that stay open."""
    times: list[list[float]] = [[], []]
    bodies = [json.dumps({"query": _QUERY, "variables": given}) for given in variables]
    for server, body in zip(running, bodies, strict=True):
        if not server.data(body)["projects"]["nodes"]:
            raise LookupError(f"{server.kind.name} has no row for {body}")
    asked = [_Asked(server, body) for server, body in zip(running, bodies, strict=True)]
    last = time.monotonic() + LONGEST
    for turn in range(_WARM + REPEATS):
        # Each goes first as often as the other.
        for place in (0, 1) if turn % 2 else (1, 0):
            taken = asked[place].once()
            if turn >= _WARM:
                times[place].append(taken)
        if time.monotonic() > last and turn > _WARM + _LEAST:
            break
    small, large = map(median, times)
    return {
        "small": round(small, 3),
        "large": round(large, 3),
        "ratio": round(large / small, 3),
    }


class _Asked:
    """A request that is sent again and again on one connection."""

    def __init__(self, server: servers.Server, body: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port)
        self._headers = {"Content-Type": "application/json", **server.kind.headers}
        self._body = body

    def once(self) -> float:
        """Milliseconds until the answer."""
        begun = time.perf_counter()
        try:
            self._connection.request("POST", "/graphql", self._body, self._headers)
            self._connection.getresponse().read()
        except (BrokenPipeError, ConnectionResetError, http.client.RemoteDisconnected):
            # The other server took so long that this one gave the connection up.
            self._connection.close()
            return self.once()
        return 1000 * (time.perf_counter() - begun)
