"""The operators without keys: what they make of the values of a bundle."""

from __future__ import annotations

import pytest
from chains import chain, failure, run

from shardline._functions.collecting import Collector
from shardline._functions.failures import FunctionFailure
from shardline.datastream import FilterFunction, FlatMapFunction, MapFunction


def test_map_makes_one_value_of_each():
    assert run(chain(("map", str.upper)), ["a", "b"]) == (["A", "B"], [0, 1])


def test_filter_keeps_values_and_says_where_they_were():
    assert run(chain(("filter", lambda v: v != "b")), ["a", "b", "c"]) == (["a", "c"], [0, 2])


def test_a_filter_that_keeps_everything_sends_no_index():
    result = chain(("filter", lambda v: True)).process(["a", "b"])
    assert result.flags == 0


def test_a_filter_keeps_values_with_any_true_result():
    assert run(chain(("filter", lambda v: v)), ["a", "", "c"]) == (["a", "c"], [0, 2])


def test_flat_map_makes_any_number_of_values():
    assert run(chain(("flat_map", str.split)), ["a b", "", "c"]) == (["a", "b", "c"], [0, 0, 2])


def test_flat_map_takes_a_generator():
    def twice(value):
        yield value
        yield value

    assert run(chain(("flat_map", twice)), ["a"]) == (["a", "a"], [0, 0])


def test_classes_of_functions_are_used_by_their_method():
    class Upper(MapFunction):
        def map(self, value):
            return value.upper()

    class Short(FilterFunction):
        def filter(self, value):
            return len(value) < 2

    class Letters(FlatMapFunction):
        def flat_map(self, value):
            return list(value)

    built = chain(("flat_map", Letters()), ("filter", Short()), ("map", Upper()))
    assert run(built, ["ab"]) == (["A", "B"], [0, 0])


@pytest.mark.parametrize("operation", ["map", "filter"])
def test_stop_iteration_in_a_function_is_a_failure_and_not_the_end(operation):
    def stop(value):
        if value == "b":
            raise StopIteration
        return value

    failed = failure(chain((operation, stop)), ["a", "b", "c"])
    assert failed.index == 1
    assert "StopIteration" in str(failed.cause)


def test_a_verdict_without_truth_is_the_filters_failure():
    class Undecided:
        def __bool__(self):
            raise ValueError("undecided")

    failed = failure(chain(("filter", lambda v: Undecided() if v == "b" else True)), ["a", "b"])
    assert (failed.index, str(failed.cause)) == (1, "undecided")


def test_flat_map_that_returns_none_fails_as_on_flink():
    failed = failure(chain(("flat_map", lambda v: None)), ["a"])
    assert isinstance(failed.cause, TypeError)
    assert "return [] for nothing" in str(failed.cause)


def test_a_generator_that_fails_midway_names_its_input():
    def one_good(value):
        yield value
        raise KeyError(value)

    failed = failure(chain(("flat_map", lambda v: one_good(v) if v == "b" else [v])), ["a", "b"])
    assert (failed.index, type(failed.cause)) == (1, KeyError)


def test_print_writes_lines_and_emits_no_value(capsys):
    built = chain(("map", int, None), ("print", None, None))
    assert run(built, ["1", "2"]) == ([], [])
    assert capsys.readouterr().out == "1\n2\n"


def test_print_names_the_subtask_where_there_are_several(capsys):
    run(chain(("print", "id"), subtask=1, parallelism=2), ["a", "b"])
    assert capsys.readouterr().out == "id:2> a\nid:2> b\n"


def test_print_of_an_empty_bundle_writes_no_line(capsys):
    run(chain(("print", None)), [])
    assert capsys.readouterr().out == ""


def test_collect_puts_values_into_the_collector():
    collector = Collector()
    assert run(chain(("map", int, None), ("collect", collector.id, None)), ["1", "2"]) == ([], [])
    assert [collector.take(), collector.take()] == [1, 2]
    collector.close()


def test_values_for_a_closed_collector_are_dropped():
    collector = Collector()
    collector.close()
    assert run(chain(("collect", collector.id)), ["a"]) == ([], [])


def test_an_operation_that_this_version_does_not_know_fails_at_open():
    with pytest.raises(FunctionFailure, match="unknown operation 'teleport'"):
        chain(("teleport", None))
