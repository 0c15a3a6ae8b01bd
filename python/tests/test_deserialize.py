"""Operators that complete a schema."""

from __future__ import annotations

import json

import pytest
from chains import chain, failure, open_spec

from shardline._functions import frames, payloads
from shardline._functions.chain import Chain
from shardline._functions.failures import FunctionFailure
from shardline.common import Types


def poisoned(built, values):
    """Returns the values that come out with the index of each, and the records that cannot be read."""
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


def test_records_for_which_a_deserializing_function_raises_are_left_out_and_named():
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


def test_a_record_that_fails_midway_emits_no_value():
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
