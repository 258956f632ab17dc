"""Find code that no source file shows: pickles, `exec`, `eval`, computed names of torch.

A pickle can bring any function with it, and so can whatever else is unpickled: `torch.load` with
``weights_only=False``, `numpy.load` with ``allow_pickle=True``, `joblib`, `shelve`. `exec` and
`eval` run texts that exist only while the program runs. No scan of the sources sees what such code
does, and neither does a person who reads them.

Honest students use these as well (``eval(config.model_type)``, a result read back from a pickle),
so nobody loses points for it: the question is *pending* until a person has decided, which the
message says. Only uses in code that runs are found; saving is harmless, and so is running a text
that the scan knows, for it is scanned in its place.
"""

from __future__ import annotations

import ast

from grader.bans.following import Scanner
from grader.bans.lookups import IMPORTERS
from grader.bans.meanings import NAMESPACE, RUNNERS_OF_TEXT, Ref, Value, is_of_torch
from grader.bans.static import Sources, Violation, findings

PICKLES = {
    "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "jsonpickle", "marshal", "pickle",
}  # fmt: skip
LOADERS = {
    *("shelve", "zipimport", "runpy", "imp", "code", "codeop", "timeit.timeit", "timeit.repeat"),
    *("timeit.Timer", "cProfile.run", "cProfile.runctx", "profile.run", "profile.runctx"),
    *("types.FunctionType", "types.LambdaType", "types.CodeType"),
    *("importlib.util.spec_from_file_location", "importlib.util.spec_from_loader"),
    *("importlib.util.module_from_spec", "importlib.machinery", "sys.meta_path", "sys.path_hooks"),
    *("pandas.read_pickle", "torch.jit.load", "torch.jit.CompilationUnit", "torch.package"),
    *("torch.hub", "torch.serialization.add_safe_globals", "torch.serialization.safe_globals"),
    *("torch.serialization._load", "torch.serialization._legacy_load"),
    *("numpy.lib.format.read_array", "numpy.lib.npyio", "importlib.metadata.EntryPoint"),
    *("bdb", "pdb.run", "pdb.runeval", "pdb.runcall", "trace.Trace", "logging.config"),
    *("inspect.get_annotations", "typing.get_type_hints", "typing.ForwardRef", "unittest.mock"),
    *("pandas.eval", "numexpr", "sympy.lambdify", "sympy.sympify", "jinja2", "copyreg"),
}
RUNNERS = (*RUNNERS_OF_TEXT, *map(Ref, IMPORTERS))
TORCH_LOAD = (Ref("torch.load"), Ref("torch.serialization.load"))
# Arguments that turn unpickling on, and their harmless values.
SWITCHES = {"weights_only": True, "allow_pickle": False}
SWITCH_OF_TORCH = "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"  # an environment variable


def hidden_code(sources: Sources) -> list[Violation]:
    """List the uses of code that stands in no source, by file and line."""
    return findings(_Hidden, sources)


class _Hidden(Scanner):
    def objection(self, used: Ref) -> str | None:
        package, _, name = used.path.partition(".")
        if package in PICKLES and ("load" in name.lower() or "unpickl" in name.lower()):
            return used.path
        if used in RUNNERS:
            return used.path.removeprefix("builtins.")
        if is_of_torch(used) and used.path.endswith(f".{NAMESPACE}"):
            return self.objection_to_lookup(used.path.removesuffix(f".{NAMESPACE}"))
        if any(used.path == loader or used.path.startswith(f"{loader}.") for loader in LOADERS):
            return used.path
        return None

    def objection_to_call(self, function: Value, call: ast.Call, values: list[Value]) -> str | None:
        if function in RUNNERS:
            is_known = values and isinstance(values[0], str)
            return None if is_known else super().objection_to_call(function, call, values)
        saves = isinstance(function, Ref) and "save" in function.path
        for keyword in call.keywords:
            harmless = SWITCHES.get(keyword.arg or "")
            if harmless is not None and not saves and not _is(keyword.value, harmless):
                return f"{keyword.arg}, which should be {harmless}"
            if keyword.arg is None and function in (*TORCH_LOAD, Ref("numpy.load")):
                return "arguments that are only known when it runs"
        if function == Ref("numpy.load") and len(call.args) > 2 and not _is(call.args[2], False):
            return "allow_pickle"
        return super().objection_to_call(function, call, values)

    def objection_to_lookup(self, module: str) -> str | None:
        return f"a name in {module} that is only known when it runs"

    def allows_item(self, owner: Ref, index: ast.expr, key: Value) -> bool:
        """Allow an attribute whose name is known."""
        del owner, index
        return isinstance(key, str)

    def visit_Constant(self, node: ast.Constant) -> Value:
        if node.value in (*SWITCHES, SWITCH_OF_TORCH):
            self.note(node, str(node.value))
        return super().visit_Constant(node)

    def visit_Attribute(self, node: ast.Attribute) -> Value:
        """Object to functions that are given another code object, besides what all object to."""
        is_changed = not isinstance(node.ctx, ast.Load)
        if node.attr == "__code__" and is_changed:
            self.note(node, "__code__")
        return super().visit_Attribute(node)


def _is(node: ast.expr, value: bool) -> bool:
    return isinstance(node, ast.Constant) and node.value is value
