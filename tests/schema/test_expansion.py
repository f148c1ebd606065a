"""What a document has with its fragments in their places: counted as by an expansion that is really made."""

from __future__ import annotations

from collections import Counter
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)
from hypothesis import given
from hypothesis import strategies as st

from projectgate.schema import limits
from projectgate.schema.limits import Limit, counted
from tests.make.examples import examples, trying

SCHEMA = ("__schema", "__type")
EXAMPLES = examples(300)
RANDOMLY = trying(EXAMPLES)


class Naive:
    """The counts of a document whose fragments are really put in the places of their spreads."""

    def __init__(self, document: DocumentNode) -> None:
        self.fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        self.operations = [
            node for node in document.definitions if isinstance(node, OperationDefinitionNode)
        ]

    def expanded(self, selected: SelectionSetNode) -> list[Any]:
        """A tree of it: of a field its name, its response name, its directives and what is in it; of a fragment the
        last two."""
        tree: list[Any] = []
        for node in selected.selections:
            marks = len(node.directives or ())
            if isinstance(node, FieldNode):
                inside = self.expanded(node.selection_set) if node.selection_set else []
                alias = None if node.alias is None else node.alias.value
                tree.append(("field", node.name.value, alias, marks, inside))
            elif isinstance(node, FragmentSpreadNode):
                fragment = self.fragments[node.name.value]
                marks += len(fragment.directives or ())
                tree.append(("fragment", None, None, marks, self.expanded(fragment.selection_set)))
            else:
                assert isinstance(node, InlineFragmentNode)
                tree.append(("fragment", None, None, marks, self.expanded(node.selection_set)))
        return tree

    def counts(self) -> dict[Limit, int]:
        """How much of everything there is."""
        trees = [self.expanded(node.selection_set) for node in self.operations]
        all_of = [self.every(tree) for tree in trees]
        together = [item for items in all_of for item in items]
        of_operations = sum(len(node.directives or ()) for node in self.operations)
        return {
            limits.FIELDS: sum(item[0] == "field" for item in together),
            limits.FRAGMENTS: sum(item[0] == "fragment" for item in together),
            limits.DIRECTIVES: sum(item[3] for item in together) + of_operations,
            limits.ALIASES: max(sum(one[2] is not None for one in items) for items in all_of),
            limits.ROOT_FIELDS: max(len(self.level(tree)) for tree in trees),
            limits.DEPTH: max(self.depth(tree) for tree in trees),
            limits.SCHEMA_DEPTH: max(
                (1 + self.depth(item[4]) for item in together if item[1] in SCHEMA),
                default=0,
            ),
            limits.SAME_NAME: max(
                max(self.level(tree).values(), default=0)
                for tree in [*trees, *(item[4] for item in together)]
            ),
        }

    def every(self, tree: list[Any]) -> list[Any]:
        """All items of a tree."""
        return [one for item in tree for one in (item, *self.every(item[4]))]

    def level(self, tree: list[Any]) -> Counter[str]:
        """How many fields there are of each response name, at the top of a tree."""
        found: Counter[str] = Counter()
        for form, name, alias, _, inside in tree:
            found += Counter([alias or name]) if form == "field" else self.level(inside)
        return found

    def depth(self, tree: list[Any]) -> int:
        """The levels of fields, without what is in the schema's own."""
        return max(
            (
                (0 if name in SCHEMA else self.depth(below)) + (form == "field")
                for form, name, _, _, below in tree
            ),
            default=0,
        )


NAMES = st.sampled_from(["a", "b", "c", "__schema", "__typename"])
MARKS = st.sampled_from(["", "", "", " @x", " @x @y"])


@st.composite
def selections(draw: Any, fragments: int, first: int, depth: int) -> str:
    """A selection set that spreads fragments from the first on only, so that there is no cycle."""
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        form = draw(st.sampled_from(["field", "alias", "object", "inline", "spread"]))
        marks = draw(MARKS)
        below = selections(fragments, first, depth - 1)
        if form == "spread" and first < fragments:
            parts.append(f"...F{draw(st.integers(first, fragments - 1))}{marks}")
        elif form == "inline" and depth > 0:
            parts.append(f"... on T{marks} {draw(below)}")
        elif form == "object" and depth > 0:
            parts.append(f"{draw(NAMES)}{marks} {draw(below)}")
        elif form == "alias":
            parts.append(f"{draw(NAMES)}: {draw(NAMES)}{marks}")
        else:
            parts.append(f"{draw(NAMES)}{marks}")
    return f"{{ {' '.join(parts)} }}"


@st.composite
def documents(draw: Any) -> str:
    """A document of a few operations and fragments, which fits no schema."""
    fragments = draw(st.integers(0, 4))
    parts = [
        f"query Q{n}{draw(MARKS)} {draw(selections(fragments, 0, 2))}"
        for n in range(draw(st.integers(1, 2)))
    ]
    parts += [
        f"fragment F{n} on T{draw(MARKS)} {draw(selections(fragments, n + 1, 2))}"
        for n in range(fragments)
    ]
    return "\n".join(draw(st.permutations(parts)))


@RANDOMLY
@given(documents())
def test_counts_are_those_of_a_naive_expansion(text: str) -> None:
    document = parse(text)
    assert counted(document) == Naive(document).counts()
