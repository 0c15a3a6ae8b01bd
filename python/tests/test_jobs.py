"""Jobs of the public API on the scripted engine: functions, parameters, failures, cancellation."""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import threading
import time

import pytest
from jobs import STRING, read, sink

from shardline._bridge import session
from shardline.common import (
    ByteArraySchema,
    Configuration,
    JobStatus,
    Types,
)
from shardline.datastream import MapFunction, StreamExecutionEnvironment
from shardline.errors import (
    BridgeError,
    ConfigurationError,
    JobCancellationException,
    JobExecutionException,
    RemoteStack,
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


def test_a_submission_describes_how_to_start_hosts(fake_engine, env, tmp_path, monkeypatch):
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
    """Sends Ctrl-C after a while."""
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
