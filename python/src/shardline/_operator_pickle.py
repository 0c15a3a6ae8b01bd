"""What is pickled when an operator is added: the function as it is at that moment, and the type declared for it.
Later changes of globals are not seen by the operator, as on Flink."""

from __future__ import annotations

import base64
import inspect
import pickle
from collections.abc import Iterator
from typing import Any, NamedTuple

from shardline._pickling import dumps


class OperatorPickle(NamedTuple):
    """`function`: a callable or Function; for print the sink's identifier, for collect the collector's id.
    `type_info`: of the values that come out; for print and collect, of those that come in.
    `extra`: for key_by the key's type; for process what the function is: `map`, `filter`, `flat_map`, `reduce`, or
    None for a process function."""

    function: Any
    type_info: Any
    extra: Any = None


def dump(function: Any, type_info: Any, extra: Any = None) -> str:
    """Base64 of the pickle. Raises a TypeError that names the function, and what of it cannot be pickled."""
    try:
        # A plain tuple: the pickle names nothing private of this package.
        return base64.b64encode(dumps((function, type_info, extra))).decode("ascii")
    except Exception as error:
        raise TypeError(_unpicklable(function, error)) from error


def _unpicklable(function: Any, error: Exception) -> str:
    culprits = [name for name, value in _parts(function) if not _is_picklable(value)]
    of_what = f" because of {', '.join(culprits)}" if culprits else ""
    return (
        f"{_name(function)} cannot be pickled{of_what}: {error}. A function goes to the processes that run it: make "
        "what it needs there, in open() of a function class, or when it is first called"
    )


def _name(function: Any) -> str:
    code = getattr(function, "__code__", None)
    if code is not None:
        return f"function {function.__qualname__!r} ({code.co_filename}, line {code.co_firstlineno})"
    kind = function if isinstance(function, type) else type(function)
    return f"an object of class {kind.__qualname__!r}"


def _parts(function: Any) -> Iterator[tuple[str, Any]]:
    """What a function refers to, and the attributes of an object."""
    try:
        outer = inspect.getclosurevars(function)
    except (TypeError, ValueError):
        for name, value in getattr(function, "__dict__", {}).items():
            yield f"its attribute {name!r}", value
        return
    for name, value in outer.nonlocals.items():
        yield f"the variable {name!r}", value
    for name, value in outer.globals.items():
        yield f"the global {name!r}", value


def _is_picklable(value: Any) -> bool:
    try:
        dumps(value)
    except Exception:  # noqa: BLE001 - whatever it raises, it is not pickled
        return False
    return True


def load(text: str) -> OperatorPickle:
    return OperatorPickle(*pickle.loads(base64.b64decode(text)))
