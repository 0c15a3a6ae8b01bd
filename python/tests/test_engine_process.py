"""The start and the death of the engine process."""

from __future__ import annotations

import json
import logging

import pytest
from jobs import STRING, sink

from shardline.common import (
    Configuration,
)
from shardline.datastream import StreamExecutionEnvironment
from shardline.errors import (
    EngineDiedError,
    EngineUnavailableError,
)


@pytest.fixture
def env(fake_engine):
    return fake_engine.configure(StreamExecutionEnvironment.get_execution_environment())


def test_without_checkpoints_the_engines_death_fails_the_job_with_its_last_words(fake_engine, env, capfd):
    fake_engine.configure(env, die={"attempts": 99, "bundle": 0})
    env.from_collection([1]).map(str)
    with pytest.raises(EngineDiedError, match="ended with exit code 13") as raised:
        env.execute()
    assert "something terrible happened" in str(raised.value)
    assert "enable_checkpointing" in str(raised.value)
    assert "something terrible happened" in capfd.readouterr().err


def submissions_of(path):
    """Returns the attempt and the restored path of each submission."""
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
