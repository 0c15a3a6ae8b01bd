"""Schemas of the program, with the built engine."""

from __future__ import annotations

import base64
import datetime
import json

from schema_scripts import MODES, SCHEMAS, avro

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


def test_an_error_of_a_schema_fails_the_job_is_skipped_or_goes_to_the_dead_letters(kinesis, run, tmp_path):
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
def test_a_record_that_cannot_become_an_object_of_the_data_class_is_unreadable(kinesis, run, mode):
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
