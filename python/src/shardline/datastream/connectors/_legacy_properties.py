"""The properties of Flink 1.x's FlinkKinesisConsumer, as options of KinesisStreamsSource.

Flink has no such table in its code; this one follows the meaning of the keys. The keys are those of
`ConsumerConfigConstants` of flink-connector-aws 5.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Mapping
from typing import Any

from shardline import _options
from shardline.errors import ConfigurationError

_STREAM = "flink.stream."
_SHARD = "flink.shard."
_CONSUMER_ARN = "flink.stream.efo.consumerarn."
_NEVER = "3650 d"


def _same(value: str) -> str:
    return value


def _millis(value: str) -> str:
    return f"{value.strip()} ms"


def _seconds(value: str) -> str:
    return f"{value.strip()} s"


def _discovery(value: str) -> str:
    """Returns the discovery interval. A negative interval turned discovery off in Flink 1.x; here the children of a
    shard that has ended are always discovered."""
    return _NEVER if value.strip().startswith("-") else _millis(value)


def _lifecycle(value: str) -> str:
    kinds = {"LAZY": "JOB_MANAGED", "EAGER": "JOB_MANAGED", "NONE": "SELF_MANAGED"}
    try:
        return kinds[value.strip().upper()]
    except KeyError:
        raise ConfigurationError(
            f"flink.stream.efo.registration: '{value}' is not one of LAZY, EAGER, NONE.", code="CONFIGURATION_INVALID"
        ) from None


def _attempts(value: str) -> str:
    """Returns the number of attempts. Flink counts only those after the first one."""
    return str(int(value) + 1)


#: The new keys of each old key, and the function that converts the value.
_KEYS: dict[str, tuple[tuple[str, ...], Callable[[str], str]]] = {
    _STREAM + "initpos": (("source.init.position",), _same),
    _STREAM + "initpos.timestamp": (("source.init.timestamp",), _same),
    _STREAM + "initpos.timestamp.format": (("source.init.timestamp.format",), _same),
    _STREAM + "recordpublisher": (("source.reader.type",), _same),
    _STREAM + "efo.consumername": (("source.efo.consumer.name",), _same),
    _STREAM + "efo.registration": (("source.efo.lifecycle",), _lifecycle),
    _STREAM + "efo.http-client.max-concurrency": (("aws.http-client.max-concurrency",), _same),
    _STREAM + "efo.http-client.read-timeout": (("aws.http-client.read-timeout",), _millis),
    _STREAM + "describestreamconsumer.maxretries": (("source.efo.describe.retry-strategy.attempts.max",), _attempts),
    _STREAM + "describestreamconsumer.backoff.base": (("source.efo.describe.retry-strategy.delay.min",), _millis),
    _STREAM + "describestreamconsumer.backoff.max": (("source.efo.describe.retry-strategy.delay.max",), _millis),
    _STREAM + "deregisterstreamconsumer.timeout": (("source.efo.deregister.timeout",), _seconds),
    _SHARD + "subscribetoshard.timeout": (("source.efo.subscription.timeout",), _seconds),
    _SHARD + "discovery.intervalmillis": (("source.shard.discovery.interval",), _discovery),
    _SHARD + "getrecords.maxrecordcount": (("source.shard.get-records.max-record-count",), _same),
    _SHARD + "getrecords.intervalmillis": (
        ("source.reader.empty-records-fetch-interval", "source.reader.nonempty-records-fetch-interval"),
        _millis,
    ),
    _SHARD + "getrecords.maxretries": (("retry-strategy.attempts.max",), _attempts),
    _SHARD + "getrecords.backoff.base": (("retry-strategy.delay.min",), _millis),
    _SHARD + "getrecords.backoff.max": (("retry-strategy.delay.max",), _millis),
}

#: Keys without an effect: pauses and reads are adaptive, and a WatermarkStrategy generates watermarks.
_NEEDLESS = frozenset(
    [
        *(_SHARD + "adaptivereads", _SHARD + "idle.interval", _SHARD + "getrecords.backoff.expconst"),
        *("flink.watermark.sync.interval", "flink.watermark.lookahead.millis", "flink.watermark.sync.queue.capacity"),
        *(
            f"flink.{call}.{setting}"
            for call in (
                *("shard.getiterator", "shard.subscribetoshard", "list.shards", "stream.describe"),
                *("stream.registerstreamconsumer", "stream.deregisterstreamconsumer", "stream.describestreamconsumer"),
            )
            for setting in ("maxretries", "backoff.base", "backoff.max", "backoff.expconst")
            if f"flink.{call}.{setting}" not in _KEYS
        ),
        _STREAM + "registerstreamconsumer.timeout",
    ]
)

_NEEDLESS_PREFIXES = (_CONSUMER_ARN, "flink.shard.consumer.error.recoverable")


def convert(properties: Mapping[str, Any], stream: str) -> dict[str, str]:
    """Returns the configuration of a KinesisStreamsSource with the same meaning for `stream`. Raises
    `ConfigurationError`."""
    texts = {str(key): str(value) for key, value in properties.items()}
    if "aws.region" not in texts and "aws.endpoint" not in texts:
        raise ConfigurationError(
            "For FlinkKinesisConsumer AWS region ('aws.region') and/or AWS endpoint ('aws.endpoint') must be set in "
            "the config."
        )
    converted = {"source.deaggregate": "true"}
    for key, value in texts.items():
        if key in _KEYS:
            targets, write = _KEYS[key]
            try:
                written = write(value)
            except ConfigurationError:
                raise
            except ValueError:
                raise ConfigurationError(f"{key}: '{value}' is not a number.") from None
            converted.update(dict.fromkeys(targets, written))
        elif not (key in _NEEDLESS or key.startswith(_NEEDLESS_PREFIXES)):
            converted[key] = value
    arn = texts.get(_CONSUMER_ARN + stream)
    if arn is not None and "source.efo.consumer.name" not in converted:
        converted["source.efo.consumer.name"] = arn.rsplit("/", 1)[-1].split(":")[0]
    # In Flink 1.x an endpoint was sufficient. Signing a request needs a region.
    environment = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    converted.setdefault("aws.region", environment or "us-east-1")
    return converted


def unknown(properties: Mapping[str, Any]) -> list[str]:
    """Yields a message for each key that neither consumer reads."""
    known = [*_KEYS, *_NEEDLESS]
    said = []
    for key in map(str, properties):
        if key in known or key.startswith(_NEEDLESS_PREFIXES) or not list(_options.unknown([key])):
            continue
        near = difflib.get_close_matches(key.lower(), known, n=1, cutoff=0.6)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        said.append(f"Configuration key '{key}' is not known and changes nothing.{hint}")
    return said


def new_form(streams: list[str], configuration: Mapping[str, str]) -> str:
    """Returns the lines that make the same source as a KinesisStreamsSource, without secrets."""
    secrets = {option["key"] for option in _options.table().options if option["secret"]}
    shown = {key: "..." if key in secrets else value for key, value in configuration.items() if key != "aws.region"}
    region = configuration["aws.region"]
    lines = ", ".join(f"{key!r}: {value!r}" for key, value in sorted(shown.items()))
    return (
        f"config = Configuration.from_dict({{{lines}}}); source = KinesisStreamsSource.builder()"
        f".set_stream_arn('arn:aws:kinesis:{region}:<account>:stream/{streams[0]}').set_source_config(config)"
        ".set_deserialization_schema(...).build(); "
        f"env.from_source(source, WatermarkStrategy.no_watermarks(), {streams[0]!r}, type_info=...)"
    )
