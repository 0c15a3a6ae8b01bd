"""Connectors. Those of Kinesis are in `shardline.datastream.connectors.kinesis`, as in PyFlink."""

from shardline._absent import module_getattr
from shardline.datastream.connectors.base import DeliveryGuarantee, Sink, Source

__all__ = ["DeliveryGuarantee", "Sink", "Source"]

__getattr__ = module_getattr(__name__)
