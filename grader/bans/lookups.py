"""Follow the ways to look up an attribute or a module by a text.

``getattr`` has many kin: ``operator.attrgetter``, ``pkgutil.resolve_name``, the fields of
``string.Formatter``, ``functools.reduce(getattr, …)``. Each is followed where its text is known.
Where it isn't, and something of torch is looked up, nobody can tell what: see hidden.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from grader.bans.meanings import (
    LONGEST,
    NAMESPACE,
    Applied,
    Ref,
    TextMethod,
    Value,
    descendant,
    is_of_torch,
    joined,
    member,
    ref,
)

MOST = 20  # arguments of a partial or a getter that are followed
GETATTR = "builtins.getattr"
GETTERS = ("operator.attrgetter", "operator.methodcaller")
METHODS = ("__getattribute__", "__getattr__")
NAMESAKES = {"functools.partialmethod": "functools.partial", "inspect.getattr_static": GETATTR}
IMPORTERS = ("builtins.__import__", "importlib.import_module")
RESOLVERS = ("pkgutil.resolve_name", "pydoc.locate")
FIELDS = ("string.Formatter.get_field", "string.Formatter.format", "string.Formatter.vformat")


@dataclass(frozen=True)
class Lookup:
    """A call that looks something up.

    Args:
        result: What it returns, if that is known.
        unknown: The module of torch in which it looks up a name that is not known, or "modules".
    """

    result: Value = None
    unknown: str = ""


def looked_up(function: Value, arguments: list[Value]) -> Lookup:
    """Return what a call looks up, or an empty `Lookup` if it looks nothing up."""
    if isinstance(function, Applied):
        return _applied(function, arguments)
    if isinstance(function, TextMethod):
        return Lookup(_text(function, arguments))
    if not isinstance(function, Ref):
        return Lookup()
    path = NAMESAKES.get(function.path, function.path)
    owner, _, method = path.rpartition(".")
    match path, arguments:
        case _, [name] if method in METHODS:
            return _attribute(Ref(owner), name)
        case _, [thing, name] if method in METHODS:
            return _attribute(thing, name)
        case "builtins.getattr", [thing, name, *_]:
            return _attribute(thing, name)
        case "builtins.vars", [thing]:
            return Lookup(member(thing, NAMESPACE))
        case "string.Formatter", []:
            return Lookup(function)
        case (("operator.attrgetter" | "operator.methodcaller" | "functools.partial"), [*_]):
            return Lookup(Applied(Ref(path), tuple(arguments)))
        case "functools.reduce", [Ref("builtins.getattr"), names, thing]:
            return _chain(thing, names)
        case _, [text, *_] if path in (*IMPORTERS, *RESOLVERS):
            return _module(text, is_importer=path in IMPORTERS)
        case _, [text, *values] if path in FIELDS:
            return _field(text, values)
    return Lookup()


def _attribute(owner: Value, name: Value) -> Lookup:
    if isinstance(name, str) or not is_of_torch(owner):
        return Lookup(member(owner, name))
    return Lookup(unknown=owner.path if isinstance(owner, Ref) else "")


def _chain(owner: Value, names: Value) -> Lookup:
    """Return what names, one after the other, look up from an owner."""
    found = Lookup(owner)
    for name in names if isinstance(names, tuple) else (None,):
        found = _attribute(found.result, name)
        if found.result is None:
            break
    return found


def _applied(function: Applied, arguments: list[Value]) -> Lookup:
    if isinstance(function.function, Ref) and function.function.path in GETTERS:
        names = function.arguments[:MOST]
        if function.function.path == "operator.methodcaller":
            names = names[:1]
        owner = arguments[0] if arguments else None
        found = [
            _chain(owner, tuple(name[: LONGEST + 1].split(".")) if isinstance(name, str) else None)
            for name in names
        ]
        unknown = next((each.unknown for each in found if each.unknown), "")
        results = tuple(each.result for each in found)
        return Lookup(results[0] if len(results) == 1 else results, unknown)
    if not 0 < len(function.arguments) <= MOST:
        return Lookup()
    called, *first = function.arguments
    return Lookup() if isinstance(called, Applied) else looked_up(called, [*first, *arguments])


def _text(method: TextMethod, arguments: list[Value]) -> Value:
    match method.name, arguments:
        case "join", [tuple(parts)]:
            return joined(parts, method.text)
        case "split", [str(separator)] if separator and len(method.text) <= LONGEST:
            return tuple(method.text.split(separator))
    return None


def _module(text: Value, *, is_importer: bool) -> Lookup:
    if not isinstance(text, str):
        return Lookup(unknown="" if is_importer else "modules")  # importers: see hidden.py
    module, _, rest = text[: LONGEST + 1].partition(":")
    return Lookup(descendant(ref(module), rest) if rest else ref(module))


def _field(text: Value, values: list[Value]) -> Lookup:
    """Return what a field like ``0.nn.LSTM`` looks up in ``values``."""
    given = values[0] if values and isinstance(values[0], tuple) else tuple(values)
    if not isinstance(text, str):
        of_torch = (each.path for each in given[:9] if isinstance(each, Ref) and is_of_torch(each))
        return Lookup(unknown=next(of_torch, ""))
    first, _, rest = text[: LONGEST + 1].strip("{}").partition(".")
    owner = given[int(first)] if first in set("012345678") and int(first) < len(given) else None
    return Lookup((descendant(owner, rest) if rest else owner, None))
