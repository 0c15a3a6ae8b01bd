"""Whole jobs, on the scripted engine."""

from __future__ import annotations

import importlib
import json
import logging
import os
import signal
import sys
import threading
import time

import pytest

from shardline._bridge import session
from shardline.common import (
    ByteArraySchema,
    Configuration,
    JobStatus,
    Row,
    SimpleStringSchema,
    Types,
    WatermarkStrategy,
)
from shardline.datastream import MapFunction, StreamExecutionEnvironment
from shardline.datastream.connectors.kinesis import KinesisStreamsSink, KinesisStreamsSource, PartitionKeyGenerator
from shardline.errors import (
    BridgeError,
    ConfigurationError,
    EngineDiedError,
    EngineUnavailableError,
    JobCancellationException,
    JobExecutionException,
    RemoteStack,
)

ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/input"
STRING = Types.STRING()


def read(env, schema=None):
    schema = schema or SimpleStringSchema()
    source = KinesisStreamsSource.builder().set_stream_arn(ARN).set_deserialization_schema(schema).build()
    return env.from_source(source, WatermarkStrategy.no_watermarks(), "input", type_info=schema._type_info())


def sink(name="output", schema=None):
    return (
        KinesisStreamsSink.builder()
        .set_stream_name(name)
        .set_serialization_schema(schema or SimpleStringSchema())
        .set_partition_key_generator(PartitionKeyGenerator.fixed())
        .build()
    )


@pytest.fixture
def env(fake_engine):
    return fake_engine.configure(StreamExecutionEnvironment.get_execution_environment())


MODES = pytest.mark.parametrize("mode", ["thread", "process"])


@MODES
def test_a_job_reads_maps_filters_and_writes(fake_engine, env, mode):
    env.configure(Configuration.from_dict({"python.execution-mode": mode}))
    fake_engine.configure(env, records=["a", "bb", None, "c\0c", "ü"], bundle=2)
    stream = read(env).filter(bool).map(str.upper, output_type=STRING).filter(lambda value: value != "A")
    stream.sink_to(sink())
    result = env.execute("flights")
    assert fake_engine.written("output") == ["BB", "C\0C", "Ü"]
    assert str(result.get_job_id()) == "job-1"
    assert result.get_net_runtime() >= 0


@MODES
def test_objects_pass_between_functions(fake_engine, env, mode):
    env.configure(Configuration.from_dict({"python.execution-mode": mode}))
    stream = env.from_collection([1, 2, 3]).map(lambda n: {"n": n}).filter(lambda d: d["n"] != 2)
    stream.flat_map(lambda d: [str(d["n"])] * d["n"], STRING).sink_to(sink())
    env.execute()
    assert fake_engine.written() == ["1", "3", "3", "3"]


def test_bytes_pass_untouched(fake_engine, env):
    fake_engine.configure(env, records=["a"])
    byte_array = Types.PRIMITIVE_ARRAY(Types.BYTE())
    read(env, ByteArraySchema()).map(lambda b: b + b"\0", byte_array).sink_to(sink(schema=ByteArraySchema()))
    env.execute()
    assert fake_engine.written() == ["YQA="]


def test_operators_without_a_sink_run(fake_engine, env, tmp_path):
    path = str(tmp_path / "seen")

    def see(value):
        with open(path, "a") as file:
            file.write(value)

    env.from_collection(["a", "b"], STRING).map(see)
    env.execute()
    assert (tmp_path / "seen").read_text() == "ab"


def test_an_environment_runs_several_jobs_one_after_the_other(fake_engine, env):
    for text in ("a", "b"):
        env.from_collection([text], STRING).sink_to(sink())
        env.execute()
    assert fake_engine.written() == ["a", "b"]


def test_two_environments_share_one_engine(fake_engine, env):
    other = fake_engine.configure(StreamExecutionEnvironment.get_execution_environment())
    env.from_collection(["a"], STRING).map(str.upper, STRING).sink_to(sink())
    other.from_collection(["b"], STRING).map(str.upper, STRING).sink_to(sink())
    client = env.execute_async()
    other.execute()
    client.get_job_execution_result().result()
    assert sorted(fake_engine.written()) == ["A", "B"]
    assert str(client.get_job_id()) == "job-1"


def test_the_last_word_may_come_before_the_answer_to_the_submission(fake_engine, env):
    fake_engine.configure(env, eager="true")
    env.from_collection(["a"], STRING).sink_to(sink())
    assert str(env.execute().get_job_id()) == "job-1"


def test_the_jobs_name_is_the_arguments_or_the_configurations_or_flinks(fake_engine, env, tmp_path):
    fake_engine.configure(env, submissions=str(tmp_path / "submissions"))
    for configured, given in ((None, "mine"), ("configured", None), (None, None)):
        if configured:
            env._configuration.set_string("pipeline.name", configured)
        else:
            env._configuration.remove_config("pipeline.name")
        env.from_collection([1]).map(str)
        env.execute(given)
    submissions = [json.loads(line) for line in (tmp_path / "submissions").read_text().splitlines()]
    assert [s["graph"]["name"] for s in submissions] == ["mine", "configured", "Flink Streaming Job"]


def test_what_is_submitted_tells_how_to_start_hosts(fake_engine, env, tmp_path, monkeypatch):
    monkeypatch.setenv("MY_OWN", "x")
    fake_engine.configure(env, submissions=str(tmp_path / "submissions"))
    env.get_config().set_global_job_parameters({"color": "blue"})
    env.from_collection([1]).map(str)
    env.execute()
    submission = json.loads((tmp_path / "submissions").read_text())
    assert submission["attempt"] == 0
    host = submission["driver"]["hostEnv"]
    assert host["MY_OWN"] == "x"
    assert json.loads(host["SHARDLINE_JOB_PARAMETERS"]) == {"color": "blue"}
    assert os.getcwd() in host["PYTHONPATH"] or "src" in host["PYTHONPATH"]


@MODES
def test_functions_read_the_jobs_parameters(fake_engine, env, mode):
    class Colored(MapFunction):
        def open(self, runtime_context):
            self.color = runtime_context.get_job_parameter("color", "none")

        def map(self, value):
            return f"{self.color} {value}"

    env.configure(Configuration.from_dict({"python.execution-mode": mode}))
    env.get_config().set_global_job_parameters({"color": "blue"})
    env.from_collection(["a"], STRING).map(Colored(), STRING).sink_to(sink())
    env.execute()
    assert fake_engine.written() == ["blue a"]


@MODES
def test_functions_import_from_python_files(fake_engine, env, mode, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.path", list(sys.path))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / f"helper_{mode}.py").write_text("PREFIX = 'imported '\n")

    def prefixed(value):
        return importlib.import_module(f"helper_{mode}").PREFIX + value

    env.configure(
        Configuration.from_dict(
            {"python.execution-mode": mode, "python.files": f"/nowhere.py,{tmp_path}/mine/helper_{mode}.py"}
        )
    )
    env.from_collection(["a"], STRING).map(prefixed, STRING).sink_to(sink())
    env.execute()
    assert fake_engine.written() == ["imported a"]


def test_the_environments_overrides_win_over_the_script(fake_engine, env, tmp_path, monkeypatch):
    fake_engine.configure(env, submissions=str(tmp_path / "submissions"))
    env.configure(Configuration.from_dict({"env.a": "script", "env.b": "script"}))
    monkeypatch.setenv("SHARDLINE_CONF", '{"env.a": "override", "env.n": 5}')
    env.from_collection([1]).map(str)
    env.execute()
    configuration = json.loads((tmp_path / "submissions").read_text())["graph"]["configuration"]
    assert [configuration[f"env.{key}"] for key in "abn"] == ["override", "script", "5"]


@pytest.mark.parametrize("text", ["[1]", "{", "5"])
def test_overrides_that_are_no_map_are_named(env, monkeypatch, text):
    monkeypatch.setenv("SHARDLINE_CONF", text)
    env.from_collection([1]).map(str)
    with pytest.raises(ConfigurationError, match="SHARDLINE_CONF is not a JSON map"):
        env.execute()


# ---- what the program sees of its values


def test_print_writes_to_the_scripts_stdout(env, capsys):
    env.set_parallelism(2)
    env.from_collection([("a", 1)], Types.TUPLE([STRING, Types.INT()])).print("id")
    env.from_collection([{"a": None}]).map(lambda d: d).set_parallelism(1).print().set_parallelism(1)
    env.from_collection([Row(1, None)], Types.ROW([Types.INT(), STRING])).print()
    env.execute()
    assert capsys.readouterr().out.splitlines() == ["id:1> (a,1)", "{'a': None}", "1> +I[1,None]"]


def test_print_happens_in_the_driver_also_in_process_mode(env, capsys):
    env.configure(Configuration.from_dict({"python.execution-mode": "process"}))
    env.set_parallelism(1)
    env.from_collection([1, 2]).map(lambda n: n * 2).print()
    env.execute()
    assert capsys.readouterr().out == "2\n4\n"


def test_collected_values_can_be_iterated(env):
    with env.from_collection([1, 2, 3]).map(lambda n: n * 2).execute_and_collect("job") as values:
        assert next(values) == 2
        assert values.next() == 4
        assert list(values) == [6]
        assert list(values) == []


def test_collect_with_a_limit_is_a_list_and_ends_an_endless_job(fake_engine, env):
    fake_engine.configure(env, records=["a", "b"], endless="true")
    assert read(env).execute_and_collect(limit=5) == ["a", "b", "a", "b", "a"]


def test_collect_of_fewer_values_than_the_limit_gives_what_there_is(env):
    assert env.from_collection([1, 2]).execute_and_collect(limit=5) == [1, 2]


def test_closing_the_iterator_early_cancels_the_job(fake_engine, env):
    fake_engine.configure(env, records=["a"], endless="true")
    values = read(env).execute_and_collect()
    assert next(values) == "a"
    values.close()
    values.close()
    assert isinstance(values._job.outcome.exception(), JobCancellationException)


def test_a_reader_that_takes_nothing_holds_the_source_back(fake_engine, env, monkeypatch):
    from shardline._functions import collecting

    monkeypatch.setattr(collecting, "MAX_VALUES", 10)
    fake_engine.configure(env, records=["a"], endless="true")
    with read(env).execute_and_collect() as values:
        next(values)
        time.sleep(0.3)
        assert len(values._collector._values) == 10


def test_values_before_a_failure_can_be_taken_and_then_it_is_raised(env):
    values = env.from_collection([1, 0]).map(lambda n: 1 / n).execute_and_collect()
    with pytest.raises(JobExecutionException, match="ZeroDivisionError"):
        list(values)
    assert list(values) == []


def test_collect_of_objects_of_the_scripts_own_classes_in_process_mode(env):
    class Flight:
        def __init__(self, origin):
            self.origin = origin

    env.configure(Configuration.from_dict({"python.execution-mode": "process"}))
    flights = env.from_collection(["SFO"]).map(Flight).execute_and_collect(limit=1)
    assert flights[0].origin == "SFO"
    assert isinstance(flights[0], Flight)


# ---- failures


@MODES
def test_a_failing_function_surfaces_with_its_traceback_and_record(fake_engine, env, mode):
    env.configure(Configuration.from_dict({"python.execution-mode": mode}))
    fake_engine.configure(env, records=["1", "2", "x"])
    read(env).map(int).name("Parse")
    with pytest.raises(JobExecutionException) as raised:
        env.execute()
    error = raised.value
    assert "ValueError: invalid literal for int() with base 10: 'x'" in str(error)
    assert "at operator Parse, stream fake-stream, shard shardId-000000000000, sequence number 4902" in str(error)
    assert (error.operator, error.shard_id, error.sequence_number) == ("Parse", "shardId-000000000000", "4902")
    assert isinstance(error.__cause__, RemoteStack)
    assert error.code == "FUNCTION_FAILED"


def test_a_job_may_follow_a_failed_one(fake_engine, env):
    env.from_collection(["x"]).map(int)
    with pytest.raises(JobExecutionException):
        env.execute()
    env.from_collection(["5"]).map(int).map(str, STRING).sink_to(sink())
    env.execute()
    assert fake_engine.written() == ["5"]


def test_a_refused_submission_is_raised_by_execute(fake_engine, env):
    data = {"code": "CONFIGURATION_INVALID", "details": {}, "remoteStack": "stack", "cause": None}
    fake_engine.configure(env, refuse={"code": -32000, "message": "no such position", "data": data})
    env.from_collection([1]).map(str)
    with pytest.raises(ConfigurationError, match="no such position"):
        env.execute()
    env.from_collection([1]).map(str)
    with pytest.raises(ConfigurationError, match="no such position"):
        env.execute_async()


def test_a_fault_of_the_protocol_is_not_taken_for_the_engines_death(fake_engine, env):
    fake_engine.configure(env, refuse={"code": -32602, "message": "invalid params"})
    env.enable_checkpointing(1000)
    env.from_collection([1]).map(str)
    with pytest.raises(BridgeError, match="-32602: invalid params"):
        env.execute()


# ---- the engine's death


def test_without_checkpoints_the_engines_death_fails_the_job_with_its_last_words(fake_engine, env, capfd):
    fake_engine.configure(env, die={"attempts": 99, "bundle": 0})
    env.from_collection([1]).map(str)
    with pytest.raises(EngineDiedError, match="ended with exit code 13") as raised:
        env.execute()
    assert "something terrible happened" in str(raised.value)
    assert "enable_checkpointing" in str(raised.value)
    assert "something terrible happened" in capfd.readouterr().err


def submissions_of(path):
    """Attempt and restored path of each."""
    key = "execution.state-recovery.path"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [(line["attempt"], line["graph"]["configuration"].get(key)) for line in lines]


@pytest.fixture
def checkpointed(fake_engine, env, tmp_path):
    env.enable_checkpointing(1000)
    env.configure(Configuration.from_dict({"execution.checkpointing.dir": str(tmp_path / "chk")}))
    env.from_collection(["a"], STRING).map(str.upper, STRING).sink_to(sink())
    return fake_engine.configure(env, submissions=str(tmp_path / "submissions"))


def test_with_checkpoints_the_job_goes_on_in_another_engine(fake_engine, checkpointed, tmp_path, caplog):
    fake_engine.configure(checkpointed, die={"attempts": 2, "bundle": 0}, checkpoints=[0, 1])
    checkpointed.execute()
    assert fake_engine.written() == ["A"]
    chk = str(tmp_path / "chk")
    assert submissions_of(tmp_path / "submissions") == [(0, None), (1, f"{chk}/chk-1"), (2, f"{chk}/chk-2")]
    assert caplog.text.count("Starting another engine") == 2


def test_before_the_first_checkpoint_the_job_starts_again_as_it_was_submitted(fake_engine, checkpointed, tmp_path):
    older = tmp_path / "chk" / "chk-9"
    older.mkdir(parents=True)
    (older / "_metadata").write_text('{"jobId": "of an earlier run"}')
    (tmp_path / "chk" / "chk-10").mkdir()
    fake_engine.configure(checkpointed, die={"attempts": 1, "bundle": 0})
    checkpointed._configuration.set_string("execution.state-recovery.path", "/what/the/user/said")
    checkpointed.execute()
    assert submissions_of(tmp_path / "submissions") == [(0, "/what/the/user/said"), (1, "/what/the/user/said")]


def test_three_deaths_without_a_checkpoint_in_between_are_the_end(fake_engine, checkpointed):
    fake_engine.configure(checkpointed, die={"attempts": 99, "bundle": 0}, checkpoints=[0])
    with pytest.raises(EngineDiedError, match="died 3 times without a checkpoint in between"):
        checkpointed.execute()


def test_a_checkpoint_in_between_starts_the_count_again(fake_engine, checkpointed):
    fake_engine.configure(checkpointed, die={"attempts": 6, "bundle": 0}, checkpoints=[0, 2, 4])
    checkpointed.execute()
    assert fake_engine.written() == ["A"]


# ---- cancelling


def test_a_running_job_can_be_asked_for_its_state_and_cancelled(fake_engine, env):
    fake_engine.configure(env, records=["a"], endless="true")
    read(env).map(str)
    client = env.execute_async("endless")
    deadline = time.monotonic() + 10
    while client.get_job_status().result() is not JobStatus.RUNNING:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert client.get_accumulators().result() == {}
    result = client.get_job_execution_result()
    assert not result.done()
    assert not result.cancel()
    assert client.cancel().result() is None
    with pytest.raises(JobCancellationException):
        result.result()
    assert client.get_job_status().result() is JobStatus.CANCELED
    with pytest.raises(AttributeError, match="savepoints"):
        client.stop_with_savepoint(True)


def interrupt_soon(seconds=0.3):
    """Ctrl-C."""
    threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT)).start()


def test_ctrl_c_drains_the_job_and_is_raised(fake_engine, env, capsys):
    fake_engine.configure(env, records=["a"], endless="true")
    env.enable_checkpointing(1000)
    read(env).map(str)
    interrupt_soon()
    with pytest.raises(KeyboardInterrupt):
        env.execute()
    err = capsys.readouterr().err
    assert "stopping the sources and draining" in err
    assert "shardline run --restore latest" in err
    job = session.current().connection().job("job-1")
    assert job.state == "CANCELED"


def test_a_second_ctrl_c_does_not_wait_for_the_drain(fake_engine, env):
    fake_engine.configure(env, records=["a"], endless="true", slow_drain="3")
    read(env).map(str)
    interrupt_soon(0.3)
    interrupt_soon(0.6)
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        env.execute()
    assert time.monotonic() - started < 8


# ---- the start


def test_a_stale_build_is_a_sentence(fake_engine, monkeypatch):
    monkeypatch.setattr("shardline._bridge.engine.build_hash", lambda: "ours")
    monkeypatch.setenv("FAKE_BUILD_HASH", "theirs")
    env = StreamExecutionEnvironment.get_execution_environment()
    env.from_collection([1]).map(str)
    with pytest.raises(EngineUnavailableError, match=r"stale build: .*build ours.*build theirs.*npm run build"):
        env.execute()


def test_an_unbuilt_package_takes_any_engine(fake_engine, monkeypatch):
    monkeypatch.setattr("shardline._bridge.engine.build_hash", lambda: None)
    monkeypatch.setenv("FAKE_BUILD_HASH", "theirs")
    env = fake_engine.configure(StreamExecutionEnvironment.get_execution_environment())
    env.from_collection(["a"], STRING).sink_to(sink())
    env.execute()


def test_another_protocol_is_a_stale_build(fake_engine, monkeypatch):
    monkeypatch.setenv("FAKE_PROTOCOL", "2")
    env = StreamExecutionEnvironment.get_execution_environment()
    env.from_collection([1]).map(str)
    with pytest.raises(EngineUnavailableError, match="stale build"):
        env.execute()


def test_an_engine_that_does_not_start_shows_its_last_fifty_lines(fake_engine, monkeypatch):
    monkeypatch.setenv("FAKE_CRASH", "1")
    env = StreamExecutionEnvironment.get_execution_environment()
    env.from_collection([1]).map(str)
    with pytest.raises(EngineUnavailableError, match="the engine did not start") as raised:
        env.execute()
    text = str(raised.value)
    assert "exit code 1" in text
    assert text.endswith("fake engine: cannot start")
    assert "  line 60\n" in text
    assert "  line 12\n" in text
    assert "line 11\n" not in text


def test_what_the_engine_logs_goes_to_its_logger(env, caplog):
    with caplog.at_level(logging.INFO, logger="shardline"):
        env.from_collection([1]).map(str)
        env.execute()
    assert ("shardline.engine.fake", logging.INFO, "hello") in caplog.record_tuples
