"""Records that sinks write: partition keys, explicit hash keys, and records that cannot be written."""

from __future__ import annotations

import base64
import json
import re

import pytest


def said_at_the_end(err, read, wrote, dead_letters):
    """Returns the line about the records that a job left out."""
    ending = rf"read {read} records, wrote {wrote}, left out {dead_letters} given to the dead letters\n"
    return re.fullmatch(rf"shardline: job 'burying' is FINISHED after \d+\.\d s: {ending}", err) is not None


MODES = pytest.mark.parametrize("mode", ["thread", "process"])

KEYED = """from shardline.datastream.connectors.kinesis import KinesisStreamsSink

        def write_keyed(stream, arn, key):
            sink = KinesisStreamsSink.builder().set_stream_name(arn.split("/")[-1])
            sink = sink.set_kinesis_client_properties({"aws.region": "us-east-1"}).set_max_time_in_buffer_ms(50)
            sink = sink.set_serialization_schema(SimpleStringSchema()).set_partition_key_generator(key)
            return stream.sink_to(sink.build())
"""


def keys_and_data(kinesis, arn):
    """Returns pairs of partition key and data, by shard."""
    return [sorted((r["PartitionKey"], r["Data"].decode()) for r in shard) for shard in kinesis.shards(arn).values()]


@MODES
def test_a_function_gives_the_partition_key_of_what_the_function_before_it_made(kinesis, run, mode):
    source, target = kinesis.stream(2), kinesis.stream(2)
    kinesis.put(source, [(f"in-{n}", f"table-{n % 7} order-{n}") for n in range(500)])
    code = f"""
        {KEYED}
        env = environment(2)
        write_keyed(read(env, {source!r}).map(str.upper, STRING), {target!r}, lambda order: order.split()[0])
        env.execute()
    """
    options = ["--stop-at", "latest", "--conf", f"python.execution-mode={mode}"]
    assert run(code, *options).end() == (0, "", "")
    written = [pair for shard in keys_and_data(kinesis, target) for pair in shard]
    assert sorted(written) == sorted((f"TABLE-{n % 7}", f"TABLE-{n % 7} ORDER-{n}") for n in range(500))


def test_an_explicit_hash_key_says_the_shard(kinesis, run):
    source, target = kinesis.stream(), kinesis.stream(2)
    kinesis.put(source, [("k", str(n)) for n in range(6)])
    code = f"""
        {KEYED}
        def key(value):
            return [(value, 0), (value, str(2**128 - 1)), (value, 2**128 - 1), (value, None), value][int(value) % 5]
        env = environment()
        write_keyed(read(env, {source!r}), {target!r}, key).set_parallelism(2)
        env.execute()
    """
    assert run(code, "--stop-at", "latest").end() == (0, "", "")
    first, second = keys_and_data(kinesis, target)
    assert {("0", "0"), ("5", "5")} <= set(first)
    assert {("1", "1"), ("2", "2")} <= set(second)
    assert sorted(first + second) == [(str(n), str(n)) for n in range(6)]


def test_a_partition_key_that_is_none_fails_with_the_position_of_its_record(kinesis, run):
    source, target = kinesis.stream(), kinesis.stream()
    answers = kinesis.put(source, [("k", "good"), ("k", "bad")])
    code = f"""
        {KEYED}
        env = environment()
        write_keyed(read(env, {source!r}), {target!r}, lambda value: None if value == "bad" else value)
        env.execute()
    """
    code, _, err = run(code, "--stop-at", "latest").end()
    assert code == 1
    assert "the partition key generator gave no key; a key is a string of 1 to 256 characters." in err
    assert f"shardId-000000000000, sequence number {answers[1]['SequenceNumber']}" in err


def test_a_key_function_that_fails_is_reported_as_any_function(kinesis, run):
    source, target = kinesis.stream(), kinesis.stream()
    answers = kinesis.put(source, [("k", "good"), ("k", "bad")])
    code = f"""
        {KEYED}
        env = environment()
        write_keyed(read(env, {source!r}), {target!r}, lambda value: {{"good": "k"}}[value])
        env.execute()
    """
    code, _, err = run(code, "--stop-at", "latest").end()
    assert code == 1
    assert "KeyError: 'bad'" in err
    assert "Partition Key" in err
    assert answers[1]["SequenceNumber"] in err


# ---- dead letters

BURYING = """from shardline.datastream.connectors.kinesis import DeadLetterHandler, KinesisStreamsSink

        def write_burying(stream, arn, handler, key=None):
            sink = KinesisStreamsSink.builder().set_stream_arn(arn).set_max_time_in_buffer_ms(50)
            sink = sink.set_serialization_schema(SimpleStringSchema()).set_max_record_size_in_bytes(100)
            sink = sink.set_partition_key_generator(key or (lambda value: None if value == "keyless" else "k"))
            stream.sink_to(sink.set_dead_letter_handler(handler).build())
"""

BAD = ["x" * 100, "keyless"]


@MODES
def test_the_scripts_own_handler_gets_what_can_never_be_written(kinesis, run, mode):
    source, target = kinesis.stream(), kinesis.stream()
    answers = kinesis.put(source, [("in", value) for value in ["a", BAD[0], "b", BAD[1], "c"]])
    code = f"""
        {BURYING}
        letters = []  # the script's own: nothing of the handler is copied
        env = environment(2, checkpoints=1000)
        write_burying(read(env, {source!r}).map(str, STRING), {target!r}, letters.append)
        env.execute("burying")
        for letter in sorted(letters, key=lambda letter: letter.code):
            print(json.dumps([letter.stream, letter.code, letter.message, letter.partition_key, letter.data.decode(),
                letter.explicit_hash_key, letter.position.shard_id, letter.position.sequence_number, os.getpid()]))
    """
    script = run(code, "--stop-at", "latest", "--conf", f"python.execution-mode={mode}")
    status, out, err = script.end()
    assert status == 0
    assert said_at_the_end(err, 5, 3, 2), err
    assert sorted(kinesis.read(target)) == [b"a", b"b", b"c"]
    large, keyless = map(json.loads, out.splitlines())
    name, shard = target.split("/")[-1], "shardId-000000000000"
    size = "a record of 101 bytes with its key is over maxRecordSizeInBytes (100)"
    assert large[:-1] == [name, "RECORD_TOO_LARGE", size, "k", BAD[0], None, shard, answers[1]["SequenceNumber"]]
    assert keyless[1:2] + keyless[3:-1] == [
        *("VALIDATION_FAILED", None, "keyless", None, shard, answers[3]["SequenceNumber"])
    ]
    assert keyless[2] == "the partition key generator gave no key; a key is a string of 1 to 256 characters"


def test_a_handler_that_raises_fails_the_job_with_its_error(kinesis, run):
    source, target = kinesis.stream(), kinesis.stream()
    kinesis.put(source, [("in", BAD[0])])
    code = f"""
        {BURYING}
        def refuse(letter):
            raise LookupError(f"no place for {{letter.code}}")
        env = environment()
        write_burying(read(env, {source!r}), {target!r}, refuse)
        try:
            env.execute("burying")
        finally:
            print("here")
    """
    status, out, err = run(code, "--stop-at", "latest").end()
    assert (status, out) == (1, "here\n")
    assert "The dead letter handler failed: LookupError: no place for RECORD_TOO_LARGE" in err
    assert 'raise LookupError(f"no place for {letter.code}")' in err, "its own traceback"
    assert "shardline.errors.JobExecutionException" in err
    assert kinesis.read(target) == []


def test_letters_go_to_a_file(kinesis, run, tmp_path):
    source, target, file = kinesis.stream(), kinesis.stream(), tmp_path / "letters.jsonl"
    kinesis.put(source, [("in", value) for value in ["a", *BAD]])
    code = f"""
        {BURYING}
        os.chdir({str(tmp_path)!r})
        handler = DeadLetterHandler.file("letters.jsonl")
        os.chdir("/")
        env = environment()
        write_burying(read(env, {source!r}), {target!r}, handler)
        env.execute("burying")
    """
    status, out, err = run(code, "--stop-at", "latest").end()
    assert (status, out) == (0, "")
    assert said_at_the_end(err, 3, 1, 2), err
    assert kinesis.read(target) == [b"a"]
    letters = [json.loads(line) for line in file.read_text().splitlines()]
    assert [base64.b64decode(letter["data"]).decode() for letter in letters] == BAD
    assert {letter["stream"] for letter in letters} == {target.split("/")[-1]}


def test_letters_go_to_another_stream(kinesis, run):
    source, target, letters = kinesis.stream(), kinesis.stream(), kinesis.stream()
    kinesis.put(source, [("in", value) for value in ["a", *BAD]])
    code = f"""
        {BURYING}
        env = environment()
        write_burying(read(env, {source!r}), {target!r}, DeadLetterHandler.stream({letters!r}))
        env.execute("burying")
    """
    status, out, err = run(code, "--stop-at", "latest").end()
    assert (status, out) == (0, "")
    assert said_at_the_end(err, 3, 1, 2), err
    assert kinesis.read(target) == [b"a"]
    buried = [json.loads(data) for data in kinesis.read(letters)]
    assert sorted(base64.b64decode(letter["data"]).decode() for letter in buried) == sorted(BAD)
