"""The states of a project and what they allow, and its workflow steps."""

from __future__ import annotations

from typing import Any

from .drafts import Draft, Fault, Given, Refused, State, moment
from .elements import put

# The table of states of the contract: for each state the actions it allows, with what becomes of the status.
SAME, GIVEN = "same", "given"
NEW = {
    "acceptWorkflowStep": "Active",
    "declineWorkflowStep": SAME,
    "goToWorkflowStep": "Active",
    "acceptPartnerRequest": "Active",
    "declinePartnerRequest": SAME,
    "cancelProject": GIVEN,
    "updateProjectStatus": GIVEN,
}
GOING = dict.fromkeys(NEW, SAME) | {"cancelProject": GIVEN, "updateProjectStatus": GIVEN}
ON_HOLD = {"activateProject": "Active", "cancelProject": GIVEN, "updateProjectStatus": GIVEN}
FINISHED = {
    "declineWorkflowStep": "Active",
    "goToWorkflowStep": "Active",
    "updateProjectStatus": GIVEN,
}
CANCELLED = {"activateProject": "Active", "updateProjectStatus": GIVEN}
STATES = {
    "New": NEW,
    "OnHold": ON_HOLD,
    "Completed": FINISHED,
    "WorkflowCompleted": FINISHED,
    "CancelledByCustomer": CANCELLED,
    "CancelledByPartner": CANCELLED,
    "CancelledByInternal": CANCELLED,
}
ACTIONS = [*NEW, "activateProject"]


def effects(state: State) -> dict[str, str]:
    """What the project's state allows."""
    return STATES.get(state["status"], GOING)


def steps_of(state: State) -> list[State]:
    """The steps in the order of the workflow."""
    return sorted(state["workflowSteps"], key=lambda step: step["index"])


def current_of(state: State) -> State | None:
    """The step the project is at."""
    return next((step for step in state["workflowSteps"] if step["current"]), None)


def place_of(state: State) -> int | None:
    """Its place in the order of the workflow."""
    return next((at for at, step in enumerate(steps_of(state)) if step["current"]), None)


def refusal(action: str, state: State, kind: dict[str, Any]) -> Fault | None:
    """Why an action cannot be done, whatever its input."""
    fault = _reason(action, state, kind)
    if fault is None or fault.code == "NOT_FOUND":
        return fault
    possible = [name for name in ACTIONS if _reason(name, state, kind) is None]
    return fault._replace(told=(("allowedActions", sorted(possible)),))


def _reason(action: str, state: State, kind: dict[str, Any]) -> Fault | None:
    place, count = place_of(state), len(state["workflowSteps"])
    if action not in effects(state):
        return Fault("INVALID_STATE", ("projectId",))
    if action in ("acceptPartnerRequest", "declinePartnerRequest"):
        has_partner = state["partner"] or state["partners"]
        return None if has_partner else Fault("NOT_FOUND", ("partnerId",))
    if action == "goToWorkflowStep" and not count:
        return Fault("NOT_FOUND", ("workflowStepId",))
    if action == "acceptWorkflowStep" and (place is None or place == count - 1):
        finishes = place is not None and kind["finishOnLastStep"]
        return None if finishes else Fault("NO_NEXT_STEP", ("projectId",))
    if action == "declineWorkflowStep" and not place:
        return Fault("NO_PREVIOUS_STEP", ("projectId",))
    return None


def require(draft: Draft, action: str, given: Given) -> None:
    """Refuses an action that was meant for another step, or that cannot be done."""
    current = current_of(draft.state)
    meant = given.get("fromStepId")
    if meant is not None and (current is None or meant != current["id"]):
        raise Refused(Fault("STEP_MOVED", ("fromStepId",)))
    fault = refusal(action, draft.state, draft.kind)
    if fault is not None:
        raise Refused(fault)


def _become(draft: Draft, action: str) -> None:
    status = effects(draft.state)[action]
    if status not in (SAME, GIVEN):
        draft.state["status"] = status


def _enter(draft: Draft, place: int) -> None:
    """Comes to a step: going on completes the one that is left, going back takes that back."""
    steps, before = steps_of(draft.state), place_of(draft.state)
    target, left = steps[place], steps[before or 0]
    if before != place:
        left["dateCompleted"] = draft.now if place > (before or 0) else None
    left["current"], target["current"] = False, True
    if place > (before or 0) or target["startDate"] is None:
        target["startDate"] = draft.now
    target["dateCompleted"] = None
    draft.note["previousWorkflowStepName"] = left["name"]
    draft.note["newWorkflowStepName"] = target["name"]


def _due(draft: Draft, given: Given) -> None:
    """The deadline of a step that was come to."""
    current = current_of(draft.state)
    asked = given.get("deadline")
    own = draft.kind["deadlines"].get(current["id"]) if current else None
    draft.state["deadline"] = moment(asked) if asked else own


def accept(draft: Draft, given: Given) -> None:
    """Goes on, and on the last step of a type that finishes there completes the project."""
    require(draft, "acceptWorkflowStep", given)
    place, steps = place_of(draft.state), steps_of(draft.state)
    assert place is not None
    _become(draft, "acceptWorkflowStep")
    if place == len(steps) - 1:
        draft.state["status"] = "Completed"
        steps[-1]["dateCompleted"] = draft.now
        return
    _enter(draft, place + 1)
    _due(draft, given)
    draft.note["dueDate"] = draft.state["deadline"]


def decline(draft: Draft, given: Given) -> None:
    """Goes back."""
    require(draft, "declineWorkflowStep", given)
    _become(draft, "declineWorkflowStep")
    _enter(draft, (place_of(draft.state) or 0) - 1)
    _due(draft, given)
    draft.note["dueDate"] = draft.state["deadline"]


def go_to(draft: Draft, given: Given) -> None:
    """Goes to any step; at the one the project is at nothing moves, unless that takes it up again."""
    require(draft, "goToWorkflowStep", given)
    ids = [step["id"] for step in steps_of(draft.state)]
    if given["workflowStepId"] not in ids:
        raise Refused(Fault("NOT_FOUND", ("workflowStepId",)))
    place = ids.index(given["workflowStepId"])
    if place == place_of(draft.state) and effects(draft.state) is not FINISHED:
        if given.get("deadline") is not None:
            draft.state["deadline"] = moment(given["deadline"])
    else:
        _become(draft, "goToWorkflowStep")
        _enter(draft, place)
        _due(draft, given)
    draft.note["dueDate"] = draft.state["deadline"]


def answered(draft: Draft, action: str) -> None:
    """What follows of a partner's answer: a step, where there is one to go to; the deadline stays."""
    _become(draft, action)
    place = place_of(draft.state)
    there = -1 if place is None else place + (1 if action == "acceptPartnerRequest" else -1)
    if 0 <= there < len(draft.state["workflowSteps"]):
        _enter(draft, there)
        draft.note["dueDate"] = draft.state["deadline"]


def activate(draft: Draft, given: Given) -> None:
    """Takes up what is on hold or cancelled."""
    require(draft, "activateProject", {})
    if effects(draft.state) is CANCELLED:
        draft.state |= dict.fromkeys(("canceled", "cancellationCode", "cancellationReason"))
    _become(draft, "activateProject")
    current = current_of(draft.state)
    own = draft.kind["deadlines"].get(current["id"]) if current else None
    draft.state["deadline"] = own or draft.state["deadline"]


def cancel(draft: Draft, given: Given) -> None:
    """Cancels, with who did it and why."""
    require(draft, "cancelProject", {})
    put(draft, draft.state, given, {"cancellationCode": "text", "cancellationReason": "text"})
    draft.state["canceled"] = draft.now
    draft.state["status"] = f"CancelledBy{given['cancelledBy'].capitalize()}"


def set_status(draft: Draft, given: Given) -> None:
    """Any status that is not blank."""
    require(draft, "updateProjectStatus", {})
    if not given["status"].strip():
        draft.fault("INVALID_VALUE", "status")
    put(draft, draft.state, given, {"status": "key"})
