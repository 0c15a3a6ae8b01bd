"""`reduce` of a keyed stream: each value is combined with the result so far of its key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shardline._functions.operators.keyed import KeyedOperator
from shardline._functions.operators.operator import OperatorSetup
from shardline._functions.process_context import KeyedContext
from shardline._interfaces.runtime_context import ReduceFunction, ReducingStateDescriptor
from shardline.common.typeinfo import Types


class KeyedReduce(KeyedOperator):
    """The function of the setup is a ReduceFunction, or a callable of two values."""

    def __init__(self, setup: OperatorSetup) -> None:
        type_info = setup.type_info or Types.PICKLED_BYTE_ARRAY()
        descriptor = ReducingStateDescriptor("_reduce_state", self._reduce_function(setup.function), type_info)
        state = setup.context.get_reducing_state(descriptor)

        def process_value(value: Any, context: KeyedContext) -> tuple[Any]:
            state.add(value)
            return (state.get(),)

        super().__init__(setup, process_value)

    def _reduce_function(self, function: Any) -> ReduceFunction | Callable[[Any, Any], Any]:
        reduce_function: ReduceFunction | Callable[[Any, Any], Any] = function
        return reduce_function
