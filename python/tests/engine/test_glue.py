"""Jobs with schemas in the Glue Schema Registry of moto."""

from __future__ import annotations

import io
import json
import logging
import uuid

import boto3
import fastavro
import pytest
from moto.server import ThreadedMotoServer

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
V1 = {
    "type": "record",
    "name": "Flight",
    "fields": [{"name": "id", "type": "string"}, {"name": "delay", "type": "int"}],
}
V2 = {**V1, "fields": [*V1["fields"], {"name": "gate", "type": "string", "default": "?"}]}


class Registry:
    def __init__(self, url):
        self.url = url
        self.client = boto3.client("glue", endpoint_url=url, **KEYS)
        self._names = 0

    def name(self):
        self._names += 1
        return f"schema-{self._names}"

    def version_id(self, name, definition, data_format="AVRO", compatibility="BACKWARD"):
        """Registers the schema, and returns the id of its version."""
        made = self.client.create_schema(
            RegistryId={"RegistryName": "default-registry"},
            SchemaName=name,
            DataFormat=data_format,
            Compatibility=compatibility,
            SchemaDefinition=json.dumps(definition, separators=(",", ":")),
        )
        return made["SchemaVersionId"]

    def configs(self, **more):
        keys = {"region": "us-east-1", "endpoint": self.url, **more}
        return json.dumps(keys)


@pytest.fixture(scope="module")
def registry():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    client = boto3.client("glue", endpoint_url=f"http://{host}:{port}", **KEYS)
    client.create_registry(RegistryName="default-registry")
    client.close()
    registry = Registry(f"http://{host}:{port}")
    yield registry
    registry.client.close()
    server.stop()


def framed(version_id, payload):
    return b"\3\0" + uuid.UUID(version_id).bytes + payload


def avro(schema, record):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema, record)
    return out.getvalue()


GLUE = f"""
    import dataclasses
    from pyflink.datastream.connectors.kinesis import *
    from shardline.datastream.formats.glue import *

    V1 = {json.dumps(json.dumps(V1))}
    V2 = {json.dumps(json.dumps(V2))}

    def values(env, arn, schema, **config):
        config = Configuration.from_dict({{"source.init.position": "TRIM_HORIZON", **config}})
        source = KinesisStreamsSource.builder().set_stream_arn(arn).set_source_config(config)
        source = source.set_deserialization_schema(schema).build()
        return env.from_source(source, WatermarkStrategy.no_watermarks(), "input", schema._type_info())

    def to(stream, arn, schema):
        sink = KinesisStreamsSink.builder().set_stream_name(arn.split("/")[-1]).set_serialization_schema(schema)
        sink = sink.set_kinesis_client_properties({{"aws.region": "us-east-1"}})
        stream.sink_to(sink.set_partition_key_generator(PartitionKeyGenerator.fixed()).build())
"""


@pytest.mark.parametrize("launcher", ["python", "node"])
def test_records_of_older_versions_are_read_as_the_schema_says_and_written_with_their_own(
    kinesis, registry, run, launcher
):
    first, target, name = kinesis.stream(), kinesis.stream(), registry.name()
    version_id = registry.version_id(name, V1)
    kinesis.put(first, [("k", framed(version_id, avro(V1, {"id": f"f{n}", "delay": n}))) for n in range(5)])
    code = f"""{GLUE}
    configs = {registry.configs()}
    env = environment()
    flights = values(env, {first!r}, GlueSchemaRegistryAvroDeserializationSchema.for_generic(V2, configs))
    flights.map(repr, STRING).print()
    later = flights.filter(lambda flight: flight["delay"] > 2)
    writing = {{**configs, "schemaAutoRegistrationEnabled": True, "compression": "zlib", "metadata": {{"a": "b"}}}}
    to(later, {target!r}, GlueSchemaRegistryAvroSerializationSchema.for_generic(V2, "out-{name}", writing))
    env.execute()
    env = environment()
    older = GlueSchemaRegistryAvroDeserializationSchema.for_generic(V1, configs)
    values(env, {target!r}, older).map(repr, STRING).print("v1")
    env.execute()
    """
    code, out, err = run(code, "--stop-at", "latest", launcher=launcher).end()
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        *(f"{{'id': 'f{n}', 'delay': {n}, 'gate': '?'}}" for n in range(5)),
        *(f"v1> {{'id': 'f{n}', 'delay': {n}}}" for n in (3, 4)),
    ]
    written = kinesis.read(target)
    assert all(data[:2] == b"\3\5" for data in written)
    version = registry.client.get_schema_version(SchemaVersionId=str(uuid.UUID(bytes=written[0][2:18])))
    assert version["SchemaArn"].endswith(f"/out-{name}")
    assert json.loads(version["SchemaDefinition"]) == V2


def test_json_is_validated_when_it_is_written_and_read_as_a_carrier_or_a_class(kinesis, registry, run, tmp_path):
    target, name = kinesis.stream(), registry.name()
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {"id": {"type": "string"}, "delay": {"type": "number"}},
        "required": ["id"],
    }
    code = f"""{GLUE}
    from shardline.datastream.connectors.kinesis import DeadLetterHandler
    configs = {registry.configs()}
    SCHEMA = {json.dumps(json.dumps(schema))}
    @dataclasses.dataclass
    class Flight:
        id: str
        delay: float = 0.0

    env = environment()
    writing = {{**configs, "schemaAutoRegistrationEnabled": "true", "schemaName": {name!r}}}
    some = env.from_collection([Flight("a", 1.0), {{"id": "b", "delay": 2.5}}, {{"delay": 1}}])
    sink = KinesisStreamsSink.builder().set_stream_name({target.split("/")[-1]!r})
    sink = sink.set_serialization_schema(GlueSchemaRegistryJsonSerializationSchema("out", writing, SCHEMA))
    sink = sink.set_kinesis_client_properties({{"aws.region": "us-east-1"}})
    sink = sink.set_dead_letter_handler(DeadLetterHandler.file({str(tmp_path / "letters.jsonl")!r}))
    some.sink_to(sink.set_partition_key_generator(PartitionKeyGenerator.fixed()).build())
    env.execute()
    env = environment()
    values(env, {target!r}, GlueSchemaRegistryJsonDeserializationSchema(JsonDataWithSchema, "out", configs)).map(
        lambda carrier: carrier.payload, STRING
    ).print("text")
    objects = GlueSchemaRegistryJsonDeserializationSchema(Flight, "out", configs)
    values(env, {target!r}, objects).map(repr, STRING).print()
    env.execute()
    """
    code, out, _ = run(code, "--stop-at", "latest").end()
    assert code == 0
    assert set(out.splitlines()) == {
        'text> {"id":"a","delay":1}',
        'text> {"id":"b","delay":2.5}',
        "Flight(id='a', delay=1.0)",
        "Flight(id='b', delay=2.5)",
    }
    letter = json.loads((tmp_path / "letters.jsonl").read_text())
    assert letter["code"] == "VALUE_INVALID"
    assert "id" in letter["message"]


def test_what_has_no_header_goes_to_the_secondary_deserializer_or_is_poisoned(kinesis, registry, run):
    first, name = kinesis.stream(), registry.name()
    version_id = registry.version_id(name, "string")
    unknown = str(uuid.uuid4())
    kinesis.put(
        first,
        [("k", framed(version_id, b"\x04ok")), ("k", "plain"), ("k", b"\3short"), ("k", framed(unknown, b"\x04no"))],
    )
    code = f"""{GLUE}
    configs = {registry.configs()}
    env = environment()
    reads = lambda **more: GlueSchemaRegistryAvroDeserializationSchema.for_generic('"string"', {{**configs, **more}})
    config = {{"shardline.source.poison-records": "skip"}}
    secondary = SimpleStringSchema()
    values(env, {first!r}, reads(secondaryDeserializer=secondary), **config).map(repr, STRING).print("two")
    values(env, {first!r}, reads(), **config).map(repr, STRING).print("one")
    env.execute()
    """
    code, out, err = run(code, "--stop-at", "latest").end()
    assert code == 0
    assert set(out.splitlines()) == {"two> 'ok'", "two> 'plain'", "two> '\\x03short'", "one> 'ok'"}
    assert "cannot be read" in err


def test_values_of_the_secondary_deserializer_stay_as_they_are(kinesis, registry, run):
    first, name = kinesis.stream(), registry.name()
    version_id = registry.version_id(name, V1)
    kinesis.put(first, [("k", framed(version_id, b"\x04ok\x02")), ("k", "plain")])
    code = f"""{GLUE}
    configs = {{**{registry.configs()}, "secondaryDeserializer": SimpleStringSchema()}}
    env = environment()
    read = GlueSchemaRegistryAvroDeserializationSchema.for_generic({json.dumps(V1)!r}, configs)
    values(env, {first!r}, read).map(repr, STRING).print()
    env.execute()
    """
    code, out, err = run(code, "--stop-at", "latest").end()
    assert code == 0, err
    assert set(out.splitlines()) == {"{'id': 'ok', 'delay': 1}", "'plain'"}


def test_a_registry_that_is_not_there_fails_the_job_in_words(kinesis, registry, run):
    first = kinesis.stream()
    kinesis.put(first, [("k", framed(str(uuid.uuid4()), b"\0"))])
    code = f"""{GLUE}
    env = environment()
    configs = {{"region": "us-east-1", "endpoint": sys.argv[1]}}
    values(env, {first!r}, GlueSchemaRegistryAvroDeserializationSchema.for_generic(V1, configs)).print()
    env.execute()
    """
    code_of, _, err = run(code, "--stop-at", "latest", arguments=["http://127.0.0.1:9"]).end()
    assert code_of != 0
    assert "127.0.0.1:9" in err
    code_of, _, err = run(code, "--stop-at", "latest", arguments=[registry.url]).end()
    assert code_of != 0
    assert "cannot be read" in err
    assert "sequence number" in err
