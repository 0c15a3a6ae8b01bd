"""Deserialization schemas of the program: from a whole Kinesis record to values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from shardline.common.serialization import DeserializationSchema, _Step
from shardline.common.typeinfo import RowTypeInfo, TypeInformation, Types
from shardline.common.types import Row
from shardline.datastream.functions import FlatMapFunction, RuntimeContext

_SINGLE = (str, bytes, bytearray, memoryview, Mapping, Row)
_BYTES = Types.PRIMITIVE_ARRAY(Types.BYTE())
_FIELDS: list[tuple[str, TypeInformation]] = [
    ("data", _BYTES),
    ("partitionKey", Types.STRING()),
    ("sequenceNumber", Types.STRING()),
    ("subSequenceNumber", Types.INT()),
    ("approximateArrivalTimestamp", Types.LONG()),
    ("stream", Types.STRING()),
    ("shardId", Types.STRING()),
]
RECORD_TYPE = RowTypeInfo([field for _, field in _FIELDS], [name for name, _ in _FIELDS])


class KinesisRecord(NamedTuple):
    """A record of a stream. (Of Shardline.)"""

    data: bytes
    partition_key: str
    #: A decimal number. Records of one aggregate have the same sequence number.
    sequence_number: str
    #: The position in its aggregate, from 0, or None if the record was not aggregated.
    sub_sequence_number: int | None
    #: The arrival time in epoch milliseconds, or None if the service does not report it.
    approximate_arrival_timestamp: int | None


class KinesisDeserializationSchema(DeserializationSchema):
    """A schema of the program that has access to the whole record. Override `deserialize`.

    In PyFlink this class wraps a Java object; subclasses in Python are an extension of Shardline. The schema runs where
    functions run. An error that it raises fails the job, and the failure names the record. If
    `shardline.source.poison-records` is `skip`, the record is skipped and counted, and goes to the dead letter handler
    of the source if there is one. Such a record emits no values.
    """

    _of_pyflink = False

    def __init__(self) -> None:
        pass

    def open(self, runtime_context: RuntimeContext) -> None:
        """Called once, before the first record."""

    def deserialize(self, record: KinesisRecord, stream: str, shard_id: str) -> Iterable[Any]:
        """Returns any number of values, each with the timestamp of the record. `stream` is the name of the stream."""
        raise NotImplementedError(f"{type(self).__name__} must override deserialize()")

    def close(self) -> None:
        """Called once, after the last record."""

    def get_produced_type(self) -> TypeInformation:
        """Returns the type of the values. By default they are pickled."""
        return Types.PICKLED_BYTE_ARRAY()

    def _spec(self) -> dict[str, Any]:
        if type(self).deserialize is KinesisDeserializationSchema.deserialize:
            raise TypeError(f"{type(self).__name__} must override deserialize(self, record, stream, shard_id)")
        return {"type": "kinesis-record"}

    def _engine_type(self) -> TypeInformation:
        return RECORD_TYPE

    def _type_info(self) -> TypeInformation:
        return self.get_produced_type()

    def _step(self) -> _Step | None:
        return _Step("flat_map", type(self).__name__, _Deserialize(self))


class _Deserialize(FlatMapFunction):
    def __init__(self, schema: KinesisDeserializationSchema) -> None:
        self._schema = schema

    def open(self, runtime_context: RuntimeContext) -> None:
        self._schema.open(runtime_context)

    def flat_map(self, value: Row) -> Iterable[Any]:
        data, partition_key, sequence_number, sub_sequence_number, arrival, stream, shard_id = value
        record = KinesisRecord(data, partition_key, sequence_number, sub_sequence_number, arrival)
        produced = self._schema.deserialize(record, stream, shard_id)
        if produced is None:
            return ()
        # A single value that is iterable would become several values.
        if isinstance(produced, _SINGLE) or not isinstance(produced, Iterable):
            raise TypeError(
                f"{type(self._schema).__name__}.deserialize() must return an iterable of values, and returned one "
                f"{type(produced).__name__}: yield it, or return a list"
            )
        return produced

    def close(self) -> None:
        self._schema.close()
