"""The properties of a FlinkKinesisProducer as the lines of a KinesisStreamsSink's builder.

The keys are those of the Kinesis Producer Library, to which the producer passed them, and some of Flink's own. Flink
has no such table in its code; this one follows the meaning of the keys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shardline import _options

_MIB = 1024 * 1024
#: Defaults of the Producer Library that differ from those of the sink.
_DEFAULTS = {"AggregationEnabled": "true", "RecordMaxBufferedTime": "100"}
_OLD_NAMES = {
    "aws.producer.collectionMaxCount": "CollectionMaxCount",
    "aws.producer.aggregationMaxCount": "AggregationMaxCount",
}

_ITSELF = "the sink does that by itself"
_METRICS = "metrics are under Flink's names (metrics.reporter.prom.port)"
_NO_PROCESS = "there is no process of the library"

#: Keys without a counterpart, and the reason.
_NEEDLESS = {
    "RateLimit": "the sink adapts its rate to what the service refuses",
    "RecordTtl": "records do not expire: each is sent until it is written",
    "FailIfThrottled": "refused records are sent again; set_fail_on_error(True) fails the job instead",
    "ThreadingModel": _NO_PROCESS,
    "ThreadPoolSize": _NO_PROCESS,
    "NativeExecutable": _NO_PROCESS,
    "TempDirectory": _NO_PROCESS,
    "EnableCoreDumps": _NO_PROCESS,
    "LogLevel": _NO_PROCESS,
    "CaCertPath": "certificates are set for Node, in NODE_EXTRA_CA_CERTS",
    "ConnectTimeout": _ITSELF,
    "CredentialsRefreshDelay": "credentials are renewed before they expire",
    "MinConnections": _ITSELF,
    "MetricsLevel": _METRICS,
    "MetricsNamespace": _METRICS,
    "MetricsGranularity": _METRICS,
    "MetricsUploadDelay": _METRICS,
    "CloudwatchEndpoint": _METRICS,
    "CloudwatchPort": _METRICS,
    "StsEndpoint": "aws.credentials.provider.role.stsEndpoint, for ASSUME_ROLE",
    "StsPort": "aws.credentials.provider.role.stsEndpoint, for ASSUME_ROLE",
    "ProxyHost": "proxies are not supported",
    "ProxyPort": "proxies are not supported",
    "ProxyUserName": "proxies are not supported",
    "ProxyPassword": "proxies are not supported",
}


class BuilderLines:
    """The lines, with comments about properties that have no line."""

    def __init__(self, properties: Mapping[str, Any]) -> None:
        self._client: dict[str, str] = {}
        self._sink: dict[str, str] = {}
        self._setters: list[tuple[str, str]] = []
        self._comments: list[str] = []
        given = {_OLD_NAMES.get(str(key), str(key)): str(value).strip() for key, value in properties.items()}
        self._endpoint(given)
        for key, value in {**_DEFAULTS, **given}.items():
            self._take(key, value)
        if self._sink.get("sink.aggregation.enabled") != "true":
            self._sink = {k: v for k, v in self._sink.items() if not k.startswith("sink.aggregation.")}

    def text(self, package: str, stream: str | None, schema: str, name: str = "sink") -> str:
        """Returns a program that makes the sink. `package` is the name under which the script imports this package."""
        lines = [
            f"from {package}.common import Configuration, {schema}",
            f"from {package}.datastream.connectors.kinesis import KinesisStreamsSink, PartitionKeyGenerator",
            "",
            *(f"# {comment}" for comment in self._comments),
            f"config = Configuration.from_dict({self._sink!r})",
            f"{name} = (",
            "    KinesisStreamsSink.builder()",
            f"    .set_stream_name({stream or '<the default stream>'!r})",
            f"    .set_serialization_schema({schema}())",
            "    # In place of a KinesisPartitioner: set_partition_key_generator(lambda value: ...)",
            "    .set_partition_key_generator(PartitionKeyGenerator.random())",
            *_dict_lines(".set_kinesis_client_properties", self._client),
            *(["    .set_sink_config(config)"] if self._sink else []),
            *(f"    .{setter}({argument})" for setter, argument in self._setters),
            "    .build()",
            ")",
        ]
        if not self._sink:
            lines = [line for line in lines if not line.startswith("config = ")]
            lines[0] = f"from {package}.common import {schema}"
        return "\n".join(lines)

    def _endpoint(self, given: dict[str, str]) -> None:
        """Returns the URL of the endpoint. The library has a host and a port in its place."""
        host, port = given.pop("KinesisEndpoint", None), given.pop("KinesisPort", None)
        if host is not None and "aws.endpoint" not in given:
            url = host if "://" in host else f"https://{host}"
            given["aws.endpoint"] = url if port is None else f"{url}:{port}"
        elif port is not None:
            self._comments.append("KinesisPort: it is part of the URL in aws.endpoint")
        region = given.pop("Region", None)
        if region is not None:
            given.setdefault("aws.region", region)
        if "aws.region" not in given:
            self._comments.append("aws.region is not among the properties: set AWS_REGION")

    def _take(self, key: str, value: str) -> None:
        taken = self._taken(key)
        if taken is not None:
            try:
                taken(value)
            except ValueError:
                self._comments.append(f"{key}: {value!r} is not valid")
        elif key in _NEEDLESS:
            self._comments.append(f"{key} has no counterpart: {_NEEDLESS[key]}")
        elif key.startswith("aws.") and not list(_options.unknown([key])):
            self._client[key] = "..." if _is_secret(key) else value
        else:
            self._comments.append(f"{key} is not known")

    def _taken(self, key: str) -> Callable[[str], None] | None:
        takers: dict[str, Callable[[str], None]] = {
            "AggregationEnabled": self._aggregation,
            "AggregationMaxCount": lambda v: self._set("sink.aggregation.max-count", _within(v, 1, 2**32 - 1)),
            "AggregationMaxSize": lambda v: self._set("sink.aggregation.max-size", _within(v, 64, _MIB)),
            "CollectionMaxCount": lambda v: self._call("set_max_batch_size", _within(v, 1, 500)),
            "CollectionMaxSize": self._collection_size,
            "RecordMaxBufferedTime": self._buffered_time,
            "RequestTimeout": lambda v: self._set("sink.request.timeout", f"{_within(v, 1, 2**31 - 1)} ms"),
            "MaxConnections": lambda v: self._connections(_within(v, 1, 2**31 - 1)),
            "VerifyCertificate": self._certificates,
        }
        return takers.get(key)

    def _set(self, key: str, value: Any) -> None:
        self._sink[key] = str(value)

    def _call(self, setter: str, argument: int) -> None:
        self._setters.append((setter, str(argument)))

    def _aggregation(self, value: str) -> None:
        enabled = _boolean(value)
        self._set("sink.aggregation.enabled", "true" if enabled else "false")
        if enabled:
            self._comments.append("The Producer Library aggregates records by default; consumers must unpack them")

    def _collection_size(self, value: str) -> None:
        """Returns the size of a request, which is at least that of a record."""
        self._call("set_max_batch_size_in_bytes", _within(value, _MIB, 10 * _MIB))

    def _buffered_time(self, value: str) -> None:
        millis = _within(value, 1, 2**31 - 1)
        self._set("sink.aggregation.max-buffered-time", f"{millis} ms")
        self._call("set_max_time_in_buffer_ms", millis)

    def _connections(self, connections: int) -> None:
        self._client["aws.http-client.max-concurrency"] = str(connections)

    def _certificates(self, value: str) -> None:
        if not _boolean(value):
            self._client["aws.trust.all.certificates"] = "true"


def _dict_lines(call: str, values: Mapping[str, str]) -> list[str]:
    if not values:
        return []
    return [
        f"    {call}(",
        "        {",
        *(f"            {k!r}: {v!r}," for k, v in values.items()),
        "        }",
        "    )",
    ]


def _is_secret(key: str) -> bool:
    outermost = _options.outermost(key)
    return any(option["key"] == outermost and option["secret"] for option in _options.table().options)


def _within(text: str, low: int, high: int) -> int:
    return min(high, max(low, int(text)))


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"
