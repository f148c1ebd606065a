"""The types of projects that inputs are made for, as documents and as the model has them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .chance import PARTNERS

TYPES: list[dict[str, Any]] = [
    {
        "projectTypeId": "claim",
        "projectTypeName": "Claim",
        "projectCategory": "Service",
        "active": True,
        "finishOnLastStep": True,
        "canHaveMultiplePartners": True,
        "workflowSteps": [
            {"id": "claim-3", "index": 2, "name": "Close"},
            {"id": "claim-1", "index": 0, "name": "Receive", "deadline": "2026-05-01T12:00:00Z"},
            {"id": "claim-2", "index": 1, "name": "Decide"},
        ],
    },
    {
        "projectTypeId": "bathroom",
        "projectTypeName": "Bathroom",
        "active": True,
        "availablePartnerIds": PARTNERS[:3],
        "workflowSteps": [
            {"id": "bathroom-1", "index": 0, "name": "Measure"},
            {"id": "bathroom-2", "index": 1, "name": None, "deadline": "2026-07-01T12:00:00Z"},
        ],
    },
    {
        "projectTypeId": "lead",
        "projectTypeName": "Lead",
        "active": True,
        "isPartnerDisabled": True,
        "workflowSteps": [],
    },
    {"projectTypeId": "old", "projectTypeName": "Old", "active": False},
]
FLAGS = ("active", "finishOnLastStep", "canHaveMultiplePartners", "isPartnerDisabled")


def kinds() -> dict[str, dict[str, Any]]:
    """The types by id, with the deadlines of their steps."""
    return {
        one["projectTypeId"]: {
            "id": one["projectTypeId"],
            "name": one["projectTypeName"],
            "projectCategory": one.get("projectCategory"),
            "availablePartnerIds": one.get("availablePartnerIds", []),
            **{name: one.get(name, False) for name in FLAGS},
            "workflowSteps": [
                {name: step[name] for name in ("id", "index", "name")}
                for step in one.get("workflowSteps", [])
            ],
            "deadlines": {
                step["id"]: datetime.fromisoformat(step["deadline"])
                for step in one.get("workflowSteps", [])
                if "deadline" in step
            },
        }
        for one in TYPES
    }
