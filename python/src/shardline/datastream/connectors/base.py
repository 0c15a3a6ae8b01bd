"""Base classes of connectors."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

from shardline._absent import module_getattr
from shardline.common.typeinfo import TypeInformation

__all__ = ["DeliveryGuarantee", "Sink", "Source"]


class Source:
    """What `env.from_source()` takes."""

    def _spec(self) -> dict[str, Any]:
        """This source in a job graph."""
        raise TypeError(f"{type(self).__name__} is not a source that the engine knows: use KinesisStreamsSource")

    def _type_info(self) -> TypeInformation:
        """The type of the values that come from it."""
        raise TypeError(f"{type(self).__name__} is not a source that the engine knows: use KinesisStreamsSource")


class Sink:
    """What `stream.sink_to()` takes."""

    def _spec(self) -> dict[str, Any]:
        """This sink in a job graph."""
        raise TypeError(f"{type(self).__name__} is not a sink that the engine knows: use KinesisStreamsSink")

    def _key_function(self) -> Callable[[Any], Any] | None:
        """What gives the keys that its records are written with; None: the engine does."""
        return None

    def _check_input(self, type_info: TypeInformation) -> None:
        """Raises TypeError if values of this type cannot be written."""


class DeliveryGuarantee(Enum):
    EXACTLY_ONCE = (0,)
    AT_LEAST_ONCE = (1,)
    NONE = 2


__getattr__ = module_getattr(__name__)
