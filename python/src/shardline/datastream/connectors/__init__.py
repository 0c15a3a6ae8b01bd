"""Connectors. As in PyFlink, those of Kinesis are in `shardline.datastream.connectors.kinesis`."""

from typing import Any

from shardline._absent import module_getattr
from shardline.datastream.connectors.base import DeliveryGuarantee, Sink, Source

__all__ = ["DeliveryGuarantee", "Sink", "Source"]

_absent = module_getattr(__name__)


def __getattr__(name: str) -> Any:
    """Returns the consumer and the producer of Flink 1.x, which older scripts import from here."""
    if name in ("FlinkKinesisConsumer", "FlinkKinesisProducer"):
        from shardline.datastream.connectors import kinesis

        return getattr(kinesis, name)
    return _absent(name)
