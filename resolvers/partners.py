"""The partners of a project: added, removed, and their answers to a request, which move the workflow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from ..data.base import dumps
from ..data.partners import ProjectPartner, SinglePartner
from ..data.projects import Project
from .commands import Applied, Command, Draft
from .edits import require_key
from .elements import some, without
from .errors import NotFound, Refused
from .inputs import Given, Path, made
from .partner_rules import judge_partners, none_allowed, partner_ids
from .situations import Situation
from .workflow import StepAction

NO_PARTNER = "the project has no partner"


@dataclass(frozen=True, kw_only=True)
class AddProjectPartners(Command):
    """Adds partners as the project's type allows. Source: POST Partners, PUT partner."""

    operation: ClassVar[str] = "addProjectPartners"

    partners: list[Given]

    def type_ids(self, project: Project | None) -> set[str]:
        """The project's own type."""
        return {project.type} if project and project.type else set()

    @classmethod
    def guard(cls, situation: Situation) -> Refused | None:
        """The type must have partners at all."""
        return none_allowed(situation.kind, ["partners"])

    def apply(self, draft: Draft) -> Applied:
        """A partner that is there already is updated; of a type with one partner it is the single one."""
        project, faults = draft.project, draft.faults
        there = partner_ids(project)
        named, seen = [], set[str]()
        for place, element in enumerate(some(self.partners, ["partners"], faults)):
            path: Path = ["partners", place]
            require_key("partners", element["id"], seen, path, faults)
            _put(project, draft, element, path)
            named.append(([*path, "id"], element["id"]))
        judge_partners(project, named, there, draft.kind, faults)
        return Applied()


def _put(project: Project, draft: Draft, element: Given, path: Path) -> None:
    """Adds a partner, or updates the one that is there."""
    partners = list(project.partners or ())
    place = next((at for at, one in enumerate(partners) if one.id == element["id"]), None)
    single = project.partner
    if place is not None:
        updated = made(ProjectPartner, element, path, draft.faults, partners[place])
        if updated is not None:
            partners[place] = updated
            project.partners = partners
        return
    is_single = single is not None and single.id == element["id"]
    one_only = draft.kind is not None and not draft.kind.can_have_multiple_partners
    if is_single or (one_only and single is None):
        made_single = made(
            SinglePartner, element, path, draft.faults, single if is_single else None
        )
        project.partner = made_single or single
        return
    added = made(ProjectPartner, element, path, draft.faults)
    if added is not None:
        project.partners = [*partners, added]


@dataclass(frozen=True, kw_only=True)
class RemoveProjectPartners(Command):
    """Takes partners off a project. Source: DELETE Partners, DELETE partner."""

    operation: ClassVar[str] = "removeProjectPartners"

    partner_ids: list[str]

    @classmethod
    def guard(cls, situation: Situation) -> Refused | None:
        """There must be one."""
        return None if situation.partners else NotFound(NO_PARTNER, ["partnerIds"])

    def apply(self, draft: Draft) -> Applied:
        """From the list and from the place of the single one, of any type."""
        project = draft.project
        kept = without(partner_ids(project), self.partner_ids, ["partnerIds"], draft.faults)
        if project.partner is not None and project.partner.id not in kept:
            project.partner = None
        if project.partners:
            project.partners = [one for one in project.partners if one.id in kept]
        return Applied()


@dataclass(frozen=True, kw_only=True)
class PartnerRequest(StepAction):
    """A partner's answer to a request: recorded, and followed by the workflow where there is a step to go to."""

    partner_id: str

    def answered(self, draft: Draft, rejected: list[str]) -> Applied:
        """Records the answer, with the partners that have turned the project down since."""
        project = draft.project
        partner = next((one for one in _all(project) if one.id == self.partner_id), None)
        if partner is None:
            known = ", ".join(map(repr, partner_ids(project)))
            raise NotFound(
                f"the project has no partner {self.partner_id!r}; it has {known}", ["partnerId"]
            )
        if rejected != (project.rejected_by_partners or []):
            project.rejected_by_partners = rejected
        data = {"partnerId": partner.id, "partnerName": partner.name}
        done = self.moved(draft, data=dumps(data).decode())
        return Applied(note=done.note, logged=True)


def _all(project: Project) -> list[Any]:
    return [*([project.partner] if project.partner else []), *(project.partners or ())]


@dataclass(frozen=True, kw_only=True)
class AcceptPartnerRequest(PartnerRequest):
    """A partner takes the project on. Source: AcceptPartnerRequest, RemoveRejectingPartner."""

    operation: ClassVar[str] = "acceptPartnerRequest"

    def apply(self, draft: Draft) -> Applied:
        """Takes back that the partner turned it down, if it did."""
        before = draft.project.rejected_by_partners or []
        return self.answered(draft, [one for one in before if one != self.partner_id])


@dataclass(frozen=True, kw_only=True)
class DeclinePartnerRequest(PartnerRequest):
    """A partner turns the project down. Source: DeclinePartnerRequest, AddRejectingPartner."""

    operation: ClassVar[str] = "declinePartnerRequest"

    def apply(self, draft: Draft) -> Applied:
        """The partner is one of `rejectedByPartners` from now on; it stays a partner until it is removed."""
        before = draft.project.rejected_by_partners or []
        known = self.partner_id in before
        return self.answered(draft, before if known else [*before, self.partner_id])
