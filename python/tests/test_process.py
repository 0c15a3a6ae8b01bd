"""Process functions, state and timers in a chain: as the engine's frames drive it."""

from __future__ import annotations

import json
import pickle
import re
import struct
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shardline import _operator_pickle
from shardline._functions import frames, keyed_state, keys, payloads
from shardline._functions.chain import Chain
from shardline._functions.conversion import payload_type
from shardline._functions.failures import FunctionFailure
from shardline._functions.payloads import Bundle
from shardline._functions.process_context import MAX_LONG, MIN_LONG
from shardline._functions.state_types import type_text
from shardline._functions.timers import TimerQueue
from shardline.common import Row, Types
from shardline.common.typeinfo import ExternalTypeInfo, LocalTimeTypeInfo, VoidTypeInfo
from shardline.common.watermark_strategy import TimestampAssigner
from shardline.datastream import (
    AggregateFunction,
    KeyedProcessFunction,
    KeySelector,
    MapFunction,
    ProcessFunction,
    TimeDomain,
    state,
)
from shardline.datastream.state import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    ValueStateDescriptor,
)

STRING = Types.STRING()
GROUPS = 8


def chain(*steps, keyed=True, restored=()):
    """Each step: operation, function and, unless it is a pickle, the type that comes out; `extra`."""
    described = []
    for number, (operation, function, *rest) in enumerate(steps, 1):
        type_info = rest[0] if rest else Types.PICKLED_BYTE_ARRAY()
        described.append(
            {
                "id": number,
                "uid": None,
                "name": f"{operation} {number}",
                "operation": operation,
                "pickle": _operator_pickle.dump(function, type_info, rest[1] if len(rest) > 1 else None),
                "input": "text",
                "output": payload_type(type_info),
            }
        )
    spec = {
        "version": frames.VERSION,
        "jobName": "job",
        "taskName": "task",
        "parallelism": 1,
        "maxParallelism": GROUPS,
        "attempt": 0,
        "keyed": keyed,
        "operators": described,
    }
    built = Chain(spec, 0, {}, restored)
    built.next_timer = built.open()
    return built


def group_of(key):
    return sum(key) % GROUPS


def bundle(*values, key=lambda value: value[0], timestamps=None):
    encoded = [keys.encode(key(value)) for value in values]
    return Bundle(list(values), timestamps, list(map(group_of, encoded)), encoded)


def out(result):
    return payloads.decode(result.kind, result.flags, result.count, result.body)


def columns(result):
    return payloads.decode_bundle(result.kind, result.flags, result.count, result.body)


def next_timer(result):
    """It stands before the payload, which is empty where this is used."""
    return struct.unpack("<d", result.body[-8:])[0] if result.flags & 64 else None


class Count(KeyedProcessFunction):
    def open(self, runtime_context):
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))

    def process_element(self, value, ctx):
        self.count.update((self.count.value() or 0) + 1)
        if ctx.timestamp() != MIN_LONG:
            ctx.timer_service().register_event_time_timer(ctx.timestamp() + 10)
        yield f"{ctx.get_current_key()}{self.count.value()}"

    def on_timer(self, timestamp, ctx):
        yield f"{ctx.get_current_key()}@{timestamp}={self.count.value()} {ctx.timestamp()} {ctx.time_domain().name}"


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
    """Sets a timer of processing time where the value says."""

    def process_element(self, value, ctx):
        timers = ctx.timer_service()
        timers.register_processing_time_timer(int(value[1:]))
        timers.register_processing_time_timer(1)
        timers.delete_processing_time_timer(1)

    def on_timer(self, timestamp, ctx):
        assert ctx.time_domain() is TimeDomain.PROCESSING_TIME
        return [f"{ctx.get_current_key()}{timestamp}"]


def test_results_say_when_the_next_timer_of_processing_time_is_due():
    alarms = chain(("process", Alarms()))
    assert alarms.next_timer is None
    assert next_timer(alarms.process(bundle("a500", "b300", "b300"))) == 300
    fired = columns(alarms.advance_processing_time(400))
    assert (fired.values, list(fired.timestamps)) == (["b300"], [float("-inf")])
    again = chain(("process", Alarms()), restored=alarms.snapshot())
    assert again.next_timer == 500
    assert out(again.advance_processing_time(500)) == ["a500"]


class Mean(AggregateFunction):
    def create_accumulator(self):
        return []

    def add(self, value, accumulator):
        return [*accumulator, value]

    def get_result(self, accumulator):
        return sum(accumulator) / len(accumulator)

    def merge(self, acc_a, acc_b):
        return acc_a + acc_b


class Everything(KeyedProcessFunction):
    def open(self, runtime_context):
        c = runtime_context
        self.value = c.get_state(ValueStateDescriptor("value", Types.STRING()))
        self.list = c.get_list_state(ListStateDescriptor("list", Types.STRING()))
        self.map = c.get_map_state(MapStateDescriptor("map", Types.STRING(), Types.LONG()))
        self.sum = c.get_reducing_state(ReducingStateDescriptor("sum", lambda a, b: a + b, Types.LONG()))
        self.mean = c.get_aggregating_state(AggregatingStateDescriptor("mean", Mean(), Types.PICKLED_BYTE_ARRAY()))

    def process_element(self, value, ctx):
        if len(value) > 1:
            self.value.update(value)
            self.list.add(value)
            self.map[value] = (self.map[value] or 0) + 1
            self.sum.add(len(value))
            self.mean.add(len(value))
        yield (self.value.value(), list(self.list), dict(self.map.items()), self.sum.get(), self.mean.get())


def test_every_kind_of_state_comes_back_from_a_snapshot():
    first = chain(("process", Everything()))
    first.process(bundle("aa", "aaaa", "aa", "bb"))
    second = chain(("process", Everything()), restored=first.snapshot())
    assert out(second.process(bundle("a", "b", "c"))) == [
        ("aa", ["aa", "aaaa", "aa"], {"aa": 2, "aaaa": 1}, 8, 8 / 3),
        ("bb", ["bb"], {"bb": 1}, 2, 2),
        (None, [], {}, None, None),
    ]


def test_states_can_be_cleared_and_replaced():
    class Editing(KeyedProcessFunction):
        def open(self, runtime_context):
            Everything.open(self, runtime_context)

        def process_element(self, value, ctx):
            self.list.add_all(["x", "y"])
            self.list.update(["z"])
            self.map.put_all({"k": 1, "l": 2})
            for key in self.map:
                self.map.remove(key)
            self.value.update("set")
            self.value.update(None)
            self.sum.add(1)
            self.sum.clear()
            self.mean.clear()
            yield list(self.list.get()), self.map.is_empty(), "k" in self.map, self.value.value(), self.sum.get()

    assert out(chain(("process", Editing())).process(bundle("a"))) == [(["z"], True, False, None, None)]


def test_the_format_of_a_snapshot():
    counting = chain(("process", Count()))
    counting.process(bundle("a", timestamps=[1.0]))
    (body,) = counting.snapshot()
    length = struct.unpack_from("<I", body)[0]
    index = json.loads(body[4 : 4 + length])
    key = keys.encode("a")
    assert index["states"] == {"count": {"kind": "value", "type": "LONG"}}
    ((group, size),) = index["keyGroups"]
    assert (group, size) == (group_of(key), len(body) - 4 - length)
    assert pickle.loads(body[4 + length :]) == (1, {"count": [(key, 1)]}, [(11, key)], [])


def test_large_snapshots_come_in_parts(monkeypatch):
    counting = chain(("process", Count()))
    counting.process(bundle(*"abcdefgh"))
    monkeypatch.setattr(keyed_state, "BODY_BYTES", 10)
    parts = counting.snapshot()
    assert len(parts) == 8
    again = chain(("process", Count()), restored=parts)
    assert out(again.process(bundle(*"abcdefgh"))) == [f"{key}2" for key in "abcdefgh"]


@pytest.mark.parametrize(
    ("kind", "arguments", "changed"),
    [
        ("Value", [Types.INT()], [Types.STRING()]),
        ("Value", [Types.PICKLED_BYTE_ARRAY()], [Types.INT()]),
        ("Value", [Types.ROW_NAMED(["a"], [Types.INT()])], [Types.ROW_NAMED(["b"], [Types.INT()])]),
        ("List", [Types.INT()], [Types.STRING()]),
        ("Map", [Types.STRING(), Types.INT()], [Types.STRING(), Types.LONG()]),
        ("Map", [Types.STRING(), Types.INT()], [Types.INT(), Types.INT()]),
        ("Reducing", [max, Types.INT()], [max, Types.LONG()]),
        ("Aggregating", [Mean(), Types.TUPLE([Types.INT()] * 2)], [Mean(), Types.PICKLED_BYTE_ARRAY()]),
    ],
)
def test_a_state_of_another_type_is_refused_with_both_types_and_with_the_same_type_restored(kind, arguments, changed):
    class Asking(Count):
        def __init__(self, arguments):
            self.arguments = arguments

        def open(self, runtime_context):
            super().open(runtime_context)
            descriptor = getattr(state, f"{kind}StateDescriptor")("typed", *self.arguments)
            method = {"Value": "get_state"}.get(kind, f"get_{kind.lower()}_state")
            getattr(runtime_context, method)(descriptor)

    first = chain(("process", Asking(arguments)))
    first.process(bundle("a"))
    parts = first.snapshot()
    again = chain(("process", Asking(arguments)), restored=parts)
    assert out(again.process(bundle("a"))) == ["a2"]
    declared = json.loads(parts[0][4 : 4 + struct.unpack_from("<I", parts[0])[0]])["states"]["typed"]["type"]
    with pytest.raises(
        FunctionFailure, match=f"'typed' has the type {re.escape(declared)} in the checkpoint.*incompatible.*uid"
    ):
        chain(("process", Asking(changed)), restored=parts)


def test_a_state_without_a_type_in_the_checkpoint_is_restored_and_has_one_from_then_on():
    counting = chain(("process", Count()))
    counting.process(bundle("a"))
    (body,) = counting.snapshot()
    length = struct.unpack_from("<I", body)[0]
    index = json.loads(body[4 : 4 + length])
    index["states"]["count"]["type"] = None
    untyped = json.dumps(index).encode()
    again = chain(("process", Count()), restored=[struct.pack("<I", len(untyped)) + untyped + body[4 + length :]])
    assert out(again.process(bundle("a"))) == ["a2"]
    assert again.snapshot()[0][4 : 4 + length] == body[4 : 4 + length]


def test_types_have_the_texts_of_the_vectors():
    def made(spec):
        kind = spec["type"]
        if kind == "VOID":
            return VoidTypeInfo()
        if kind.startswith("LOCAL_"):
            return LocalTimeTypeInfo(LocalTimeTypeInfo.TimeType[kind])
        if kind == "ROW":
            return Types.ROW_NAMED(spec["names"], list(map(made, spec["types"])))
        if kind == "TUPLE":
            return Types.TUPLE(list(map(made, spec["types"])))
        if kind == "MAP":
            return Types.MAP(made(spec["key"]), made(spec["value"]))
        return getattr(Types, kind)(*([made(spec["element"])] if "element" in spec else []))

    vectors = json.loads((Path(__file__).parents[2] / "schemas" / "vectors" / "state-types.json").read_text())
    for vector in vectors["types"]:
        assert type_text(made(vector["spec"])) == vector["text"]
    assert type_text(Types.PICKLED_BYTE_ARRAY()) == "PICKLED_BYTE_ARRAY"
    assert type_text(ExternalTypeInfo(Types.INT())) == "INT"


def test_a_name_that_was_of_another_kind_says_so():
    class Other(Count):
        def open(self, runtime_context):
            runtime_context.get_list_state(ListStateDescriptor("count", Types.LONG()))

    counting = chain(("process", Count()))
    counting.process(bundle("a"))
    with pytest.raises(FunctionFailure, match=r"state 'count' is a value state in the checkpoint.* a list state"):
        chain(("process", Other()), restored=counting.snapshot())


def test_a_value_that_its_type_cannot_hold_fails_where_it_is_set():
    class Wrong(Count):
        def process_element(self, value, ctx):
            self.count.update("text")

    with pytest.raises(FunctionFailure, match=r"Types.LONG\(\) needs int, and got str: 'text'") as raised:
        chain(("process", Wrong())).process(bundle("a"))
    assert raised.value.index == 0


def test_a_value_that_cannot_be_pickled_fails_the_snapshot_with_its_name():
    class Generator(KeyedProcessFunction):
        def open(self, runtime_context):
            self.state = runtime_context.get_state(ValueStateDescriptor("generator", Types.PICKLED_BYTE_ARRAY()))

        def process_element(self, value, ctx):
            self.state.update(iter_forever())

    built = chain(("process", Generator()))
    built.process(bundle("a"))
    with pytest.raises(FunctionFailure, match="the state 'generator' holds a value that cannot be pickled"):
        built.snapshot()


def iter_forever():
    yield 1


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
    reducing = chain(("process", lambda a, b: a + b, STRING, "reduce"))
    assert out(reducing.process(bundle("ab", "b", "ac"))) == ["ab", "b", "abac"]


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

    with pytest.raises(FunctionFailure, match="yield what is to be emitted"):
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


class Number(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return int(value) if value != "same" else record_timestamp


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


@given(st.lists(st.tuples(st.sampled_from(["register", "delete", "take"]), st.integers(0, 8), st.sampled_from("ab"))))
def test_a_timer_queue_is_a_sorted_set(steps):
    queue, model = TimerQueue(), set()
    for what, at, key in steps:
        if what == "register":
            queue.register(at, key.encode())
            model.add((at, key.encode()))
        elif what == "delete":
            queue.delete(at, key.encode())
            model.discard((at, key.encode()))
        else:
            due = queue.take(at)
            expected = min((t for t, _ in model), default=None)
            if expected is None or expected > at:
                assert due is None
            else:
                assert due in model
                assert due[0] == expected
                model.discard(due)
        assert sorted(queue) == sorted(model)
        assert queue.next() == min((t for t, _ in model), default=None)


def test_a_timer_that_is_moved_with_every_record_leaves_nothing_behind():
    queue = TimerQueue()
    for at in range(1, 20_001):
        queue.delete(at - 1, b"k")
        queue.register(at, b"k")
    assert queue.next() == 20_000
    assert list(queue) == [(20_000, b"k")]
    assert len(queue._heap) < 1000


STEP = st.one_of(
    st.tuples(st.just("values"), st.text("abcdef", min_size=1, max_size=6)),
    st.tuples(st.just("watermark"), st.integers(0, 30)),
    st.tuples(st.just("snapshot"), st.none()),
    st.tuples(st.just("crash"), st.none()),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(STEP, max_size=20))
def test_counts_are_exact_and_timers_fire_once_whatever_is_restored(steps):
    """A source that can be read again, and a sink that forgets what came after its snapshot."""
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


def test_flat_map_returning_none_is_a_mistake_on_a_keyed_stream_too():
    with pytest.raises(FunctionFailure, match="return \\[\\] for nothing"):
        chain(("process", lambda v: None, STRING, "flat_map")).process(bundle("a"))
