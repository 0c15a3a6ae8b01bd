"""The function channel's frames. The contract is `bindings/functions/README.md`:

offset  size  field (little-endian)
0       u32   length of what follows this field
4       u8    frame type
5       u8    payload kind
6       u8    flags
7       u8    0
8       u32   function id
12      u32   subtask index
16      u32   sequence number of the bundle
20      u32   count of values
24            the columns that the flags name, then the payload
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from enum import IntEnum

#: The version of the protocol. The OPEN frame has the version of the engine.
VERSION = 5
HEADER = struct.Struct("<IBBBBIIII")
MAX_FRAME_BYTES = 256 * 1024 * 1024
_AFTER_LENGTH = HEADER.size - 4


class FrameType(IntEnum):
    OPEN = 1
    OPENED = 2
    BUNDLE = 3
    RESULT = 4
    FAILED = 5
    CLOSE = 6
    CLOSED = 7
    SNAPSHOT = 8
    SNAPSHOTTED = 9
    RESTORE = 10
    WATERMARK = 11
    PROCESSING_TIME = 12


class PayloadKind(IntEnum):
    TEXT_JOINED = 0
    TEXT_PREFIXED = 1
    BYTES_PREFIXED = 2
    PICKLES_PREFIXED = 3
    VALUES_PICKLED = 4


HAS_NULLS = 1
HAS_TIMESTAMPS = 2
HAS_INPUT_INDEX = 4
HAS_KEYS = 8
HAS_KEY_GROUPS = 16
HAS_MAX_TIMESTAMP = 32
HAS_NEXT_TIMER = 64
HAS_POISONED = 128


class FrameError(Exception):
    """The other side sent bytes that are no frame."""


@dataclass(frozen=True, slots=True)
class Frame:
    type: int
    kind: int
    flags: int
    function: int
    subtask: int
    sequence: int
    count: int
    body: bytes


def encode(
    frame_type: int,
    function: int,
    subtask: int,
    sequence: int,
    *,
    kind: int = 0,
    flags: int = 0,
    count: int = 0,
    body: bytes = b"",
) -> bytes:
    length = _AFTER_LENGTH + len(body)
    if length > MAX_FRAME_BYTES:
        raise FrameError(f"a frame of {length} bytes is over the limit of {MAX_FRAME_BYTES}")
    return HEADER.pack(length, frame_type, kind, flags, 0, function, subtask, sequence, count) + body


class FrameChannel:
    """Reads and writes whole frames, and blocks. One thread reads, and one thread writes."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._reader = sock.makefile("rb", buffering=1 << 20)

    def read(self) -> Frame | None:
        """Returns the next frame, or None at the end of the stream. Raises if the stream ends inside a frame."""
        header = self._reader.read(HEADER.size)
        if not header:
            return None
        if len(header) < HEADER.size:
            raise FrameError("the function channel ended inside a frame's header")
        length, frame_type, kind, flags, _, function, subtask, sequence, count = HEADER.unpack(header)
        size = length - _AFTER_LENGTH
        if size < 0 or length > MAX_FRAME_BYTES:
            raise FrameError(f"a frame cannot be {length} bytes long")
        body = self._reader.read(size) if size else b""
        if len(body) < size:
            raise FrameError("the function channel ended inside a frame")
        return Frame(frame_type, kind, flags, function, subtask, sequence, count, body)

    def close(self) -> None:
        """Releases the socket without closing it. The owner of the socket closes it."""
        self._reader.close()

    def write(self, frame: bytes) -> None:
        self._sock.sendall(frame)
