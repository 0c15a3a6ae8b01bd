"""`pyflink` as another name of `shardline`: `pyflink.x.y` and `shardline.x.y` are the same module objects.

Installed by `shardline run` and in the hosts of its jobs, never by importing the package. Pickles name `shardline`,
because that is what every class says its module is.
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
#: Set to 1 where hosts of this job need the alias too.
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
    """Hands out a module that is imported already, and takes care that it stays itself."""

    def __init__(self, real: ModuleType) -> None:
        self._real = real
        self._spec = real.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._real

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec  # importlib has just put the alias' there


def install() -> None:
    """Idempotent. From here on this process and its hosts know the alias."""
    os.environ[VARIABLE] = "1"
    if not is_installed():
        sys.meta_path.insert(0, _AliasFinder())


def is_installed() -> bool:
    return any(isinstance(finder, _AliasFinder) for finder in sys.meta_path)
