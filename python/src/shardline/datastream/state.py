"""State by key: what a function keeps for the key of the value or the timer that it is processing.

A descriptor names a state. `open()` gets the state from `runtime_context.get_state(descriptor)`; after a restart the
state is found again under its name. Checkpoints hold pickled values: restoring a checkpoint runs the code in them.
"""

from shardline._absent import module_getattr
from shardline._interfaces.runtime_context import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    StateDescriptor,
    ValueStateDescriptor,
)
from shardline._interfaces.states import (
    AggregatingState,
    AppendingState,
    ListState,
    MapState,
    MergingState,
    ReducingState,
    State,
    ValueState,
)

__all__ = [
    "AggregatingState",
    "AggregatingStateDescriptor",
    "AppendingState",
    "ListState",
    "ListStateDescriptor",
    "MapState",
    "MapStateDescriptor",
    "MergingState",
    "ReducingState",
    "ReducingStateDescriptor",
    "State",
    "StateDescriptor",
    "ValueState",
    "ValueStateDescriptor",
]

__getattr__ = module_getattr(__name__)
