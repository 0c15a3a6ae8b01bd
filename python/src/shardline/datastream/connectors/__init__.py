"""Connectors. Those of Kinesis are in `shardline.datastream.connectors.kinesis`, as in PyFlink."""

from typing import Any

from shardline._absent import module_getattr
from shardline.datastream.connectors.base import DeliveryGuarantee, Sink, Source

__all__ = ["DeliveryGuarantee", "Sink", "Source"]

_absent = module_getattr(__name__)


def __getattr__(name: str) -> Any:
    """Scripts of old import the consumer from here."""
    if name == "FlinkKinesisConsumer":
        from shardline.datastream.connectors.kinesis import FlinkKinesisConsumer

        return FlinkKinesisConsumer
    return _absent(name)
