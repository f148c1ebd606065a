"""What made-up projects are about: their types, and the stores, partners and goods of a made-up chain of shops."""

from __future__ import annotations

from typing import Any, NamedTuple


class Kind(NamedTuple):
    """A made-up project type: its names, its steps, and what `OmniumProjectType` has for them."""

    id: str
    name: str
    category: str
    steps: tuple[str, ...]
    order_type: str
    partners: tuple[str, ...] | None
    finishes: bool = True
    several_partners: bool = False
    active: bool = True


class Goods(NamedTuple):
    """An article: its number and its name."""

    sku: str
    name: str


STORES = {
    "store-oslo": ("Bygg & Bo Oslo", "Storgata 1", "0155", "Oslo"),
    "store-bergen": ("Bygg & Bo Bergen", "Strandgaten 12", "5013", "Bergen"),
    "store-trondheim": ("Bygg & Bo Trondheim", "Kongens gate 8", "7011", "Trondheim"),
    "store-tromso": ("Bygg & Bo Tromsø", "Sjøgata 3", "9008", "Tromsø"),
    "store-arhus": ("Bygg & Bo Århus", "Søndergade 20", "8000", "Århus"),
    "store-malmo": ("Bygg & Bo Malmö", "Södra Förstadsgatan 5", "211 43", "Malmö"),
}
PARTNERS = {
    "partner-snekker": ("Snekker Sørli AS", "Snekker"),
    "partner-ror": ("Rør & Varme Ødegård AS", "Rørlegger"),
    "partner-el": ("Elektro Åsen AS", "Elektriker"),
    "partner-flis": ("Ærlig Flis ApS", "Flislegger"),
    "partner-montor": ("Sykkelmontør Bjørk", "Montør"),
}
KINDS = {
    kind.id: kind
    for kind in (
        Kind(
            "kitchen",
            "Kjøkkensalg",
            "Sale",
            ("Lead", "Oppmåling", "Tegning", "Tilbud", "Montering", "Overlevert"),
            "Order",
            None,
            several_partners=True,
        ),
        Kind(
            "claim",
            "Reklamasjon",
            "Claim",
            ("Mottatt", "Vurdering", "Løsning", "Avsluttet"),
            "ClaimOrder",
            None,
            several_partners=True,
        ),
        Kind(
            "return",
            "Retur",
            "Return",
            ("Mottatt", "Kontroll", "Refundert"),
            "Return",
            (),
            finishes=False,
        ),
        Kind(
            "bicycle",
            "Sykkelservice",
            "Service",
            ("Innlevert", "På verksted", "Klar til henting"),
            "Order",
            ("partner-montor",),
        ),
        Kind(
            "bathroom",
            "Baderom",
            "Service",
            ("Befaring", "Rivning", "Membran", "Flislegging", "Ferdig"),
            "Order",
            ("partner-ror", "partner-el", "partner-flis"),
            finishes=False,
            several_partners=True,
        ),
        Kind(
            "retired",
            "Tilvalg (utgått)",
            "Sale",
            (),
            "Order",
            None,
            active=False,
        ),
    )
}
GOODS = {
    "kitchen": (
        Goods("SKAP-60-H", "Høyskap 60 hvit"),
        Goods("BENK-EIK-28", "Benkeplate eik 28 mm"),
        Goods("IT-80", "Induksjonstopp 80"),
        Goods("VASK-1K", "Oppvaskkum én kum"),
        Goods("HETTE-90", "Ventilatorhette 90"),
    ),
    "bathroom": (
        Goods("FL-3060-G", "Fliser 30×60 grå"),
        Goods("MEMB-10", "Membran 10 l"),
        Goods("DV-90", "Dusjvegg 90 cm"),
        Goods("WC-VH", "Vegghengt toalett"),
        Goods("BLBAT-1", "Blandebatteri servant"),
    ),
    "bicycle": (
        Goods("CH-11", "Sykkelkjede 11-delt"),
        Goods("DEKK-700", "Dekk 700×28"),
        Goods("BREMSE-D", "Bremseklosser skive"),
        Goods("SERVICE-A", "Stor service"),
    ),
}
EVERYTHING = tuple(goods for shelf in GOODS.values() for goods in shelf)
TAGS = ("haster", "vip", "garanti", "kampanje-2026", "ettermontering", "nettbutikk")
REASONS = {
    "Defect": "skadet ved levering",
    "WrongItem": "feil vare sendt",
    "Regret": "kunden ombestemte seg",
    "Discontinued": "varen er utgått",
}
PARTS = ("Elektro", "Rør", "Flislegging", "Montering", "Riving")
CHANGES = ("Endring: ekstra stikkontakt", "Endring: varmekabler", "Endring: annen benkeplate")
TASKS = ("Måle opp rom", "Bestille deler", "Ringe kunden", "Sende bilder")
REMARKS = (
    "Når kommer dere?",
    "Bilder er lagt ved.",
    "Ring før kl. 16, takk.",
    "Nøkkel ligger i postkassen.",
)


def type_document(kind: Kind) -> dict[str, Any]:
    """The document of a type. Source: OmniumProjectType."""
    checks = ["Nøkler mottatt", "Bilder tatt"] if kind.partners != () else []
    return {
        "projectTypeId": kind.id,
        "projectTypeName": kind.name,
        "projectTypeDescription": f"{kind.name} i butikk",
        "projectCategory": kind.category,
        "active": kind.active,
        "workflowSteps": [step(kind, place) for place in range(len(kind.steps))],
        "finishOnLastStep": kind.finishes,
        "canHaveMultiplePartners": kind.several_partners,
        "isPartnerDisabled": kind.partners == (),
        "availablePartnerIds": list(kind.partners) if kind.partners else None,
        "partnerCheckList": [check(text) for text in checks],
        "internalCheckList": None,
        "defaultProperties": [
            {
                "key": "farge",
                "value": None,
                "keyGroup": None,
                "valueType": "String",
                "valueOptions": ["hvit", "grå", "eik"],
                "readOnly": False,
                "isMultiSelectEnabled": False,
                "isCustomValueOptionAllowed": True,
            }
        ],
        "defaultOrderType": kind.order_type,
        "setDeliveryAddressToMainStoreAddress": kind.id == "return",
        "terms": None,
        "publicUrl": None,
    }


def step(kind: Kind, place: int) -> dict[str, Any]:
    """A step of a type's workflow, not begun. Source: WorkflowStep."""
    return {
        "id": f"{kind.id}-step-{place + 1}",
        "index": place,
        "name": kind.steps[place],
        "description": f"Trinn {place + 1} av {len(kind.steps)}",
        "current": False,
        "startDate": None,
        "dateCompleted": None,
        "acceptText": "Neste",
        "declineText": "Tilbake" if place else None,
        "dateText": None if place else "Ønsket dato",
        "isCommentsDisabled": False,
        "hiddenFromCustomer": place == 1,
        "hiddenFromPartner": False,
        "externalIds": [],
    }


def check(text: str) -> dict[str, Any]:
    """A line of a check list, not ticked off. Source: CheckListItem."""
    return {
        "text": text,
        "comment": None,
        "isCompleted": False,
        "completed": None,
        "completedById": None,
        "completedByName": None,
    }
