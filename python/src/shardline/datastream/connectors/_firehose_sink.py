"""KinesisFirehoseSink and its builder, with the names, defaults and checks of Flink's own Firehose connector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shardline._publishing import published_in
from shardline.datastream.connectors._async_sink import AsyncSink, AsyncSinkBuilder
from shardline.errors import ConfigurationError


@published_in("shardline.datastream.connectors.kinesis")
class KinesisFirehoseSink(AsyncSink):
    """Writes each value as a record of a delivery stream of Amazon Data Firehose, at least once. Made by
    `builder()`."""

    @staticmethod
    def builder() -> KinesisFirehoseSinkBuilder:
        return KinesisFirehoseSinkBuilder()


@published_in("shardline.datastream.connectors.kinesis")
class KinesisFirehoseSinkBuilder(AsyncSinkBuilder):
    _sink = "KinesisFirehoseSink"
    _type = "kinesis-firehose"
    _no_schema = "No SerializationSchema was supplied to the KinesisFirehoseSink builder."

    def __init__(self) -> None:
        super().__init__()
        self._delivery_stream_name: str | None = None

    def set_delivery_stream_name(self, delivery_stream_name: str) -> KinesisFirehoseSinkBuilder:
        self._delivery_stream_name = delivery_stream_name
        return self

    def set_firehose_client_properties(
        self, firehose_client_properties: Mapping[str, Any]
    ) -> KinesisFirehoseSinkBuilder:
        """Sets `aws.region`, `aws.endpoint`, `aws.credentials.provider` and the other `aws.*` options of Flink."""
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
