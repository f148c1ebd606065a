"""Selection sets as Python source: a function for each, from many objects to their answers.

graphql-core collects the fields, so fragments, aliases, merging and directives mean what they mean to it. Of the
client's text the source holds response keys only, which are GraphQL names, written as literals; everything else is
bound to names that are made here.
"""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Mapping
from typing import Any, NamedTuple

from graphql import (
    GraphQLAbstractType,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_object_type,
)
from graphql.execution.collect_fields import (
    FieldDetailsList,
    GroupedFieldSet,
)
from graphql.execution.executor import default_type_resolver
from graphql.pyutils import Path
from strawberry.types.field import StrawberryField

from . import completion
from .calls import Call
from .fields import LOADER, READS, LoaderCall, Usages, is_attribute, is_wrapped
from .leaves import leaf, usual_leaf
from .operation import Operation, Unsupported
from .rows import Item, Unpacked

# An operation has more fields than this only if fragments multiply them; to compile them all would take seconds. The
# edge admits half as many.
MOST_FIELDS = 4_000


class RootField(NamedTuple):
    """A field of the root of mutations, which is done by itself.

    `complete` is the name of what completes its value, or that itself. `answer` is there only when there is nothing
    to do, which is when it is `__typename`.
    """

    key: str
    call: Call | None = None
    resolve: Any = None
    complete: Any = None
    answer: str | None = None


# Names that the source uses itself.
_RESERVED = frozenset(
    {
        *dir(builtins),
        *keyword.kwlist,
        *dir(completion),
        "run",
        "objects",
        "kinds",
        "o",
        "v",
        "values",
        "value",
        "answers",
    }
)


class _Body:
    """What the function of a selection does before its objects, for each of them, and after them."""

    def __init__(self) -> None:
        self.before: list[str] = []
        self.items: list[Item] = []
        self.after: list[str] = []
        # Whether an item is made of an object, not of one attribute of it.
        self.calls = False

    def may_unpack(self) -> bool:
        """Whether rows that are unpacked have all that the items need, and enough of them for it to pay."""
        return not self.calls and sum(item.attribute is not None for item in self.items) > 1


class Source:
    """The source of a plan while it grows, and the objects that its names stand for."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        self._parts: list[str] = []
        self.fields = 0
        self._taken = set(_RESERVED)
        self._named: dict[tuple[str, int], str] = {}
        self.names: dict[str, Any] = {"examine": completion.examine}
        self.usages = Usages()
        # The selections with nothing nested in them, whose rows can be unpacked, and what does that.
        self._flat: dict[str, str] = {}

    @property
    def text(self) -> str:
        """The whole of the source."""
        return "\n\n".join(self._parts) + "\n"

    def name(self, hint: str, value: Any) -> str:
        """The name of an object, which the name keeps alive; the same object has the same one."""
        known = self._named.get((hint, id(value)))
        if known is None:
            known = self._named[hint, id(value)] = self._new(hint)
            self.names[known] = value
        return known

    def _new(self, hint: str) -> str:
        name, number = hint, 1
        while name in self._taken:
            number += 1
            name = f"{hint}_{number}"
        self._taken.add(name)
        return name

    def evaluated(self) -> dict[str, Any]:
        """The functions of the source, by name."""
        # Made here, of nothing of the client's but response keys: see above.
        exec(compile(self.text, "<plan>", "exec"), self.names)  # noqa: S102
        return self.names

    def root_field(
        self, parent: GraphQLObjectType, key: str, details: FieldDetailsList
    ) -> RootField:
        """A field of the root of mutations. Raises: Unsupported."""
        name = details[0].node.name.value
        if name == "__typename":
            return RootField(key, answer=parent.name)
        field, definition = self._operation.field(parent, details)
        call = Call(parent, field, definition, details, Path(None, key, parent.name))
        complete = self.completion(field.type, details, call, of_one=True)
        return RootField(key, call, field.resolve, complete)

    def selection(
        self,
        parent: GraphQLObjectType,
        fields: GroupedFieldSet,
        path: Path | None = None,
        *,
        of_one: bool = True,
    ) -> str:
        """The name of a function that answers a selection set for many objects of a type.

        `of_one`: they are one at most, since no list is above them.
        """
        name = self._new(parent.name)
        body = _Body()
        self.usages.add(parent.name)
        for key, details in fields.items():
            self._field(body, parent, key, details, Path(path, key, parent.name), of_one=of_one)
        lines = [f"def {name}(objects, run):"]
        if path is not None or body.may_unpack():
            lines.append("    kinds = set(map(type, objects))")
        if path is not None:
            known = self.name(f"known_{name}", set())
            lines += [
                f"    if not kinds <= {known}:",
                f"        examine(objects, {known})",
            ]
        lines += [f"    {line}" for line in body.before]
        each = [
            "answers = []",
            "for o in objects:",
            "    answers.append({",
            *(f"        {item.of(f'o.{item.attribute}')}," for item in body.items),
            "    })",
        ]
        if body.may_unpack():
            rows = self.name(f"rows_of_{name}", Unpacked(body.items, self.names))
            if not body.after:
                self._flat[name] = rows
            lines += [f"    answers = {rows}(objects, kinds)", "    if answers is None:"]
            each = [f"    {line}" for line in each]
        lines += [
            *(f"    {line}" for line in each),
            *(f"    {line}" for line in body.after),
            "    return answers",
        ]
        self._parts.append("\n".join(lines))
        return name

    def completion(
        self, declared: GraphQLOutputType, details: FieldDetailsList, call: Call, *, of_one: bool
    ) -> str:
        """The name of what completes the values of a field of a type; `of_one`: of one object at most."""
        if isinstance(declared, GraphQLNonNull):
            return self._required(declared.of_type, details, call, of_one=of_one)
        if is_leaf_type(declared):
            return self._leaves(declared)
        inner = self._required(declared, details, call, of_one=of_one)
        return self._combined(f"nullable_{inner}", f"nullable({inner})")

    def _required(
        self, kind: GraphQLOutputType, details: FieldDetailsList, call: Call, *, of_one: bool
    ) -> str:
        if isinstance(kind, GraphQLList):
            inner = self.completion(kind.of_type, details, call, of_one=False)
            given = ", ".join([inner, *filter(None, [self._flat.get(inner)])])
            return self._combined(f"lists_of_{inner}", f"lists({given})")
        if is_leaf_type(kind):
            return self._leaves(GraphQLNonNull(kind))
        if is_object_type(kind):
            return self._objects(kind, details, call, of_one=of_one)
        if is_abstract_type(kind):
            return self._abstract(kind, details, call, of_one=of_one)
        raise Unsupported(f"the type {kind}")

    def _objects(
        self, kind: GraphQLObjectType, details: FieldDetailsList, call: Call, *, of_one: bool
    ) -> str:
        below = self._operation.below(kind, details)
        name = self.selection(kind, below, call.path, of_one=of_one)
        if kind.is_type_of is None:
            return name
        test = self.name(f"is_{kind.name}", kind.is_type_of)
        info = self.name("info_of", call.raw_info)
        return self._combined(f"confirmed_{name}", f"confirmed({name}, {test}, {info})")

    def _abstract(
        self, kind: GraphQLAbstractType, details: FieldDetailsList, call: Call, *, of_one: bool
    ) -> str:
        branches = ", ".join(
            f"{possible.name!r}: {self._objects(possible, details, call, of_one=of_one)}"
            for possible in self._operation.schema.get_possible_types(kind)
        )
        resolve = self.name(f"type_of_{kind.name}", kind.resolve_type or default_type_resolver)
        abstract = self.name(kind.name, kind)
        info = self.name("info_of", call.raw_info)
        return self._combined(
            f"any_{kind.name}", f"by_type({abstract}, {resolve}, {{{branches}}}, {info})"
        )

    def _combined(self, hint: str, expression: str) -> str:
        function = expression.partition("(")[0]
        self.names[function] = getattr(completion, function)
        name = self._new(hint)
        self._parts.append(f"{name} = {expression}")
        return name

    def _leaf(self, declared: GraphQLOutputType, value: str) -> str:
        return leaf(declared, value, self.name, native=self._operation.native)

    def _leaves(self, declared: GraphQLOutputType) -> str:
        name = self._new("leaves")
        expression = self._leaf(declared, "value")
        self._parts.append(
            f"def {name}(values, run):\n"
            "    answers = []\n"
            "    for value in values:\n"
            f"        answers.append({expression})\n"
            "    return answers"
        )
        return name

    def _field(
        self,
        body: _Body,
        parent: GraphQLObjectType,
        key: str,
        details: FieldDetailsList,
        path: Path,
        *,
        of_one: bool,
    ) -> None:
        """Adds a field to the body of its selection's function."""
        self.fields += 1
        if self.fields > MOST_FIELDS:
            raise Unsupported(f"more than {MOST_FIELDS:,} fields")
        if details[0].node.name.value == "__typename":
            body.items.append(Item(key, repr(parent.name)))
            return
        field, definition = self._operation.field(parent, details)
        call = Call(parent, field, definition, details, path)
        metadata: Mapping[Any, Any] = definition.metadata or {}
        loader = metadata.get(LOADER)
        if loader is not None and not is_wrapped(definition):
            own = (loader.key,) if isinstance(loader.key, str) else metadata.get(READS)
            self.usages.add(parent.name, used=own if loader.then is None else None)
            body.items.append(Item(key, "None"))
            complete = self.completion(field.type, details, call, of_one=of_one)
            body.after.append(self._load(key, loader, complete, of_one=of_one))
            return
        if is_attribute(field, definition):
            self.usages.add(parent.name, answered=(definition.python_name,))
        else:
            self.usages.add(parent.name, used=metadata.get(READS))
        value, waits = self._value(body, field, definition, call)
        if is_leaf_type(get_nullable_type(field.type)) and not waits:
            if is_attribute(field, definition):
                answer = self._leaf(field.type, "{0}")
                usual = usual_leaf(field.type, self.name, native=self._operation.native)
                body.items.append(Item(key, answer, definition.python_name, usual))
            else:
                body.items.append(Item(key, self._leaf(field.type, value)))
                body.calls = True
            return
        body.items.append(Item(key, "None"))
        complete = self.completion(field.type, details, call, of_one=of_one)
        verb = "wait" if waits else "put"
        body.after.append(f"run.{verb}([{value} for o in objects], answers, {key!r}, {complete})")

    def _load(self, key: str, loader: LoaderCall, complete: str, *, of_one: bool) -> str:
        own = f"o.{loader.key}"
        if not isinstance(loader.key, str):
            own = f"{self.name(f'key_of_{loader.loader}', loader.key)}(o)"
        rest = f"[{own} for o in objects], answers, {key!r}, {complete}"
        if loader.then is not None:
            rest = f"{rest}, objects, {self.name(f'then_{loader.loader}', loader.then)}"
        if of_one:
            rest = f"{rest}, of_one=True"
        return f"run.load({loader.loader!r}, {rest})"

    def _value(
        self, body: _Body, field: GraphQLField, definition: StrawberryField, call: Call
    ) -> tuple[str, bool]:
        """The source of a field's value of an object `o`, and whether it is to be awaited."""
        if is_attribute(field, definition):
            if definition.default_resolver is not getattr:
                raise Unsupported("a default resolver of its own")
            return f"o.{definition.python_name}", False
        if definition.is_subscription:
            # Its function made the events. Each of them is a root, and what the field gives of it is the event itself.
            return "o", False
        info = self._new("info")
        resolver = definition.base_resolver
        if resolver is None or is_wrapped(definition):
            arguments = self._new("arguments")
            body.before.append(f"{info} = {self.name('info_of', call.raw_info)}(run)")
            body.before.append(f"{arguments} = {self.name('arguments_of', call.arguments)}(run)")
            function = self.name(f"resolve_{definition.python_name}", field.resolve)
            return f"{function}(o, {info}, **{arguments})", definition.is_async
        function = self.name(definition.python_name, resolver.wrapped_func)
        given = ["o"] if resolver.self_parameter else []
        parents = (resolver.parent_parameter, resolver.root_parameter)
        given += sorted({f"{parameter.name}=o" for parameter in parents if parameter is not None})
        if resolver.info_parameter is not None:
            body.before.append(f"{info} = {self.name('info_of', call.info)}(run)")
            given.append(f"{resolver.info_parameter.name}={info}")
        if field.args:
            arguments = self._new("arguments")
            body.before.append(f"{arguments} = {self.name('arguments_of', call.converted)}(run)")
            given.append(f"**{arguments}")
        return f"{function}({', '.join(given)})", resolver.is_async
