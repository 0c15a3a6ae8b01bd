"""Fused chains: what a bundle becomes, and which value is to blame when a function fails."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardline import _operator_pickle
from shardline._functions import frames, payloads
from shardline._functions.chain import Chain
from shardline._functions.collecting import Collector
from shardline._functions.conversion import payload_type
from shardline._functions.failures import FunctionFailure
from shardline.common import Types
from shardline.datastream import FilterFunction, FlatMapFunction, MapFunction

STRING = Types.STRING()


def chain(*steps, subtask=0, **spec):
    """Opened. Each step: operation, function and, unless it is a string, the type that comes out."""
    built = Chain(open_spec(*steps, **spec), subtask, {"color": "blue"})
    built.open()
    return built


def open_spec(*steps, **spec):
    described = []
    for number, (operation, function, *declared) in enumerate(steps, 1):
        type_info = declared[0] if declared else STRING
        described.append(
            {
                "id": number,
                "uid": None,
                "name": f"{operation} {number}",
                "operation": operation,
                "pickle": _operator_pickle.dump(function, type_info),
                "input": "text",
                "output": "pickle" if operation in ("print", "collect") else payload_type(type_info),
            }
        )
    return {
        "jobName": "job",
        "taskName": "task",
        "parallelism": 1,
        "maxParallelism": 128,
        "attempt": 2,
        "version": 5,
        "keyed": False,
        "operators": described,
        **spec,
    }


def run(built, values):
    """Values out, and the index of the input of each."""
    result = built.process(list(values))
    index = payloads.decode_input_index(result.flags, result.count, result.body)
    out = payloads.decode(result.kind, result.flags, result.count, result.body)
    return out, list(range(len(out))) if index is None else index


def failure(built, values):
    with pytest.raises(FunctionFailure) as raised:
        built.process(list(values))
    return raised.value


def poisoned(built, values):
    """Values out with the index of each, and what could not be read."""
    result = built.process(list(values))
    flags, body = result.flags, result.body
    index = payloads.decode_input_index(flags, result.count, body)
    listed = None
    if flags & frames.HAS_POISONED:
        at = 4 * result.count if flags & frames.HAS_INPUT_INDEX else 0
        length = int.from_bytes(body[at : at + 4], "little")
        listed, body = json.loads(body[at + 4 : at + 4 + length]), body[:at] + body[at + 4 + length :]
    return payloads.decode(result.kind, flags & ~frames.HAS_POISONED, result.count, body), index, listed


def digits(value):
    if not value.isdigit():
        raise ValueError(f"{value} is no number")
    return value * 2


def test_what_a_function_that_deserializes_raises_for_is_left_out_and_named():
    spec = open_spec(("map", digits), ("map", lambda v: v + "!"))
    spec["operators"][0]["deserializes"] = True
    built = Chain(spec, 0, {})
    built.open()
    reason = "The value does not become the program's object: x is no number"
    assert poisoned(built, ["1", "x", "2"]) == (["11!", "22!"], [0, 2], [[1, reason]])
    assert poisoned(built, ["1", "2"]) == (["11!", "22!"], None, None)
    assert poisoned(built, ["x"]) == ([], [], [[0, reason]])
    with pytest.raises(FunctionFailure, match="x is no number"):
        chain(("map", digits)).process(["x"])


def test_a_record_that_fails_midway_gives_nothing():
    def words(value):
        yield value
        if value == "b":
            raise KeyError("midway")
        yield value * 2

    spec = open_spec(("flat_map", words))
    spec["operators"][0]["deserializes"] = True
    built = Chain(spec, 0, {})
    built.open()
    assert poisoned(built, ["a", "b", "c"]) == (
        ["a", "aa", "c", "cc"],
        [0, 0, 2, 2],
        [[1, "The schema of the program failed: KeyError: 'midway'"]],
    )


def test_a_value_that_is_not_of_the_declared_type_is_the_records_fault():
    spec = open_spec(("flat_map", lambda v: [v, int(v)], Types.INT()), ("map", str))
    spec["operators"][0]["deserializes"] = True
    built = Chain(spec, 0, {})
    built.open()
    values, index, listed = poisoned(built, ["1"])
    assert (values, index) == ([], [])
    assert "the declared type Types.INT() needs int, and got str: '1'" in listed[0][1]


def test_an_exit_is_no_fault_of_a_record():
    def leave(value):
        raise SystemExit(3)

    spec = open_spec(("map", leave))
    spec["operators"][0]["deserializes"] = True
    built = Chain(spec, 0, {})
    built.open()
    assert isinstance(failure(built, ["a"]).cause, SystemExit)


def test_map_makes_one_value_of_each():
    assert run(chain(("map", str.upper)), ["a", "b"]) == (["A", "B"], [0, 1])


def test_filter_keeps_values_and_says_where_they_were():
    assert run(chain(("filter", lambda v: v != "b")), ["a", "b", "c"]) == (["a", "c"], [0, 2])


def test_a_filter_that_keeps_everything_sends_no_index():
    result = chain(("filter", lambda v: True)).process(["a", "b"])
    assert result.flags == 0


def test_a_filter_goes_by_truth_not_by_true():
    assert run(chain(("filter", lambda v: v)), ["a", "", "c"]) == (["a", "c"], [0, 2])


def test_flat_map_makes_any_number_of_values():
    assert run(chain(("flat_map", str.split)), ["a b", "", "c"]) == (["a", "b", "c"], [0, 0, 2])


def test_flat_map_takes_a_generator():
    def twice(value):
        yield value
        yield value

    assert run(chain(("flat_map", twice)), ["a"]) == (["a", "a"], [0, 0])


def test_indices_pass_through_a_whole_chain():
    built = chain(
        ("filter", lambda v: v != "skip"),
        ("flat_map", lambda v: v.split("+")),
        ("filter", lambda v: v != "x"),
        ("map", str.upper),
    )
    assert run(built, ["skip", "a+x", "skip", "x", "b+c"]) == (["A", "B", "C"], [1, 4, 4])


@given(st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5), max_size=30))
def test_an_identity_chain_changes_nothing(values):
    built = chain(("map", lambda v: v), ("filter", lambda v: True), ("flat_map", lambda v: [v]))
    assert run(built, values) == (values, list(range(len(values))))


@given(st.lists(st.integers(0, 9), max_size=30))
def test_a_fused_chain_does_what_its_steps_do_one_by_one(numbers):
    built = chain(("map", int, None), ("filter", lambda n: n % 3), ("flat_map", lambda n: range(n), None), ("map", str))
    expected = [(str(i), at) for at, n in enumerate(numbers) if n % 3 for i in range(n)]
    values, index = run(built, map(str, numbers))
    assert list(zip(values, index, strict=True)) == expected


def test_none_passes_where_the_type_is_declared():
    assert run(chain(("map", lambda v: None if v == "b" else v)), ["a", "b"]) == (["a", None], [0, 1])


def test_a_nul_in_a_value_survives():
    assert run(chain(("map", lambda v: v + "\0")), ["a", "b"]) == (["a\0", "b\0"], [0, 1])


def test_a_lone_surrogate_becomes_a_question_mark():
    assert run(chain(("map", lambda v: "\ud800")), ["a"]) == (["?"], [0])


def test_an_empty_bundle_is_answered_by_an_empty_result():
    assert run(chain(("map", str.upper)), []) == ([], [])


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


# ---- failures


def test_the_failing_value_is_named_by_its_index_in_the_bundle():
    failed = failure(chain(("map", lambda v: 1 // int(v), None)), ["1", "2", "0", "3"])
    assert (failed.index, failed.operator["name"]) == (2, "map 1")
    assert isinstance(failed.cause, ZeroDivisionError)


def test_the_index_is_that_of_the_bundle_also_behind_a_filter():
    built = chain(("filter", lambda v: v != "skip"), ("flat_map", str.split), ("map", int, None))
    failed = failure(built, ["skip", "1 2", "skip", "3 x"])
    assert (failed.index, failed.operator["name"]) == (3, "map 3")


def test_no_function_is_called_twice_for_a_value():
    seen = []

    class Recorder(MapFunction):
        def map(self, value):
            self.seen.append(value)
            if value == "c":
                raise RuntimeError("no")
            return value

    built = chain(("map", Recorder()))
    built._functions[0][0].seen = seen
    assert failure(built, ["a", "b", "c", "d"]).index == 2
    assert seen == ["a", "b", "c"]


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


def test_a_result_of_the_wrong_type_is_the_last_operators_failure():
    built = chain(("filter", lambda v: v != "a"), ("map", lambda v: 5 if v == "c" else v))
    failed = failure(built, ["a", "b", "c"])
    assert (failed.index, failed.operator["name"], type(failed.cause)) == (2, "map 2", TypeError)


def test_a_declared_type_counts_only_where_values_leave_the_chain():
    built = chain(("map", lambda v: {"value": v}, STRING), ("map", lambda d: d["value"]))
    assert run(built, ["a"]) == (["a"], [0])


def test_a_number_out_of_range_fails_where_it_leaves_the_chain():
    failed = failure(chain(("map", int, Types.SHORT())), ["1", "99999"])
    assert (failed.index, type(failed.cause)) == (1, OverflowError)


def test_exits_and_interrupts_of_functions_are_failures_of_theirs():
    failed = failure(chain(("map", lambda v: exit(3))), ["a"])
    assert isinstance(failed.cause, SystemExit)


# ---- life cycle


class Lifecycle(MapFunction):
    def open(self, runtime_context):
        self.context = runtime_context

    def map(self, value):
        context = self.context
        return (
            f"{value} {context.get_task_name_with_subtasks()} of {context.get_max_number_of_parallel_subtasks()}, "
            f"attempt {context.get_attempt_number()}, {context.get_job_parameter('color', 'none')}, "
            f"{context.get_job_parameter('size', 'none')}"
        )


def test_open_gives_the_function_its_context():
    built = chain(("map", Lifecycle()), subtask=1, parallelism=3)
    assert run(built, ["a"])[0] == ["a task (2/3) of 128, attempt 2, blue, none"]


def test_state_asks_for_a_keyed_stream():
    class Stateful(MapFunction):
        def open(self, runtime_context):
            runtime_context.get_state(None)

        def map(self, value):
            return value

    with pytest.raises(FunctionFailure, match="only accessible by functions executed on a KeyedStream") as raised:
        chain(("map", Stateful()))
    assert raised.value.index is None


def test_close_closes_every_function_even_if_one_fails():
    closed = []

    class Closing(MapFunction):
        def map(self, value):
            return value

        def close(self):
            self.closed.append(self)
            raise ValueError("first" if len(self.closed) == 1 else "second")

    built = chain(("map", Closing()), ("map", Closing()))
    for function, _ in built._functions:
        function.closed = closed
    with pytest.raises(FunctionFailure, match="first"):
        built.close()
    assert len(closed) == 2
    built.close()


def test_each_subtask_has_functions_of_its_own():
    spec = open_spec(("map", Lifecycle()))
    first, second = Chain(spec, 0, {}), Chain(spec, 1, {})
    first.open()
    second.open()
    assert first._functions[0][0] is not second._functions[0][0]


# ---- chains that end here


def test_print_writes_lines_and_returns_nothing(capsys):
    built = chain(("map", int, None), ("print", None, None))
    assert run(built, ["1", "2"]) == ([], [])
    assert capsys.readouterr().out == "1\n2\n"


def test_print_names_the_subtask_where_there_are_several(capsys):
    run(chain(("print", "id"), subtask=1, parallelism=2), ["a", "b"])
    assert capsys.readouterr().out == "id:2> a\nid:2> b\n"


def test_print_of_nothing_writes_nothing(capsys):
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
