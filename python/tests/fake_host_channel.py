"""The engine's end of a function channel, for `fake_engine.py`: frames and payloads."""

from __future__ import annotations

import json
import struct
import threading

HEADER = struct.Struct("<IBBBBIIII")
OPEN, OPENED, BUNDLE, RESULT, FAILED, CLOSE, CLOSED, SNAPSHOT, SNAPSHOTTED = range(1, 10)


class FunctionFailed(Exception):
    def __init__(self, report):
        super().__init__(report["message"])
        self.report = report


class Host:
    """The other end of a function channel."""

    def __init__(self, sock):
        self.sock = sock
        self.reader = sock.makefile("rb")
        self.lock = threading.Lock()

    def ask(self, frame_type, function, body=b"", kind=0, flags=0, count=0, sequence=0):
        with self.lock:
            header = HEADER.pack(20 + len(body), frame_type, kind, flags, 0, function, 0, sequence, count)
            self.sock.sendall(header + body)
            header = self.reader.read(HEADER.size)
            if len(header) < HEADER.size:
                raise EOFError
            length, answer, kind, flags, _, _, _, answered, count = HEADER.unpack(header)
            body = self.reader.read(length - 20)
        assert answered == sequence, (answered, sequence)
        if answer == FAILED:
            raise FunctionFailed(json.loads(body))
        assert answer == frame_type + 1, (answer, frame_type)
        return kind, flags, count, body


def encode(payload_type, values):
    """kind, flags, body"""
    nulls = bytearray((len(values) + 7) // 8)
    for index, value in enumerate(values):
        if value is None:
            nulls[index >> 3] |= 1 << (index & 7)
    has_nulls = any(nulls)
    if payload_type == "text":
        encoded = [b"" if value is None else value.encode() for value in values]
        joined = b"\0".join(encoded)
        if joined.count(b"\0") == max(len(values) - 1, 0):
            return 0, has_nulls, (bytes(nulls) if has_nulls else b"") + joined
        kind = 1
    else:
        encoded = [value or b"" for value in values]
        kind = 2 if payload_type == "bytes" else 3
    body = b"".join(struct.pack("<I", len(value)) + value for value in encoded)
    return kind, has_nulls, (bytes(nulls) if has_nulls else b"") + body


def decode(kind, flags, count, body):
    """values, input index"""
    offset = 0
    nulls = b""
    if flags & 1:
        offset = (count + 7) // 8
        nulls = body[:offset]
    assert not flags & 2
    index = list(range(count))
    if flags & 4:
        index = list(struct.unpack_from(f"<{count}I", body, offset))
        offset += 4 * count
    payload = body[offset:]
    if kind == 0:
        values = payload.decode().split("\0") if count else []
    else:
        values = []
        position = 0
        for _ in range(count):
            (size,) = struct.unpack_from("<I", payload, position)
            value = payload[position + 4 : position + 4 + size]
            values.append(value.decode() if kind == 1 else value)
            position += 4 + size
        assert position == len(payload)
    assert len(values) == count
    for position in range(count):
        if nulls and nulls[position >> 3] >> (position & 7) & 1:
            values[position] = None
    return values, index
