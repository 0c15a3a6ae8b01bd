"""Settings of the environment and of checkpoints."""

from __future__ import annotations

import sys

import pytest

from shardline.common import (
    Configuration,
    Duration,
)
from shardline.datastream import (
    CheckpointingMode,
    ExternalizedCheckpointRetention,
    RuntimeExecutionMode,
    StreamExecutionEnvironment,
)


def test_settings_of_the_environment_become_configuration(env, tmp_path):
    assert env.set_parallelism(3).set_max_parallelism(64).set_runtime_mode(RuntimeExecutionMode.STREAMING) is env
    env.enable_checkpointing(5000, CheckpointingMode.AT_LEAST_ONCE)
    env.add_jars("file:///nowhere/a.jar", "file:///nowhere/b.jar")
    env.add_jars("file:///nowhere/c.jar")
    env.add_classpaths("file:///nowhere")
    env.set_python_requirements("requirements.txt", "cache")
    env.add_python_archive("data.zip", "data")
    env.set_python_executable("python3")
    assert env._configuration.to_dict() == {
        "parallelism.default": "3",
        "pipeline.max-parallelism": "64",
        "execution.runtime-mode": "STREAMING",
        "execution.checkpointing.interval": "5000 ms",
        "execution.checkpointing.mode": "AT_LEAST_ONCE",
        "pipeline.jars": "file:///nowhere/a.jar;file:///nowhere/b.jar;file:///nowhere/c.jar",
        "pipeline.classpaths": "file:///nowhere",
        "python.requirements": "requirements.txt#cache",
        "python.archives": "data.zip#data",
        "python.executable": "python3",
    }
    assert (env.get_parallelism(), env.get_max_parallelism()) == (3, 64)
    assert (env.get_checkpoint_interval(), env.get_checkpointing_mode()) == (5000, CheckpointingMode.AT_LEAST_ONCE)


def test_python_files_are_importable(env, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "folder").mkdir()
    (tmp_path / "module.py").write_text("")
    env.add_python_file(str(tmp_path / "folder"))
    env.add_python_file(str(tmp_path / "module.py"))
    assert sys.path[-2:] == [str(tmp_path / "folder"), str(tmp_path)]


def test_the_settings_of_checkpoints(env):
    config = env.get_checkpoint_config()
    assert not config.is_checkpointing_enabled()
    assert config.get_checkpoint_interval() == -1
    assert config.get_checkpointing_mode() is CheckpointingMode.EXACTLY_ONCE
    assert config.get_checkpoint_timeout() == 600_000
    assert config.get_min_pause_between_checkpoints() == 0
    assert config.get_max_concurrent_checkpoints() == 1
    assert config.get_tolerable_checkpoint_failure_number() == 0
    assert config.is_fail_on_checkpointing_errors()
    assert not config.is_unaligned_checkpoints_enabled()
    assert not config.is_externalized_checkpoints_enabled()
    assert config.get_externalized_checkpoint_retention() is ExternalizedCheckpointRetention.NO_EXTERNALIZED_CHECKPOINTS
    assert config.get_alignment_timeout() == Duration.of_millis(0)

    retention = ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION
    config.set_checkpoint_interval(1000).set_checkpoint_timeout(2000).set_min_pause_between_checkpoints(3)
    config.set_max_concurrent_checkpoints(4).set_fail_on_checkpointing_errors(False)
    config.set_externalized_checkpoint_retention(retention).enable_unaligned_checkpoints()
    config.set_alignment_timeout(Duration.of_seconds(6)).set_force_unaligned_checkpoints()

    again = env.get_checkpoint_config()
    assert again.is_checkpointing_enabled()
    assert (again.get_checkpoint_interval(), again.get_checkpoint_timeout()) == (1000, 2000)
    assert (again.get_min_pause_between_checkpoints(), again.get_max_concurrent_checkpoints()) == (3, 4)
    assert not again.is_fail_on_checkpointing_errors()
    assert again.get_externalized_checkpoint_retention() is retention
    assert again.is_externalized_checkpoints_enabled()
    assert again.is_unaligned_checkpoints_enabled()
    assert again.is_force_unaligned_checkpoints()
    assert again.get_aligned_checkpoint_timeout() == Duration.of_seconds(6)
    assert not again.disable_unaligned_checkpoints().is_unaligned_checkpoints_enabled()


def test_checkpoints_can_be_set_by_configuration_alone(env):
    env.configure(
        Configuration.from_dict(
            {"execution.checkpointing.interval": "10 s", "execution.checkpointing.mode": "at-least-once"}
        )
    )
    assert env.get_checkpoint_interval() == 10_000
    assert env.get_checkpointing_mode() is CheckpointingMode.AT_LEAST_ONCE


@pytest.mark.parametrize("interval", [0, -1])
def test_a_checkpoint_interval_is_above_zero(env, interval):
    with pytest.raises(ValueError, match="checkpoint interval"):
        env.enable_checkpointing(interval)


def test_the_default_parallelism_is_the_number_of_cores(env, monkeypatch):
    import os

    assert env.get_parallelism() == os.cpu_count()
    monkeypatch.setattr(StreamExecutionEnvironment, "_default_local_parallelism", None)
    env.set_default_local_parallelism(7)
    assert env.get_parallelism() == env.get_default_local_parallelism() == 7
