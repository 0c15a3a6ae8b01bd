"""Base classes of connectors."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

from shardline._absent import module_getattr
from shardline.common.serialization import DeserializationSchema, SerializationSchema

__all__ = ["DeliveryGuarantee", "Sink", "Source"]


class Source:
    """What `env.from_source()` takes."""

    def _spec(self) -> dict[str, Any]:
        """This source in a job graph."""
        raise TypeError(f"{type(self).__name__} is not a source that the engine knows: use KinesisStreamsSource")

    def _schema_of_values(self) -> DeserializationSchema:
        """What reads its records."""
        raise TypeError(f"{type(self).__name__} is not a source that the engine knows: use KinesisStreamsSource")


class Sink:
    """What `stream.sink_to()` takes."""

    def _spec(self) -> dict[str, Any]:
        """This sink in a job graph."""
        raise TypeError(f"{type(self).__name__} is not a sink that the engine knows: use KinesisStreamsSink")

    def _key_function(self) -> Callable[[Any], Any] | None:
        """What gives the keys that its records are written with; None: the engine does."""
        return None

    def _input_schema(self) -> SerializationSchema | None:
        """What writes the values; None: it takes any."""
        return None


class DeliveryGuarantee(Enum):
    EXACTLY_ONCE = (0,)
    AT_LEAST_ONCE = (1,)
    NONE = 2


__getattr__ = module_getattr(__name__)
