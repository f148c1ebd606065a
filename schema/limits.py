"""What a document may have, told from its text before it is compared with the schema, which takes longer.

Everything is counted as if each fragment stood in the place of each of its spreads, but no fragment is looked at twice:
what it has is remembered, and multiplied. So a document is counted in a time that grows with its text, whatever its
fragments make of it. Directives are not asked; what `@skip` takes away counts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    SelectionSetNode,
)

from ..execution import parsing
from .fragments import in_order
from .introspection import INTROSPECTION

# What the parser counts while it reads. Without the last two a text of nothing but blanks or comments took a second.
TOKENS = 1_500
COMMENTS = 1_000
CHARACTERS = 30_000
# A number beyond it is told as this one, the largest that every reader of JSON keeps.
MOST_TOLD = 2**53 - 1


class Limit(NamedTuple):
    """The most that there may be of something, what it is called, and what to do where there is more."""

    most: int
    what: str
    way_out: str


_SPLIT = "select less, or send several operations"
LENGTH = Limit(CHARACTERS, "characters", "send long values as variables")
# For each error that names several places graphql-core goes through all lines: with 40,000 that took a second.
LINES = Limit(2_000, "lines", "leave out empty lines")
# Python reads no integer of more than 4,300 digits, and others slowly.
DIGITS = Limit(
    400, "digits in one number", "write it shorter, or as a string where a string is taken"
)
_MAYBE_LONG = re.compile(rf"[0-9.eE+-]{{{DIGITS.most + 1}}}")
FIELDS = Limit(2_000, "fields", _SPLIT)
DEPTH = Limit(12, "levels of fields, one in the other", "select less deeply")
# GraphiQL and code generators ask for types of types of types.
SCHEMA_DEPTH = Limit(
    16, "levels of fields below `__schema` or `__type`", "ask for types by their names"
)
ROOT_FIELDS = Limit(50, "fields of the root, counted by their response names", _SPLIT)
ALIASES = Limit(100, "aliases", _SPLIT)
DIRECTIVES = Limit(100, "directives", "decide in the client what to ask for")
FRAGMENTS = Limit(500, "fragments, counted once for each place", "write less of it as fragments")
SAME_NAME = Limit(100, "fields of one response name in a selection set", "select each field once")
# What a batch may have no more of than one document.
WORDS = Limit(TOKENS + COMMENTS, "tokens and comments", "send fewer operations at once")
SUMMED = frozenset({FIELDS, FRAGMENTS, DIRECTIVES, ALIASES, ROOT_FIELDS})


class Excess(NamedTuple):
    """A limit that a document is beyond: how to say it, how much there is at least, and the most that there may be."""

    message: str
    value: int
    limit: int


class TooMuch(Exception):
    """A document that is beyond limits."""

    def __init__(self, *found: Excess) -> None:
        super().__init__(found[0].message)
        self.found = found


def parsed(text: str) -> DocumentNode:
    """The document that a text is, if it is within all limits. Raises: GraphQLSyntaxError, TooMuch."""
    if len(text) > CHARACTERS:
        raise TooMuch(_excess(LENGTH, len(text)))
    lines = text.count("\n") + text.count("\r") - text.count("\r\n") + 1
    if lines > LINES.most:
        raise TooMuch(_excess(LINES, lines))
    try:
        document = parsing.parsed(text, tokens=TOKENS, comments=COMMENTS)
    except GraphQLSyntaxError as error:
        for most, what in ((TOKENS, "tokens"), (COMMENTS, "comments")):
            if f" more than {most} {what}" in error.message:
                message = f"the document has more than {most:,} {what}, the limit: {_SPLIT}"
                raise TooMuch(Excess(message, most + 1, most)) from None
        raise
    found = exceeded(document)
    if _MAYBE_LONG.search(text):
        digits = max(sum(map(str.isdigit, one)) for one in ("", *parsing.numbers(document)))
        if digits > DIGITS.most:
            found.append(_excess(DIGITS, digits))
    if found:
        raise TooMuch(*found)
    return document


def exceeded(document: DocumentNode) -> list[Excess]:
    """The limits that a document is beyond, whether or not it is valid."""
    return [
        _excess(limit, value) for limit, value in counted(document).items() if value > limit.most
    ]


def exceeded_together(documents: Iterable[DocumentNode]) -> list[Excess]:
    """The limits that documents are beyond which come in one request, though none of them may be by itself."""
    sums: Counter[Limit] = Counter()
    for document in documents:
        sums[WORDS] += document.token_count
        sums.update({limit: value for limit, value in counted(document).items() if limit in SUMMED})
    return [
        _excess(limit, value, batch=True) for limit, value in sums.items() if value > limit.most
    ]


def together_too_long(texts: Iterable[str]) -> Excess | None:
    """What there is too much of in texts which come in one request, before any is read."""
    length = sum(map(len, texts))
    return _excess(LENGTH, length, batch=True) if length > CHARACTERS else None


def counted(document: DocumentNode) -> dict[Limit, int]:
    """How much a document has of all that is limited."""
    known: dict[str, Tally] = {}
    for fragment in in_order(document):
        known[fragment.name.value] = tally = Tally(known)
        tally.directives += len(fragment.directives or ())
        tally.add(fragment.selection_set)
    operations = []
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            tally = Tally(known)
            tally.directives += len(node.directives or ())
            tally.directives += sum(
                len(one.directives or ()) for one in node.variable_definitions or ()
            )
            tally.add(node.selection_set)
            operations.append(tally)
    # What takes long to validate counts for all operations together, the rest for each.
    return {
        FIELDS: sum(one.fields for one in operations),
        FRAGMENTS: sum(one.fragments for one in operations),
        DIRECTIVES: sum(one.directives for one in operations),
        ALIASES: max((one.aliases for one in operations), default=0),
        ROOT_FIELDS: max((len(one.names) for one in operations), default=0),
        DEPTH: max((one.depth for one in operations), default=0),
        SCHEMA_DEPTH: max((one.schema_depth for one in operations), default=0),
        SAME_NAME: max((one.same_name for one in operations), default=0),
    }


class Tally:
    """What a selection has with all its fragments in their places."""

    def __init__(self, known: dict[str, Tally]) -> None:
        """`known`: what fragments have, by their names; one that is not there has nothing."""
        self._known = known
        self.fields = self.aliases = self.directives = self.fragments = 0
        self.depth = self.schema_depth = self.same_name = 0
        # How many fields there are of each response name, without those inside them.
        self.names: dict[str, int] = {}

    def add(self, selected: SelectionSetNode) -> None:
        """Counts the whole of a selection set."""
        spreads: Counter[str] = Counter()
        self._add(selected, spreads)
        for name, times in spreads.items():
            if name in self._known:
                self._add_fragment(self._known[name], times)
        self.same_name = max(self.same_name, *self.names.values(), 0)

    def _add(self, selected: SelectionSetNode, spreads: Counter[str]) -> None:
        for node in selected.selections:
            self.directives += len(node.directives or ())
            if isinstance(node, FieldNode):
                self._add_field(node)
                continue
            self.fragments += 1
            if isinstance(node, FragmentSpreadNode):
                spreads[node.name.value] += 1
            else:
                self._add(node.selection_set, spreads)  # type: ignore[attr-defined]

    def _add_field(self, node: FieldNode) -> None:
        name = (node.alias or node.name).value
        self.names[name] = self.names.get(name, 0) + 1
        self.aliases += node.alias is not None
        self.fields += 1
        depth = 1
        if node.selection_set is not None:
            inside = Tally(self._known)
            inside.add(node.selection_set)
            self._add_counts(inside, 1)
            depth += inside.depth
        if node.name.value in INTROSPECTION:
            self.schema_depth, depth = max(self.schema_depth, depth), 1
        self.depth = max(self.depth, depth)

    def _add_fragment(self, inside: Tally, times: int) -> None:
        self._add_counts(inside, times)
        self.depth = max(self.depth, inside.depth)
        for name, fields in inside.names.items():
            self.names[name] = self.names.get(name, 0) + fields * times

    def _add_counts(self, inside: Tally, times: int) -> None:
        self.fields += inside.fields * times
        self.aliases += inside.aliases * times
        self.directives += inside.directives * times
        self.fragments += inside.fragments * times
        self.same_name = max(self.same_name, inside.same_name)
        self.schema_depth = max(self.schema_depth, inside.schema_depth)


def said(value: int) -> str:
    """A number as a message has it."""
    return f"more than {MOST_TOLD:,}" if value > MOST_TOLD else f"{value:,}"


def _excess(limit: Limit, value: int, *, batch: bool = False) -> Excess:
    whole, way_out = (
        ("batch", "send fewer operations at once") if batch else ("document", limit.way_out)
    )
    message = f"the {whole} has {said(value)} {limit.what}; the limit is {limit.most:,}: {way_out}"
    return Excess(message, min(value, MOST_TOLD), limit.most)
