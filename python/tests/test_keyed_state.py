"""State by key, its snapshots, and its types in checkpoints."""

from __future__ import annotations

import json
import pickle
import re
import struct
from pathlib import Path

import pytest
from keyed_chains import Count, bundle, chain, group_of, out

from shardline._functions import keyed_state, keys
from shardline._functions.failures import FunctionFailure
from shardline._functions.state_types import type_text
from shardline.common import Types
from shardline.common.typeinfo import ExternalTypeInfo, LocalTimeTypeInfo, VoidTypeInfo
from shardline.datastream import (
    AggregateFunction,
    KeyedProcessFunction,
    state,
)
from shardline.datastream.state import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    ValueStateDescriptor,
)


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


def test_a_state_of_another_kind_is_refused():
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
