"""Base classes of connectors."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

from shardline._absent import module_getattr
from shardline.common.serialization import DeserializationSchema, SerializationSchema

__all__ = ["DeliveryGuarantee", "Sink", "Source"]


class Source:
    """A source, for `env.from_source()`."""

    def _spec(self) -> dict[str, Any]:
        """Returns this source as a job graph has it."""
        raise TypeError(f"{type(self).__name__} is not a source that the engine knows: use KinesisStreamsSource")

    def _schema_of_values(self) -> DeserializationSchema:
        """Returns the schema that reads the records."""
        raise TypeError(f"{type(self).__name__} is not a source that the engine knows: use KinesisStreamsSource")


class Sink:
    """A sink, for `stream.sink_to()`."""

    def _spec(self) -> dict[str, Any]:
        """Returns this sink as a job graph has it."""
        raise TypeError(f"{type(self).__name__} is not a sink that the engine knows: use KinesisStreamsSink")

    def _key_function(self) -> Callable[[Any], Any] | None:
        """Returns the function of the partition keys, or None if the engine generates them."""
        return None

    def _input_schema(self) -> SerializationSchema | None:
        """Returns the schema that writes the values, or None if the sink takes any value."""
        return None


class DeliveryGuarantee(Enum):
    EXACTLY_ONCE = (0,)
    AT_LEAST_ONCE = (1,)
    NONE = 2


__getattr__ = module_getattr(__name__)
