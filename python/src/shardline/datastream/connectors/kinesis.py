"""Amazon Kinesis Data Streams: the source and the sink.

Sources: the builders of Flink's own Kinesis connector (`KinesisStreamsSource`, `KinesisStreamsSink`), their names,
defaults and checks; option keys are Flink's.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import cloudpickle

from shardline import _options
from shardline._absent import module_getattr
from shardline._compatibility import warn_once
from shardline.common.configuration import Configuration
from shardline.common.serialization import DeserializationSchema, SerializationSchema
from shardline.common.typeinfo import TypeInformation, Types
from shardline.datastream.connectors import _legacy_properties
from shardline.datastream.connectors._credentials import AwsCredentials, register_credentials_provider
from shardline.datastream.connectors._kinesis_options import AWSConfigOptions, KinesisSourceConfigOptions
from shardline.datastream.connectors.base import Sink, Source
from shardline.errors import ConfigurationError

__all__ = [
    "AWSConfigOptions",
    "AwsCredentials",
    "FlinkKinesisConsumer",
    "KinesisShardAssigner",
    "KinesisSourceConfigOptions",
    "KinesisStreamsSink",
    "KinesisStreamsSinkBuilder",
    "KinesisStreamsSource",
    "KinesisStreamsSourceBuilder",
    "PartitionKeyGenerator",
    "ShardAssignerContext",
    "ShardToAssign",
    "register_credentials_provider",
]

_STREAM_ARN = re.compile(r"arn:aws[a-z-]*:kinesis:[a-z0-9-]+:[0-9]{12}:stream/[a-zA-Z0-9_.-]{1,128}")
_SERVICE_MAX_BATCH_SIZE = 500
_SERVICE_MAX_BATCH_BYTES = 10 * 1024 * 1024
_BYTES = Types.PRIMITIVE_ARRAY(Types.BYTE())


# ---- source


class ShardToAssign(NamedTuple):
    """A shard that may be read now. (Of Shardline.)"""

    stream_arn: str
    shard_id: str
    parent_shard_ids: tuple[str, ...]
    #: Both ends of the range of hash keys, inclusive, 0 to 2**128 - 1.
    starting_hash_key: int
    ending_hash_key: int


class ShardAssignerContext(NamedTuple):
    """What is known when a shard is assigned. (Of Shardline.)"""

    parallelism: int
    #: By subtask: ids of the shards that it reads.
    assigned: tuple[tuple[str, ...], ...]


class KinesisShardAssigner:
    """Which parallel instance of a source reads a shard.

    As an extension of Shardline, a subclass may say so itself, by overriding `assign`; PyFlink has only the two below.
    """

    _kind = "uniform"

    @staticmethod
    def uniform_shard_assigner() -> KinesisShardAssigner:
        """By the shard's place in the space of hash keys: equal shares, also after resharding."""
        return KinesisShardAssigner()

    @staticmethod
    def default_shard_assigner() -> KinesisShardAssigner:
        """By a number made of the shard's id: the default of FlinkKinesisConsumer."""
        assigner = KinesisShardAssigner()
        assigner._kind = "default"
        return assigner

    def assign(self, shard: ShardToAssign, context: ShardAssignerContext) -> int:
        """The subtask, from 0 to `context.parallelism - 1`, that reads the shard. Called in the driver."""
        raise NotImplementedError

    def _spec(self) -> dict[str, str]:
        if type(self).assign is KinesisShardAssigner.assign:
            return {"type": self._kind}
        return {"type": "python", "pickle": base64.b64encode(cloudpickle.dumps(self, protocol=5)).decode("ascii")}


class _CallableAssigner(KinesisShardAssigner):
    def __init__(self, function: Callable[[ShardToAssign, ShardAssignerContext], int]) -> None:
        self._function = function

    def assign(self, shard: ShardToAssign, context: ShardAssignerContext) -> int:
        return self._function(shard, context)


class KinesisStreamsSource(Source):
    """Reads one stream, from all of its shards, in order within each. Made by `builder()`.

    Options, by `set_source_config`: `source.init.position` (LATEST, TRIM_HORIZON or AT_TIMESTAMP with
    `source.init.timestamp`), `aws.endpoint`, `aws.credentials.provider` and the rest of Flink's `source.*` and `aws.*`
    keys. The region is the one in the stream's ARN.
    """

    def __init__(
        self,
        stream_arn: str | None,
        deserialization_schema: DeserializationSchema,
        source_config: Configuration,
        shard_assigner: KinesisShardAssigner | None = None,
        preserve_shard_order: bool = True,
        stream_name: str | None = None,
    ) -> None:
        self._stream_arn = stream_arn
        self._stream_name = stream_name
        self._schema = deserialization_schema
        self._config = source_config
        self._shard_assigner = shard_assigner or KinesisShardAssigner.uniform_shard_assigner()
        self._preserve_shard_order = preserve_shard_order

    @staticmethod
    def builder() -> KinesisStreamsSourceBuilder:
        return KinesisStreamsSourceBuilder()

    def _spec(self) -> dict[str, Any]:
        return {
            "type": "kinesis-streams",
            "streamArn": self._stream_arn,
            "streamName": self._stream_name,
            "configuration": self._config.to_dict(),
            "deserializationSchema": self._schema._spec(),
            "shardAssigner": self._shard_assigner._spec(),
            "preserveShardOrder": self._preserve_shard_order,
        }

    def _type_info(self) -> TypeInformation:
        return self._schema._type_info()


class KinesisStreamsSourceBuilder:
    def __init__(self) -> None:
        self._stream_arn: str | None = None
        self._schema: DeserializationSchema | None = None
        self._config = Configuration()
        self._shard_assigner = KinesisShardAssigner.uniform_shard_assigner()
        self._preserve_shard_order = True

    def set_stream_arn(self, stream_arn: str) -> KinesisStreamsSourceBuilder:
        """`arn:aws:kinesis:REGION:ACCOUNT:stream/NAME`"""
        if not isinstance(stream_arn, str) or not _STREAM_ARN.fullmatch(stream_arn):
            raise ConfigurationError(
                f"'{stream_arn}' is not the ARN of a Kinesis stream. "
                "It should look like arn:aws:kinesis:us-east-1:123456789012:stream/name."
            )
        self._stream_arn = stream_arn
        return self

    def set_deserialization_schema(self, deserialization_schema: DeserializationSchema) -> KinesisStreamsSourceBuilder:
        if not isinstance(deserialization_schema, DeserializationSchema):
            raise TypeError(
                "set_deserialization_schema() takes a DeserializationSchema such as SimpleStringSchema(), "
                f"not {deserialization_schema!r}"
            )
        deserialization_schema._spec()
        self._schema = deserialization_schema
        return self

    def set_kinesis_shard_assigner(
        self, kinesis_shard_assigner: KinesisShardAssigner | Callable[[ShardToAssign, ShardAssignerContext], int]
    ) -> KinesisStreamsSourceBuilder:
        """As an extension of Shardline, a callable of the shard and the context is taken too."""
        self._shard_assigner = _checked_assigner(kinesis_shard_assigner, "set_kinesis_shard_assigner()")
        return self

    def set_preserve_shard_order(self, preserve_shard_order: bool) -> KinesisStreamsSourceBuilder:
        """Whether children of a resharded shard wait for their parents; they do unless told otherwise.
        (Of Flink's Java builder; PyFlink's does not have it.)"""
        self._preserve_shard_order = bool(preserve_shard_order)
        return self

    def set_source_config(self, source_config: Configuration) -> KinesisStreamsSourceBuilder:
        if not isinstance(source_config, Configuration):
            raise TypeError(f"set_source_config() takes a Configuration, not {type(source_config).__name__}")
        _options.check(source_config.to_dict(), _options.KINESIS_SOURCE, _options.AWS)
        self._config = Configuration(source_config)
        return self

    def build(self) -> KinesisStreamsSource:
        if not self._stream_arn:
            raise ConfigurationError("KinesisStreamsSource: the stream's ARN must be set (set_stream_arn)")
        if self._schema is None:
            raise ConfigurationError("KinesisStreamsSource: a schema must be set (set_deserialization_schema)")
        _check_position(self._config)
        return KinesisStreamsSource(
            self._stream_arn,
            self._schema,
            Configuration(self._config),
            self._shard_assigner,
            self._preserve_shard_order,
        )


def _checked_assigner(
    assigner: KinesisShardAssigner | Callable[[ShardToAssign, ShardAssignerContext], int], where: str
) -> KinesisShardAssigner:
    if isinstance(assigner, KinesisShardAssigner):
        return assigner
    if not callable(assigner):
        raise TypeError(f"{where} takes a KinesisShardAssigner or a callable, not {assigner!r}")
    return _CallableAssigner(assigner)


class FlinkKinesisConsumer:
    """The Kinesis source of Flink 1.x, for scripts that still say it: `env.add_source(FlinkKinesisConsumer(...))`.

    One or several streams, by name (or ARN); `config_props` as Flink 1.x has them (`flink.stream.initpos` and the rest,
    `aws.*`). Records that the Kinesis Producer Library aggregated are unpacked. Flink 2 removed it: the warning shows
    the form that stays.
    """

    def __init__(
        self,
        streams: str | Sequence[str],
        deserializer: DeserializationSchema,
        config_props: Mapping[str, Any],
    ) -> None:
        self._streams = [streams] if isinstance(streams, str) else list(streams)
        if not self._streams or not all(isinstance(stream, str) and stream for stream in self._streams):
            raise ConfigurationError("Number of streams must be at least 1. Every stream needs a name.")
        if not isinstance(deserializer, DeserializationSchema):
            raise TypeError(
                f"FlinkKinesisConsumer: deserializer must be a DeserializationSchema such as SimpleStringSchema(), "
                f"not {deserializer!r}"
            )
        deserializer._spec()
        self._schema = deserializer
        self._shard_assigner = KinesisShardAssigner.default_shard_assigner()
        self._configurations = [_legacy_properties.convert(config_props, stream) for stream in self._streams]
        for message in _legacy_properties.unknown(config_props):
            warn_once(message, UserWarning)
        for configuration in self._configurations:
            read = {key: value for key, value in configuration.items() if key in _options.table().keys}
            _options.check(read, _options.KINESIS_SOURCE, _options.AWS)
            _check_position(Configuration.from_dict(configuration))
        warn_once(
            "FlinkKinesisConsumer was removed from Flink 2. The same with the source that stays: "
            + _legacy_properties.new_form(self._streams, self._configurations[0]),
            DeprecationWarning,
        )

    def set_shard_assigner(self, shard_assigner: KinesisShardAssigner) -> FlinkKinesisConsumer:
        self._shard_assigner = _checked_assigner(shard_assigner, "set_shard_assigner()")
        return self

    def set_periodic_watermark_assigner(self, periodic_watermark_assigner: Any) -> FlinkKinesisConsumer:
        raise NotImplementedError(
            "set_periodic_watermark_assigner() takes a Java object. Say it of the stream instead: "
            "env.add_source(consumer).assign_timestamps_and_watermarks(WatermarkStrategy...)"
        )

    def set_watermark_tracker(self, watermark_tracker: Any) -> FlinkKinesisConsumer:
        raise NotImplementedError(
            "set_watermark_tracker() takes a Java object. Shards are kept in step by "
            "WatermarkStrategy....with_watermark_alignment(...)"
        )

    def _sources(self) -> list[Source]:
        """One for each stream."""
        return [
            KinesisStreamsSource(
                stream if stream.startswith("arn:") else None,
                self._schema,
                Configuration.from_dict(configuration),
                self._shard_assigner,
                stream_name=None if stream.startswith("arn:") else stream,
            )
            for stream, configuration in zip(self._streams, self._configurations, strict=True)
        ]

    def _type_info(self) -> TypeInformation:
        return self._schema._type_info()


def _check_position(config: Configuration) -> None:
    position = config.get_string("source.init.position", "LATEST").strip().upper().replace("-", "_")
    if position == "AT_TIMESTAMP" and not config.contains_key("source.init.timestamp"):
        raise ConfigurationError("source.init.position is AT_TIMESTAMP, which needs source.init.timestamp.")


# ---- sink


class PartitionKeyGenerator:
    """The partition key of each record that is written."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    @staticmethod
    def fixed() -> PartitionKeyGenerator:
        """The number of the sink's subtask: what one subtask writes stays in order, in one shard."""
        return PartitionKeyGenerator("fixed")

    @staticmethod
    def random() -> PartitionKeyGenerator:
        """A UUID for each record: evenly spread, in no order."""
        return PartitionKeyGenerator("random")


class _PartitionKeyFunction:
    """What a script's function gives, in classes that the engine reads; None, which is not written, has no key."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self._function = function

    def __call__(self, value: Any) -> Any:
        if value is None:
            return None
        key = self._function(value)
        return key if type(key) is str else _plain(key)


def _plain(key: Any) -> Any:
    """Enumerations, named tuples and the like as what they are; anything else stays, and the sink says what it was."""
    if isinstance(key, tuple):
        return tuple(map(_plain, key))
    if isinstance(key, str):
        return str.__str__(key)
    return int(key) if isinstance(key, int) and not isinstance(key, bool) else key


class KinesisStreamsSink(Sink):
    """Writes each value as a record, at least once. Made by `builder()`."""

    def __init__(
        self,
        spec: Mapping[str, Any],
        serialization_schema: SerializationSchema,
        key_function: Callable[[Any], Any] | None = None,
    ) -> None:
        self._sink_spec = dict(spec)
        self._schema = serialization_schema
        self._function = key_function

    @staticmethod
    def builder() -> KinesisStreamsSinkBuilder:
        return KinesisStreamsSinkBuilder()

    def _spec(self) -> dict[str, Any]:
        return dict(self._sink_spec)

    def _key_function(self) -> Callable[[Any], Any] | None:
        return None if self._function is None else _PartitionKeyFunction(self._function)

    def _check_input(self, type_info: TypeInformation) -> None:
        needed = self._schema._type_info()
        if type_info == needed:
            return
        hint = "Types.STRING()" if needed != _BYTES else "Types.PRIMITIVE_ARRAY(Types.BYTE())"
        raise TypeError(
            f"{type(self._schema).__name__} writes values of type {hint}, and this stream's type is {type_info!r}: "
            f"declare it where the values are made, for example map(f, output_type={hint}). "
            "Flink fails here too, when the job runs (ClassCastException)"
        )


class KinesisStreamsSinkBuilder:
    def __init__(self) -> None:
        self._stream_name: str | None = None
        self._schema: SerializationSchema | None = None
        self._partition_key_generator: PartitionKeyGenerator | Callable[[Any], Any] | None = None
        self._client_properties: dict[str, str] = {}
        self._fail_on_error = False
        self._max_batch_size = 500
        self._max_in_flight_requests = 50
        self._max_buffered_requests = 10_000
        self._max_batch_size_in_bytes = 5 * 1024 * 1024
        self._max_time_in_buffer_ms = 5000
        self._max_record_size_in_bytes = 1024 * 1024

    def set_stream_name(self, stream_name: str | list[str]) -> KinesisStreamsSinkBuilder:
        """One name; a list of one is taken as well."""
        if isinstance(stream_name, (list, tuple)):
            if len(stream_name) != 1:
                raise ConfigurationError(f"KinesisStreamsSink writes to one stream, and got {stream_name!r}")
            stream_name = stream_name[0]
        self._stream_name = stream_name
        return self

    def set_serialization_schema(self, serialization_schema: SerializationSchema) -> KinesisStreamsSinkBuilder:
        if not isinstance(serialization_schema, SerializationSchema):
            raise TypeError(
                "set_serialization_schema() takes a SerializationSchema such as SimpleStringSchema(), "
                f"not {serialization_schema!r}"
            )
        serialization_schema._spec()
        self._schema = serialization_schema
        return self

    def set_partition_key_generator(
        self, partition_key_generator: PartitionKeyGenerator | Callable[[Any], str | tuple[str, int | str | None]]
    ) -> KinesisStreamsSinkBuilder:
        """`PartitionKeyGenerator.fixed()` or `.random()`, or, as an extension of Shardline, a function of the value.

        The function gives a str of 1 to 256 characters, or a tuple of it and an explicit hash key, which says the shard
        in the partition key's place: an int from 0 to 2**128 - 1, the same as a str, or None. Records of one key are in
        one shard, for example `lambda order: json.loads(order)["table"]`.
        """
        if not isinstance(partition_key_generator, PartitionKeyGenerator) and not callable(partition_key_generator):
            raise TypeError(
                "set_partition_key_generator() takes PartitionKeyGenerator.fixed() or .random(), or a callable of the "
                f"value, not {partition_key_generator!r}"
            )
        self._partition_key_generator = partition_key_generator
        return self

    def set_fail_on_error(self, fail_on_error: bool) -> KinesisStreamsSinkBuilder:
        """Whether a record that the service refuses fails the job; else it is sent again."""
        self._fail_on_error = bool(fail_on_error)
        return self

    def set_kinesis_client_properties(self, kinesis_client_properties: Mapping[str, Any]) -> KinesisStreamsSinkBuilder:
        """`aws.region`, `aws.endpoint`, `aws.credentials.provider` and the rest of Flink's `aws.*` keys."""
        properties = Configuration.from_dict(dict(kinesis_client_properties)).to_dict()
        _options.check(properties, _options.AWS)
        self._client_properties = properties
        return self

    def set_max_batch_size(self, max_batch_size: int) -> KinesisStreamsSinkBuilder:
        """Records in a request."""
        self._max_batch_size = _at_least_one(max_batch_size, "max_batch_size")
        return self

    def set_max_in_flight_requests(self, max_in_flight_requests: int) -> KinesisStreamsSinkBuilder:
        """Requests at the same time. With 1, records that are sent again keep their order."""
        self._max_in_flight_requests = _at_least_one(max_in_flight_requests, "max_in_flight_requests")
        return self

    def set_max_buffered_requests(self, max_buffered_requests: int) -> KinesisStreamsSinkBuilder:
        """Records that wait; above it the sink holds the stream back."""
        self._max_buffered_requests = _at_least_one(max_buffered_requests, "max_buffered_requests")
        return self

    def set_max_batch_size_in_bytes(self, max_batch_size_in_bytes: int) -> KinesisStreamsSinkBuilder:
        self._max_batch_size_in_bytes = _at_least_one(max_batch_size_in_bytes, "max_batch_size_in_bytes")
        return self

    def set_max_time_in_buffer_ms(self, max_time_in_buffer_ms: int) -> KinesisStreamsSinkBuilder:
        """Milliseconds until a batch that is not full is sent."""
        self._max_time_in_buffer_ms = _at_least_one(max_time_in_buffer_ms, "max_time_in_buffer_ms")
        return self

    def set_max_record_size_in_bytes(self, max_record_size_in_bytes: int) -> KinesisStreamsSinkBuilder:
        self._max_record_size_in_bytes = _at_least_one(max_record_size_in_bytes, "max_record_size_in_bytes")
        return self

    def build(self) -> KinesisStreamsSink:
        if not self._stream_name:
            raise ConfigurationError(
                "The stream name must be set when initializing the KDS Sink (KinesisStreamsSink: set_stream_name)"
            )
        if ":" in self._stream_name:
            raise ConfigurationError(
                f"KinesisStreamsSink: set_stream_name() takes a name, not an ARN: {self._stream_name!r}"
            )
        if self._schema is None:
            raise ConfigurationError("KinesisStreamsSink: a schema must be set (set_serialization_schema)")
        if self._partition_key_generator is None:
            raise ConfigurationError(
                "KinesisStreamsSink: a partition key generator must be set (set_partition_key_generator)"
            )
        if self._max_buffered_requests <= self._max_batch_size:
            raise ConfigurationError(
                f"KinesisStreamsSink: max_buffered_requests ({self._max_buffered_requests}) must be greater than "
                f"max_batch_size ({self._max_batch_size})"
            )
        if self._max_batch_size_in_bytes < self._max_record_size_in_bytes:
            raise ConfigurationError(
                f"KinesisStreamsSink: max_batch_size_in_bytes ({self._max_batch_size_in_bytes}) must not be less than "
                f"max_record_size_in_bytes ({self._max_record_size_in_bytes})"
            )
        if self._max_batch_size > _SERVICE_MAX_BATCH_SIZE:
            raise ConfigurationError(
                f"KinesisStreamsSink: max_batch_size ({self._max_batch_size}) is over the service's "
                f"{_SERVICE_MAX_BATCH_SIZE} records a request"
            )
        if self._max_batch_size_in_bytes > _SERVICE_MAX_BATCH_BYTES:
            raise ConfigurationError(
                f"KinesisStreamsSink: max_batch_size_in_bytes ({self._max_batch_size_in_bytes}) is over the service's "
                f"{_SERVICE_MAX_BATCH_BYTES} bytes a request"
            )
        generator = self._partition_key_generator
        kind, function = ("key_by", generator) if callable(generator) else (generator._kind, None)
        spec = {
            "type": "kinesis-streams",
            "streamArn": None,
            "streamName": self._stream_name,
            "configuration": dict(self._client_properties),
            "serializationSchema": self._schema._spec(),
            "partitionKeyGenerator": {"type": kind},
            "deadLetters": None,
            "failOnError": self._fail_on_error,
            "maxBatchSize": self._max_batch_size,
            "maxInFlightRequests": self._max_in_flight_requests,
            "maxBufferedRequests": self._max_buffered_requests,
            "maxBatchSizeInBytes": self._max_batch_size_in_bytes,
            "maxTimeInBufferMs": self._max_time_in_buffer_ms,
            "maxRecordSizeInBytes": self._max_record_size_in_bytes,
        }
        return KinesisStreamsSink(spec, self._schema, function)


def _at_least_one(value: int, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigurationError(f"KinesisStreamsSink: {name} must be an integer of at least 1, not {value!r}")
    return value


__getattr__ = module_getattr(__name__)
