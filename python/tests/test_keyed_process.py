"""Process functions with state and timers by key."""

from __future__ import annotations

import struct
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keyed_chains import STRING, Count, bundle, chain, columns, out

from shardline._functions.failures import FunctionFailure
from shardline._functions.process_context import MAX_LONG, MIN_LONG
from shardline.common import Types
from shardline.datastream import (
    KeyedProcessFunction,
    MapFunction,
    TimeDomain,
)
from shardline.datastream.state import (
    ValueStateDescriptor,
)


def next_timer(result):
    """Returns the next timer of a result. It precedes the payload, which is empty in these tests."""
    return struct.unpack("<d", result.body[-8:])[0] if result.flags & 64 else None


def test_state_belongs_to_the_key_of_the_value():
    counting = chain(("process", Count()), ("map", str.upper))
    assert out(counting.process(bundle("a", "b", "a"))) == ["A1", "B1", "A2"]
    assert out(counting.process(bundle("b"))) == ["B2"]


def test_timers_fire_in_order_through_the_rest_of_the_chain_with_their_times():
    counting = chain(("process", Count()), ("flat_map", lambda v: [v, "again"]))
    counting.process(bundle("b", "a", "a", timestamps=[5.0, 1.0, 1.0]))
    assert out(counting.advance_watermark(10)) == []
    fired = columns(counting.advance_watermark(15))
    assert fired.values == ["a@11=2 11 EVENT_TIME", "again", "b@15=1 15 EVENT_TIME", "again"]
    assert list(fired.timestamps) == [11, 11, 15, 15]
    assert out(counting.advance_watermark(float("inf"))) == []


def test_the_watermark_is_seen_and_ends_at_the_largest_long():
    class Watermark(KeyedProcessFunction):
        def process_element(self, value, ctx):
            ctx.timer_service().register_event_time_timer(MAX_LONG)
            return [ctx.timer_service().current_watermark()]

        def on_timer(self, timestamp, ctx):
            return [timestamp, ctx.timer_service().current_watermark()]

    built = chain(("process", Watermark()))
    assert out(built.process(bundle("a"))) == [MIN_LONG]
    built.advance_watermark(7)
    assert out(built.process(bundle("a"))) == [7]
    assert out(built.advance_watermark(float("inf"))) == [MAX_LONG, MAX_LONG]


class Alarms(KeyedProcessFunction):
    """Sets a timer of processing time at the time in the value."""

    def process_element(self, value, ctx):
        timers = ctx.timer_service()
        timers.register_processing_time_timer(int(value[1:]))
        timers.register_processing_time_timer(1)
        timers.delete_processing_time_timer(1)

    def on_timer(self, timestamp, ctx):
        assert ctx.time_domain() is TimeDomain.PROCESSING_TIME
        return [f"{ctx.get_current_key()}{timestamp}"]


def test_results_hold_the_time_of_the_next_timer_of_processing_time():
    alarms = chain(("process", Alarms()))
    assert alarms.next_timer is None
    assert next_timer(alarms.process(bundle("a500", "b300", "b300"))) == 300
    fired = columns(alarms.advance_processing_time(400))
    assert (fired.values, list(fired.timestamps)) == (["b300"], [float("-inf")])
    again = chain(("process", Alarms()), restored=alarms.snapshot())
    assert again.next_timer == 500
    assert out(again.advance_processing_time(500)) == ["a500"]


def test_functions_of_values_may_have_state_on_a_keyed_stream():
    class Number(MapFunction):
        def open(self, runtime_context):
            self.seen = runtime_context.get_state(ValueStateDescriptor("seen", Types.LONG()))

        def map(self, value):
            self.seen.update((self.seen.value() or 0) + 1)
            return f"{value}{self.seen.value()}"

    assert out(chain(("process", Number(), STRING, "map")).process(bundle("a", "b", "a"))) == ["a1", "b1", "a2"]
    assert out(chain(("process", lambda v: v != "b", STRING, "filter")).process(bundle("a", "b"))) == ["a"]
    assert out(chain(("process", lambda v: v * 2, STRING, "flat_map")).process(bundle("ab"))) == ["a", "b", "a", "b"]
    reducing = chain(("reduce", lambda a, b: a + b, STRING))
    assert out(reducing.process(bundle("ab", "b", "ac"))) == ["ab", "b", "abac"]


STEP = st.one_of(
    st.tuples(st.just("values"), st.text("abcdef", min_size=1, max_size=6)),
    st.tuples(st.just("watermark"), st.integers(0, 30)),
    st.tuples(st.just("snapshot"), st.none()),
    st.tuples(st.just("crash"), st.none()),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(STEP, max_size=20))
def test_counts_are_exact_and_timers_fire_once_after_restores(steps):
    """The model is a source that can be read again, and a sink that forgets what it got after the last snapshot."""
    values = [text for what, text in steps if what == "values"]
    running = chain(("process", Count()))
    at = sent = watermark = 0
    taken = []
    saved = ((), 0, 0, 0, [])
    for what, argument in [*steps, ("watermark", 10_000)]:
        if what == "values" and at < len(values):
            text = values[at]
            taken += out(running.process(bundle(*text, timestamps=[float(sent + i) for i in range(len(text))])))
            at, sent = at + 1, sent + len(text)
        elif what == "watermark":
            while argument == 10_000 and at < len(values):
                text = values[at]
                taken += out(running.process(bundle(*text, timestamps=[float(sent + i) for i in range(len(text))])))
                at, sent = at + 1, sent + len(text)
            watermark += argument
            taken += out(running.advance_watermark(watermark))
        elif what == "snapshot":
            saved = (running.snapshot(), at, sent, watermark, list(taken))
        elif what == "crash":
            restored, at, sent, watermark, held = saved
            taken = list(held)
            running = chain(("process", Count()), restored=restored)
    every = "".join(values)
    counts = Counter()
    expected = []
    for key in every:
        counts[key] += 1
        expected.append(f"{key}{counts[key]}")
    assert sorted(v for v in taken if "@" not in v) == sorted(expected)
    timers = [v.partition("=")[0] for v in taken if "@" in v]
    assert sorted(timers) == sorted(f"{key}@{i + 10}" for i, key in enumerate(every))


def test_flat_map_that_returns_none_fails_on_a_keyed_stream_too():
    with pytest.raises(FunctionFailure, match="return \\[\\] for nothing"):
        chain(("process", lambda v: None, STRING, "flat_map")).process(bundle("a"))
