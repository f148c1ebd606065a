"""A patch of every field that a client may give, as the answer then has it."""

from __future__ import annotations

from typing import Any

ADDRESS = {
    "name": "Home",
    "line1": "Storgata 1",
    "line2": "Bygg B",
    "streetNumber": "1",
    "apartmentNumber": "H0101",
    "postalCode": "0150",
    "city": "Oslo",
    "state": "Oslo",
    "regionCode": "03",
    "regionName": "Østlandet",
    "countryCode": "NO",
    "countryName": "Norge",
    "locationName": "Storo",
    "email": "home@example.test",
    "phone": "22 33 44 55",
    "externalId": "a-1",
    "purposes": ["Delivery", "Billing"],
    "properties": [{"key": "door", "value": "4", "keyGroup": None, "valueType": "Number"}],
}
PROPERTY = {"key": "k", "value": "v", "keyGroup": "g", "valueType": "String"}
PERSON = {
    "id": "c-1",
    "firstName": "Åse",
    "lastName": "Ærlig",
    "email": "ase@example.test",
    "phone": "1",
    "role": "Owner",
    "roles": ["Owner", "Cook"],
    "isPrimaryContact": True,
    "notify": True,
    "address": ADDRESS,
    "privateCustomerId": "pc-1",
    "externalIds": [{"id": "x", "providerName": "CRM"}],
    "properties": [PROPERTY],
}
PARTNER = {
    "id": "b-1",
    "name": "Rør AS",
    "email": "ror@example.test",
    "phone": "2",
    "role": "Plumber",
    "address": ADDRESS,
    "addresses": [ADDRESS],
    "contacts": [PERSON],
    "properties": [PROPERTY],
}
MONEY = {
    "description": "Work",
    "revenue": "10.5",
    "cost": "0.25",
    "budgetRevenue": "8",
    "budgetCost": "-1",
}
WORK = {
    "title": "Floor",
    "description": "Tiles",
    "status": "Sent",
    "cartIds": ["cart-1"],
    "tasks": [
        {
            "text": "Measure",
            "comment": "twice",
            "isCompleted": True,
            "completed": "2026-05-01T12:00:00.000001Z",
            "completedById": "u-1",
            "completedByName": "Bo",
            "created": "2026-04-01T12:00:00Z",
            "properties": [PROPERTY],
        }
    ],
    "transactions": [MONEY],
    "properties": [PROPERTY],
    "created": "2026-03-01T12:00:00Z",
    "modified": "2026-03-02T12:00:00Z",
}
# Every field that a client may give, as the answer then has it.
FIELDS: dict[str, Any] = {
    "projectNumber": "P-9",
    "name": "Kjøkken",
    "projectCategory": "Claim",
    "subType": "Small",
    "status": "Venter",
    "cancellationCode": "C",
    "cancellationReason": "R",
    "deadline": "2026-06-01T10:00:00Z",
    "projectDate": "2026-06-02T10:00:00Z",
    "externalReference": "EXT-9",
    "externalIds": [{"id": "1", "providerName": "CRM"}, {"id": "2", "providerName": None}],
    "tags": ["a", "B"],
    "publicUrl": "https://example.test/p",
    "customer": {
        "id": "cu-1",
        "number": "K9",
        "email": "k@example.test",
        "phone": "3",
        "address": ADDRESS,
        "addresses": [ADDRESS, ADDRESS],
        "tags": ["VIP"],
    },
    "contactPersons": [PERSON],
    "storeContact": PERSON,
    "storeId": "store-bergen",
    "stores": [
        {
            "storeId": "store-oslo",
            "name": "Oslo",
            "email": "oslo@example.test",
            "phone": "4",
            "role": "Pickup",
            "address": ADDRESS,
            "properties": [PROPERTY],
        }
    ],
    "addresses": [ADDRESS],
    "partner": PARTNER,
    "partners": [PARTNER],
    "partnerCheckList": [
        {
            "text": "Keys",
            "comment": "two",
            "isCompleted": True,
            "completed": "2026-05-01T12:00:00Z",
            "completedById": "u-1",
            "completedByName": "Bo",
        }
    ],
    "products": [{"skuId": "SKU-9", "quantity": "0.5", "properties": [PROPERTY]}],
    "projectParts": [WORK],
    "changeOrders": [WORK | {"approved": "2026-05-03T12:00:00Z", "approvedBy": "Bo"}],
    "transactions": [MONEY],
    "projectAdditionalValue": "1.5",
    "formData": [PROPERTY, PROPERTY],
    "attachments": [
        {
            "assetId": "a-1",
            "name": "Plan",
            "fileName": "plan.pdf",
            "description": "The plan",
            "altText": "A plan",
            "assetType": "Document",
            "purpose": "Drawing",
            "isMainImage": True,
            "sortOrder": -3,
            "externalUrl": "https://example.test/plan",
            "forceUpload": True,
            "parentId": "x",
            "created": "2026-01-01T00:00:00Z",
            "modified": "2026-01-02T00:00:00Z",
            "properties": [PROPERTY],
        }
    ],
    "errors": [
        {
            "key": "E1",
            "message": "m",
            "details": "d",
            "comment": "c",
            "severity": "Error",
            "status": "New",
            "occurred": "2026-05-01T12:00:00Z",
            "referenceId": "r",
        }
    ],
}
NAMES = {"name": "Østby AS", "fullName": "Ø", "firstName": "Å", "lastName": "Æ", "taxId": "9"}
# Given in a test of their own: calculated while there are transactions, or without a field of their own.
APART = {"projectValue", "projectBudgetValue", "type"}
OPTIONS = {"expectedVersion", "idempotencyKey", "dryRun"}
