"""FlinkKinesisConsumer, the Kinesis source of Flink 1.x."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shardline import _options
from shardline._compatibility import warn_once
from shardline._publishing import published_in
from shardline.common.configuration import Configuration
from shardline.common.serialization import DeserializationSchema, _checked_schema
from shardline.datastream.connectors import _legacy_properties
from shardline.datastream.connectors._kinesis_streams_source import KinesisStreamsSource, check_position
from shardline.datastream.connectors._shard_assigner import KinesisShardAssigner, checked_assigner
from shardline.datastream.connectors.base import Source
from shardline.errors import ConfigurationError


@published_in("shardline.datastream.connectors.kinesis")
class FlinkKinesisConsumer:
    """The Kinesis source of Flink 1.x, for scripts that use it: `env.add_source(FlinkKinesisConsumer(...))`.

    It reads one or several streams, by name or ARN. `config_props` are those of Flink 1.x: `flink.stream.initpos` and
    so on, and `aws.*`. Aggregated records of the Kinesis Producer Library are unpacked. Flink 2 does not have this
    class, so a warning shows the same source as a KinesisStreamsSource.
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
            check_position(Configuration.from_dict(configuration))
        warn_once(
            "FlinkKinesisConsumer was removed from Flink 2. The same source as a KinesisStreamsSource: "
            + _legacy_properties.new_form(self._streams, self._configurations[0]),
            DeprecationWarning,
        )

    def set_shard_assigner(self, shard_assigner: KinesisShardAssigner) -> FlinkKinesisConsumer:
        self._shard_assigner = checked_assigner(shard_assigner, "set_shard_assigner()")
        return self

    def set_periodic_watermark_assigner(self, periodic_watermark_assigner: Any) -> FlinkKinesisConsumer:
        raise NotImplementedError(
            "set_periodic_watermark_assigner() takes a Java object. Set the strategy of the stream instead: "
            "env.add_source(consumer).assign_timestamps_and_watermarks(WatermarkStrategy...)"
        )

    def set_watermark_tracker(self, watermark_tracker: Any) -> FlinkKinesisConsumer:
        raise NotImplementedError(
            "set_watermark_tracker() takes a Java object. To align shards, use "
            "WatermarkStrategy....with_watermark_alignment(...)"
        )

    def _sources(self) -> list[Source]:
        """Returns a source for each stream."""
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
