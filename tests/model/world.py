"""Projects, their versions and the keys that were used: what each mutation must answer, and what it leaves behind."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from . import fields, money, work
from .changes import changes
from .drafts import Draft, Fault, Given, Refused, State, renamed
from .mutations import ACTIONS, BY_DOCUMENT_ID, MUTATIONS
from .shown import shown

KEPT_FOR = timedelta(hours=24)
NOT_INPUT = ("idempotencyKey", "dryRun")
CREATE, MANY = "createProject", "updateManyProjectProductStatus"


@dataclass
class Version:
    """A write: the project after it, as it is and as it is shown, and what it changed."""

    state: State
    shown: State
    changes: dict[str, tuple[Any, Any]]


@dataclass
class Answer:
    """What a mutation must answer for a project; `version` is what it adds, None when it adds nothing."""

    faults: list[Fault] = field(default_factory=list)
    shown: State | None = None
    changed: bool = False
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    details: dict[str, list[str]] = field(default_factory=dict)
    version: Version | None = None


@dataclass
class Told:
    """What a mutation must answer: for its project, or for each of several, with the faults of the request."""

    answers: list[Answer]
    faults: list[Fault]
    remembers: bool = False


@dataclass
class _Kept:
    asked: Any
    at: datetime
    told: Told


@dataclass
class World:
    """Everything that is stored, by the ids of projects."""

    types: dict[str, dict[str, Any]]
    actor: str = "anna"
    projects: dict[str, list[Version]] = field(default_factory=dict)
    keys: dict[str, _Kept] = field(default_factory=dict)
    _made: Iterator[int] = field(default_factory=itertools.count)

    def state(self, project_id: str) -> State:
        """A project as it is."""
        return self.projects[project_id][-1].state

    def told(self, mutation: str, given: Given, now: datetime) -> Told:
        """What a mutation must answer now."""
        faults = _unstorable(given)
        if faults:
            return Told([Answer(faults)], faults)
        try:
            if mutation == MANY:
                return self._many(given, now)
            if mutation != CREATE:
                self._found(mutation, given)
            return self._recalled(mutation, given, now) or self._one(mutation, given, now)
        except Refused as refused:
            return Told([Answer(refused.faults)], refused.faults)

    def keep(self, mutation: str, given: Given, now: datetime, told: Told) -> None:
        """Stores what a mutation did, under the real names of made ids."""
        if given.get("dryRun"):
            return
        for answer in told.answers:
            if answer.version is not None:
                self.projects.setdefault(answer.version.state["id"], []).append(answer.version)
        key = given.get("idempotencyKey")
        if key is not None and told.remembers:
            self.keys[key] = _Kept(_asked(mutation, given), now, told)

    def _found(self, mutation: str, given: Given) -> str:
        name = "id" if mutation in BY_DOCUMENT_ID else "projectId"
        if given[name] not in self.projects:
            raise Refused(Fault("NOT_FOUND", (name,)))
        return str(given[name])

    def _recalled(self, mutation: str, given: Given, now: datetime) -> Told | None:
        kept = self.keys.get(given.get("idempotencyKey") or "")
        if kept is None or now - kept.at > KEPT_FOR:
            return None
        if kept.asked != _asked(mutation, given):
            raise Refused(Fault("IDEMPOTENCY_KEY_REUSED", ("idempotencyKey",)))
        answers = [copy.copy(answer) for answer in kept.told.answers]
        for answer in answers:
            answer.version = None
        return Told(answers, kept.told.faults)

    def _one(self, mutation: str, given: Given, now: datetime) -> Told:
        answer = self._answer(mutation, given, now)
        if answer.faults:
            raise Refused(*answer.faults)
        return Told([answer], [], remembers=answer.changed)

    def _answer(self, mutation: str, given: Given, now: datetime, operation: str = "") -> Answer:
        """What becomes of one project. Raises: Refused."""
        versions: list[Version] = []
        if mutation == CREATE:
            before = None
            draft = self._draft(fields.empty(self.made_id()), now)
            fields.create(draft, given)
        else:
            versions = self.projects[self._found(mutation, given)]
            self._require_version(given, versions)
            before = versions[-1].state
            draft = self._draft(before, now)
            MUTATIONS[mutation](draft, given)
        if draft.faults:
            raise Refused(*draft.faults)
        after = draft.state
        money.settle(before, after, draft.says)
        work.stamp(draft, before or {"projectParts": [], "changeOrders": []})
        differing = changes(before, after) if before else {}
        if before is not None and not differing and not draft.always:
            return Answer(shown=versions[-1].shown, details=draft.details)
        after["modified"] = now
        if mutation in ACTIONS or mutation == "addProjectLogItem":
            draft.note["comment"] = given.get("comment")
        last = {
            "operation": operation or mutation,
            "at": now,
            "actor": self.actor,
            "note": draft.note,
        }
        seen = shown(after, draft.kind, len(versions) + 1, last)
        version = Version(after, seen, differing)
        return Answer([], seen, True, differing, draft.details, version)

    def _draft(self, state: State, now: datetime) -> Draft:
        return Draft(copy.deepcopy(state), self.types, now, self.actor, self.made_id)

    def made_id(self) -> str:
        """What stands for an id until the program has made it; each time another one."""
        return f"<made {next(self._made)}>"

    def _require_version(self, given: Given, versions: list[Version]) -> None:
        expected = given.get("expectedVersion")
        if expected is not None and expected != len(versions):
            paths = sorted({path for one in versions[max(expected, 1) :] for path in one.changes})
            told = (("currentVersion", len(versions)), ("changedPaths", paths))
            raise Refused(Fault("VERSION_CONFLICT", ("expectedVersion",), told))

    def _many(self, given: Given, now: datetime) -> Told:
        items = given["items"]
        if not items:
            raise Refused(Fault("EMPTY_INPUT", ("items",)))
        kept = self._recalled(MANY, given, now)
        if kept is not None:
            return kept
        answers = [self._item(items, place, now) for place in range(len(items))]
        faults = [fault for answer in answers for fault in answer.faults]
        if faults and given.get("errorPolicy", "REJECT_ALL") == "REJECT_ALL":
            return Told([Answer(answer.faults) for answer in answers], faults)
        return Told(answers, [], remembers=any(answer.changed for answer in answers))

    def _item(self, items: list[Given], place: int, now: datetime) -> Answer:
        item, path = items[place], ("items", str(place))
        if item["projectId"] in [other["projectId"] for other in items[:place]]:
            return Answer([Fault("DUPLICATE_UPDATE", (*path, "projectId"))])
        try:
            return self._answer("updateProjectProductStatus", item, now, MANY)
        except Refused as refused:
            return Answer([fault.below(*path) for fault in refused.faults])


def _asked(mutation: str, given: Given) -> Any:
    return mutation, {name: value for name, value in given.items() if name not in NOT_INPUT}


def _unstorable(given: Any, *path: str) -> list[Fault]:
    """A fault for each text that no database can store, and for a key that is blank or too long."""
    faults = []
    if isinstance(given, str) and ("\0" in given or any("\ud800" <= c <= "\udfff" for c in given)):
        faults.append(Fault("INVALID_VALUE", path))
    key = given.get("idempotencyKey") if isinstance(given, dict) and not path else None
    if key is not None and not 0 < len(key.strip()) <= len(key) <= 200:
        faults.append(Fault("INVALID_VALUE", ("idempotencyKey",)))
    inner: list[tuple[str, Any]] = list(given.items()) if isinstance(given, dict) else []
    if isinstance(given, list):
        inner = [(str(place), item) for place, item in enumerate(given)]
    return faults + [fault for name, item in inner for fault in _unstorable(item, *path, name)]


def real(told: Told, names: dict[str, str]) -> Told:
    """The same with the real names of made ids."""
    return Told([_real(answer, names) for answer in told.answers], told.faults, told.remembers)


def _real(answer: Answer, names: dict[str, str]) -> Answer:
    version = answer.version
    if version is not None:
        version = Version(*(renamed(part, names) for part in vars(version).values()))
    return Answer(
        answer.faults,
        renamed(answer.shown, names),
        answer.changed,
        renamed(answer.changes, names),
        renamed(answer.details, names),
        version,
    )
