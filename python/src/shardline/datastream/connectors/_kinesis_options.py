"""Options under the names that Flink's connectors give them, for `Configuration.set(option, value)`.

Types and defaults come from the engine's table. (Of Shardline: PyFlink sets options by key.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shardline import _options
from shardline.common.config_options import ConfigOption

__all__ = ["AWSConfigOptions", "KinesisSourceConfigOptions", "SinkConfigOptions"]

#: How the text of a default becomes a value, by the type of the option. Durations and the like stay text.
_PARSERS: dict[str, Callable[[str], Any]] = {"boolean": lambda text: text == "true", "double": float, "int": int}


def _option(key: str) -> ConfigOption[Any]:
    option = _options.option(key)
    default = option["default"]
    parse = _PARSERS.get(option["type"], str)
    return ConfigOption(key, None if default is None else parse(default))


class KinesisSourceConfigOptions:
    """Flink's `KinesisSourceConfigOptions`; keys, defaults and meanings are in docs/reference/options.md."""

    STREAM_INITIAL_POSITION: ConfigOption[str] = _option("source.init.position")
    STREAM_INITIAL_TIMESTAMP: ConfigOption[str] = _option("source.init.timestamp")
    STREAM_TIMESTAMP_DATE_FORMAT: ConfigOption[str] = _option("source.init.timestamp.format")
    READER_TYPE: ConfigOption[str] = _option("source.reader.type")
    EFO_CONSUMER_NAME: ConfigOption[str] = _option("source.efo.consumer.name")
    EFO_CONSUMER_LIFECYCLE: ConfigOption[str] = _option("source.efo.lifecycle")
    EFO_CONSUMER_SUBSCRIPTION_TIMEOUT: ConfigOption[str] = _option("source.efo.subscription.timeout")
    EFO_DESCRIBE_CONSUMER_RETRY_STRATEGY_MIN_DELAY_OPTION: ConfigOption[str] = _option(
        "source.efo.describe.retry-strategy.delay.min"
    )
    EFO_DESCRIBE_CONSUMER_RETRY_STRATEGY_MAX_DELAY_OPTION: ConfigOption[str] = _option(
        "source.efo.describe.retry-strategy.delay.max"
    )
    EFO_DESCRIBE_CONSUMER_RETRY_STRATEGY_MAX_ATTEMPTS_OPTION: ConfigOption[int] = _option(
        "source.efo.describe.retry-strategy.attempts.max"
    )
    EFO_DEREGISTER_CONSUMER_TIMEOUT: ConfigOption[str] = _option("source.efo.deregister.timeout")
    EFO_SILENCE_TIMEOUT: ConfigOption[str] = _option("shardline.source.efo.silence-timeout")
    EFO_FALLBACK_TO_POLLING: ConfigOption[bool] = _option("shardline.source.efo.fallback-to-polling")
    DEAGGREGATE: ConfigOption[bool] = _option("source.deaggregate")
    SHARD_DISCOVERY_INTERVAL: ConfigOption[str] = _option("source.shard.discovery.interval")
    SHARD_GET_RECORDS_MAX: ConfigOption[int] = _option("source.shard.get-records.max-record-count")
    READER_EMPTY_RECORDS_FETCH_INTERVAL: ConfigOption[str] = _option("source.reader.empty-records-fetch-interval")
    READER_NON_EMPTY_RECORDS_FETCH_INTERVAL: ConfigOption[str] = _option(
        "source.reader.nonempty-records-fetch-interval"
    )
    QUOTA_SHARE: ConfigOption[float] = _option("shardline.source.quota-share")
    MAX_CONCURRENT_READS: ConfigOption[int] = _option("shardline.source.max-concurrent-reads")
    STOP_AT: ConfigOption[str] = _option("shardline.source.stop-at")


class SinkConfigOptions:
    """Options of the sinks that their builders have no setters for. Flink has no such class.

    docs/reference/options.md has a table of them."""

    ORDERING: ConfigOption[str] = _option("sink.ordering")
    REQUEST_TIMEOUT: ConfigOption[str] = _option("sink.request.timeout")
    FAIL_ON_TIMEOUT: ConfigOption[bool] = _option("sink.request.fail-on-timeout")
    AGGREGATION_ENABLED: ConfigOption[bool] = _option("sink.aggregation.enabled")
    AGGREGATION_MAX_SIZE: ConfigOption[int] = _option("sink.aggregation.max-size")
    AGGREGATION_MAX_COUNT: ConfigOption[int] = _option("sink.aggregation.max-count")
    AGGREGATION_MAX_BUFFERED_TIME: ConfigOption[str] = _option("sink.aggregation.max-buffered-time")


class AWSConfigOptions:
    """Flink's `AWSConfigOptions`; keys, defaults and meanings are in docs/reference/options.md."""

    AWS_REGION_OPTION: ConfigOption[str] = _option("aws.region")
    AWS_ENDPOINT_OPTION: ConfigOption[str] = _option("aws.endpoint")
    AWS_CREDENTIALS_PROVIDER_OPTION: ConfigOption[str] = _option("aws.credentials.provider")
    AWS_ACCESS_KEY_ID_OPTION: ConfigOption[str] = _option("aws.credentials.provider.basic.accesskeyid")
    AWS_SECRET_ACCESS_KEY_OPTION: ConfigOption[str] = _option("aws.credentials.provider.basic.secretkey")
    AWS_SESSION_TOKEN_OPTION: ConfigOption[str] = _option("aws.credentials.provider.basic.sessiontoken")
    AWS_PROFILE_NAME_OPTION: ConfigOption[str] = _option("aws.credentials.provider.profile.name")
    AWS_PROFILE_PATH_OPTION: ConfigOption[str] = _option("aws.credentials.provider.profile.path")
    AWS_ROLE_ARN_OPTION: ConfigOption[str] = _option("aws.credentials.provider.role.arn")
    AWS_ROLE_SESSION_NAME: ConfigOption[str] = _option("aws.credentials.provider.role.sessionName")
    AWS_ROLE_EXTERNAL_ID_OPTION: ConfigOption[str] = _option("aws.credentials.provider.role.externalId")
    AWS_ROLE_STS_ENDPOINT_OPTION: ConfigOption[str] = _option("aws.credentials.provider.role.stsEndpoint")
    AWS_WEB_IDENTITY_TOKEN_FILE: ConfigOption[str] = _option("aws.credentials.provider.webIdentityToken.file")
    CUSTOM_CREDENTIALS_PROVIDER_CLASS_OPTION: ConfigOption[str] = _option("aws.credentials.provider.custom.class")
    AWS_ROLE_CREDENTIALS_PROVIDER_OPTION: ConfigOption[str] = _option("aws.credentials.provider.role.provider")
    TRUST_ALL_CERTIFICATES_OPTION: ConfigOption[bool] = _option("aws.trust.all.certificates")
    HTTP_CLIENT_MAX_CONCURRENCY_OPTION: ConfigOption[int] = _option("aws.http-client.max-concurrency")
    HTTP_CLIENT_READ_TIMEOUT_MILLIS_OPTION: ConfigOption[str] = _option("aws.http-client.read-timeout")
    HTTP_PROTOCOL_VERSION_OPTION: ConfigOption[str] = _option("aws.http.protocol.version")
    RETRY_STRATEGY_MIN_DELAY_OPTION: ConfigOption[str] = _option("retry-strategy.delay.min")
    RETRY_STRATEGY_MAX_DELAY_OPTION: ConfigOption[str] = _option("retry-strategy.delay.max")
    RETRY_STRATEGY_MAX_ATTEMPTS_OPTION: ConfigOption[int] = _option("retry-strategy.attempts.max")
