"""PyFlink's names that this version does not have. Using one raises an error that names the missing feature.

`_absent_names.json` lists them. `python/surface.toml` in the source tree lists the names that are here. Together they
are the surface of PyFlink, and a test compares both with the package.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_TABLE = "the Table API and SQL"


@functools.cache
def _document() -> dict[str, Any]:
    # Imported here, because importing the package is to be light.
    import json
    from pathlib import Path

    document: dict[str, Any] = json.loads(Path(__file__).with_name("_absent_names.json").read_text(encoding="utf-8"))
    return document


def modules() -> dict[str, str]:
    """Returns the modules of PyFlink that are not here, each with the feature that it waits for."""
    found: dict[str, str] = _document()["modules"]
    return found


@functools.cache
def names() -> dict[str, str]:
    """Returns names in modules, and methods of classes (`module.Class.method`), each with its feature."""
    return {
        f"{module}.{name}": feature
        for module, listed in _document()["names"].items()
        for name, feature in listed.items()
    }


def explain(name: str) -> str | None:
    """Returns why `name` (without the leading package) is not here, or None if PyFlink has no such name."""
    feature = modules().get(name) or names().get(name) or (_TABLE if name.startswith("table.") else None)
    if feature is None:
        return None
    shown = f"pyflink.{name}" if name in modules() else name.rsplit(".", 1)[-1]
    return f"{shown} is not in this version of Shardline ({feature})"


def is_explained(error: BaseException) -> bool:
    """Returns whether this is an error that says why a name is not here."""
    return isinstance(error, (ImportError, AttributeError)) and " is not in this version of Shardline" in str(error)


def module_getattr(module: str) -> Callable[[str], Any]:
    """Returns the `__getattr__` of a module. `from module import Name` of an absent name fails with the reason."""
    prefix = module.partition(".")[2]

    def __getattr__(name: str) -> Any:  # noqa: N807 - it becomes a module's
        reason = explain(f"{prefix}.{name}") if prefix else None
        if reason is not None:
            raise ImportError(reason, name=module)
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return __getattr__


class AbsentMethods:
    """Base of classes that lack methods of PyFlink. Access to such a method fails with the reason."""

    def __getattr__(self, name: str) -> Any:
        for owner in type(self).__mro__:
            prefix = owner.__module__.partition(".")[2]
            reason = explain(f"{prefix}.{owner.__name__}.{name}")
            if reason is not None:
                raise AttributeError(f"{owner.__name__}.{reason}")
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


class _AbsentModules:
    """A meta path finder. It is the last one, so it sees only modules that no other finder has found.

    It has no base class: importlib.abc alone adds 20 ms to the start of every host.
    """

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, _, name = fullname.partition(".")
        if package == __package__ and (reason := explain(name)) is not None:
            raise ModuleNotFoundError(reason, name=fullname)
        return None


def install() -> None:
    sys.meta_path.append(_AbsentModules())
