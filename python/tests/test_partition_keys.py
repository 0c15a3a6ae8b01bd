"""Partition keys that a function of the program gives."""

from __future__ import annotations

import enum
from typing import NamedTuple

from programs import STRING, edge, graph, read, sink

from shardline import _operator_pickle
from shardline.common import (
    SimpleStringSchema,
)
from shardline.datastream.connectors._partition_keys import PartitionKeyFunction
from shardline.datastream.connectors.kinesis import (
    KinesisStreamsSink,
)


def keyed_sink(function):
    builder = KinesisStreamsSink.builder().set_stream_name("output").set_serialization_schema(SimpleStringSchema())
    return builder.set_partition_key_generator(function).build()


def test_a_function_of_the_value_is_a_key_by_before_the_sink(env):
    read(env).map(str.upper, STRING).rebalance().sink_to(keyed_sink(lambda v: (v[0], 7))).set_parallelism(3)
    _, mapped, key_by, sink = graph(env)["transformations"]
    assert (key_by["kind"], key_by["output"], key_by["name"]) == ("key_by", "text", "Partition Key")
    assert key_by["inputs"] == [edge(mapped["id"])]
    assert sink["inputs"] == [edge(key_by["id"], "rebalance")]
    assert (key_by["parallelism"], sink["parallelism"]) == (None, 3)
    assert sink["sink"]["partitionKeyGenerator"] == {"type": "key_by"}
    function = _operator_pickle.load(key_by["function"]["pickle"]).function
    assert function("xyz") == ("x", 7)
    assert function(None) is None


def test_partition_keys_become_plain_values(env):
    class Table(str, enum.Enum):
        FIRST = "first"

    class Key(NamedTuple):
        key: str
        hash_key: int

    class Hash(enum.IntEnum):
        ZERO = 0

    for given, expected in [
        (Table.FIRST, "first"), (Key("k", 5), ("k", 5)), ((Table.FIRST, Hash.ZERO), ("first", 0)),
        (None, None), ((1, True), (1, True)), (["k"], ["k"]),
    ]:  # fmt: skip
        plain = PartitionKeyFunction(lambda value, given=given: given)("v")
        assert plain == expected
        assert type(plain) is type(expected)
        if isinstance(plain, tuple):
            assert list(map(type, plain)) == list(map(type, expected))


def test_each_stream_of_a_union_gets_an_operator_for_partition_keys(env):
    env.from_collection(["a"], STRING).union(read(env)).sink_to(keyed_sink(len))
    transformations = graph(env)["transformations"]
    keys = [t["id"] for t in transformations if t["kind"] == "key_by"]
    assert len(keys) == 2
    assert [edge["from"] for edge in transformations[-1]["inputs"]] == keys


def test_the_partition_keys_of_a_keyed_stream_follow_its_edge_by_key(env):
    keyed = read(env).key_by(len)
    keyed.sink_to(keyed_sink(str)).set_parallelism(3)
    _, by_length, partition_key, sink = graph(env)["transformations"]
    assert partition_key["inputs"] == [edge(by_length["id"], "hash")]
    assert (partition_key["parallelism"], sink["parallelism"]) == (3, 3)
    assert sink["inputs"] == [edge(partition_key["id"])]


def test_the_parallelism_of_a_sink_is_not_that_of_the_operator_before_it(env):
    env.from_collection(["a"], STRING).key_by(len).map(str, STRING).sink_to(sink()).set_parallelism(3)
    assert [t["parallelism"] for t in graph(env)["transformations"]] == [1, None, None, 3]
