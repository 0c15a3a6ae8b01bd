"""The program's own schema: from a whole record of Kinesis to values."""

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
    """A record as the stream has it. (Of Shardline.)"""

    data: bytes
    partition_key: str
    #: Decimal. Records of one aggregate share it.
    sequence_number: str
    #: Place in the aggregate that it came in, from 0; None: it came alone.
    sub_sequence_number: int | None
    #: When the service took it, epoch milliseconds; None: it does not say.
    approximate_arrival_timestamp: int | None


class KinesisDeserializationSchema(DeserializationSchema):
    """The program's own way from a record to values, which sees more of it than its data: override `deserialize`.

    In PyFlink it wraps a Java object; written in Python it is of Shardline. It runs where functions run. What it raises
    fails the job, which names the record; with `shardline.source.poison-records` set to `skip` the record is left out
    and counted, and the source's dead letter handler takes it if there is one. Such a record gives no values at all.
    """

    _of_pyflink = False

    def __init__(self) -> None:
        pass

    def open(self, runtime_context: RuntimeContext) -> None:
        """Once, before the first record."""

    def deserialize(self, record: KinesisRecord, stream: str, shard_id: str) -> Iterable[Any]:
        """Any number of values; each keeps the record's time. `stream` is the stream's name."""
        raise NotImplementedError(f"{type(self).__name__} must override deserialize()")

    def close(self) -> None:
        """Once, after the last record."""

    def get_produced_type(self) -> TypeInformation:
        """Of the values. Unless overridden they are pickled, whatever they are."""
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
        # One value that happens to be iterable would become many.
        if isinstance(produced, _SINGLE) or not isinstance(produced, Iterable):
            raise TypeError(
                f"{type(self._schema).__name__}.deserialize() gives any number of values, and returned one "
                f"{type(produced).__name__}: yield it, or return a list"
            )
        return produced

    def close(self) -> None:
        self._schema.close()
