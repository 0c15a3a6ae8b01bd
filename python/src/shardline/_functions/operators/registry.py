"""The list of all operators, by name. To add an operator, write its class in a file of its own and list it here.

The name is the `operation` of the OPEN frame: the kind of the transformation in the job graph. Functions of a keyed
stream that have state come as `process`, with `map`, `filter` or `flat_map` as the extra of the pickle. An operator
that completes a schema comes as `map` or `flat_map` with `deserializes` set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shardline._functions.operators.assign_timestamps import AssignTimestamps
from shardline._functions.operators.collect import Collect
from shardline._functions.operators.deserialize import DeserializeFlatMap, DeserializeMap
from shardline._functions.operators.filter import Filter
from shardline._functions.operators.flat_map import FlatMap
from shardline._functions.operators.key_by import KeyBy
from shardline._functions.operators.keyed_aggregate import KeyedMax, KeyedMaxBy, KeyedMin, KeyedMinBy, KeyedSum
from shardline._functions.operators.keyed_filter import KeyedFilter
from shardline._functions.operators.keyed_flat_map import KeyedFlatMap
from shardline._functions.operators.keyed_map import KeyedMap
from shardline._functions.operators.keyed_process import KeyedProcess
from shardline._functions.operators.keyed_reduce import KeyedReduce
from shardline._functions.operators.map import Map
from shardline._functions.operators.operator import Operator
from shardline._functions.operators.print import Print
from shardline._functions.operators.process import Process

OPERATORS: dict[str, type[Operator]] = {
    "assign_timestamps": AssignTimestamps,
    "collect": Collect,
    "deserialize_flat_map": DeserializeFlatMap,
    "deserialize_map": DeserializeMap,
    "filter": Filter,
    "flat_map": FlatMap,
    "key_by": KeyBy,
    "keyed_filter": KeyedFilter,
    "keyed_flat_map": KeyedFlatMap,
    "keyed_map": KeyedMap,
    "keyed_process": KeyedProcess,
    "map": Map,
    "max": KeyedMax,
    "max_by": KeyedMaxBy,
    "min": KeyedMin,
    "min_by": KeyedMinBy,
    "print": Print,
    "process": Process,
    "reduce": KeyedReduce,
    "sum": KeyedSum,
}


def operator_class(described: Mapping[str, Any], extra: Any, *, keyed: bool) -> type[Operator]:
    """Returns the class of the operator that the OPEN frame describes. `keyed` tells whether it has state by key."""
    name = _name(described, extra, keyed)
    if name not in OPERATORS:
        raise ValueError(f"unknown operation {name!r}: the engine is newer than this package")
    return OPERATORS[name]


def _name(described: Mapping[str, Any], extra: Any, keyed: bool) -> str:
    operation: str = described["operation"]
    if described.get("deserializes"):
        return f"deserialize_{operation}"
    if operation == "process" and keyed:
        return f"keyed_{extra or operation}"
    return operation
