"""Partition keys of the records that a KinesisStreamsSink writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shardline._publishing import published_in


@published_in("shardline.datastream.connectors.kinesis")
class PartitionKeyGenerator:
    """Generates the partition key of each record."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    @staticmethod
    def fixed() -> PartitionKeyGenerator:
        """The partition key is the number of the sink's subtask: the records of a subtask stay in order, in one
        shard."""
        return PartitionKeyGenerator("fixed")

    @staticmethod
    def random() -> PartitionKeyGenerator:
        """The partition key is a UUID for each record: records are evenly distributed, without an order."""
        return PartitionKeyGenerator("random")


class PartitionKeyFunction:
    """Calls the function of a script, and returns its keys as objects of the classes that the engine reads. The value
    None is not written, so it has no key."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self._function = function

    def __call__(self, value: Any) -> Any:
        if value is None:
            return None
        key = self._function(value)
        return key if type(key) is str else _plain(key)


def _plain(key: Any) -> Any:
    """Returns members of enumerations, named tuples and the like as plain values. Other objects are returned unchanged,
    and the sink reports them."""
    if isinstance(key, tuple):
        return tuple(map(_plain, key))
    if isinstance(key, str):
        return str.__str__(key)
    return int(key) if isinstance(key, int) and not isinstance(key, bool) else key
