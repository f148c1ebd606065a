"""The partners of a project, which its type may forbid, restrict or limit to one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .drafts import Draft, Fault, Given, Refused, State
from .elements import fresh, put, removed, some
from .workflow import answered, require

PARTNER = {"name": "text", "role": "text"}


def ids_of(state: State) -> list[str]:
    """The ids of all partners, the single one first."""
    single = [state["partner"]["id"]] if state["partner"] else []
    return list(dict.fromkeys([*single, *(one["id"] for one in state["partners"])]))


def refusal(mutation: str, state: State, kind: dict[str, Any]) -> Fault | None:
    """Why no partner can be added, or removed."""
    if mutation == "addProjectPartners" and kind["isPartnerDisabled"]:
        return Fault("PARTNER_NOT_ALLOWED", ("partners",))
    if mutation == "removeProjectPartners" and not ids_of(state):
        return Fault("NOT_FOUND", ("partnerIds",))
    return None


def judge(
    draft: Draft, before: list[str], named: Iterable[tuple[tuple[str | int, ...], str]]
) -> None:
    """Refuses the partners that a write brings and the type does not allow."""
    kind = draft.kind
    for path, wanted in named:
        if wanted in before:
            continue
        if kind["isPartnerDisabled"]:
            draft.fault("PARTNER_NOT_ALLOWED", *path)
            continue
        if kind["availablePartnerIds"] and wanted not in kind["availablePartnerIds"]:
            draft.fault("PARTNER_NOT_ALLOWED", *path)
        if not kind["canHaveMultiplePartners"] and set(ids_of(draft.state)) - {wanted}:
            draft.fault("PARTNER_NOT_ALLOWED", *path)


def add(draft: Draft, given: Given) -> None:
    """New ones are added, those that are there are updated."""
    state, before = draft.state, ids_of(draft.state)
    fault = refusal("addProjectPartners", state, draft.kind)
    if fault is not None:
        raise Refused(fault)
    named = []
    for place, one in enumerate(some(draft, given["partners"], "partners")):
        path = ("partners", place, "id")
        if not one["id"].strip():
            draft.fault("INVALID_VALUE", *path)
        elif one["id"] in [other["id"] for other in given["partners"][:place]]:
            draft.fault("DUPLICATE_UPDATE", *path)
        there = [state["partner"]] if state["partner"] else []
        known = {partner["id"]: partner for partner in [*there, *state["partners"]]}
        if one["id"] in known:
            put(draft, known[one["id"]], one, PARTNER, "partners", place)
        else:
            partner = fresh(PARTNER, id=one["id"])
            put(draft, partner, one, PARTNER, "partners", place)
            if draft.kind["canHaveMultiplePartners"] or state["partner"]:
                state["partners"].append(partner)
            else:
                state["partner"] = partner
        named.append((path, one["id"]))
    judge(draft, before, named)


def remove(draft: Draft, given: Given) -> None:
    """Of the list, and of the place of the single one."""
    state = draft.state
    fault = refusal("removeProjectPartners", state, draft.kind)
    if fault is not None:
        raise Refused(fault)
    gone = removed(draft, ids_of(state), given["partnerIds"], "partnerIds")
    if state["partner"] and state["partner"]["id"] in gone:
        state["partner"] = None
    state["partners"] = [one for one in state["partners"] if one["id"] not in gone]


def _answer(draft: Draft, action: str, given: Given) -> None:
    require(draft, action, given)
    if given["partnerId"] not in ids_of(draft.state):
        raise Refused(Fault("NOT_FOUND", ("partnerId",)))
    rejected = draft.state["rejectedByPartners"]
    if action == "acceptPartnerRequest":
        rejected = [one for one in rejected if one != given["partnerId"]]
    elif given["partnerId"] not in rejected:
        rejected = [*rejected, given["partnerId"]]
    draft.state["rejectedByPartners"] = rejected
    draft.always = True
    answered(draft, action)


def accept(draft: Draft, given: Given) -> None:
    """A yes, recorded each time it is said."""
    _answer(draft, "acceptPartnerRequest", given)


def decline(draft: Draft, given: Given) -> None:
    """A no, recorded each time it is said."""
    _answer(draft, "declinePartnerRequest", given)
