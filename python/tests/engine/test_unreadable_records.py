"""Records that a schema cannot read or write, with the built engine."""

from __future__ import annotations

import base64
import json

from schema_scripts import SCHEMAS, put_json


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


def test_an_unreadable_record_is_skipped_or_goes_to_the_dead_letters(kinesis, run, tmp_path):
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
