"""The Python examples of docs/, each run as it stands there, with what the page has introduced before it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from shardline.common import Configuration, SimpleStringSchema, Types, WatermarkStrategy
from shardline.datastream import StreamExecutionEnvironment
from shardline.datastream.connectors import kinesis
from shardline.datastream.connectors.kinesis import KinesisStreamsSink, KinesisStreamsSource
from shardline.datastream.formats.avro import AvroDeserializationSchema
from shardline.datastream.formats.csv import CsvRowDeserializationSchema
from shardline.errors import ServiceError

DOCS = Path(__file__).parents[2] / "docs"
ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/flights"
AVRO = {"type": "record", "name": "Flight", "fields": [{"name": "id", "type": "string"}]}

#: Examples that another test runs against the engine.
ELSEWHERE = {
    "migrate-from-flink.md": "engine/test_migration.py",
    "getting-started.md": "test/docs/getting-started.test.ts",
}


def examples():
    for page in sorted(DOCS.rglob("*.md")):
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


class Environment:
    """In the place of one with a job, for the example that handles an error."""

    def execute(self, name):
        raise ServiceError("There is no such stream.", code="STREAM_NOT_FOUND", details={"stream": name})


@pytest.mark.parametrize("code", list(examples()))
def test_an_example_runs(code):
    names = {
        "arn": ARN,
        "env": Environment() if "env.execute" in code else StreamExecutionEnvironment.get_execution_environment(),
        "builder": sink(),
        "source_builder": source(),
        "source": source().build(),
        "other_source": source().build(),
        "config": Configuration(),
        "configs": {"region": "us-east-1"},
        "row": Types.ROW_NAMED(["id", "delay"], [Types.STRING(), Types.INT()]),
        "schema_json": json.dumps(AVRO),
        "json_schema": json.dumps({"type": "object", "properties": {"id": {"type": "string"}}}),
        "dataclass": dataclass,
        "Flight": Flight,
        "Types": Types,
        "SimpleStringSchema": SimpleStringSchema,
        "WatermarkStrategy": WatermarkStrategy,
        "AvroDeserializationSchema": AvroDeserializationSchema,
        **{name: getattr(kinesis, name) for name in kinesis.__all__},
    }
    exec(compile(code, "example", "exec", dont_inherit=True), names)
    if re.search(r"\bbuilder\.", code):
        # What the example leaves out.
        if "partition_key" not in code:
            names["builder"].set_partition_key_generator(kinesis.PartitionKeyGenerator.random())
        assert names["builder"].build() is not None
    if "source_builder." in code:
        assert names["source_builder"].build() is not None


def test_there_are_examples():
    assert len(list(examples())) >= 18


def test_the_schema_of_the_page_reads_a_record():
    (code,) = [p.values[0] for p in examples() if "class Lines" in p.values[0]]
    names = {"KinesisDeserializationSchema": kinesis.KinesisDeserializationSchema, "Types": Types}
    exec(compile(code, "example", "exec", dont_inherit=True), names)
    record = SimpleNamespace(data=b"a\nb", partition_key="k")
    assert list(names["Lines"]().deserialize(record, "flights", "shard-1")) == ["shard-1 k: a", "shard-1 k: b"]


def test_what_the_page_says_is_absent_is_listed_as_omitted():
    package = DOCS.parent / "python"
    omitted = (package / "surface.toml").read_text() + (package / "src/shardline/_absent_names.json").read_text()
    page = (DOCS / "reference" / "python-api.md").read_text()
    table = page.partition("## What does not exist")[2].partition("## Extensions")[0]
    rows = [row.split(" | ") for row in table.splitlines() if row.startswith("| ") and not row.startswith("| feature")]
    assert len(rows) > 10
    for _, names, *_ in rows:
        for name in re.findall(r"`([\w.]+)`", names):
            if name != "pyflink.table":
                assert re.search(rf'["._]{name.removeprefix("pyflink.").rpartition(".")[2]}"', omitted), name


def test_every_setter_that_a_page_names_exists():
    builders = [
        kinesis.KinesisStreamsSource.builder(),
        kinesis.KinesisStreamsSink.builder(),
        kinesis.KinesisFirehoseSink.builder(),
        Configuration(),
        StreamExecutionEnvironment.get_execution_environment(),
        CsvRowDeserializationSchema.Builder(Types.ROW([Types.INT()])),
    ]
    absent = {"set_restart_strategy"}
    setters = {name for page in DOCS.rglob("*.md") for name in re.findall(r"\bset_[a-z_]+\b", page.read_text())}
    assert len(setters) > 15
    assert {n for n in setters - absent if not any(hasattr(b, n) for b in builders)} == set()
