"""`pyflink` as another name of `shardline`: `pyflink.x.y` and `shardline.x.y` are the same module objects.

`shardline run` and the hosts of its jobs install the alias. Importing the package does not. Pickles name `shardline`,
because it is the module that every class names.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

ALIAS = "pyflink"
REAL = "shardline"
#: Set to 1 when the hosts of this job need the alias too.
VARIABLE = "SHARDLINE_PYFLINK_ALIAS"


class _AliasFinder:
    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, dot, rest = fullname.partition(".")
        if package != ALIAS:
            return None
        real_name = REAL + dot + rest
        try:
            real = importlib.import_module(real_name)
        except ModuleNotFoundError as error:
            if error.name == real_name and str(error) == f"No module named {real_name!r}":
                return None  # Python's own message, with the name that the script used
            raise
        loader: Any = _AliasLoader(real)
        spec = ModuleSpec(fullname, loader, is_package=hasattr(real, "__path__"))
        spec.origin = getattr(real, "__file__", None)
        return spec


class _AliasLoader:
    """Loads a module that is already imported, and keeps its own spec."""

    def __init__(self, real: ModuleType) -> None:
        self._real = real
        self._spec = real.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._real

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec  # importlib has just set the spec of the alias


def install() -> None:
    """Installs the alias in this process and in its hosts. Idempotent."""
    os.environ[VARIABLE] = "1"
    if not is_installed():
        sys.meta_path.insert(0, _AliasFinder())


def is_installed() -> bool:
    return any(isinstance(finder, _AliasFinder) for finder in sys.meta_path)
