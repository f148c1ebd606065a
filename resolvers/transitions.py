"""What each action does to a project in each state, as one table; source: the table of effects of the order system.

Accepting the last step is the one thing beside the table: it completes the project where the type says so.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple

from ..data import statuses
from .errors import InvalidState, NotFound, Refused
from .situations import Situation, State

KEPT, GIVEN = "the status as it is", "the status that the action names"
NO = None


class Move(Enum):
    """Where the workflow goes."""

    NEXT = auto()
    BACK = auto()
    NAMED = auto()
    # A partner's answer counts also where there is no step to go to.
    NEXT_IF_ANY = auto()
    BACK_IF_ANY = auto()
    STAY = auto()


class Due(Enum):
    """What becomes of the project's deadline."""

    # The one given, else the new step's own, else none.
    ENTERED = auto()
    # That of the current step, if it has one of its own.
    CURRENT = auto()
    KEPT = auto()


class Transition(NamedTuple):
    """An action: the status it leads to from each state (NO: it is refused), how the step moves, and the deadline."""

    new: str | None
    going: str | None
    on_hold: str | None
    finished: str | None
    cancelled: str | None
    move: Move
    due: Due

    def status(self, state: State) -> str | None:
        """What the action makes of a status in a state; NO when it is refused."""
        return self[:5][list(State).index(state)]


ACTIVE = statuses.ACTIVE
# fmt: off
TRANSITIONS = {
    #                                     New     going   on hold finished cancelled  the step          the deadline
    "acceptWorkflowStep":      Transition(ACTIVE, KEPT,   NO,     NO,      NO,        Move.NEXT,        Due.ENTERED),
    "declineWorkflowStep":     Transition(KEPT,   KEPT,   NO,     ACTIVE,  NO,        Move.BACK,        Due.ENTERED),
    "goToWorkflowStep":        Transition(ACTIVE, KEPT,   NO,     ACTIVE,  NO,        Move.NAMED,       Due.ENTERED),
    "acceptPartnerRequest":    Transition(ACTIVE, KEPT,   NO,     NO,      NO,        Move.NEXT_IF_ANY, Due.KEPT),
    "declinePartnerRequest":   Transition(KEPT,   KEPT,   NO,     NO,      NO,        Move.BACK_IF_ANY, Due.KEPT),
    "activateProject":         Transition(NO,     NO,     ACTIVE, NO,      ACTIVE,    Move.STAY,        Due.CURRENT),
    "cancelProject":           Transition(GIVEN,  GIVEN,  GIVEN,  NO,      NO,        Move.STAY,        Due.KEPT),
    "updateProjectStatus":     Transition(GIVEN,  GIVEN,  GIVEN,  GIVEN,   GIVEN,     Move.STAY,        Due.KEPT),
}
# fmt: on
PARTNER_REQUESTS = ("acceptPartnerRequest", "declinePartnerRequest")


class _Reason(NamedTuple):
    """Why an action is not possible, whoever asks for it with whatever input."""

    code: str
    message: str
    path: list[str]


def refusal(action: str, situation: Situation) -> Refused | None:
    """Why no request for an action can succeed in a situation; None when one can."""
    reason = _reason(action, situation)
    if reason is None:
        return None
    if reason.code == NotFound.code:
        return NotFound(reason.message, reason.path)
    possible = allowed(situation)
    message = f"{reason.message}; possible now: {', '.join(possible)}"
    return InvalidState(message, reason.path, possible, code=reason.code)


def allowed(situation: Situation) -> list[str]:
    """The names of the actions that can succeed in a situation."""
    return [action for action in TRANSITIONS if _reason(action, situation) is None]


def is_last(situation: Situation) -> bool:
    """Whether there is no step to go on to. A project that is at none of its steps goes on to the first one."""
    place = -1 if situation.place is None else situation.place
    return place + 1 >= len(situation.steps)


def finishes(situation: Situation) -> bool:
    """Whether accepting the step that the project is at completes it."""
    kind = situation.kind
    at_last = situation.place is not None and is_last(situation)
    return at_last and kind is not None and kind.finish_on_last_step


def _reason(action: str, situation: Situation) -> _Reason | None:
    transition, path = TRANSITIONS[action], ["projectId"]
    if transition.status(situation.state) is NO:
        message = f"{action} is not possible while the status is {situation.status}"
        return _Reason(InvalidState.code, message, path)
    if action in PARTNER_REQUESTS and not situation.partners:
        message = "the project has no partner; addProjectPartners adds one"
        return _Reason(NotFound.code, message, ["partnerId"])
    if transition.move is Move.NAMED and not situation.steps:
        return _Reason(NotFound.code, "the project has no workflow steps", ["workflowStepId"])
    if transition.move is Move.NEXT and is_last(situation) and not finishes(situation):
        where = "at the last step, and its type does not finish there"
        message = (
            f"the project is {where}" if situation.steps else "the project has no workflow steps"
        )
        return _Reason("NO_NEXT_STEP", message, path)
    if transition.move is Move.BACK and not situation.place:
        where = "at the first step" if situation.place == 0 else "at none of its workflow steps"
        return _Reason("NO_PREVIOUS_STEP", f"the project is {where}", path)
    return None
