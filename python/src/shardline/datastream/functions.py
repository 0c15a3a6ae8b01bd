"""User functions.

A function is a class with `open()` and `close()`, or any callable. It is pickled when its operator is added to the
stream. Create what cannot be pickled (clients, locks, files) in `open()`.
"""

from shardline._absent import module_getattr
from shardline._interfaces.functions import (
    FilterFunction,
    FlatMapFunction,
    KeyedProcessFunction,
    KeySelector,
    MapFunction,
    ProcessFunction,
)
from shardline._interfaces.runtime_context import (
    AggregateFunction,
    Function,
    FunctionWrapper,
    KeyedStateStore,
    ReduceFunction,
    ReduceFunctionWrapper,
    RuntimeContext,
)

__all__ = [
    "AggregateFunction",
    "FilterFunction",
    "FlatMapFunction",
    "Function",
    "FunctionWrapper",
    "KeySelector",
    "KeyedProcessFunction",
    "KeyedStateStore",
    "MapFunction",
    "ProcessFunction",
    "ReduceFunction",
    "ReduceFunctionWrapper",
    "RuntimeContext",
]

__getattr__ = module_getattr(__name__)
