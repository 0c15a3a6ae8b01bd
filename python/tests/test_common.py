"""Rows, types, times, configuration, watermark strategies."""

from __future__ import annotations

import copy
import datetime
import pickle

import cloudpickle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardline.common import (
    ByteArraySchema,
    ConfigOptions,
    Configuration,
    DeserializationSchema,
    Duration,
    ExecutionConfig,
    Instant,
    JobStatus,
    RestartStrategies,
    Row,
    RowKind,
    SimpleStringSchema,
    Time,
    Types,
    WatermarkStrategy,
)
from shardline.common.execution_config import milliseconds
from shardline.common.watermark_strategy import TimestampAssigner
from shardline.errors import FlinkCompatibilityWarning

# ---- rows


def test_a_named_row_keeps_the_order_in_which_it_was_written():
    row = Row(b=2, a=1)
    assert list(row) == [2, 1]
    assert repr(row) == "Row(b=2, a=1)"
    assert (row.b, row["a"], row[0], row[0:2]) == (2, 1, 2, [2, 1])
    assert "a" in row
    assert 2 not in row


def test_an_unnamed_row_has_positions_only():
    row = Row(1, "a")
    assert repr(row) == "<Row(1, 'a')>"
    assert "a" in row
    with pytest.raises(TypeError):
        row.as_dict()


def test_a_row_of_names_makes_rows():
    person = Row("name", "age")
    assert person("Ada", 36) == Row(name="Ada", age=36)
    with pytest.raises(TypeError):
        person("Ada", 36, "too much")


def test_a_row_takes_values_or_names_and_not_both():
    with pytest.raises(ValueError, match="Can not use both args and kwargs to create Row"):
        Row(1, a=2)


def test_a_missing_field_is_an_attribute_error_by_dot_and_a_value_error_by_index():
    row = Row(a=1)
    with pytest.raises(AttributeError):
        row.b  # noqa: B018
    with pytest.raises(ValueError, match="no field 'b'"):
        row["b"]


def test_fields_are_set_by_index_and_never_by_dot():
    row = Row(a=1, b=2)
    row["a"] = 3
    row[1] = 4
    assert row == Row(a=3, b=4)
    with pytest.raises(AttributeError):
        row.a = 5


def test_rows_are_equal_whatever_the_order_of_their_names():
    assert Row(a=1, b=2) == Row(b=2, a=1)
    assert Row(1) != Row(a=1)
    assert Row(a=1) != Row.of_kind(RowKind.DELETE, a=1)
    assert hash(Row(a=1, b=2)) == hash(Row(1, 2)) == hash((1, 2))


def test_a_row_becomes_a_dict_and_its_inner_rows_too_if_asked():
    row = Row(a=Row(b=1), c=[Row(d=2)])
    assert row.as_dict() == {"a": Row(b=1), "c": [Row(d=2)]}
    assert row.as_dict(True) == {"a": {"b": 1}, "c": [{"d": 2}]}


@given(st.dictionaries(st.from_regex(r"[a-z]+", fullmatch=True), st.integers(), min_size=1), st.sampled_from(RowKind))
def test_a_row_survives_pickling_with_names_and_kind(fields, kind):
    row = Row.of_kind(kind, **fields)
    for restored in (pickle.loads(pickle.dumps(row)), copy.deepcopy(row)):
        assert restored == row
        assert restored.get_row_kind() is kind
        assert repr(restored) == repr(row)


def test_row_kinds_print_as_in_a_changelog():
    assert [str(kind) for kind in RowKind] == ["+I", "-U", "+U", "-D"]


# ---- types

ALL_TYPES = [
    *(
        getattr(Types, name)()
        for name in [
            "STRING",
            "BYTE",
            "BOOLEAN",
            "SHORT",
            "INT",
            "LONG",
            "FLOAT",
            "DOUBLE",
            "CHAR",
            "BIG_INT",
            "BIG_DEC",
            "INSTANT",
            "SQL_DATE",
            "SQL_TIME",
            "SQL_TIMESTAMP",
            "PICKLED_BYTE_ARRAY",
        ]
    ),
    Types.ROW([Types.INT()]),
    Types.ROW_NAMED(["a"], [Types.INT()]),
    Types.TUPLE([Types.INT()]),
    Types.PRIMITIVE_ARRAY(Types.BYTE()),
    Types.BASIC_ARRAY(Types.INT()),
    Types.OBJECT_ARRAY(Types.STRING()),
    Types.MAP(Types.STRING(), Types.INT()),
    Types.LIST(Types.INT()),
]


def test_types_are_equal_to_themselves_and_to_nothing_else():
    for position, type_info in enumerate(ALL_TYPES):
        same = pickle.loads(cloudpickle.dumps(type_info))
        assert same == type_info
        assert hash(same) == hash(type_info)
        assert all(type_info != other for at, other in enumerate(ALL_TYPES) if at != position)


def test_types_say_what_they_are():
    assert repr(Types.MAP(Types.STRING(), Types.LIST(Types.INT()))) == "MapTypeInfo<String, ListTypeInfo<Integer>>"
    assert repr(Types.ROW_NAMED(["a"], [Types.INT()])) == "RowTypeInfo(a: Integer)"


def test_a_row_type_knows_its_fields():
    row = Types.ROW([Types.INT(), Types.STRING()])
    assert row.get_field_names() == ["f0", "f1"]
    assert row.get_field_types() == [Types.INT(), Types.STRING()]
    assert (row.get_field_index("f1"), row.get_field_index("x")) == (1, -1)


@pytest.mark.parametrize("names", [["a"], ["a", "a"], ["a", "b", "c"]])
def test_names_and_types_of_a_row_must_match(names):
    with pytest.raises(ValueError, match="ROW"):
        Types.ROW_NAMED(names, [Types.INT(), Types.INT()])


@pytest.mark.parametrize("wrong", [str, "STRING", None, Types.STRING])
def test_a_type_is_not_a_python_class(wrong):
    with pytest.raises(TypeError, match=r"such as Types\.STRING\(\)"):
        Types.LIST(wrong)


@pytest.mark.parametrize(
    ("type_info", "value", "internal"),
    [
        (Types.SQL_DATE(), datetime.date(1970, 1, 11), 10),
        (Types.SQL_TIME(), datetime.time(0, 0, 1, 5), 1_000_005),
        (Types.INSTANT(), Instant(1, 5_000_000), 1005),
        (Types.TUPLE([Types.SQL_DATE(), Types.INT()]), (datetime.date(1970, 1, 2), 5), (1, 5)),
        (Types.INT(), 5, 5),
    ],
)
def test_a_value_has_an_internal_form_and_comes_back(type_info, value, internal):
    assert type_info.to_internal_type(value) == internal
    assert type_info.from_internal_type(internal) == value
    assert type_info.need_conversion() == (type_info != Types.INT())


def test_a_timestamp_is_local_time():
    moment = datetime.datetime(2001, 1, 10, 9, 16, 0, 5)
    internal = Types.SQL_TIMESTAMP().to_internal_type(moment)
    assert internal == int(moment.replace(microsecond=0).timestamp()) * 10**6 + 5
    assert Types.SQL_TIMESTAMP().from_internal_type(internal) == moment


@pytest.mark.parametrize("value", [Row(b=2, a=1), {"a": 1, "b": 2}, (1, 2), [1, 2]])
def test_a_row_type_takes_rows_dicts_and_sequences(value):
    row_type = Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.INT()])
    assert row_type.to_internal_type(value) == (1, 2)
    assert row_type.from_internal_type((1, 2)) == Row(a=1, b=2)


def test_a_java_type_says_that_there_is_no_jvm():
    with pytest.raises(AttributeError, match="need a JVM"):
        Types.STRING().get_java_type_info()


# ---- times


def test_durations_compare_by_length():
    assert Duration.of_days(1) == Duration.of_hours(24) == Duration.of_minutes(1440) == Duration.of_seconds(86400)
    assert Duration.of_millis(1) == Duration.of_nanos(1_000_000)
    assert Duration.of_millis(1) != Duration.of_millis(2)


def test_times_compare_by_length():
    assert Time.days(1) == Time.hours(24) == Time.minutes(1440) == Time.seconds(86400)
    assert Time.seconds(1).to_milliseconds() == 1000
    assert str(Time.milliseconds(5)) == "5 ms"


@given(st.integers(-(10**15), 10**15))
def test_an_instant_is_its_epoch_milliseconds(millis):
    assert Instant.of_epoch_milli(millis).to_epoch_milli() == millis


# ---- configuration


def test_options_are_kept_as_strings_and_read_as_what_is_asked_for():
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


# ---- schemas and watermarks


def test_schemas_describe_themselves():
    assert SimpleStringSchema()._spec() == {"type": "simple-string", "charset": "UTF-8"}
    assert SimpleStringSchema("ISO-8859-1")._spec()["charset"] == "ISO-8859-1"
    assert ByteArraySchema()._spec() == {"type": "byte-array"}


def test_an_unknown_charset_fails_at_once():
    with pytest.raises(ValueError, match="unknown charset 'UTF-9'"):
        SimpleStringSchema("UTF-9")


def test_a_schema_written_in_python_is_refused():
    class Mine(DeserializationSchema):
        pass

    with pytest.raises(TypeError, match=r"Mine is not a schema that the engine knows.*KinesisDeserializationSchema"):
        Mine()._spec()


class Assigner(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return record_timestamp


def test_watermark_strategies_describe_themselves():
    assert WatermarkStrategy.no_watermarks()._spec() == {
        "type": "none",
        "maxOutOfOrdernessMs": None,
        "idlenessMs": None,
        "timestampAssigner": None,
        "alignment": None,
    }
    assert WatermarkStrategy.for_monotonous_timestamps()._spec()["type"] == "monotonous"
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_seconds(5)).with_idleness(
        Duration.of_minutes(1)
    )
    assert strategy._spec() == {
        "type": "bounded-out-of-orderness",
        "maxOutOfOrdernessMs": 5000,
        "idlenessMs": 60_000,
        "timestampAssigner": None,
        "alignment": None,
    }


def test_idleness_after_an_assigner_keeps_it_and_says_that_pyflink_does_not():
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Assigner())
    with pytest.warns(FlinkCompatibilityWarning, match="forgets the timestamp assigner") as caught:
        strategy = strategy.with_idleness(Duration.of_seconds(1))
    assert isinstance(strategy._timestamp_assigner, Assigner)
    assert caught[0].filename == __file__


def test_a_lambda_is_no_timestamp_assigner():
    with pytest.raises(TypeError, match="extract_timestamp"):
        WatermarkStrategy.no_watermarks().with_timestamp_assigner(lambda value, timestamp: 0)


def test_durations_of_strategies_are_checked():
    with pytest.raises(TypeError, match="takes a Duration, not int"):
        WatermarkStrategy.for_bounded_out_of_orderness(5)
    with pytest.raises(ValueError, match="above zero"):
        WatermarkStrategy.no_watermarks().with_idleness(Duration.of_seconds(0))
    with pytest.raises(ValueError, match="not negative"):
        WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_seconds(-1))


def test_alignment_is_kept_with_the_rest_in_any_order():
    aligned = {"group": "g", "maxDriftMs": 20_000, "updateIntervalMs": 500}
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_watermark_alignment(
        "g", Duration.of_seconds(20), Duration.of_millis(500)
    )
    assert strategy.with_idleness(Duration.of_seconds(1))._spec()["alignment"] == aligned
    assert strategy.with_timestamp_assigner(Assigner())._spec()["alignment"] == aligned
    default = WatermarkStrategy.no_watermarks().with_watermark_alignment("g", Duration.of_seconds(1))
    assert default._spec()["alignment"]["updateIntervalMs"] == 1000
    with pytest.raises(ValueError, match="drift that is not negative"):
        strategy.with_watermark_alignment("g", Duration.of_millis(-1))
    with pytest.warns(FlinkCompatibilityWarning, match="forgets the timestamp assigner"):
        late = strategy.with_timestamp_assigner(Assigner()).with_watermark_alignment("h", Duration.of_seconds(1))
    assert late._spec()["timestampAssigner"] is not None
