"""The setters, defaults and checks of Flink's builders for sinks that send records in batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from shardline import _options
from shardline.common.configuration import Configuration
from shardline.common.serialization import SerializationSchema, _checked_schema
from shardline.datastream.connectors import _dead_letters
from shardline.datastream.connectors._dead_letters import DeadLetter, DeadLetterHandler
from shardline.datastream.connectors.base import Sink
from shardline.errors import ConfigurationError

if TYPE_CHECKING:
    from typing_extensions import Self


class AsyncSink(Sink):
    def __init__(self, spec: Mapping[str, Any], serialization_schema: SerializationSchema) -> None:
        self._sink_spec = dict(spec)
        self._schema = serialization_schema

    def _spec(self) -> dict[str, Any]:
        return dict(self._sink_spec)

    def _input_schema(self) -> SerializationSchema:
        return self._schema


class AsyncSinkBuilder:
    #: The name of the sink in messages.
    _sink: ClassVar[str]
    #: The type of the sink in job graphs.
    _type: ClassVar[str]
    #: The message of Flink's builder if there is no schema.
    _no_schema: ClassVar[str]

    def __init__(self) -> None:
        defaults = _options.sink_contract(self._type)["defaults"]
        self._schema: SerializationSchema | None = None
        self._client_properties: dict[str, str] = {}
        self._sink_config: dict[str, str] = {}
        self._dead_letters: dict[str, Any] | None = None
        self._fail_on_error: bool = defaults["failOnError"]
        self._max_batch_size: int = defaults["maxBatchSize"]
        self._max_in_flight_requests: int = defaults["maxInFlightRequests"]
        self._max_buffered_requests: int = defaults["maxBufferedRequests"]
        self._max_batch_size_in_bytes: int = defaults["maxBatchSizeInBytes"]
        self._max_time_in_buffer_ms: int = defaults["maxTimeInBufferMs"]
        self._max_record_size_in_bytes: int = defaults["maxRecordSizeInBytes"]

    def set_serialization_schema(self, serialization_schema: SerializationSchema) -> Self:
        _checked_schema(serialization_schema, SerializationSchema, "set_serialization_schema()")
        self._schema = serialization_schema
        return self

    def set_sink_config(self, sink_config: Configuration) -> Self:
        """Sets `sink.*` options, such as `sink.ordering`. `SinkConfigOptions` has their names. (Of Shardline.)"""
        if not isinstance(sink_config, Configuration):
            raise TypeError(f"set_sink_config() takes a Configuration, not {type(sink_config).__name__}")
        values = sink_config.to_dict()
        _options.check(values, _options.SINKS, _options.AWS)
        self._sink_config = values
        return self

    def set_dead_letter_handler(self, handler: DeadLetterHandler | Callable[[DeadLetter], Any]) -> Self:
        """Sets the handler of records that can never be written: records that are too large, have no usable key, or are
        refused by the service even when sent alone. Without a handler, the first such record fails the job. (Of
        Shardline.)

        `handler` is `DeadLetterHandler.file("rejected.jsonl")`, `DeadLetterHandler.stream("rejected")`, or a callable.
        The process of the script calls it with one `DeadLetter` at a time, at least once for each record. The handler
        must have stored the record when it returns. An error that it raises fails the job.
        """
        self._dead_letters = _dead_letters.spec_of(handler)
        return self

    def set_fail_on_error(self, fail_on_error: bool) -> Self:
        """Sets whether a record that the service refuses fails the job. Otherwise the record is sent again."""
        if not isinstance(fail_on_error, bool):
            raise ConfigurationError(f"{self._sink}: fail_on_error must be True or False, not {fail_on_error!r}")
        self._fail_on_error = fail_on_error
        return self

    def set_max_batch_size(self, max_batch_size: int) -> Self:
        """Sets the number of records in a request. The default of 500 is the limit of the service."""
        self._max_batch_size = self._at_least_one(max_batch_size, "max_batch_size")
        return self

    def set_max_in_flight_requests(self, max_in_flight_requests: int) -> Self:
        """Sets the number of concurrent requests, 50 by default. With 1, records that are sent again keep their
        order."""
        self._max_in_flight_requests = self._at_least_one(max_in_flight_requests, "max_in_flight_requests")
        return self

    def set_max_buffered_requests(self, max_buffered_requests: int) -> Self:
        """Sets the number of records that the sink buffers, 10000 by default. A full buffer holds the stream back."""
        self._max_buffered_requests = self._at_least_one(max_buffered_requests, "max_buffered_requests")
        return self

    def set_max_batch_size_in_bytes(self, max_batch_size_in_bytes: int) -> Self:
        """Sets the bytes of a request, which are at least those of a record. The default is 5 MiB, and for Firehose 4
        MiB, which is the limit of the service."""
        self._max_batch_size_in_bytes = self._at_least_one(max_batch_size_in_bytes, "max_batch_size_in_bytes")
        return self

    def set_max_time_in_buffer_ms(self, max_time_in_buffer_ms: int) -> Self:
        """Sets the milliseconds after which a batch that is not full is sent, 5000 by default."""
        self._max_time_in_buffer_ms = self._at_least_one(max_time_in_buffer_ms, "max_time_in_buffer_ms")
        return self

    def set_max_record_size_in_bytes(self, max_record_size_in_bytes: int) -> Self:
        """Sets the bytes of a record, with its partition key. The default is 1 MiB, and up to 10 MiB are possible if
        the stream allows it. For Firehose the default is 1000 KiB, which is the limit of the service."""
        self._max_record_size_in_bytes = self._at_least_one(max_record_size_in_bytes, "max_record_size_in_bytes")
        return self

    def _set_client_properties(self, client_properties: Mapping[str, Any]) -> None:
        properties = Configuration.from_dict(dict(client_properties)).to_dict()
        _options.check(properties, _options.AWS)
        self._client_properties = properties

    def _checked_schema(self) -> SerializationSchema:
        if self._schema is None:
            raise ConfigurationError(f"{self._no_schema} Call set_serialization_schema().")
        return self._schema

    def _common_spec(self) -> dict[str, Any]:
        """Checks the limits, and returns the part of the description that all sinks have."""
        schema = self._checked_schema()
        self._check_limits()
        return {
            "configuration": {**self._client_properties, **self._sink_config},
            "serializationSchema": schema._spec(),
            "deadLetters": self._dead_letters,
            "failOnError": self._fail_on_error,
            "maxBatchSize": self._max_batch_size,
            "maxInFlightRequests": self._max_in_flight_requests,
            "maxBufferedRequests": self._max_buffered_requests,
            "maxBatchSizeInBytes": self._max_batch_size_in_bytes,
            "maxTimeInBufferMs": self._max_time_in_buffer_ms,
            "maxRecordSizeInBytes": self._max_record_size_in_bytes,
        }

    def _check_limits(self) -> None:
        service = _options.sink_contract(self._type)["service"]
        if self._max_buffered_requests <= self._max_batch_size:
            raise ConfigurationError(
                f"{self._sink}: The maximum number of requests that may be buffered should be strictly greater than "
                "the maximum number of requests per batch: "
                f"max_buffered_requests is {self._max_buffered_requests}, max_batch_size {self._max_batch_size}"
            )
        for setter, value, limit, unit in (
            ("max_batch_size", self._max_batch_size, service["records"], "records a request"),
            ("max_batch_size_in_bytes", self._max_batch_size_in_bytes, service["requestBytes"], "bytes a request"),
            ("max_record_size_in_bytes", self._max_record_size_in_bytes, service["recordBytes"], "bytes a record"),
        ):
            if value > limit:
                raise ConfigurationError(f"{self._sink}: {setter} ({value}) is over the service's {limit} {unit}")
        if self._max_batch_size_in_bytes < self._max_record_size_in_bytes:
            raise ConfigurationError(
                f"{self._sink}: The maximum allowed size in bytes per flush must be greater than or equal to the "
                "maximum allowed size in bytes of a single record: "
                f"max_batch_size_in_bytes is {self._max_batch_size_in_bytes}, "
                f"max_record_size_in_bytes {self._max_record_size_in_bytes}"
            )

    def _at_least_one(self, value: int, name: str) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ConfigurationError(f"{self._sink}: {name} must be an integer of at least 1, not {value!r}")
        return value
