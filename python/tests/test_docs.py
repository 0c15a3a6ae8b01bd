"""The Python examples of docs/. Each is run unchanged, with the names that the page has introduced before it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from shardline.common import SimpleStringSchema, Types, WatermarkStrategy
from shardline.datastream import StreamExecutionEnvironment
from shardline.datastream.connectors import kinesis
from shardline.datastream.connectors.kinesis import KinesisStreamsSink, KinesisStreamsSource
from shardline.datastream.formats.avro import AvroDeserializationSchema

DOCS = Path(__file__).parents[2] / "docs"
ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/flights"
AVRO = {"type": "record", "name": "Flight", "fields": [{"name": "id", "type": "string"}]}

#: Examples that another test runs with the engine.
ELSEWHERE = {"migration.md": "engine/test_migration.py"}


def examples():
    for page in sorted(DOCS.glob("*.md")):
        if page.name in ELSEWHERE:
            continue
        for match in re.finditer(r"^```python\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL):
            line = page.read_text()[: match.start()].count("\n") + 1
            yield pytest.param(match[1], id=f"{page.name}:{line}")


@dataclass
class Flight:
    id: str
    delay: int = 0


def sink():
    return KinesisStreamsSink.builder().set_stream_name("orders").set_serialization_schema(SimpleStringSchema())


def source():
    return KinesisStreamsSource.builder().set_stream_arn(ARN).set_deserialization_schema(SimpleStringSchema())


@pytest.mark.parametrize("code", list(examples()))
def test_an_example_runs(code):
    names = {
        "arn": ARN,
        "env": StreamExecutionEnvironment.get_execution_environment(),
        "builder": source() if "unreadable" in code else sink(),
        "schema_json": json.dumps(AVRO),
        "json_schema": json.dumps({"type": "object", "properties": {"id": {"type": "string"}}}),
        "dataclass": dataclass,
        "Flight": Flight,
        "Types": Types,
        "WatermarkStrategy": WatermarkStrategy,
        "AvroDeserializationSchema": AvroDeserializationSchema,
        **{name: getattr(kinesis, name) for name in kinesis.__all__},
    }
    before = set(names)
    exec(compile(code, "example", "exec", dont_inherit=True), names)
    if "builder." in code:
        # Names that the example omits.
        if "partition_key" not in code and "unreadable" not in code:
            names["builder"].set_partition_key_generator(kinesis.PartitionKeyGenerator.random())
        assert names["builder"].build() is not None
    else:
        made = set(names) - before
        assert made or "for_specific" in code


def test_there_are_examples():
    assert len(list(examples())) >= 8


def test_the_schema_of_the_page_reads_a_record():
    (code,) = [p.values[0] for p in examples() if "class Lines" in p.values[0]]
    names = {"KinesisDeserializationSchema": kinesis.KinesisDeserializationSchema, "Types": Types}
    exec(compile(code, "example", "exec", dont_inherit=True), names)
    record = SimpleNamespace(data=b"a\nb", partition_key="k")
    assert list(names["Lines"]().deserialize(record, "flights", "shard-1")) == ["shard-1 k: a", "shard-1 k: b"]
