"""Amazon Kinesis Data Streams, source and sink, and Amazon Data Firehose, a sink.

Sources: the builders of Flink's own Kinesis connector (`KinesisStreamsSource`, `KinesisStreamsSink`), their names,
defaults and checks; option keys are Flink's.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from shardline import _alias, _options
from shardline._absent import module_getattr
from shardline._compatibility import warn_once
from shardline._pickling import dumps
from shardline.common.configuration import Configuration
from shardline.common.serialization import (
    ByteArraySchema,
    DeserializationSchema,
    SerializationSchema,
    SimpleStringSchema,
    _checked_schema,
)
from shardline.datastream.connectors import _dead_letters, _legacy_properties
from shardline.datastream.connectors._arn import checked_arn
from shardline.datastream.connectors._async_sink import AsyncSink, AsyncSinkBuilder, ServiceLimits
from shardline.datastream.connectors._credentials import AwsCredentials, register_credentials_provider
from shardline.datastream.connectors._dead_letters import DeadLetter, DeadLetterHandler, RecordPosition
from shardline.datastream.connectors._kinesis_options import (
    AWSConfigOptions,
    KinesisSourceConfigOptions,
    SinkConfigOptions,
)
from shardline.datastream.connectors._legacy_producer import BuilderLines
from shardline.datastream.connectors._record_schema import KinesisDeserializationSchema, KinesisRecord
from shardline.datastream.connectors.base import Source
from shardline.errors import ConfigurationError, UnsupportedError

__all__ = [
    "AWSConfigOptions",
    "AwsCredentials",
    "DeadLetter",
    "DeadLetterHandler",
    "FlinkKinesisConsumer",
    "FlinkKinesisProducer",
    "KinesisDeserializationSchema",
    "KinesisFirehoseSink",
    "KinesisFirehoseSinkBuilder",
    "KinesisRecord",
    "KinesisShardAssigner",
    "KinesisSourceConfigOptions",
    "KinesisStreamsSink",
    "KinesisStreamsSinkBuilder",
    "KinesisStreamsSource",
    "KinesisStreamsSourceBuilder",
    "PartitionKeyGenerator",
    "RecordPosition",
    "ShardAssignerContext",
    "ShardToAssign",
    "SinkConfigOptions",
    "register_credentials_provider",
]


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
        return {"type": "python", "pickle": base64.b64encode(dumps(self)).decode("ascii")}


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
        dead_letters: Mapping[str, Any] | None = None,
    ) -> None:
        self._stream_arn = stream_arn
        self._stream_name = stream_name
        self._schema = deserialization_schema
        self._config = source_config
        self._shard_assigner = shard_assigner or KinesisShardAssigner.uniform_shard_assigner()
        self._preserve_shard_order = preserve_shard_order
        self._dead_letters = dead_letters

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
            "deadLetters": self._dead_letters,
            "shardAssigner": self._shard_assigner._spec(),
            "preserveShardOrder": self._preserve_shard_order,
        }

    def _schema_of_values(self) -> DeserializationSchema:
        return self._schema


class KinesisStreamsSourceBuilder:
    def __init__(self) -> None:
        self._stream_arn: str | None = None
        self._schema: DeserializationSchema | None = None
        self._config = Configuration()
        self._shard_assigner = KinesisShardAssigner.uniform_shard_assigner()
        self._preserve_shard_order = True
        self._dead_letters: dict[str, Any] | None = None

    def set_stream_arn(self, stream_arn: str) -> KinesisStreamsSourceBuilder:
        """`arn:aws:kinesis:REGION:ACCOUNT:stream/NAME`"""
        self._stream_arn = checked_arn(stream_arn)
        return self

    def set_deserialization_schema(self, deserialization_schema: DeserializationSchema) -> KinesisStreamsSourceBuilder:
        _checked_schema(deserialization_schema, DeserializationSchema, "set_deserialization_schema()")
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
        if not isinstance(preserve_shard_order, bool):
            raise ConfigurationError(
                f"KinesisStreamsSource: preserve_shard_order must be True or False, not {preserve_shard_order!r}"
            )
        self._preserve_shard_order = preserve_shard_order
        return self

    def set_dead_letter_handler(
        self, handler: DeadLetterHandler | Callable[[DeadLetter], Any]
    ) -> KinesisStreamsSourceBuilder:
        """Who gets records that the schema cannot read, with their bytes and where they lay; the job goes on. Without a
        handler `shardline.source.poison-records` says what becomes of them. (Of Shardline: in Flink they fail the job.)

        `DeadLetterHandler.file("unreadable.jsonl")`, `DeadLetterHandler.stream("unreadable")`, or a callable, which the
        script's own process calls with one `DeadLetter` after the other, at least once each.
        """
        self._dead_letters = _dead_letters.spec_of(handler)
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
            dead_letters=self._dead_letters,
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
        _checked_schema(deserializer, DeserializationSchema, "FlinkKinesisConsumer()")
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

    def _schema_of_values(self) -> DeserializationSchema:
        return self._schema


class FlinkKinesisProducer:
    """The Kinesis sink of Flink 1.x, whose place KinesisStreamsSink has: calling this raises `UnsupportedError`, with
    the lines that say the same. It takes what the Java class takes, a schema and properties, in any order.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        given = [*args, *kwargs.values()]
        properties: dict[str, Any] = {}
        for argument in given:
            if isinstance(argument, (Mapping, Configuration)):
                properties.update(argument.to_dict() if isinstance(argument, Configuration) else argument)
        schema = next((s for s in given if isinstance(s, SerializationSchema)), None)
        known = type(schema).__name__ if isinstance(schema, (SimpleStringSchema, ByteArraySchema)) else None
        stream = next((s for s in given if isinstance(s, str) and s), None)
        package = _alias.ALIAS if _alias.is_installed() else _alias.REAL
        lines = BuilderLines(properties).text(package, stream, known or "SimpleStringSchema")
        raise UnsupportedError(
            "FlinkKinesisProducer was removed from Flink, and was never part of PyFlink. The same with the sink that "
            f"stays (docs/migration.md says more):\n\n{lines}\n\nThen stream.sink_to(sink), in place of add_sink()."
        )


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
        return None if self._function is None else _PartitionKeyFunction(self._function)


class KinesisStreamsSinkBuilder(AsyncSinkBuilder):
    _sink = "KinesisStreamsSink"
    _service = ServiceLimits(records=500, request_bytes=10 * 1024 * 1024, record_bytes=10 * 1024 * 1024)
    _no_schema = "No SerializationSchema was supplied to the KinesisStreamsSinkElementConverter builder."

    def __init__(self) -> None:
        super().__init__(max_batch_size_in_bytes=5 * 1024 * 1024, max_record_size_in_bytes=1024 * 1024)
        self._stream_arn: str | None = None
        self._stream_name: str | None = None
        self._partition_key_generator: PartitionKeyGenerator | Callable[[Any], Any] | None = None

    def set_stream_arn(self, stream_arn: str) -> KinesisStreamsSinkBuilder:
        """`arn:aws:kinesis:REGION:ACCOUNT:stream/NAME`. It wins over a name, and the region is taken from it.
        (Of Flink's Java builder; PyFlink's does not have it.)"""
        self._stream_arn = checked_arn(stream_arn)
        return self

    def set_stream_name(self, stream_name: str | list[str]) -> KinesisStreamsSinkBuilder:
        """One name; a list of one is taken as well."""
        if isinstance(stream_name, (list, tuple)):
            if len(stream_name) != 1:
                raise ConfigurationError(f"KinesisStreamsSink writes to one stream, and got {stream_name!r}")
            stream_name = stream_name[0]
        self._stream_name = stream_name
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

    def set_kinesis_client_properties(self, kinesis_client_properties: Mapping[str, Any]) -> KinesisStreamsSinkBuilder:
        """`aws.region`, `aws.endpoint`, `aws.credentials.provider` and the rest of Flink's `aws.*` keys."""
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


class KinesisFirehoseSink(AsyncSink):
    """Writes each value as a record of a delivery stream of Amazon Data Firehose, at least once.
    Made by `builder()`."""

    @staticmethod
    def builder() -> KinesisFirehoseSinkBuilder:
        return KinesisFirehoseSinkBuilder()


class KinesisFirehoseSinkBuilder(AsyncSinkBuilder):
    _sink = "KinesisFirehoseSink"
    _service = ServiceLimits(records=500, request_bytes=4 * 1024 * 1024, record_bytes=1000 * 1024)
    _no_schema = "No SerializationSchema was supplied to the KinesisFirehoseSink builder."

    def __init__(self) -> None:
        super().__init__(max_batch_size_in_bytes=4 * 1024 * 1024, max_record_size_in_bytes=1000 * 1024)
        self._delivery_stream_name: str | None = None

    def set_delivery_stream_name(self, delivery_stream_name: str) -> KinesisFirehoseSinkBuilder:
        self._delivery_stream_name = delivery_stream_name
        return self

    def set_firehose_client_properties(
        self, firehose_client_properties: Mapping[str, Any]
    ) -> KinesisFirehoseSinkBuilder:
        """`aws.region`, `aws.endpoint`, `aws.credentials.provider` and the rest of Flink's `aws.*` keys."""
        self._set_client_properties(firehose_client_properties)
        return self

    def build(self) -> KinesisFirehoseSink:
        schema = self._checked_schema()
        name = self._delivery_stream_name
        hint = "KinesisFirehoseSink: set_delivery_stream_name()"
        if name is None:
            raise ConfigurationError(
                f"The delivery stream name must not be null when initializing the KDF Sink ({hint})"
            )
        if not name:
            raise ConfigurationError(f"The delivery stream name must be set when initializing the KDF Sink ({hint})")
        for key in ("sink.ordering", "sink.aggregation.enabled"):
            if self._sink_config.get(key, "").strip().lower() not in ("", "none", "false"):
                raise ConfigurationError(f"KinesisFirehoseSink: {key} is for streams whose records have keys")
        spec = {"type": "kinesis-firehose", "deliveryStreamName": name, **self._common_spec()}
        return KinesisFirehoseSink(spec, schema)


__getattr__ = module_getattr(__name__)
