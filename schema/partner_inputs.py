"""Inputs of partners: who works on a project, and what they answer."""

from __future__ import annotations

import strawberry

from .given import WriteInput
from .people_inputs import ProjectPartnerInput
from .workflow_inputs import FromStepInput


@strawberry.input(description="Partners to add to a project.")
class AddProjectPartnersInput(WriteInput):
    """Becomes `resolvers.partners.AddProjectPartners`."""

    project_id: strawberry.ID = strawberry.field(description="The id of the project.")
    partners: list[ProjectPartnerInput] = strawberry.field(
        description=(
            "The partners, 1 to 1,000, each once. One that is there already is updated. A partner that the project's "
            "type does not allow is PARTNER_NOT_ALLOWED."
        )
    )


@strawberry.input(description="Partners to take off a project.")
class RemoveProjectPartnersInput(WriteInput):
    """Becomes `resolvers.partners.RemoveProjectPartners`."""

    project_id: strawberry.ID = strawberry.field(description="The id of the project.")
    partner_ids: list[str] = strawberry.field(
        description="The ids of the partners, 1 to 1,000, each once; of `partners` or of the single `partner`."
    )


@strawberry.input
class _RequestInput(FromStepInput):
    """What both answers take."""

    partner_id: str = strawberry.field(
        description="The id of the partner that answers, one of the project's."
    )


@strawberry.input(description="A partner's yes.")
class AcceptPartnerRequestInput(_RequestInput):
    """Becomes `resolvers.partners.AcceptPartnerRequest`."""


@strawberry.input(description="A partner's no.")
class DeclinePartnerRequestInput(_RequestInput):
    """Becomes `resolvers.partners.DeclinePartnerRequest`."""
