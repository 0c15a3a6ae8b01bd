"""Options under the names that Flink's connectors give them, for `Configuration.set(option, value)`.

The engine's tables are the source; a test holds this file against them. (Of Shardline: PyFlink sets options by key.)
"""

from __future__ import annotations

from shardline.common.config_options import ConfigOption, ConfigOptions

__all__ = ["AWSConfigOptions", "KinesisSourceConfigOptions", "SinkConfigOptions"]


class KinesisSourceConfigOptions:
    """Flink's `KinesisSourceConfigOptions`; keys, defaults and meanings are in docs/reference/options.md."""

    STREAM_INITIAL_POSITION: ConfigOption[str] = (
        ConfigOptions.key("source.init.position").string_type().default_value("LATEST")
    )
    STREAM_INITIAL_TIMESTAMP: ConfigOption[str] = (
        ConfigOptions.key("source.init.timestamp").string_type().no_default_value()
    )
    STREAM_TIMESTAMP_DATE_FORMAT: ConfigOption[str] = (
        ConfigOptions.key("source.init.timestamp.format").string_type().default_value("yyyy-MM-dd'T'HH:mm:ss.SSSXXX")
    )
    READER_TYPE: ConfigOption[str] = ConfigOptions.key("source.reader.type").string_type().default_value("POLLING")
    EFO_CONSUMER_NAME: ConfigOption[str] = (
        ConfigOptions.key("source.efo.consumer.name").string_type().no_default_value()
    )
    EFO_CONSUMER_LIFECYCLE: ConfigOption[str] = (
        ConfigOptions.key("source.efo.lifecycle").string_type().default_value("JOB_MANAGED")
    )
    EFO_CONSUMER_SUBSCRIPTION_TIMEOUT: ConfigOption[str] = (
        ConfigOptions.key("source.efo.subscription.timeout").string_type().default_value("60 s")
    )
    EFO_DESCRIBE_CONSUMER_RETRY_STRATEGY_MIN_DELAY_OPTION: ConfigOption[str] = (
        ConfigOptions.key("source.efo.describe.retry-strategy.delay.min").string_type().default_value("2 s")
    )
    EFO_DESCRIBE_CONSUMER_RETRY_STRATEGY_MAX_DELAY_OPTION: ConfigOption[str] = (
        ConfigOptions.key("source.efo.describe.retry-strategy.delay.max").string_type().default_value("60 s")
    )
    EFO_DESCRIBE_CONSUMER_RETRY_STRATEGY_MAX_ATTEMPTS_OPTION: ConfigOption[int] = (
        ConfigOptions.key("source.efo.describe.retry-strategy.attempts.max").int_type().default_value(100)
    )
    EFO_DEREGISTER_CONSUMER_TIMEOUT: ConfigOption[str] = (
        ConfigOptions.key("source.efo.deregister.timeout").string_type().default_value("10 s")
    )
    EFO_SILENCE_TIMEOUT: ConfigOption[str] = (
        ConfigOptions.key("shardline.source.efo.silence-timeout").string_type().default_value("35 s")
    )
    EFO_FALLBACK_TO_POLLING: ConfigOption[bool] = (
        ConfigOptions.key("shardline.source.efo.fallback-to-polling").boolean_type().default_value(False)
    )
    DEAGGREGATE: ConfigOption[bool] = ConfigOptions.key("source.deaggregate").boolean_type().default_value(False)
    SHARD_DISCOVERY_INTERVAL: ConfigOption[str] = (
        ConfigOptions.key("source.shard.discovery.interval").string_type().default_value("10 s")
    )
    SHARD_GET_RECORDS_MAX: ConfigOption[int] = (
        ConfigOptions.key("source.shard.get-records.max-record-count").int_type().default_value(10000)
    )
    READER_EMPTY_RECORDS_FETCH_INTERVAL: ConfigOption[str] = (
        ConfigOptions.key("source.reader.empty-records-fetch-interval").string_type().default_value("250 ms")
    )
    READER_NON_EMPTY_RECORDS_FETCH_INTERVAL: ConfigOption[str] = (
        ConfigOptions.key("source.reader.nonempty-records-fetch-interval").string_type().default_value("0 ms")
    )
    QUOTA_SHARE: ConfigOption[float] = ConfigOptions.key("shardline.source.quota-share").double_type().default_value(1)
    MAX_CONCURRENT_READS: ConfigOption[int] = (
        ConfigOptions.key("shardline.source.max-concurrent-reads").int_type().default_value(8)
    )
    STOP_AT: ConfigOption[str] = ConfigOptions.key("shardline.source.stop-at").string_type().default_value("never")


class SinkConfigOptions:
    """Options of the sinks beside their builders' setters: Flink has none. See docs/reference/options.md."""

    ORDERING: ConfigOption[str] = ConfigOptions.key("sink.ordering").string_type().default_value("NONE")
    REQUEST_TIMEOUT: ConfigOption[str] = ConfigOptions.key("sink.request.timeout").string_type().default_value("10 min")
    FAIL_ON_TIMEOUT: ConfigOption[bool] = (
        ConfigOptions.key("sink.request.fail-on-timeout").boolean_type().default_value(False)
    )
    AGGREGATION_ENABLED: ConfigOption[bool] = (
        ConfigOptions.key("sink.aggregation.enabled").boolean_type().default_value(False)
    )
    AGGREGATION_MAX_SIZE: ConfigOption[int] = (
        ConfigOptions.key("sink.aggregation.max-size").int_type().default_value(51200)
    )
    AGGREGATION_MAX_COUNT: ConfigOption[int] = (
        ConfigOptions.key("sink.aggregation.max-count").int_type().default_value(4294967295)
    )
    AGGREGATION_MAX_BUFFERED_TIME: ConfigOption[str] = (
        ConfigOptions.key("sink.aggregation.max-buffered-time").string_type().default_value("100 ms")
    )


class AWSConfigOptions:
    """Flink's `AWSConfigOptions`; keys, defaults and meanings are in docs/reference/options.md."""

    AWS_REGION_OPTION: ConfigOption[str] = ConfigOptions.key("aws.region").string_type().no_default_value()
    AWS_ENDPOINT_OPTION: ConfigOption[str] = ConfigOptions.key("aws.endpoint").string_type().no_default_value()
    AWS_CREDENTIALS_PROVIDER_OPTION: ConfigOption[str] = (
        ConfigOptions.key("aws.credentials.provider").string_type().no_default_value()
    )
    AWS_ACCESS_KEY_ID_OPTION: ConfigOption[str] = (
        ConfigOptions.key("aws.credentials.provider.basic.accesskeyid").string_type().no_default_value()
    )
    AWS_SECRET_ACCESS_KEY_OPTION: ConfigOption[str] = (
        ConfigOptions.key("aws.credentials.provider.basic.secretkey").string_type().no_default_value()
    )
    AWS_SESSION_TOKEN_OPTION: ConfigOption[str] = (
        ConfigOptions.key("aws.credentials.provider.basic.sessiontoken").string_type().no_default_value()
    )
    AWS_PROFILE_NAME_OPTION: ConfigOption[str] = (
        ConfigOptions.key("aws.credentials.provider.profile.name").string_type().no_default_value()
    )
    AWS_PROFILE_PATH_OPTION: ConfigOption[str] = (
        ConfigOptions.key("aws.credentials.provider.profile.path").string_type().no_default_value()
    )
    AWS_ROLE_ARN_OPTION: ConfigOption[str] = (
        ConfigOptions.key("aws.credentials.provider.role.arn").string_type().no_default_value()
    )
    AWS_ROLE_SESSION_NAME: ConfigOption[str] = (
        ConfigOptions.key("aws.credentials.provider.role.sessionName").string_type().no_default_value()
    )
    AWS_ROLE_EXTERNAL_ID_OPTION: ConfigOption[str] = (
        ConfigOptions.key("aws.credentials.provider.role.externalId").string_type().no_default_value()
    )
    AWS_ROLE_STS_ENDPOINT_OPTION: ConfigOption[str] = (
        ConfigOptions.key("aws.credentials.provider.role.stsEndpoint").string_type().no_default_value()
    )
    AWS_WEB_IDENTITY_TOKEN_FILE: ConfigOption[str] = (
        ConfigOptions.key("aws.credentials.provider.webIdentityToken.file").string_type().no_default_value()
    )
    CUSTOM_CREDENTIALS_PROVIDER_CLASS_OPTION: ConfigOption[str] = (
        ConfigOptions.key("aws.credentials.provider.custom.class").string_type().no_default_value()
    )
    AWS_ROLE_CREDENTIALS_PROVIDER_OPTION: ConfigOption[str] = (
        ConfigOptions.key("aws.credentials.provider.role.provider").string_type().no_default_value()
    )
    TRUST_ALL_CERTIFICATES_OPTION: ConfigOption[bool] = (
        ConfigOptions.key("aws.trust.all.certificates").boolean_type().default_value(False)
    )
    HTTP_CLIENT_MAX_CONCURRENCY_OPTION: ConfigOption[int] = (
        ConfigOptions.key("aws.http-client.max-concurrency").int_type().default_value(10000)
    )
    HTTP_CLIENT_READ_TIMEOUT_MILLIS_OPTION: ConfigOption[str] = (
        ConfigOptions.key("aws.http-client.read-timeout").string_type().default_value("360000 ms")
    )
    HTTP_PROTOCOL_VERSION_OPTION: ConfigOption[str] = (
        ConfigOptions.key("aws.http.protocol.version").string_type().default_value("HTTP2")
    )
    RETRY_STRATEGY_MIN_DELAY_OPTION: ConfigOption[str] = (
        ConfigOptions.key("retry-strategy.delay.min").string_type().default_value("300 ms")
    )
    RETRY_STRATEGY_MAX_DELAY_OPTION: ConfigOption[str] = (
        ConfigOptions.key("retry-strategy.delay.max").string_type().default_value("1000 ms")
    )
    RETRY_STRATEGY_MAX_ATTEMPTS_OPTION: ConfigOption[int] = (
        ConfigOptions.key("retry-strategy.attempts.max").int_type().default_value(50)
    )
