"""The parts of scripts with schemas, and Avro records for them."""

from __future__ import annotations

import io
import json

import fastavro
import pytest

MODES = pytest.mark.parametrize("mode", ["thread", "process"])
FLIGHT = {
    "type": "record",
    "name": "Flight",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "delay", "type": "double"},
        {"name": "day", "type": {"type": "int", "logicalType": "date"}},
        {"name": "fare", "type": ["null", {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}]},
        {"name": "number", "type": ["null", "long"], "default": None},
    ],
}


#: Appended to the prologue of every script.
SCHEMAS = f"""
    import dataclasses, datetime, decimal
    from pyflink.common import Row
    from pyflink.datastream.connectors.kinesis import *
    from pyflink.datastream.formats.avro import *
    from pyflink.datastream.formats.csv import *
    from pyflink.datastream.formats.json import *

    FLIGHT = {json.dumps(json.dumps(FLIGHT))}
    ROW = Types.ROW_NAMED(["id", "delay", "number"], [STRING, Types.DOUBLE(), Types.LONG()])
    JSON_IN = JsonRowDeserializationSchema.builder().type_info(ROW).build()
    JSON_OUT = JsonRowSerializationSchema.builder().with_type_info(ROW).build()

    def source(arn, schema, handler=None, **config):
        config = {{"source.init.position": "TRIM_HORIZON", **config}}
        built = KinesisStreamsSource.builder().set_stream_arn(arn).set_deserialization_schema(schema)
        if handler is not None:
            built = built.set_dead_letter_handler(handler)
        return built.set_source_config(Configuration.from_dict(config)).build()

    def rows(env, arn, schema, strategy=None, **config):
        strategy = strategy or WatermarkStrategy.no_watermarks()
        return env.from_source(source(arn, schema, **config), strategy, "input", schema._type_info())

    def sink(arn, schema, key=None):
        built = KinesisStreamsSink.builder().set_stream_name(arn.split("/")[-1]).set_serialization_schema(schema)
        built = built.set_kinesis_client_properties({{"aws.region": arn.split(":")[3]}})
        return built.set_partition_key_generator(key or PartitionKeyGenerator.fixed()).build()
"""


def avro(record):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, FLIGHT, record)
    return out.getvalue()


def put_json(kinesis, *values):
    arn = kinesis.stream()
    kinesis.put(arn, [("k", value if isinstance(value, (str, bytes)) else json.dumps(value)) for value in values])
    return arn
