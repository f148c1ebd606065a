"""The fragments of a document in an order in which each can be looked at once."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    SelectionSetNode,
)


def in_order(document: DocumentNode) -> list[FragmentDefinitionNode]:
    """The fragments of a document, each after those that it spreads: a chain of them may be of any length.

    Of a cycle, which validation refuses, one spread leads to a fragment that is yet to come.
    """
    # Of two with one name, which validation refuses too, the last one counts, as it does for graphql-core.
    fragments = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    begun: set[str] = set()
    ordered: list[FragmentDefinitionNode] = []
    for first in fragments:
        path: list[tuple[str, Iterator[str]]] = [("", iter((first,)))]
        while path:
            for name in path[-1][1]:
                if name in fragments and name not in begun:
                    begun.add(name)
                    path.append((name, spread(fragments[name].selection_set)))
                    break
            else:
                name, _ = path.pop()
                if name:
                    ordered.append(fragments[name])
    return ordered


def spread(selected: SelectionSetNode) -> Iterator[str]:
    """The names of the fragments that a selection spreads itself, at whatever depth."""
    waiting = [selected]
    while waiting:
        for node in waiting.pop().selections:
            if isinstance(node, FragmentSpreadNode):
                yield node.name.value
            elif (inner := getattr(node, "selection_set", None)) is not None:
                waiting.append(inner)
