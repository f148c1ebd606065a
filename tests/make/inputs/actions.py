"""Inputs of the workflow, of partners, and of what people say."""

from __future__ import annotations

from random import Random
from typing import Any

from .chance import (
    PARTNERS,
    STATUSES,
    TIMES,
    given,
    happens,
    ids,
    one_of,
    some,
    text,
)
from .fields import PARTNER


def plain(random: Random, state: dict[str, Any]) -> dict[str, Any]:
    """Nothing but a comment, if that."""
    return {"comment": random.choice(["", "Åse said so"])} if happens(random, 30) else {}


def step(random: Random, state: dict[str, Any]) -> dict[str, Any]:
    """Maybe the step it is meant for, maybe a deadline."""
    asked = plain(random, state)
    if happens(random, 25):
        current = [one["id"] for one in state["workflowSteps"] if one["current"]]
        asked["fromStepId"] = one_of(random, current)
    if happens(random, 30):
        asked["deadline"] = random.choice(TIMES)
    return asked


def named_step(random: Random, state: dict[str, Any]) -> dict[str, Any]:
    """To one of the steps, or to one that is not there."""
    steps = [one["id"] for one in state["workflowSteps"]]
    return step(random, state) | {"workflowStepId": one_of(random, steps)}


def status(random: Random, state: dict[str, Any]) -> dict[str, Any]:
    """Any status; now and then one that cannot be."""
    wanted = random.choice([" ", "x" * 301]) if happens(random, 8) else random.choice(STATUSES)
    return plain(random, state) | {"status": wanted}


def cancel(random: Random, state: dict[str, Any]) -> dict[str, Any]:
    """By somebody, with a reason or without."""
    names = ["cancellationCode", "cancellationReason"]
    why = {name: text(random) for name in some(random, names)}
    by = random.choice(["CUSTOMER", "PARTNER", "INTERNAL"])
    return plain(random, state) | why | {"cancelledBy": by}


def new_partners(random: Random, state: dict[str, Any]) -> dict[str, Any]:
    """Some partners, of those that are there too."""
    chosen = some(random, PARTNERS, 2) or PARTNERS[:1]
    if happens(random, 8):
        chosen = random.choice([[], [*chosen, *chosen]])
    return {"partners": [{"id": one} | given(random, PARTNER) for one in chosen]}


def _partners(state: dict[str, Any]) -> list[str]:
    single = [state["partner"]["id"]] if state["partner"] else []
    return list(dict.fromkeys([*single, *(one["id"] for one in state["partners"])]))


def partner_ids(random: Random, state: dict[str, Any]) -> dict[str, Any]:
    """Some of the partners."""
    return {"partnerIds": ids(random, _partners(state))}


def answer(random: Random, state: dict[str, Any]) -> dict[str, Any]:
    """Of one of the partners, or of one who is not."""
    there = _partners(state)
    asked = step(random, state)
    asked.pop("deadline", None)
    return asked | {"partnerId": one_of(random, there)}


def log_item(random: Random, state: dict[str, Any]) -> dict[str, Any]:
    """A text; now and then a blank one."""
    due = {"dueDate": random.choice(TIMES)} if happens(random, 20) else {}
    blank = random.choice(["", " \t"])
    said = blank if happens(random, 10) else random.choice(["Called", "Æ"])
    return plain(random, state) | due | {"text": said}


def comment(random: Random, state: dict[str, Any]) -> dict[str, Any]:
    """Of one of the types, maybe an answer; now and then of no type, blank, or an answer to nothing."""
    kinds = ["ProjectCustomerComment", "ProjectInternalComment", "ProjectPartnerComment"]
    said: dict[str, Any] = {"detail": random.choice(["When?", "Tomorrow"])}
    if happens(random, 70):
        said["type"] = random.choice(kinds)
    if happens(random, 30):
        said["title"] = "Ø"
    if happens(random, 30):
        there = [one["id"] for one in [*state["comments"], *state["customerComments"]]]
        said["parentId"] = one_of(random, there)
    if happens(random, 10):
        said |= random.choice([{"detail": " "}, {"type": "Other"}, {"detail": "a\0b"}])
    return said
