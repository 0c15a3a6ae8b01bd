"""What sinks write: partition keys, explicit hash keys, and records that cannot be written."""

from __future__ import annotations

import pytest

MODES = pytest.mark.parametrize("mode", ["thread", "process"])

KEYED = """from shardline.datastream.connectors.kinesis import KinesisStreamsSink

        def write_keyed(stream, arn, key):
            sink = KinesisStreamsSink.builder().set_stream_name(arn.split("/")[-1])
            sink = sink.set_kinesis_client_properties({"aws.region": "us-east-1"}).set_max_time_in_buffer_ms(50)
            sink = sink.set_serialization_schema(SimpleStringSchema()).set_partition_key_generator(key)
            return stream.sink_to(sink.build())
"""


def keys_and_data(kinesis, arn):
    """By shard: pairs of partition key and data."""
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


def test_a_key_that_is_none_is_told_with_the_position_of_its_record(kinesis, run):
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


def test_a_key_function_that_fails_is_told_as_any_function(kinesis, run):
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
