"""KinesisStreamsSource and its builder, with the names, defaults and checks of Flink's own Kinesis connector."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shardline import _options
from shardline._publishing import published_in
from shardline.common.configuration import Configuration
from shardline.common.serialization import DeserializationSchema, _checked_schema
from shardline.datastream.connectors import _dead_letters
from shardline.datastream.connectors._arn import checked_arn
from shardline.datastream.connectors._dead_letters import DeadLetter, DeadLetterHandler
from shardline.datastream.connectors._shard_assigner import (
    KinesisShardAssigner,
    ShardAssignerContext,
    ShardToAssign,
    checked_assigner,
)
from shardline.datastream.connectors.base import Source
from shardline.errors import ConfigurationError


@published_in("shardline.datastream.connectors.kinesis")
class KinesisStreamsSource(Source):
    """Reads all shards of one stream, and each shard in order. Made by `builder()`.

    `set_source_config` takes `source.init.position` (LATEST, TRIM_HORIZON or AT_TIMESTAMP with
    `source.init.timestamp`), `aws.endpoint`, `aws.credentials.provider` and the other `source.*` and `aws.*` options of
    Flink. The region is that of the stream's ARN.
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


@published_in("shardline.datastream.connectors.kinesis")
class KinesisStreamsSourceBuilder:
    def __init__(self) -> None:
        self._stream_arn: str | None = None
        self._schema: DeserializationSchema | None = None
        self._config = Configuration()
        self._shard_assigner = KinesisShardAssigner.uniform_shard_assigner()
        self._preserve_shard_order = True
        self._dead_letters: dict[str, Any] | None = None

    def set_stream_arn(self, stream_arn: str) -> KinesisStreamsSourceBuilder:
        """Sets `arn:aws:kinesis:REGION:ACCOUNT:stream/NAME`."""
        self._stream_arn = checked_arn(stream_arn)
        return self

    def set_deserialization_schema(self, deserialization_schema: DeserializationSchema) -> KinesisStreamsSourceBuilder:
        _checked_schema(deserialization_schema, DeserializationSchema, "set_deserialization_schema()")
        self._schema = deserialization_schema
        return self

    def set_kinesis_shard_assigner(
        self, kinesis_shard_assigner: KinesisShardAssigner | Callable[[ShardToAssign, ShardAssignerContext], int]
    ) -> KinesisStreamsSourceBuilder:
        """Sets the shard assigner. As an extension of Shardline, it may be a callable of the shard and the context."""
        self._shard_assigner = checked_assigner(kinesis_shard_assigner, "set_kinesis_shard_assigner()")
        return self

    def set_preserve_shard_order(self, preserve_shard_order: bool) -> KinesisStreamsSourceBuilder:
        """Sets whether the child shards of a resharded shard are read after their parents, which is the default. (Of
        Flink's Java builder; PyFlink's does not have it.)"""
        if not isinstance(preserve_shard_order, bool):
            raise ConfigurationError(
                f"KinesisStreamsSource: preserve_shard_order must be True or False, not {preserve_shard_order!r}"
            )
        self._preserve_shard_order = preserve_shard_order
        return self

    def set_dead_letter_handler(
        self, handler: DeadLetterHandler | Callable[[DeadLetter], Any]
    ) -> KinesisStreamsSourceBuilder:
        """Sets the handler of records that the schema cannot read. It gets their bytes and positions, and the job
        continues. Without a handler, `shardline.source.poison-records` determines what happens. (Of Shardline: on Flink
        they fail the job.)

        `handler` is `DeadLetterHandler.file("unreadable.jsonl")`, `DeadLetterHandler.stream("unreadable")`, or a
        callable. The process of the script calls it with one `DeadLetter` at a time, at least once for each record.
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
        check_position(self._config)
        return KinesisStreamsSource(
            self._stream_arn,
            self._schema,
            Configuration(self._config),
            self._shard_assigner,
            self._preserve_shard_order,
            dead_letters=self._dead_letters,
        )


def check_position(config: Configuration) -> None:
    position = config.get_string("source.init.position", "LATEST").strip().upper().replace("-", "_")
    if position == "AT_TIMESTAMP" and not config.contains_key("source.init.timestamp"):
        raise ConfigurationError("source.init.position is AT_TIMESTAMP, which needs source.init.timestamp.")
