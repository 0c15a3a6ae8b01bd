"""Process functions without keys, keys of values, and assigned timestamps."""

from __future__ import annotations

import pytest
from keyed_chains import STRING, Count, Number, chain, columns, out

from shardline._functions import keys, payloads
from shardline._functions.failures import FunctionFailure
from shardline._functions.payloads import Bundle
from shardline._functions.process_context import MIN_LONG
from shardline.common import Row, Types
from shardline.datastream import (
    KeySelector,
    ProcessFunction,
)


def test_without_a_key_there_is_time_but_no_state_and_no_timer():
    class Times(ProcessFunction):
        def process_element(self, value, ctx):
            return [(value, ctx.timestamp(), ctx.timer_service().current_watermark())]

    built = chain(("filter", lambda v: v != "x"), ("process", Times()), keyed=False)
    assert out(built.process(Bundle(["x", "a"], [1.0, 5.0]))) == [("a", 5, MIN_LONG)]
    assert out(built.advance_watermark(9)) == []
    assert out(built.process(Bundle(["b"]))) == [("b", MIN_LONG, 9)]
    with pytest.raises(FunctionFailure, match="only accessible by functions executed on a KeyedStream"):
        chain(("process", Count()), keyed=False)

    class Timer(Times):
        def process_element(self, value, ctx):
            ctx.timer_service().register_event_time_timer(1)

    with pytest.raises(FunctionFailure, match="only supported on a keyed stream"):
        chain(("process", Timer()), keyed=False).process(Bundle(["a"]))

    class Output(Times):
        def process_element(self, value, ctx):
            ctx.output("tag", value)

    with pytest.raises(FunctionFailure, match="yield the values to emit"):
        chain(("process", Output()), keyed=False).process(Bundle(["a"]))


def test_key_by_ends_a_chain_and_its_keys_go_with_the_values():
    class First(KeySelector):
        def get_key(self, value):
            return value[0]

    result = columns(chain(("map", str.upper), ("key_by", First(), STRING), keyed=False).process(Bundle(["ab", "c"])))
    assert (result.values, result.keys) == (["AB", "C"], [keys.encode("A"), keys.encode("C")])
    typed = chain(("key_by", len, STRING, Types.FLOAT()), keyed=False)
    assert columns(typed.process(Bundle(["ab"]))).keys == [keys.encode(2.0)]
    rows = chain(("key_by", lambda v: Row(length=len(v)), STRING), keyed=False)
    assert keys.decode(columns(rows.process(Bundle(["ab"]))).keys[0]) == Row(length=2)


def test_assigned_timestamps_go_with_the_values_and_the_greatest_with_the_bundle():
    assigning = chain(
        ("flat_map", str.split), ("assign_timestamps", Number()), ("filter", lambda v: v != "9"), keyed=False
    )
    result = assigning.process(Bundle(["3 9", "same", "4"], [1.0, 2.0, 3.0]))
    read = columns(result)
    assert (read.values, list(read.timestamps)) == (["3", "same", "4"], [3, 2, 4])
    assert payloads.decode_input_index(result.flags, result.count, result.body) == [0, 1, 2]
    assert result.flags & 32
    with pytest.raises(FunctionFailure) as raised:
        assigning.process(Bundle(["1", "2 three"], [1.0, 2.0]))
    assert raised.value.index == 1


def test_a_failure_behind_an_assigner_still_names_the_value_of_the_bundle():
    failing = chain(
        ("flat_map", str.split), ("assign_timestamps", Number()), ("map", lambda v: 1 // (int(v) - 7)), keyed=False
    )
    with pytest.raises(FunctionFailure) as raised:
        failing.process(Bundle(["1 2", "3", "4 7"]))
    assert raised.value.index == 2
