"""The pickle of an operator: its function as it is when the operator is added, and its declared type. As on Flink, the
operator does not see later changes of global variables."""

from __future__ import annotations

import base64
import inspect
import pickle
from collections.abc import Iterator
from typing import Any, NamedTuple

from shardline._pickling import dumps


class OperatorPickle(NamedTuple):
    """`function` is a callable or a Function. For `print` it is the identifier of the sink, for `collect` the id of the
    collector, for an aggregate of a keyed stream the position or name of the field.

    `type_info` is the type of the values that come out of the operator. For `print` and `collect` it is the type of the
    values that come in.

    `extra` is the type of the keys for `key_by`. For `process` it is the kind of function of a keyed stream, such as
    `map` or `reduce`, and None for a process function.
    """

    function: Any
    type_info: Any
    extra: Any = None


def dump(function: Any, type_info: Any, extra: Any = None) -> str:
    """Returns the pickle in base64. Raises a TypeError that names the function, and the parts of it that cannot be
    pickled."""
    try:
        # A plain tuple, so that the pickle names no private class of this package.
        return base64.b64encode(dumps((function, type_info, extra))).decode("ascii")
    except Exception as error:
        raise TypeError(_unpicklable(function, error)) from error


def _unpicklable(function: Any, error: Exception) -> str:
    culprits = [name for name, value in _parts(function) if not _is_picklable(value)]
    of_what = f" because of {', '.join(culprits)}" if culprits else ""
    return (
        f"{_name(function)} cannot be pickled{of_what}: {error}. A function is sent to the processes that run it: make "
        "what it needs there, in open() of a function class, or when it is first called"
    )


def _name(function: Any) -> str:
    code = getattr(function, "__code__", None)
    if code is not None:
        return f"function {function.__qualname__!r} ({code.co_filename}, line {code.co_firstlineno})"
    kind = function if isinstance(function, type) else type(function)
    return f"an object of class {kind.__qualname__!r}"


def _parts(function: Any) -> Iterator[tuple[str, Any]]:
    """Yields what a function refers to, or the attributes of an object."""
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
    except Exception:  # noqa: BLE001 - pickling may raise anything
        return False
    return True


def load(text: str) -> OperatorPickle:
    return OperatorPickle(*pickle.loads(base64.b64decode(text)))
