"""KinesisStreamsSink and its builder, with the names, defaults and checks of Flink's own Kinesis connector."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shardline._publishing import published_in
from shardline.common.serialization import SerializationSchema
from shardline.datastream.connectors._arn import checked_arn
from shardline.datastream.connectors._async_sink import AsyncSink, AsyncSinkBuilder
from shardline.datastream.connectors._partition_keys import PartitionKeyFunction, PartitionKeyGenerator
from shardline.errors import ConfigurationError


@published_in("shardline.datastream.connectors.kinesis")
class KinesisStreamsSink(AsyncSink):
    """Writes each value as a record, at least once. Made by `builder()`."""

    def __init__(
        self,
        spec: Mapping[str, Any],
        serialization_schema: SerializationSchema,
        key_function: Callable[[Any], Any] | None = None,
    ) -> None:
        super().__init__(spec, serialization_schema)
        self._function = key_function

    @staticmethod
    def builder() -> KinesisStreamsSinkBuilder:
        return KinesisStreamsSinkBuilder()

    def _key_function(self) -> Callable[[Any], Any] | None:
        return None if self._function is None else PartitionKeyFunction(self._function)


@published_in("shardline.datastream.connectors.kinesis")
class KinesisStreamsSinkBuilder(AsyncSinkBuilder):
    _sink = "KinesisStreamsSink"
    _type = "kinesis-streams"
    _no_schema = "No SerializationSchema was supplied to the KinesisStreamsSinkElementConverter builder."

    def __init__(self) -> None:
        super().__init__()
        self._stream_arn: str | None = None
        self._stream_name: str | None = None
        self._partition_key_generator: PartitionKeyGenerator | Callable[[Any], Any] | None = None

    def set_stream_arn(self, stream_arn: str) -> KinesisStreamsSinkBuilder:
        """Sets `arn:aws:kinesis:REGION:ACCOUNT:stream/NAME`, which takes precedence over a name and gives the region.
        (Of Flink's Java builder; PyFlink's does not have it.)"""
        self._stream_arn = checked_arn(stream_arn)
        return self

    def set_stream_name(self, stream_name: str | list[str]) -> KinesisStreamsSinkBuilder:
        """Sets the name of the stream. As in PyFlink, it may be a list of one name."""
        if isinstance(stream_name, (list, tuple)):
            if len(stream_name) != 1:
                raise ConfigurationError(f"KinesisStreamsSink writes to one stream, and got {stream_name!r}")
            stream_name = stream_name[0]
        self._stream_name = stream_name
        return self

    def set_partition_key_generator(
        self, partition_key_generator: PartitionKeyGenerator | Callable[[Any], str | tuple[str, int | str | None]]
    ) -> KinesisStreamsSinkBuilder:
        """Sets `PartitionKeyGenerator.fixed()` or `.random()`. As an extension of Shardline, it may be a function of
        the value.

        The function returns the partition key, a str of 1 to 256 characters, or a tuple of the partition key and an
        explicit hash key. The explicit hash key determines the shard in place of the partition key. It is an int from 0
        to 2**128 - 1, the same number as a str, or None. Records with the same key are in the same shard, for example
        with `lambda order: json.loads(order)["table"]`.
        """
        if not isinstance(partition_key_generator, PartitionKeyGenerator) and not callable(partition_key_generator):
            raise TypeError(
                "set_partition_key_generator() takes PartitionKeyGenerator.fixed() or .random(), or a callable of the "
                f"value, not {partition_key_generator!r}"
            )
        self._partition_key_generator = partition_key_generator
        return self

    def set_kinesis_client_properties(self, kinesis_client_properties: Mapping[str, Any]) -> KinesisStreamsSinkBuilder:
        """Sets `aws.region`, `aws.endpoint`, `aws.credentials.provider` and the other `aws.*` options of Flink."""
        self._set_client_properties(kinesis_client_properties)
        return self

    def build(self) -> KinesisStreamsSink:
        schema = self._checked_schema()
        generator = self._partition_key_generator
        if generator is None:
            raise ConfigurationError(
                "No PartitionKeyGenerator lambda was supplied to the KinesisStreamsSinkElementConverter builder. "
                "Call set_partition_key_generator()."
            )
        if self._stream_arn is None:
            _check_name(self._stream_name)
        kind, function = ("key_by", generator) if callable(generator) else (generator._kind, None)
        spec = {
            "type": "kinesis-streams",
            "streamArn": self._stream_arn,
            "streamName": None if self._stream_arn is not None else self._stream_name,
            "partitionKeyGenerator": {"type": kind},
            **self._common_spec(),
        }
        return KinesisStreamsSink(spec, schema, function)


def _check_name(stream_name: str | None) -> None:
    hint = "KinesisStreamsSink: set_stream_name() or set_stream_arn()"
    if stream_name is None:
        raise ConfigurationError(f"The stream name must not be null when initializing the KDS Sink ({hint})")
    if not stream_name:
        raise ConfigurationError(f"The stream name must be set when initializing the KDS Sink ({hint})")
    if ":" in stream_name:
        raise ConfigurationError(
            f"KinesisStreamsSink: set_stream_name() takes a name, and this is an ARN: {stream_name!r}. "
            "Call set_stream_arn()."
        )
