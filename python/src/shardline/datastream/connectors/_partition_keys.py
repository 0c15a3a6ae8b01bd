"""Partition keys of the records that a KinesisStreamsSink writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shardline._publishing import published_in


@published_in("shardline.datastream.connectors.kinesis")
class PartitionKeyGenerator:
    """The partition key of each record that is written."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    @staticmethod
    def fixed() -> PartitionKeyGenerator:
        """The number of the sink's subtask: what one subtask writes stays in order, in one shard."""
        return PartitionKeyGenerator("fixed")

    @staticmethod
    def random() -> PartitionKeyGenerator:
        """A UUID for each record: evenly spread, in no order."""
        return PartitionKeyGenerator("random")


class PartitionKeyFunction:
    """What a script's function gives, in classes that the engine reads; None, which is not written, has no key."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self._function = function

    def __call__(self, value: Any) -> Any:
        if value is None:
            return None
        key = self._function(value)
        return key if type(key) is str else _plain(key)


def _plain(key: Any) -> Any:
    """Enumerations, named tuples and the like as what they are; anything else stays, and the sink says what it was."""
    if isinstance(key, tuple):
        return tuple(map(_plain, key))
    if isinstance(key, str):
        return str.__str__(key)
    return int(key) if isinstance(key, int) and not isinstance(key, bool) else key
