"""What every operator of a chain is.

An operator processes all values of a bundle at once, because a loop in C over the values takes a fraction of the time
of a loop in Python. `list.extend(map(function, values))` keeps what it has appended when the function raises. The
length of the list is therefore the position of the value that failed, and no function is called twice for a value.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from shardline._functions.bundle_columns import BundleColumns
from shardline._functions.context import FunctionContext
from shardline._functions.failures import ValueFailure
from shardline._functions.keyed_state import KeyedBackend
from shardline._functions.payloads import Bundle
from shardline._functions.process_context import Times
from shardline._interfaces.timers import TimeDomain
from shardline.common.typeinfo import TypeInformation

#: Values, and for each its index in the bundle. The index is None when value `i` is still value `i` of the bundle.
Values = tuple[list[Any], "list[int] | None"]


@dataclass
class OperatorSetup:
    """What an operator is made of. The first three are the parts of its pickle (`shardline._operator_pickle`)."""

    function: Any
    type_info: TypeInformation | None
    extra: Any
    context: FunctionContext
    #: State and timers: of the first operator of a keyed chain, and None for every other operator.
    backend: KeyedBackend | None
    #: The watermark that the chain has reached.
    times: Times


class Operator(ABC):
    """One operator in one subtask. It is made after `open()` of its function has returned."""

    #: Whether the values end here, so that the chain returns none of them to the engine.
    ends_chain: ClassVar[bool] = False
    assigns_timestamps: ClassVar[bool] = False

    #: The columns of the bundle in progress. The chain sets this before the first bundle.
    columns: BundleColumns

    def __init__(self, setup: OperatorSetup) -> None:  # noqa: B027 - for operators that keep nothing of it
        pass

    @abstractmethod
    def process(self, values: list[Any], index: list[int] | None) -> Values:
        """Returns the values that come out. Raises ValueFailure for the first value that fails."""

    def fire_timers(self, until: int, domain: TimeDomain) -> Bundle:
        """Fires the timers that are due at `until`. Returns the values that they emit, with their timestamps."""
        return Bundle([], [])


def method_of(function: Any, function_class: type, name: str) -> Callable[[Any], Any]:
    """Returns the method `name` of a function of this class, or the callable itself."""
    call: Callable[[Any], Any] = getattr(function, name) if isinstance(function, function_class) else function
    return call


def apply(function: Callable[[Any], Any], values: list[Any]) -> list[Any]:
    """Returns the result of `function` for each value. Raises ValueFailure for the first value that fails."""
    results: list[Any] = []
    try:
        results.extend(map(function, values))
    except BaseException as error:
        raise ValueFailure(error, len(results)) from error
    if len(results) < len(values):  # map() takes a StopIteration of the function for the end of its input
        raise ValueFailure(RuntimeError("the function raised StopIteration"), len(results))
    return results


def iterable(produced: Any) -> Any:
    """Returns what a flat map function returned, if it can be iterated over."""
    if produced is None:
        raise TypeError("flat_map() needs an iterable for each value, and got None: return [] for nothing")
    return produced
