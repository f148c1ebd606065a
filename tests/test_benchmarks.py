"""The parts of the benchmarks that are arithmetic, texts and documents; no server is started."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks import bounds, chart, documents, figures, load, records, report, workloads
from benchmarks.__main__ import QUESTIONS, arguments
from benchmarks.stage import Options
from projectgate.resolvers.incoming import parsed

PEERS = Path(report.__file__).parent / "peers"
README = Path(__file__).parents[1] / "README.md"
# Servers as the README calls them.
CALLED = {
    "projectgate": "projectgate",
    "PostGraphile 5": "postgraphile",
    "mercurius with graphql-jit": "mercurius",
    "Strawberry with SQLAlchemy's ORM and aiodataloader": "plain",
    "written by hand, without GraphQL": "limit",
}


def rows_of(document: dict[str, Any]) -> int:
    return 1 + sum(len(value) for value in document.values() if isinstance(value, list))


def test_documents_have_sixteen_rows_and_can_be_imported() -> None:
    made = list(documents.documents(20))
    assert {rows_of(document) for document in made} == {documents.ROWS} == {16}
    assert [parsed(document).id for document in made] == [
        documents.project_id(n) for n in range(20)
    ]


def test_documents_of_one_number_are_the_same_and_fewer_are_the_beginning_of_more() -> None:
    assert list(documents.documents(5)) == list(documents.documents(9))[:5]
    assert list(documents.documents(5)) != list(documents.documents(5, seed=2))


def test_repeated_documents_have_ids_of_their_own() -> None:
    ids = [document["id"] for document in documents.repeated(130)]
    assert len(set(ids)) == 130


def test_a_ratio_is_that_of_the_medians() -> None:
    assert figures.ratio([1, 4, 3], [2, 4, 2]) == 1.5
    assert figures.Series(cpu=[3, 1, 2]).medians() == {"cpu": 2}


def test_sizes_may_differ_by_less_than_fifteen_percent() -> None:
    figures.require_equal_sizes({"one": 100, "other": 114})
    with pytest.raises(figures.SizesDiffer, match="one 100, other 116"):
        figures.require_equal_sizes({"one": 100, "other": 116})


def test_answers_of_all_servers_name_the_same_rows() -> None:
    project = {"id": "a", "products": [{"id": "b"}], "partners": [], "transactions": [{"id": "c"}]}
    found = [workloads.Content("a", ("b",), (), ("c",))]
    for data in (
        {"project": project},
        {"projects": [project]},
        {"projects": {"nodes": [project]}},
        {"first": {"clientMutationId": None}, "third": {"line": {"project": project}}},
    ):
        assert workloads.contents(data) == found


@pytest.mark.parametrize("language", ["gateway", "postgraphile"])
@pytest.mark.parametrize("workload", workloads.NAMES)
def test_every_workload_has_requests_in_every_language(workload: str, language: str) -> None:
    requests = workloads.bodies(workload, language, 1000)
    assert requests == workloads.bodies(workload, language, 1000)
    assert all("query" in json.loads(body) for body in requests)


def test_writes_differ_from_those_before_them_and_those_of_other_laps() -> None:
    laps = [workloads.bodies("m1", "gateway", 1000, lap) for lap in (1, 2)]
    assert len({body for lap in laps for body in lap}) == 4 * workloads.DRAWN


def test_an_answer_with_errors_ends_the_load() -> None:
    order = load.Order(1, {}, ["{}"], 1, 1, expected='"id"')
    measuring = load.Load(order)
    measuring.take(b"HTTP/1.1 200 OK", b'{"data":{"id":1,"userErrors":[]}}', 0.1)
    for head, body in (
        (b"HTTP/1.1 500 Oh", b'{"data":{"id":1}}'),
        (b"HTTP/1.1 200 OK", b'{"data":{"id":1},"errors":[]}'),
        (b"HTTP/1.1 200 OK", b'{"data":{}}'),
    ):
        with pytest.raises(load.WrongAnswer):
            measuring.take(head, body, 0.1)


def series(cpu: float) -> dict[str, list[float]]:
    return {name: [cpu] for name in ("cpu", "database", "rate", "p50", "p95", "size")}


def run(cpu: float) -> dict[str, Any]:
    """The record of a run in which a page costs so much here, and 2 elsewhere."""
    servers = {name: series(2.0) for name in ("postgraphile", "mercurius", "plain", "limit")}
    counts = {"page": 4, "one": 4, "flat": 1, "m1": 9, "page of 1": 4, "page of 100": 4}
    counts |= {"m1 of 1": 9, "m1 of 8": 9}
    return {
        "date": "2026-01-31T12:00Z",
        "commit": "abc",
        "command": "python -m benchmarks",
        "options": {},
        "machine": {"cpu": "Some CPU", "cores": 2, "memory_gigabytes": 8, "system": "Linux"},
        "versions": {"python": "3.11.7"},
        "answers": {
            "peers": {
                "workloads": {"page": {"projectgate": series(cpu), **servers}},
                "statements": counts,
            },
            "exports": {"2000": used(100), "20000": used(101)},
            "imports": {"omnium": {"documents": 5, "start_cpu_seconds": 1.0} | used(9, rate=900)},
        },
    }


def used(peak: int, rate: int = 0) -> dict[str, float]:
    return {"peak_bytes": peak, "cpu_seconds": 1.0, "seconds": 1.0, "per_cpu_second": rate}


def test_the_median_of_runs_is_judged() -> None:
    table = {
        what: (values, middle)
        for what, values, middle in bounds.over_runs(
            [run(cpu)["answers"] for cpu in (0.8, 0.5, 1.8)]
        )
    }
    values, middle = table["page, CPU ÷ PostGraphile"]
    assert (values, middle.value, middle.met) == ([0.4, 0.25, 0.9], 0.4, True)
    assert not table["page, CPU ÷ mercurius"][1]._replace(value=0.9).met
    assert not table["import, omnium documents per second of own CPU"][1].met


def test_the_page_shows_the_bounds_of_the_last_three_runs(tmp_path: Path) -> None:
    for place, cpu in enumerate((9.9, 0.8, 0.5, 0.6)):
        records.written(run(cpu) | {"date": f"2026-01-31T12:0{place}Z"}, tmp_path)
    page = report.write(tmp_path).read_text()
    assert "| page, CPU ÷ PostGraphile | ≤ 0.45 | 0.40 | 0.25 | 0.30 | met |" in page
    assert "≥ 1,000 | 900 | 900 | 900 | **missed** |" in page
    assert ElementTree.parse(tmp_path / report.CHART).getroot().tag.endswith("svg")


def test_the_readme_quotes_the_newest_run() -> None:
    measured = report._newest(records.latest(report.RUNS), "peers")["workloads"]
    rows = {
        called: [
            f"{report._number(figures.Series(**measured[workload][server]).medians()['cpu'])} ms"
            for workload in ("page", "one", "flat")
        ]
        for called, server in CALLED.items()
    }
    table = README.read_text().partition("## What a request costs")[2].partition("\n## ")[0]
    cells = [line.strip("| ").split(" | ") for line in table.splitlines() if "ms |" in line]
    assert {called: shown for called, *shown in cells} == rows


def test_each_bound_that_was_missed_is_explained() -> None:
    runs = [one["answers"] for one in records.latest(report.RUNS)]
    text = (PEERS.parent / "README.md").read_text().partition("## What is not reached")[2]
    explained = text.partition("\n## ")[0]
    for what, _, middle in bounds.over_runs(runs):
        assert middle.met or f"`{what.partition(',')[0]}`" in explained, what


def test_a_bar_that_is_cut_is_no_longer_than_the_paper() -> None:
    bars = [chart.Bar("ours", 1, 0.5, ours=True), chart.Bar("slow <one>", 90, 1)]
    drawn = ElementTree.fromstring(chart.chart({"page": bars}, cut="slow <one>"))
    widths = [
        float(one.attrib["x"]) + float(one.attrib["width"]) for one in drawn[1:] if one.get("width")
    ]
    assert max(widths) <= chart.WIDTH - chart.RIGHT


def test_every_question_can_be_asked_with_every_option() -> None:
    asked = arguments([*QUESTIONS, "--rounds", "2", "--seconds", "0.5"])
    assert (asked.rounds, asked.seconds, asked.projects) == (2, 0.5, Options.projects)
    with pytest.raises(SystemExit):
        arguments(["weather"])


def test_the_packages_of_the_node_servers_are_pinned_without_download_addresses() -> None:
    wanted = json.loads((PEERS / "package.json").read_text())["dependencies"]
    locked = json.loads((PEERS / "package-lock.json").read_text())["packages"]
    assert all(locked[f"node_modules/{name}"]["version"] == pin for name, pin in wanted.items())
    assert all("integrity" in one and "resolved" not in one for name, one in locked.items() if name)
