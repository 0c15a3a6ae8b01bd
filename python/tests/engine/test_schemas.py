"""Rows and records: what the engine's schemas make of records' bytes, as Python functions get and give it."""

from __future__ import annotations

import base64
import datetime
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


def read_avro(data, schema=FLIGHT):
    return fastavro.schemaless_reader(io.BytesIO(data), schema, None)


def put_json(kinesis, *values):
    arn = kinesis.stream()
    kinesis.put(arn, [("k", value if isinstance(value, (str, bytes)) else json.dumps(value)) for value in values])
    return arn


@MODES
def test_rows_go_through_functions_and_keys_are_made_of_them(kinesis, run, mode):
    first = put_json(kinesis, *({"id": f"f{n}", "delay": n, "number": 2**60 + n, "other": [1]} for n in range(300)))
    target = kinesis.stream()
    code = f"""{SCHEMAS}
    env = environment(2)
    stream = rows(env, {first!r}, JSON_IN).filter(lambda row: row.delay >= 100)
    upper = lambda r: Row(id=r.id.upper(), delay=r.delay / 2, number=r.number)
    stream = stream.key_by(lambda row: row.id).map(upper, ROW)
    stream.sink_to(sink({target!r}, JSON_OUT, lambda row: row.id))
    env.execute()
    """
    assert run(code, "--stop-at", "latest", "--conf", f"python.execution-mode={mode}").end() == (0, "", "")
    (records,) = kinesis.shards(target).values()
    written = {record["PartitionKey"]: record["Data"] for record in records}
    assert written["F101"] == b'{"id":"F101","delay":50.5,"number":%d}' % (2**60 + 101)
    assert len(written) == len(records) == 200


def test_rows_need_no_function_between_source_and_sink_and_are_written_by_place(kinesis, run):
    first, target = put_json(kinesis, {"id": "a", "delay": 1}), kinesis.stream()
    code = f"""{SCHEMAS}
    env = environment()
    renamed = Types.ROW_NAMED(["x", "y", "z"], ROW.get_field_types())
    stream = rows(env, {first!r}, JSON_IN)
    stream.sink_to(sink({target!r}, JsonRowSerializationSchema.builder().with_type_info(renamed).build()))
    stream.map(lambda row: row, ROW).sink_to(
        sink({target!r}, JsonRowSerializationSchema.builder().with_type_info(renamed).build(), lambda row: row.id)
    )
    stream.sink_to(sink({target!r}, CsvRowSerializationSchema.Builder(ROW).build()))
    env.execute()
    """
    assert run(code, "--stop-at", "latest").end() == (0, "", "")
    assert sorted(kinesis.read(target)) == [b"a,1.0,\n", *[b'{"x":"a","y":1.0,"z":null}'] * 2]


def test_avro_records_are_dicts_or_data_classes_and_keep_what_they_are(kinesis, run):
    from datetime import date
    from decimal import Decimal

    first, target = kinesis.stream(), kinesis.stream()
    flights = [
        {"id": "a", "delay": 1.0, "day": date(2026, 2, 28), "fare": Decimal("12.50"), "number": 2**62},
        {"id": "b", "delay": -0.5, "day": date(1969, 12, 31), "fare": None, "number": None},
    ]
    kinesis.put(first, [("k", avro(flight)) for flight in flights])
    code = f"""{SCHEMAS}
    from pyflink.common.watermark_strategy import TimestampAssigner
    @dataclasses.dataclass
    class Flight:
        id: str
        delay: float
        day: datetime.date
        fare: decimal.Decimal | None
        number: int | None = None

    class Days(TimestampAssigner):
        def extract_timestamp(self, value, record_timestamp):
            day = value.day if isinstance(value, Flight) else value["day"]
            return (day - datetime.date(1970, 1, 1)).days * 86400000

    env = environment()
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Days())
    dicts = rows(env, {first!r}, AvroDeserializationSchema.for_generic(FLIGHT), strategy)
    dicts.map(repr, STRING).print("dict")
    dicts.sink_to(sink({target!r}, AvroSerializationSchema.for_generic(FLIGHT)))
    objects = rows(env, {first!r}, AvroDeserializationSchema.for_specific(Flight, FLIGHT), strategy)
    objects.map(repr, STRING).print("object")
    objects.map(lambda f: dataclasses.replace(f, id=f.id * 2)).sink_to(
        sink({target!r}, AvroSerializationSchema.for_specific(Flight, FLIGHT))
    )
    env.execute()
    """
    code, out, _ = run(code, "--stop-at", "latest").end()
    assert code == 0
    first_dict = "{'id': 'a', 'delay': 1.0, 'day': datetime.date(2026, 2, 28), 'fare': Decimal('12.50'), 'number': %d}"
    assert set(out.splitlines()) == {
        f"dict> {first_dict % 2**62}",
        "dict> {'id': 'b', 'delay': -0.5, 'day': datetime.date(1969, 12, 31), 'fare': None, 'number': None}",
        f"object> Flight(id='a', delay=1.0, day=datetime.date(2026, 2, 28), fare=Decimal('12.50'), number={2**62})",
        "object> Flight(id='b', delay=-0.5, day=datetime.date(1969, 12, 31), fare=None, number=None)",
    }
    written = sorted((read_avro(data) for data in kinesis.read(target)), key=lambda flight: flight["id"])
    assert written == [flights[0], {**flights[0], "id": "aa"}, flights[1], {**flights[1], "id": "bb"}]


def test_avro_rows_are_rows_of_flinks_types(kinesis, run):
    from datetime import date
    from decimal import Decimal

    first, target = kinesis.stream(), kinesis.stream()
    flight = {"id": "a", "delay": 1.0, "day": date(2026, 2, 28), "fare": Decimal("12.50"), "number": 7}
    kinesis.put(first, [("k", avro(flight))])
    code = f"""{SCHEMAS}
    env = environment()
    schema = AvroRowDeserializationSchema(avro_schema_string=FLIGHT)
    stream = rows(env, {first!r}, schema)
    print(schema._type_info())
    stream.map(lambda row: row, schema._type_info()).sink_to(
        sink({target!r}, AvroRowSerializationSchema(avro_schema_string=FLIGHT))
    )
    stream.print()
    env.execute()
    """
    code, out, err = run(code, "--stop-at", "latest").end()
    assert (code, err) == (0, "")
    assert out.splitlines()[1] == "+I[a,1.0,2026-02-28,12.50,7]"
    assert "fare: BigDecimal" in out.splitlines()[0]
    assert list(map(read_avro, kinesis.read(target))) == [flight]


def test_flinks_binary_format_and_other_charsets_go_both_ways(kinesis, run):
    first, target = kinesis.stream(), kinesis.stream()
    kinesis.put(first, [("k", "zürich".encode("utf-16"))])
    code = f"""{SCHEMAS}
    from shardline.common.serialization import TypeInformationSerializationSchema
    env = environment()
    pair = Types.TUPLE([STRING, Types.INT()])
    stream = rows(env, {first!r}, SimpleStringSchema("UTF-16"))
    stream.map(lambda text: (text, len(text)), pair).sink_to(sink({target!r}, TypeInformationSerializationSchema(pair)))
    env.execute()
    rows(env, {target!r}, TypeInformationSerializationSchema(pair)).print()
    env.execute()
    """
    assert run(code, "--stop-at", "latest").end() == (0, "(zürich,6)\n", "")
    assert kinesis.read(target) == [b"\x07z\xfc\x01rich\x00\x00\x00\x06"]


# ---- records that cannot be read


def test_a_record_that_cannot_be_read_fails_the_job_and_is_named(kinesis, run):
    first = put_json(kinesis, {"id": "a"}, b"{broken \xff\x00")
    code = f"""{SCHEMAS}
    env = environment()
    rows(env, {first!r}, JSON_IN).print()
    env.execute()
    """
    code, _, err = run(code, "--stop-at", "latest").end()
    assert code != 0
    sequence_number = next(iter(kinesis.shards(first).values()))[1]["SequenceNumber"]
    assert f"shardId-000000000000, sequence number {sequence_number} cannot be read: Failed to deserialize JSON" in err
    assert "Its 10 bytes are 7b 62 72 6f 6b 65 6e 20 ff 00." in err


def test_it_may_be_left_out_or_go_to_the_dead_letters(kinesis, run, tmp_path):
    first, letters = put_json(kinesis, {"id": "a"}, "{broken", {"id": "b"}), kinesis.stream()
    code = f"""{SCHEMAS}
    env = environment()
    def ids(name, **config):
        rows(env, {first!r}, JSON_IN, **config).map(lambda row: row.id, STRING).print(name)
    ids("skip", **{{"shardline.source.poison-records": "skip"}})
    ids("file", handler=DeadLetterHandler.file({str(tmp_path / "letters.jsonl")!r}))
    ids("stream", handler=DeadLetterHandler.stream({letters!r}))
    ids("callable", handler=lambda letter: print("letter>", letter.code, letter.data, letter.position.partition_key))
    env.execute()
    """
    code, out, err = run(code, "--stop-at", "latest").end()
    assert code == 0
    expected = {f"{name}> {value}" for name in ("skip", "file", "stream", "callable") for value in "ab"}
    assert set(out.splitlines()) == {*expected, "letter> RECORD_MALFORMED b'{broken' k"}
    assert "shard shardId-000000000000: 1 unreadable record was left out" in err
    assert err.count("1 unreadable record was given to the dead letters") == 3
    in_file = json.loads((tmp_path / "letters.jsonl").read_text())
    (in_stream,) = map(json.loads, kinesis.read(letters))
    for letter in (in_file, in_stream):
        assert (letter["code"], base64.b64decode(letter["data"])) == ("RECORD_MALFORMED", b"{broken")
        assert letter["position"]["shardId"] == "shardId-000000000000"


def test_a_value_that_the_schema_does_not_take_fails_the_job_or_goes_to_the_dead_letters(kinesis, run, tmp_path):
    first, target = put_json(kinesis, {"id": "a", "delay": 1}, {"delay": 2}), kinesis.stream()
    code = f"""{SCHEMAS}
    env = environment()
    built = KinesisStreamsSink.builder().set_stream_name({target!r}.split("/")[-1])
    built = built.set_kinesis_client_properties({{"aws.region": "us-east-1"}})
    built = built.set_partition_key_generator(PartitionKeyGenerator.fixed())
    schema = {{"type": "record", "name": "F", "fields": [{{"name": "id", "type": "string"}}]}}
    built = built.set_serialization_schema(AvroSerializationSchema.for_generic(json.dumps(schema)))
    if len(sys.argv) > 1:
        built = built.set_dead_letter_handler(DeadLetterHandler.file(sys.argv[1]))
    rows(env, {first!r}, JSON_IN).sink_to(built.build())
    env.execute()
    """
    code_of, _, err = run(code, "--stop-at", "latest").end()
    assert code_of != 0
    assert "the value does not match the schema" in err
    assert "id" in err
    assert "It came from stream" in err
    path = tmp_path / "letters.jsonl"
    assert run(code, "--stop-at", "latest", arguments=[str(path)]).end()[0] == 0
    letter = json.loads(path.read_text())
    assert letter["code"] == "VALUE_INVALID"
    assert json.loads(base64.b64decode(letter["data"])) == {"id": None, "delay": 2, "number": None}


def test_a_date_that_python_cannot_hold_is_a_record_that_cannot_be_read(kinesis, run, tmp_path):
    first = kinesis.stream()
    days = ["2024-02-29", "+10000-01-01", "0000-12-31", "2024-03-01", "+1000000-01-01"]
    kinesis.put(first, [(f"k{i}", json.dumps({"day": day})) for i, day in enumerate(days)])
    path = tmp_path / "letters.jsonl"
    code = f"""{SCHEMAS}
    env = environment()
    row = Types.ROW_NAMED(["day"], [Types.SQL_DATE()])
    extra = {{
        "fail": {{}},
        "skip": {{"shardline.source.poison-records": "skip"}},
        "file": {{"handler": DeadLetterHandler.file({str(path)!r})}},
    }}[sys.argv[1]]
    schema = JsonRowDeserializationSchema.builder().type_info(row).build()
    rows(env, {first!r}, schema, **extra).map(lambda row: str(row.day), STRING).print()
    env.execute()
    """
    code_of, _, err = run(code, "--stop-at", "latest", arguments=["fail"]).end()
    assert code_of != 0
    assert "10000" in err
    code_of, out, err = run(code, "--stop-at", "latest", arguments=["skip"]).end()
    assert (code_of, out) == (0, "2024-02-29\n2024-03-01\n")
    assert "cannot go to Python, whose years are 1 to 9999" in err or "Invalid value for Year" in err
    code_of, out, err = run(code, "--stop-at", "latest", arguments=["file"]).end()
    assert (code_of, out) == (0, "2024-02-29\n2024-03-01\n")
    letters = [json.loads(line) for line in path.read_text().splitlines()]
    assert sorted(letter["partitionKey"] for letter in letters) == ["k1", "k2", "k4"]
    by_key = {letter["partitionKey"]: letter for letter in letters}
    assert json.loads(base64.b64decode(by_key["k1"]["data"])) == {"day": "+10000-01-01"}
    assert by_key["k2"]["message"] == "0000-12-31 cannot go to Python, whose years are 1 to 9999."


# ---- the program's own schema

OWN = f"""{SCHEMAS}
    class Own(KinesisDeserializationSchema):
        def deserialize(self, record, stream, shard_id):
            if record.data == b"bad":
                raise ValueError("no good")
            for word in record.data.decode().split():
                yield f"{{stream}} {{shard_id[-1]}} {{record.partition_key}} {{record.sequence_number}} {{word}}"
        def get_produced_type(self):
            return STRING
"""


@MODES
def test_a_schema_of_the_program_sees_the_whole_record(kinesis, run, mode):
    first, target = kinesis.stream(), kinesis.stream()
    put = kinesis.put(first, [("ü", "one two"), ("k", ""), ("l", "three")])
    code = f"""{OWN}
    env = environment()
    rows(env, {first!r}, Own()).sink_to(sink({target!r}, SimpleStringSchema()))
    env.execute()
    """
    assert run(code, "--stop-at", "latest", "--conf", f"python.execution-mode={mode}").end() == (0, "", "")
    name = first.split("/")[-1]
    assert [value.decode() for value in kinesis.read(target)] == [
        f"{name} 0 ü {put[0]['SequenceNumber']} one",
        f"{name} 0 ü {put[0]['SequenceNumber']} two",
        f"{name} 0 l {put[2]['SequenceNumber']} three",
    ]


def test_what_it_raises_fails_the_job_is_left_out_or_goes_to_the_dead_letters(kinesis, run, tmp_path):
    first, letters = kinesis.stream(), kinesis.stream()
    kinesis.put(first, [("k", "one"), ("b", "bad"), ("k", "two")])
    path = tmp_path / "letters.jsonl"
    code = f"""{OWN}
    env = environment()
    how = sys.argv[1]
    extra = {{
        "fail": {{}},
        "skip": {{"shardline.source.poison-records": "skip"}},
        "file": {{"handler": DeadLetterHandler.file({str(path)!r})}},
        "stream": {{"handler": DeadLetterHandler.stream({letters!r})}},
        "callable": {{"handler": lambda letter: print("letter", letter.message, letter.data)}},
    }}[how]
    rows(env, {first!r}, Own(), **extra).map(lambda line: line.split()[-1], STRING).print()
    env.execute()
    """
    code_of, _, err = run(code, "--stop-at", "latest", arguments=["fail"]).end()
    assert code_of != 0
    assert "Operator 'Own' failed on the record at stream" in err
    assert "no good" in err
    code_of, out, err = run(code, "--stop-at", "latest", arguments=["skip"]).end()
    assert (code_of, out) == (0, "one\ntwo\n")
    assert "cannot be read: The schema of the program failed: ValueError: no good. Its 3 bytes are" in err
    for how, read in ("file", lambda: path.read_text()), ("stream", lambda: kinesis.read(letters)[0]):
        code_of, out, err = run(code, "--stop-at", "latest", arguments=[how]).end()
        assert (code_of, out) == (0, "one\ntwo\n")
        assert "1 unreadable record was given to the dead letters" in err
        letter = json.loads(read())
        assert (letter["position"]["partitionKey"], base64.b64decode(letter["data"])) == ("b", b"bad")
        assert letter["message"] == "The schema of the program failed: ValueError: no good"
    code_of, out, _ = run(code, "--stop-at", "latest", arguments=["callable"]).end()
    assert (code_of, sorted(out.splitlines())) == (
        0,
        ["letter The schema of the program failed: ValueError: no good b'bad'", "one", "two"],
    )


@MODES
def test_what_does_not_become_an_object_of_the_data_class_is_a_record_that_cannot_be_read(kinesis, run, mode):
    first, letters = kinesis.stream(), kinesis.stream()
    flights = [{"id": name, "delay": 1.0, "day": datetime.date(2026, 2, 28), "fare": None} for name in ("a", "", "c")]
    kinesis.put(first, [(f"key {flight['id']}", avro(flight)) for flight in flights])
    code = f"""{SCHEMAS}
    from pyflink.common.watermark_strategy import TimestampAssigner

    @dataclasses.dataclass
    class Flight:
        id: str
        delay: float
        day: datetime.date
        fare: decimal.Decimal | None
        number: int | None = None
        def __post_init__(self):
            if not self.id:
                raise ValueError("no id")

    class Delays(TimestampAssigner):
        def extract_timestamp(self, value, record_timestamp):
            return int(value.delay)

    env = environment()
    schema = AvroDeserializationSchema.for_specific(Flight, FLIGHT)
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Delays())
    skipped = rows(env, {first!r}, schema, strategy, **{{"shardline.source.poison-records": "skip"}})
    skipped.map(lambda flight: flight.id, STRING).print("skip")
    buried = rows(env, {first!r}, schema, handler=DeadLetterHandler.stream({letters!r}))
    buried.filter(lambda flight: flight.id == "c").map(lambda flight: flight.id, STRING).print("bury")
    env.execute()
    """
    code, out, err = run(code, "--stop-at", "latest", "--conf", f"python.execution-mode={mode}").end()
    assert code == 0, err
    assert sorted(out.splitlines()) == ["bury> c", "skip> a", "skip> c"]
    assert "cannot be read: The value does not become the program's object: no id" in err
    (letter,) = map(json.loads, kinesis.read(letters))
    assert letter["position"]["partitionKey"] == "key "
    assert base64.b64decode(letter["data"]) == avro(flights[1])
