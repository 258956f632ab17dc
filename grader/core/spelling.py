"""Match names in student code with those of the template, up to case and underscores."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

# Names that a submission's own files never win: whoever imports these gets the real ones.
PROTECTED = frozenset(sys.stdlib_module_names) | {
    "grader", "matplotlib", "numpy", "pytest", "safetensors", "torch",
}  # fmt: skip

# Libraries that only show, log or belong to a notebook: a worker has stubs where they lack.
STUBBED = frozenset(
    {"IPython", "google", "ipywidgets", "tensorboard", "tensorboardX", "tqdm", "wandb"}
)

Aliases = Mapping[str, str]  # other names for a value, squeezed, with blanks between


@lru_cache(maxsize=4096)
def squeeze(name: str) -> str:
    """Return a name as far as spellings agree: ``num_hidden`` is ``numHidden``, ``Num-hidden``."""
    return re.sub(r"[\s_-]", "", name.casefold())


def names_for(value: str, aliases: Aliases) -> set[str]:
    """Return the squeezed names that a value may have."""
    return {squeeze(value), *aliases.get(value, "").split()}


def by_words(name: str, values: Iterable[str], aliases: Aliases) -> str | None:
    """Return the only value of which ``name`` holds a word: ``loss_obj`` is the loss.

    Args:
        name: A parameter's, in snake or camel case.
        values: Those that no other parameter takes.
        aliases: Other names for the values.
    """
    words = {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+", name)}
    fitting = [value for value in values if words & names_for(value, aliases)]
    return fitting[0] if len(fitting) == 1 else None


def by_any_name(values: Mapping[str, Any], aliases: Aliases) -> dict[str, Any]:
    """Return ``values`` by their squeezed names, and by their other names.

    A name of a value goes before another name of some other value.
    """
    known = {squeeze(key): value for key, value in values.items()}
    for key, names in aliases.items():
        if key in values:
            for name in names.split():
                known.setdefault(name, values[key])
    return known
