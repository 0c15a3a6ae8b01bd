"""Frames and payloads of the function channel, byte by byte and by property."""

from __future__ import annotations

import json
import pickle
import socket
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardline._functions import frames, payloads
from shardline._functions.frames import FrameChannel, FrameError, FrameType
from shardline._functions.payloads import UnencodableValue

well_formed_text = st.text(st.characters(exclude_categories=["Cs"]))


def carried(payload_type, values, index=None):
    """Returns what the other side decodes."""
    encoded = payloads.encode(payload_type, values, payloads.ResultColumns(index))
    return payloads.decode(encoded.kind, encoded.flags, encoded.count, encoded.body)


VECTORS = json.loads((Path(__file__).parents[2] / "schemas" / "vectors" / "function-frames.json").read_text())["frames"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["body"][:40])
def test_frames_are_the_bytes_of_both_sides(vector):
    as_hex = vector["payload"] != "text"
    values = [bytes.fromhex(v) if as_hex and v is not None else v for v in vector["values"]]
    if vector["payload"] == "pickle":
        values = [pickle.loads(value) for value in values]
    times = vector["timestamps"]
    timestamps = times if times is None else [float("-inf") if t is None else t for t in times]
    keys = vector["keys"] if vector["keys"] is None else list(map(bytes.fromhex, vector["keys"]))
    body = bytes.fromhex(vector["body"])
    read = payloads.decode_bundle(vector["payloadKind"], vector["flags"], len(values), body)
    groups = None if read.groups is None else list(read.groups)
    assert (read.values, read.keys, groups) == (values, keys, vector["keyGroups"])
    assert timestamps == (None if read.timestamps is None else list(read.timestamps))
    assert payloads.decode_input_index(vector["flags"], len(values), body) == vector["index"]
    if vector["keyGroups"] is None:
        columns = payloads.ResultColumns(vector["index"], timestamps, keys, vector["maxTimestamp"], vector["nextTimer"])
        encoded = payloads.encode(vector["payload"], values, columns)
        kind, flags = vector["payloadKind"], vector["flags"]
        assert (encoded.kind, encoded.flags, encoded.count, encoded.body) == (kind, flags, len(values), body)


def test_a_pickle_is_length_prefixed():
    encoded = payloads.encode("pickle", [{"a": 1}])
    blob = pickle.dumps({"a": 1}, 5)
    assert (encoded.kind, encoded.body) == (3, struct.pack("<I", len(blob)) + blob)


@given(st.lists(st.none() | well_formed_text))
def test_text_survives(values):
    assert carried("text", values) == values


@given(st.lists(st.none() | st.binary()))
def test_bytes_survive(values):
    assert carried("bytes", values) == values


@given(st.lists(st.none() | st.integers() | st.text() | st.tuples(st.floats(allow_nan=False), st.binary())))
def test_objects_survive(values):
    assert carried("pickle", values) == values


@given(st.lists(st.tuples(st.none() | well_formed_text, st.integers(0, 2**32 - 1))))
def test_the_input_index_and_nulls_go_together(pairs):
    values, index = [value for value, _ in pairs], [position for _, position in pairs]
    encoded = payloads.encode("text", values, payloads.ResultColumns(index))
    assert payloads.decode(encoded.kind, encoded.flags, encoded.count, encoded.body) == values
    assert payloads.decode_input_index(encoded.flags, encoded.count, encoded.body) == index


def test_timestamps_of_a_bundle_are_skipped():
    body = b"\2" + struct.pack("<2d", 1.0, 2.0) + b"a\0"
    assert payloads.decode(0, 1 | 2, 2, body) == ["a", None]


def test_a_lone_surrogate_is_a_question_mark_and_a_pair_is_its_character():
    assert payloads.utf8("a\ud800b\udc00") == b"a?b?"
    assert payloads.utf8("\ud83d\ude00") == "😀".encode()
    assert carried("text", ["\ud800", "ok\0\udfff"]) == ["?", "ok\0?"]


def test_broken_utf8_is_replaced_and_never_raised():
    assert payloads.decode(0, 0, 1, b"a\xffb") == ["a\ufffdb"]


@pytest.mark.parametrize(
    ("payload_type", "values", "position", "message"),
    [
        ("text", ["a", 5], 1, r"Types\.STRING\(\) needs a str, and got int: 5"),
        ("text", [None, b"a"], 1, "got bytes"),
        ("bytes", [b"a", "b"], 1, "needs bytes, and got str: 'b'"),
        ("pickle", [1, (i for i in [])], 1, "cannot pickle 'generator' object"),
    ],
)
def test_a_value_that_its_type_cannot_carry_is_named_by_its_place(payload_type, values, position, message):
    with pytest.raises(UnencodableValue, match=message) as raised:
        payloads.encode(payload_type, values)
    assert raised.value.position == position
    assert isinstance(raised.value.cause, TypeError)


@pytest.mark.parametrize(
    ("kind", "flags", "count", "body"),
    [
        (0, 0, 2, b"a"),
        (0, 0, 1, b"a\0b"),
        (1, 0, 1, b"\3\0\0\0a"),
        (1, 0, 1, b"\1\0\0"),
        (2, 0, 1, b"\1\0\0\0ab"),
        (0, 1 | 2, 3, b"\0"),
        (9, 0, 1, b"a"),
    ],
)
def test_a_payload_that_contradicts_its_header_is_an_error(kind, flags, count, body):
    with pytest.raises(FrameError):
        payloads.decode(kind, flags, count, body)


def test_an_unknown_payload_type_is_an_error():
    with pytest.raises(FrameError, match="unknown payload type 'tuple'"):
        payloads.encode("tuple", [])


# ---- frames


@pytest.fixture
def channel():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield FrameChannel(ours), theirs


def test_a_frame_is_twenty_four_bytes_and_its_body():
    frame = frames.encode(FrameType.RESULT, 7, 1, 2**32 - 1, kind=1, flags=4, count=3, body=b"body")
    assert frame.hex() == "18000000040104000700000001000000ffffffff03000000" + b"body".hex()


def test_frames_are_read_one_after_the_other(channel):
    reader, peer = channel
    peer.sendall(frames.encode(FrameType.CLOSE, 1, 2, 3) + frames.encode(FrameType.OPEN, 4, 5, 6, body=b"{}"))
    first, second = reader.read(), reader.read()
    assert (first.type, first.function, first.subtask, first.sequence, first.body) == (6, 1, 2, 3, b"")
    assert (second.type, second.function, second.body) == (1, 4, b"{}")
    peer.close()
    assert reader.read() is None


@pytest.mark.parametrize("cut", [1, 23, 25])
def test_a_channel_that_ends_inside_a_frame_is_an_error(channel, cut):
    reader, peer = channel
    peer.sendall(frames.encode(FrameType.OPEN, 1, 2, 3, body=b"{}")[:cut])
    peer.close()
    with pytest.raises(FrameError, match="ended inside a frame"):
        reader.read()


@pytest.mark.parametrize("length", [0, 19, 256 * 1024 * 1024 + 1])
def test_a_length_out_of_bounds_is_an_error(channel, length):
    reader, peer = channel
    peer.sendall(struct.pack("<I", length) + bytes(20))
    with pytest.raises(FrameError, match="a frame cannot be"):
        reader.read()
