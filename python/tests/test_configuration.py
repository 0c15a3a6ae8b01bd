"""Configurations, options, and the objects that are views of a configuration."""

from __future__ import annotations

import copy

import pytest

from shardline.common import (
    ConfigOptions,
    Configuration,
    ExecutionConfig,
    JobStatus,
    RestartStrategies,
)
from shardline.common.execution_config import milliseconds


def test_options_are_kept_as_strings_and_converted_by_getters():
    config = Configuration()
    config.set_string("s", "text").set_integer("i", 5).set_boolean("b", True).set_float("f", 0.5)
    config.set_bytearray("y", bytearray(b"\0\xff"))
    assert config.to_dict() == {"s": "text", "i": "5", "b": "true", "f": "0.5", "y": "AP8="}
    assert config.get_string("s", "") == "text"
    assert config.get_string("i", "") == "5"
    assert config.get_integer("i", 0) == 5
    assert config.get_boolean("b", False) is True
    assert config.get_float("f", 0.0) == 0.5
    assert config.get_bytearray("y", bytearray()) == bytearray(b"\0\xff")
    assert config.get_integer("missing", 7) == 7


@pytest.mark.parametrize("getter", ["get_integer", "get_boolean", "get_float"])
def test_an_option_of_another_type_names_its_key(getter):
    with pytest.raises(ValueError, match=r"the option 'key' should be .* and is 'x'"):
        getattr(Configuration.from_dict({"key": "x"}), getter)("key", None)


def test_an_option_without_a_value_is_refused():
    with pytest.raises(TypeError, match=r"the value of configuration key 'aws\.region' is None: leave"):
        Configuration.from_dict({"aws.region": None})


def test_configurations_can_be_merged_compared_and_copied():
    config = Configuration.from_dict({"a": "1"})
    merged = Configuration(config).add_all(Configuration.from_dict({"b": "2"}), prefix="x.")
    assert merged.to_dict() == {"a": "1", "x.b": "2"}
    assert merged.key_set() == {"a", "x.b"}
    assert merged.contains_key("a")
    assert merged.remove_config("a")
    assert not merged.remove_config("a")
    assert copy.deepcopy(config) == config
    assert hash(copy.deepcopy(config)) == hash(config)
    assert merged != config
    target = {}
    config.add_all_to_dict(target)
    assert target == {"a": "1"}


@pytest.mark.parametrize("text", ["a;b", "[a, b]", "['a','b']", "- a\n- b", " a ; b ;"])
def test_lists_are_written_with_semicolons_or_as_yaml(text):
    assert Configuration.parse_list_value(text) == ["a", "b"]


def test_a_value_that_is_no_string_becomes_one():
    assert Configuration.from_dict({"a": True, "b": 5, "c": ["x", "y"]}).to_dict() == {
        "a": "true",
        "b": "5",
        "c": "x;y",
    }


@pytest.mark.parametrize(
    ("text", "millis"), [("10 s", 10_000), ("500ms", 500), ("5 min", 300_000), ("7", 7), ("1 h", 3_600_000)]
)
def test_durations_in_options_have_units(text, millis):
    assert milliseconds(Configuration.from_dict({"d": text}), "d", -1) == millis


def test_a_duration_without_sense_names_its_key():
    with pytest.raises(ValueError, match="'d' should be a duration such as '10 s'"):
        milliseconds(Configuration.from_dict({"d": "soon"}), "d", -1)


def test_config_options_are_built_step_by_step():
    option = ConfigOptions.key("a.b").int_type().default_value(5)
    assert option == ConfigOptions.key("a.b").long_type().default_value(5)
    assert option != ConfigOptions.key("a.b").string_type().no_default_value()
    assert "a.b" in repr(option)


def test_an_execution_config_is_a_view_on_the_configuration():
    config = Configuration()
    view = ExecutionConfig(config, {})
    assert (view.get_parallelism(), view.get_auto_watermark_interval()) == (-1, 200)
    view.set_parallelism(3).set_auto_watermark_interval(50).set_max_parallelism(64).enable_object_reuse()
    assert config.to_dict() == {
        "parallelism.default": "3",
        "pipeline.auto-watermark-interval": "50 ms",
        "pipeline.max-parallelism": "64",
        "pipeline.object-reuse": "true",
    }
    assert view.set_parallelism(-1).get_parallelism() == -1
    view.set_global_job_parameters({"color": "blue", "size": 5})
    assert view.get_global_job_parameters() == {"color": "blue", "size": "5"}


@pytest.mark.parametrize("parallelism", [0, -2, 1.5, "2"])
def test_a_parallelism_is_at_least_one(parallelism):
    with pytest.raises(ValueError, match="parallelism must be"):
        ExecutionConfig(Configuration(), {}).set_parallelism(parallelism)


def test_terminal_states_of_a_job():
    assert [s.name for s in JobStatus if s.is_terminal_state()] == ["FAILED", "CANCELED", "FINISHED", "SUSPENDED"]
    assert not JobStatus.SUSPENDED.is_globally_terminal_state()


def test_restart_strategies_can_be_made_and_compared():
    strategy = RestartStrategies.fixed_delay_restart(3, 1000)
    assert strategy == RestartStrategies.fixed_delay_restart(3, 1000)
    assert strategy != RestartStrategies.no_restart()
    assert (strategy.get_restart_attempts(), strategy.get_delay_between_attempts_interval().total_seconds()) == (3, 1)
    assert RestartStrategies.failure_rate_restart(2, 60_000, 5).get_max_failure_rate() == 2
    assert RestartStrategies.fall_back_restart().get_description()
