"""`python -m benchmarks [QUESTION ...]`: measures, tells, keeps the record and writes the page of results."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any

from . import postgres, records, report
from .bounds import judged
from .documents import ROOT
from .questions import databases, exports, growth, imports, peers, workers
from .stage import Options, Stage, told

QUESTIONS: dict[str, Callable[[Stage], dict[str, Any]]] = {
    "peers": peers.answer,
    "databases": databases.answer,
    "workers": workers.answer,
    "imports": imports.answer,
    "exports": exports.answer,
    "growth": growth.answer,
}


def arguments(given: list[str]) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "questions",
        nargs="*",
        metavar="QUESTION",
        help=f"what to measure, of {', '.join(QUESTIONS)}, or `page` to write the page only; none: all",
    )
    for option in fields(Options):
        kind = type(option.default)
        parser.add_argument(f"--{option.name.replace('_', '-')}", type=kind, default=option.default)
    parser.add_argument("--forget", action="store_true", help="keep no record of this run")
    asked = parser.parse_args(given)
    unknown = set(asked.questions) - {*QUESTIONS, "page"}
    if unknown:
        parser.error(f"there is no question {', '.join(sorted(unknown))}")
    return asked


def main(given: list[str]) -> None:
    """Measures what is asked for."""
    asked = arguments(given)
    # Whoever ends it ends the servers that it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if asked.questions != ["page"]:
        _measure(asked, given)
    if not asked.forget:
        told(f"Written: {report.write().relative_to(ROOT)}")


def _measure(asked: argparse.Namespace, given: list[str]) -> None:
    names = [name for name in QUESTIONS if not asked.questions or name in asked.questions]
    options = Options(**{option.name: getattr(asked, option.name) for option in fields(Options)})
    begun = datetime.now(UTC)
    with postgres.running() as server:
        stage = Stage(server, options)
        made = records.record(server, given, asdict(options), begun)
        for name in names:
            told(f"\n== {name}: {(sys.modules[QUESTIONS[name].__module__].__doc__ or '').strip()}")
            made["answers"][name] = QUESTIONS[name](stage)
    told("\n== bounds")
    for one in judged(made["answers"]):
        sign, verdict = ("≥" if one.at_least else "≤"), ("met" if one.met else "MISSED")
        told(f"  {one.what:62}{one.value:10.2f}  {sign} {one.bound:<8g}{verdict}")
    if not asked.forget:
        told(f"Written: {records.written(made).relative_to(ROOT)}")


if __name__ == "__main__":
    main(sys.argv[1:])
