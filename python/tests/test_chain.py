"""Fused chains: what a bundle becomes, and which value a failure names."""

from __future__ import annotations

import pytest
from chains import STRING, chain, failure, open_spec, run
from hypothesis import given
from hypothesis import strategies as st

from shardline._functions.chain import Chain
from shardline._functions.failures import FunctionFailure
from shardline.common import Types
from shardline.datastream import MapFunction


def test_indices_pass_through_a_whole_chain():
    built = chain(
        ("filter", lambda v: v != "skip"),
        ("flat_map", lambda v: v.split("+")),
        ("filter", lambda v: v != "x"),
        ("map", str.upper),
    )
    assert run(built, ["skip", "a+x", "skip", "x", "b+c"]) == (["A", "B", "C"], [1, 4, 4])


@given(st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5), max_size=30))
def test_an_identity_chain_keeps_every_value(values):
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


def test_exits_and_interrupts_of_functions_are_failures():
    failed = failure(chain(("map", lambda v: exit(3))), ["a"])
    assert isinstance(failed.cause, SystemExit)


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
