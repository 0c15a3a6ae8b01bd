"""The program's own schema: from a whole record of Kinesis to values."""

from __future__ import annotations

import base64
import json
import os
import pickle
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from shardline.common.serialization import DeserializationSchema, _Step
from shardline.common.typeinfo import RowTypeInfo, TypeInformation, Types
from shardline.common.types import Row
from shardline.datastream.connectors._dead_letters import DeadLetter, RecordPosition
from shardline.datastream.functions import FlatMapFunction, RuntimeContext
from shardline.errors import UnsupportedError

POISON_RECORDS = "shardline.source.poison-records"

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
    fails the job, which names the record; with `shardline.source.poison-records` set to `skip` the record is left out,
    and a dead letter handler takes it (a callable, or `DeadLetterHandler.file`).
    """

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
        return _Step("flat_map", type(self).__name__, _Deserialize(self, "fail", None))


def step_of(schema: KinesisDeserializationSchema, poison_records: str, dead_letters: Mapping[str, Any] | None) -> _Step:
    """With what becomes of records that it cannot read. Raises UnsupportedError for what only the engine can do."""
    if dead_letters is not None and dead_letters["type"] == "kinesis-streams":
        raise UnsupportedError(
            "a KinesisDeserializationSchema in Python gives what it cannot read to a callable or to a file "
            "(DeadLetterHandler.file), not to a stream"
        )
    return _Step("flat_map", type(schema).__name__, _Deserialize(schema, poison_records, dead_letters))


class _Deserialize(FlatMapFunction):
    def __init__(
        self, schema: KinesisDeserializationSchema, poison_records: str, dead_letters: Mapping[str, Any] | None
    ) -> None:
        self._schema = schema
        self._poison_records = poison_records
        self._dead_letters = dead_letters
        self._warned = False

    def open(self, runtime_context: RuntimeContext) -> None:
        self._schema.open(runtime_context)

    def flat_map(self, value: Row) -> Iterator[Any]:
        data, partition_key, sequence_number, sub_sequence_number, arrival, stream, shard_id = value
        record = KinesisRecord(data, partition_key, sequence_number, sub_sequence_number, arrival)
        try:
            produced = self._schema.deserialize(record, stream, shard_id)
            # All of them, before any is given on: a record that cannot be read gives nothing.
            return iter(() if produced is None else list(produced))
        except Exception as error:
            if self._dead_letters is not None:
                self._bury(self._dead_letters, record, stream, shard_id, error)
            elif self._poison_records == "skip":
                self._warn(stream, shard_id, record, error)
            else:
                raise
            return iter(())

    def close(self) -> None:
        self._schema.close()

    def _warn(self, stream: str, shard_id: str, record: KinesisRecord, error: Exception) -> None:
        if not self._warned:
            self._warned = True
            print(
                f"shardline: The record at stream {stream}, {shard_id}, sequence number {record.sequence_number} "
                f"cannot be read: {type(error).__name__}: {error}. Such records are left out ({POISON_RECORDS}).",
                file=sys.stderr,
            )

    def _bury(
        self, spec: Mapping[str, Any], record: KinesisRecord, stream: str, shard_id: str, error: Exception
    ) -> None:
        position = RecordPosition(
            stream, shard_id, record.sequence_number, record.sub_sequence_number, record.partition_key
        )
        message = f"The schema of the program failed: {type(error).__name__}: {error}"
        letter = DeadLetter(stream, "RECORD_MALFORMED", message, record.partition_key, None, record.data, position)
        if spec["type"] == "file":
            _append(spec["path"], letter)
        else:
            pickle.loads(base64.b64decode(spec["pickle"]))(letter)


def _append(path: str, letter: DeadLetter) -> None:
    """A line as the engine writes it, which is on the disk when this returns."""
    position = letter.position
    line = {
        "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + "Z",
        "stream": letter.stream,
        "code": letter.code,
        "message": letter.message,
        "partitionKey": letter.partition_key,
        "explicitHashKey": None,
        "position": None
        if position is None
        else {
            "stream": position.stream,
            "shardId": position.shard_id,
            "sequenceNumber": position.sequence_number,
            "subSequenceNumber": position.sub_sequence_number,
            "partitionKey": position.partition_key,
        },
        "data": base64.b64encode(letter.data).decode(),
    }
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, (json.dumps(line) + "\n").encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
