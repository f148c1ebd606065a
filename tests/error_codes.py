"""The codes of errors that the source can tell, found in the source itself: wherever something called `code` is stated.

That is: a value given for a parameter or a field named `code`, its default, a class attribute, the member "code" of a
dict, and what a function whose name begins with `_code` returns.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDERS = ("projectgate", "projectgate/transports", "schema", "resolvers", "execution")
SOURCES = [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.py"))]


def stated() -> tuple[set[str], set[str]]:
    """The codes that stand in the source, and the expressions that give a code and are no literal."""
    trees = [ast.parse(path.read_text()) for path in SOURCES]
    places = dict(place for tree in trees for place in _parameters(tree))
    codes, passed_on = set[str](), set[str]()
    for tree in trees:
        names = _constants(tree)
        for value in _values(tree, places):
            for branch in _branches(value):
                known = names.get(branch.id) if isinstance(branch, ast.Name) else None
                literal = branch.value if isinstance(branch, ast.Constant) else known
                if isinstance(literal, str):
                    codes.add(literal)
                elif literal is None and not isinstance(branch, ast.Constant):
                    passed_on.add(ast.unparse(branch))
    return {code for code in codes if re.fullmatch(r"[A-Z_]+", code)}, passed_on


def _constants(tree: ast.Module) -> dict[str, str]:
    """The texts that a module gives a name."""
    return {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value.value, str)
    }


def _parameters(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """What is called with a parameter or a field named `code`, and the place of that among the positional ones.

    A dot stands before the name of a method.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            names = [one.arg for one in node.args.args if one.arg not in ("self", "cls")]
            dot = "." if len(names) < len(node.args.args) else ""
            if "code" in names and node.name != "__init__":
                yield dot + node.name, names.index("code")
        elif isinstance(node, ast.ClassDef):
            fields = [one.target for one in node.body if isinstance(one, ast.AnnAssign)]
            names = [one.id for one in fields if isinstance(one, ast.Name)]
            for made in node.body:
                if isinstance(made, ast.FunctionDef) and made.name == "__init__":
                    names = [one.arg for one in made.args.args[1:]]
            if "code" in names:
                yield node.name, names.index("code")


def _values(tree: ast.Module, places: dict[str, int]) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        match node:
            case ast.Call():
                yield from _arguments(node, places)
            case ast.Assign(targets=[ast.Name(id="code")]):
                yield node.value
            case ast.Dict():
                members = zip(node.keys, node.values, strict=True)
                yield from (value for key, value in members if _is_code(key))
            case ast.FunctionDef():
                yield from _defaults(node)
                if node.name.startswith("_code"):
                    returns = (part for part in ast.walk(node) if isinstance(part, ast.Return))
                    yield from (part.value for part in returns if part.value is not None)


def _is_code(key: ast.expr | None) -> bool:
    return isinstance(key, ast.Constant) and key.value == "code"


def _arguments(call: ast.Call, places: dict[str, int]) -> Iterator[ast.expr]:
    """What a call gives for a parameter named `code`."""
    yield from (one.value for one in call.keywords if one.arg == "code")
    called = [call.func.id] if isinstance(call.func, ast.Name) else []
    if isinstance(call.func, ast.Attribute):
        called = [f".{call.func.attr}"]
        if isinstance(call.func.value, ast.Name):  # it may be a function of a module
            called.append(call.func.attr)
    for name in called:
        if name in places:
            yield from call.args[places[name] : places[name] + 1]


def _defaults(function: ast.FunctionDef) -> Iterator[ast.expr]:
    """The default of a parameter named `code`, if it has one."""
    positional = function.args.args[::-1]
    for parameter, default in zip(positional, function.args.defaults[::-1], strict=False):
        if parameter.arg == "code":
            yield default


def _branches(value: ast.expr) -> Iterator[ast.expr]:
    if isinstance(value, ast.IfExp):
        yield from _branches(value.body)
        yield from _branches(value.orelse)
    else:
        yield value
