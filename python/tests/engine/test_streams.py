"""Jobs from one stream to another."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "delayed_flights.py"

LAUNCHERS = pytest.mark.parametrize("launcher", ["python", "node"])
MODES = pytest.mark.parametrize("mode", ["thread", "process"])

UPPER = """
    env = environment({parallelism})
    stream = read(env, {source!r}).map(str.upper, output_type=STRING).filter(lambda value: not value.endswith("7"))
    write(stream, {target!r})
    env.execute("upper")
    print("done")
"""


@LAUNCHERS
@MODES
def test_every_record_is_read_mapped_filtered_and_written(kinesis, run, mode, launcher):
    source, target = kinesis.stream(3), kinesis.stream(2)
    kinesis.put(source, [(f"key-{n % 10}", f"value-{n}") for n in range(2500)])
    code = UPPER.format(parallelism=2, source=source, target=target)
    options = ["--stop-at", "latest", "--conf", f"python.execution-mode={mode}"]
    assert run(code, *options, launcher=launcher).end() == (0, "done\n", "")
    expected = sorted(f"VALUE-{n}".encode() for n in range(2500) if n % 10 != 7)
    assert sorted(kinesis.read(target)) == expected


def test_order_is_kept_for_each_key(kinesis, run):
    source, target = kinesis.stream(4), kinesis.stream(1)
    kinesis.put(source, [(f"key-{n % 20}", f"{n % 20} {n}") for n in range(2000)])
    code = UPPER.format(parallelism=1, source=source, target=target)
    assert run(code, "--stop-at", "latest").end()[0] == 0
    by_key = {}
    for value in kinesis.read(target):
        key, number = map(int, value.split())
        by_key.setdefault(key, []).append(number)
    assert all(numbers == sorted(numbers) for numbers in by_key.values())
    assert sum(map(len, by_key.values())) == 1800


@MODES
def test_odd_values_survive(kinesis, run, mode):
    source, target = kinesis.stream(), kinesis.stream()
    kinesis.put(
        source, [("k", "zürich 😀"), ("k", "a\0b"), ("k", ""), ("k", b"broken \xff utf8"), ("k", "none"), ("k", "half")]
    )
    code = f"""
        env = environment()
        def odd(value):
            return {{"none": None, "half": "half \\ud83d"}}.get(value, value)
        write(read(env, {source!r}).map(odd, STRING).filter(lambda value: value is not None), {target!r})
        env.execute()
    """
    assert run(code, "--stop-at", "latest", "--conf", f"python.execution-mode={mode}").end() == (0, "", "")
    assert [value.decode() for value in kinesis.read(target)] == [
        "zürich 😀",
        "a\0b",
        "",
        "broken \ufffd utf8",
        "half ?",
    ]


def test_bytes_pass_as_they_are(kinesis, run):
    source, target = kinesis.stream(), kinesis.stream()
    values = [bytes(range(256)), b"", b"\0"]
    kinesis.put(source, [("k", value) for value in values if value] + [("k", b"")])
    code = f"""
        from pyflink.common import ByteArraySchema
        BYTES = Types.PRIMITIVE_ARRAY(Types.BYTE())
        env = environment()
        config = Configuration().set_string("source.init.position", "TRIM_HORIZON")
        source = KinesisStreamsSource.builder().set_stream_arn({source!r}).set_source_config(config)
        source = source.set_deserialization_schema(ByteArraySchema()).build()
        sink = KinesisStreamsSink.builder().set_stream_name({target.split("/")[-1]!r})
        sink = sink.set_kinesis_client_properties({{"aws.region": "us-east-1"}})
        sink = sink.set_serialization_schema(ByteArraySchema())
        sink = sink.set_partition_key_generator(PartitionKeyGenerator.random()).build()
        stream = env.from_source(source, WatermarkStrategy.no_watermarks(), "input", BYTES)
        stream.map(lambda value: value[::-1], BYTES).sink_to(sink)
        env.execute()
    """
    assert run(code, "--stop-at", "latest").end() == (0, "", "")
    assert sorted(kinesis.read(target)) == sorted(value[::-1] for value in values)


def test_flat_map_makes_several_records_of_one(kinesis, run):
    source, target = kinesis.stream(), kinesis.stream()
    kinesis.put(source, [("k", "a b c"), ("k", " "), ("k", "d")])
    code = f"""
        env = environment()
        write(read(env, {source!r}).flat_map(str.split, STRING), {target!r})
        env.execute()
    """
    assert run(code, "--stop-at", "latest").end() == (0, "", "")
    assert kinesis.read(target) == [b"a", b"b", b"c", b"d"]


@LAUNCHERS
@MODES
def test_a_failing_function_names_its_record(kinesis, run, mode, launcher):
    source = kinesis.stream(2)
    answers = kinesis.put(source, [(f"key-{n}", "bad" if n == 1234 else str(n)) for n in range(2000)])
    code = f"""
        env = environment()
        read(env, {source!r}).filter(lambda value: value != "5").map(int).name("Parse").print()
        env.execute()
    """
    options = ["--stop-at", "latest", "--conf", f"python.execution-mode={mode}"]
    code, _, err = run(code, *options, launcher=launcher).end()
    assert code == 1
    assert "ValueError: invalid literal for int() with base 10: 'bad'" in err
    assert "Parse" in err
    assert source.split("/")[-1] in err
    assert answers[1234]["ShardId"] in err
    assert answers[1234]["SequenceNumber"] in err
    assert "_script.py" not in err


def test_a_missing_stream_is_an_error_that_names_it(kinesis, run):
    missing = kinesis.stream().rpartition("/")[0] + "/no-such-stream"
    code = f"""
        from shardline.errors import ServiceError
        env = environment(checkpoints=1000)
        read(env, {missing!r}).print()
        try:
            env.execute()
        except ServiceError as error:
            print(error.code, "no-such-stream" in str(error))
    """
    assert run(code).end()[:2] == (0, "STREAM_NOT_FOUND True\n")


@LAUNCHERS
def test_print_goes_to_the_scripts_stdout_with_the_number_of_the_subtask(kinesis, run, launcher):
    source = kinesis.stream(4)
    kinesis.put(source, [(f"key-{n}", str(n)) for n in range(100)])
    code = f"""
        env = environment(2)
        read(env, {source!r}).map(int, Types.INT()).print("id")
        env.execute()
    """
    code, out, err = run(code, "--stop-at", "latest", launcher=launcher).end()
    assert (code, err) == (0, "")
    lines = [line.partition("> ") for line in out.splitlines()]
    assert {prefix for prefix, _, _ in lines} == {"id:1", "id:2"}
    assert sorted(int(value) for _, _, value in lines) == list(range(100))


def test_collect_with_a_limit_ends_an_endless_job(kinesis, run):
    source = kinesis.stream()
    kinesis.put(source, [("k", str(n)) for n in range(50)])
    code = f"""
        env = environment()
        print(read(env, {source!r}).map(int).execute_and_collect(limit=3))
        with read(env, {source!r}).map(int).execute_and_collect() as values:
            print(next(values), next(values))
    """
    assert run(code).end() == (0, "[0, 1, 2]\n0 1\n", "")


@LAUNCHERS
def test_the_example_runs(kinesis, run, launcher, tmp_path):
    source, target = kinesis.stream(2), kinesis.stream(1)
    flights = [
        {
            "date": "2001-01-10T09:16:00",
            "delay": n % 40,
            "distance": 1,
            "origin": f"A{n % 7}",
            "destination": "B",
            "seq": n,
        }
        for n in range(700)
    ]
    kinesis.put(source, [(flight["origin"], json.dumps(flight)) for flight in flights])
    script = run(
        EXAMPLE.read_text(), "--stop-at", "latest", launcher=launcher,
        arguments=["--input-arn", source, "--output-arn", target],
    )  # fmt: skip
    assert script.end() == (0, "", "")
    reports = [json.loads(value) for value in kinesis.read(target)]
    assert len(reports) == sum(flight["delay"] > 15 for flight in flights)
    for origin in {flight["origin"] for flight in flights}:
        numbers = [report["seq"] for report in reports if report["origin"] == origin]
        assert numbers == [f["seq"] for f in flights if f["origin"] == origin and f["delay"] > 15]


def test_a_record_waits_for_no_company(kinesis, run):
    source, target = kinesis.stream(), kinesis.stream()
    script = run(
        f"""
        env = environment()
        write(read(env, {source!r}).map(str.upper, STRING), {target!r})
        env.execute()
        """
    )
    for n in range(3):
        kinesis.put(source, [("k", f"v{n}")])
        assert kinesis.wait_for(target, n + 1)[-1] == f"V{n}".encode()
    script.process.kill()


def test_two_jobs_at_once_in_one_script(kinesis, run):
    source, first, second = kinesis.stream(2), kinesis.stream(), kinesis.stream()
    kinesis.put(source, [(f"k{n}", str(n)) for n in range(300)])
    code = f"""
        clients = []
        for target in ({first!r}, {second!r}):
            env = environment()
            write(read(env, {source!r}).map(lambda value, t=target: f"{{value}}", STRING), target)
            clients.append(env.execute_async(target))
        for client in clients:
            client.get_job_execution_result().result()
        print(len({{str(client.get_job_id()) for client in clients}}))
    """
    assert run(code, "--stop-at", "latest").end() == (0, "2\n", "")
    assert len(kinesis.read(first)) == len(kinesis.read(second)) == 300


def test_a_job_of_a_graph_that_branches(kinesis, run):
    source, target = kinesis.stream(), kinesis.stream()
    kinesis.put(source, [("k", str(n)) for n in range(20)])
    code = f"""
        env = environment()
        numbers = read(env, {source!r}).map(int)
        numbers.filter(lambda n: n % 2).print()
        write(numbers.filter(lambda n: n % 2 == 0).map(str, STRING), {target!r})
        env.execute()
    """
    code, out, err = run(code, "--stop-at", "latest").end()
    assert (code, err) == (0, "")
    assert sorted(map(int, out.split())) == list(range(1, 20, 2))
    assert sorted(map(int, kinesis.read(target))) == list(range(0, 20, 2))


def test_the_first_line_says_where_checkpoints_go_unless_the_script_does(kinesis, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source, target = kinesis.stream(), kinesis.stream()
    code = f"""
        env = environment(1, checkpoints=1000)
        write(read(env, {source!r}), {target!r})
        env.execute("where")
    """
    directory = f"{tmp_path}/.shardline/checkpoints/where"
    options = {"shardline.source.stop-at": "latest"}
    monkeypatch.setenv("SHARDLINE_CONF", json.dumps(options))
    said = f"shardline: checkpoints go to {directory} (execution.checkpointing.dir)\n"
    assert run(code, launcher="plain").end() == (0, "", said)

    monkeypatch.setenv("SHARDLINE_CONF", json.dumps({**options, "execution.state-recovery.path": "latest"}))
    exit_code, _, err = run(code, launcher="plain").end()
    assert (exit_code, err.startswith(f"shardline: restored from {directory}/chk-")) == (0, True), err

    monkeypatch.setenv("SHARDLINE_CONF", json.dumps({**options, "execution.checkpointing.dir": str(tmp_path / "own")}))
    assert run(code, launcher="plain").end() == (0, "", "")
