"""Streams: the operators between a source and a sink."""

from shardline._absent import module_getattr
from shardline.datastream._closeable_iterator import CloseableIterator
from shardline.datastream._data_stream import DataStream
from shardline.datastream._data_stream_sink import DataStreamSink
from shardline.datastream._keyed_stream import KeyedStream

__all__ = ["CloseableIterator", "DataStream", "DataStreamSink", "KeyedStream"]

__getattr__ = module_getattr(__name__)
