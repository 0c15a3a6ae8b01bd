"""The builder of KinesisStreamsSource, and how the environment takes a source."""

from __future__ import annotations

import pytest
from programs import ARN, STRING, source

from shardline.common import (
    ByteArraySchema,
    Configuration,
    SimpleStringSchema,
    Types,
    WatermarkStrategy,
)
from shardline.common.watermark_strategy import TimestampAssigner
from shardline.datastream.connectors import Source
from shardline.datastream.connectors.kinesis import (
    KinesisStreamsSource,
)
from shardline.errors import ConfigurationError, FlinkCompatibilityWarning


def test_a_source_without_type_info_gets_its_schemas_and_a_warning(env):
    with pytest.warns(FlinkCompatibilityWarning, match="Flink fails"):
        stream = env.from_source(source(), WatermarkStrategy.no_watermarks(), "input")
    assert stream.get_type() == STRING
    with pytest.warns(FlinkCompatibilityWarning):
        stream = env.from_source(source(ByteArraySchema()), WatermarkStrategy.no_watermarks(), "input")
    assert stream.get_type() == Types.PRIMITIVE_ARRAY(Types.BYTE())


def test_a_type_info_that_contradicts_the_schema_is_refused(env):
    with pytest.raises(TypeError, match="makes String, and type_info says Integer"):
        env.from_source(source(), WatermarkStrategy.no_watermarks(), "input", Types.INT())


def test_a_timestamp_assigner_warns_that_flink_ignores_it_on_a_source(env):
    class Assigner(TimestampAssigner):
        def extract_timestamp(self, value, record_timestamp):
            return 0

    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Assigner())
    with pytest.warns(
        FlinkCompatibilityWarning, match="timestamp assigner is honoured here, and PyFlink .* ignores it"
    ):
        env.from_source(source(), strategy, "input", STRING)


def test_from_source_checks_what_it_is_given(env):
    with pytest.raises(TypeError, match="takes a Source such as KinesisStreamsSource, not str"):
        env.from_source("input", WatermarkStrategy.no_watermarks(), "input")
    with pytest.raises(TypeError, match="takes a WatermarkStrategy"):
        env.from_source(source(), None, "input")
    with pytest.raises(TypeError, match="Source is not a source that the engine knows"):
        env.from_source(Source(), WatermarkStrategy.no_watermarks(), "input")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda b: b.set_stream_arn(""), "'' is not the ARN of a Kinesis stream"),
        (lambda b: b.set_stream_arn("input"), "'input' is not the ARN of a Kinesis stream"),
        (lambda b: b.set_stream_arn("arn:aws:kinesis:us-east-1:1:stream/a:b"), "is not the ARN of a Kinesis stream"),
        (
            lambda b: b.set_source_config(Configuration.from_dict({"source.init.position": "START"})),
            "source.init.position: 'START' is not one of LATEST, TRIM_HORIZON, AT_TIMESTAMP",
        ),
        (
            lambda b: b.set_source_config(Configuration.from_dict({"source.init.position": "AT_TIMESTAMP"})),
            "needs source.init.timestamp",
        ),
    ],
)
def test_a_source_is_checked_when_it_is_built(change, message):
    builder = KinesisStreamsSource.builder().set_stream_arn(ARN).set_deserialization_schema(SimpleStringSchema())
    with pytest.raises(ConfigurationError, match=message):
        change(builder).build()


def test_a_source_needs_a_schema():
    with pytest.raises(ConfigurationError, match="ARN must be set"):
        KinesisStreamsSource.builder().build()
    with pytest.raises(ConfigurationError, match="a schema must be set"):
        KinesisStreamsSource.builder().set_stream_arn(ARN).build()
    with pytest.raises(TypeError, match="takes a DeserializationSchema"):
        KinesisStreamsSource.builder().set_deserialization_schema(STRING)


def test_the_configuration_of_a_source_is_copied():
    config = Configuration()
    built = (
        KinesisStreamsSource.builder()
        .set_stream_arn(ARN)
        .set_source_config(config)
        .set_deserialization_schema(SimpleStringSchema())
        .build()
    )
    config.set_string("aws.endpoint", "elsewhere")
    assert built._spec()["configuration"] == {}
