"""Plans: operations as compiled Python, one for each choice of fields that variables make."""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

from graphql import DirectiveNode, GraphQLError, OperationType, VariableNode, Visitor, visit

from .ahead import ahead
from .codegen import RootField, Source
from .completion import Complete
from .fields import Needs
from .operation import Operation, Unsupported

# What plans understand; every other directive changes what is done with a field.
_CHOOSING = frozenset({"skip", "include"})
# Every choice of fields is a plan of its own; a document with many such variables has too many to keep.
CHOICES = 16


class Plan(NamedTuple):
    """An operation that is compiled: its source, and what answers its root, or each field of a mutation's root.

    `needs` is what a query needs of its context; None: not known. `fields` is how large it is.
    """

    source: str
    root: Complete | None
    serial: tuple[RootField, ...] = ()
    needs: Needs | None = None
    fields: int = 0


class Fallback(NamedTuple):
    """An operation that is not compiled, and why."""

    reason: str


def compiled(operation: Operation) -> Plan | Fallback:
    """The plan of an operation, if there can be one."""
    source = Source(operation)
    try:
        parent, fields = operation.root()
        if operation.definition.operation is OperationType.MUTATION:
            roots = [source.root_field(parent, *field) for field in fields.items()]
            names = source.evaluated()
            serial = tuple(root._replace(complete=names.get(root.complete)) for root in roots)
            return Plan(source.text, None, serial, fields=source.fields)
        root = source.selection(parent, fields)
        reads = source.usages.all()
        needs = None if reads is None else Needs(reads, ahead(operation, parent, fields))
        return Plan(source.text, source.evaluated()[root], needs=needs, fields=source.fields)
    except Unsupported as unsupported:
        return Fallback(str(unsupported))
    except GraphQLError as error:
        return Fallback(error.message)
    except RecursionError:
        return Fallback("it is nested too deeply")


class Choices:
    """The plans of one operation, by the values of the variables that `@skip` and `@include` look at."""

    def __init__(self, operation: Operation) -> None:
        found = _Directives()
        visit(operation.definition, found)
        for fragment in operation.fragments.values():
            visit(fragment.definition, found)
        self._variables = tuple(sorted(found.variables))
        self._plans: dict[Hashable, Plan | Fallback] = {}
        # How many fields the plans have together.
        self.fields = 0
        self._refused: Fallback | None = None
        if found.others:
            self._refused = Fallback(f"the directive @{min(found.others)}")

    def plan(self, operation: Operation) -> Plan | Fallback:
        """The plan for the values of an operation's variables, made when it is first needed."""
        if self._refused is not None:
            return self._refused
        values = operation.variables.coerced
        choice = tuple(values.get(name) for name in self._variables)
        known = self._plans.get(choice)
        if known is None:
            if len(self._plans) == CHOICES:
                return Fallback(f"more than {CHOICES} choices of fields")
            known = self._plans[choice] = compiled(operation)
            self.fields += known.fields if isinstance(known, Plan) else 0
        return known


class _Directives(Visitor):
    """The variables that choose fields, and the directives that do something else."""

    def __init__(self) -> None:
        super().__init__()
        self.variables: set[str] = set()
        self.others: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        """Takes note of a directive."""
        if node.name.value not in _CHOOSING:
            self.others.add(node.name.value)
        for argument in node.arguments or ():
            if isinstance(argument.value, VariableNode):
                self.variables.add(argument.value.name.value)
