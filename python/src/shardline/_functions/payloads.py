"""Values to payload bytes and back. This is the hot path. A bundle is processed in bulk, not value by value, if its
values are of the usual kind: strings without NUL, and no None."""

from __future__ import annotations

import json
import pickle
import struct
import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cloudpickle

from shardline._functions import values as plain_values
from shardline._functions.frames import (
    HAS_INPUT_INDEX,
    HAS_KEY_GROUPS,
    HAS_KEYS,
    HAS_MAX_TIMESTAMP,
    HAS_NEXT_TIMER,
    HAS_NULLS,
    HAS_POISONED,
    HAS_TIMESTAMPS,
    FrameError,
    PayloadKind,
)
from shardline.common.typeinfo import TypeInformation

_U32 = struct.Struct("<I")
_F64 = struct.Struct("<d")


class UnencodableValue(Exception):
    """A value that its declared type cannot represent. `position` is its position in the list that was encoded."""

    def __init__(self, position: int, cause: BaseException) -> None:
        super().__init__(str(cause))
        self.position = position
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Encoded:
    kind: int
    flags: int
    count: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Bundle:
    """Values and their columns. A column that did not arrive is None. Timestamps are epoch milliseconds, or -inf for no
    timestamp."""

    values: list[Any]
    timestamps: Sequence[float] | None = None
    groups: Sequence[int] | None = None
    keys: list[bytes] | None = None


# ---- decoding


def decode(kind: int, flags: int, count: int, body: bytes) -> list[Any]:
    """Returns the values of a BUNDLE or RESULT. A value is None where the null bitmap is set."""
    return decode_bundle(kind, flags, count, body).values


def decode_bundle(kind: int, flags: int, count: int, body: bytes) -> Bundle:
    if not flags:
        return Bundle(_values(kind, count, body))
    offset = 0

    def take(size: int) -> bytes:
        nonlocal offset
        offset += size
        if offset > len(body):
            raise FrameError(f"a frame of {count} values is too short")
        return body[offset - size : offset]

    nulls = take((count + 7) // 8) if flags & HAS_NULLS else None
    timestamps = _column("d", take(8 * count)) if flags & HAS_TIMESTAMPS else None
    if flags & HAS_INPUT_INDEX:
        take(4 * count)
    groups = _column("H", take(2 * count)) if flags & HAS_KEY_GROUPS else None
    keys = [take(length) for length in _u32s(take(4 * count))] if flags & HAS_KEYS else None
    if flags & HAS_MAX_TIMESTAMP:
        take(8)
    if flags & HAS_NEXT_TIMER:
        take(8)
    return Bundle(_values(kind, count, body[offset:], nulls), timestamps, groups, keys)


def _values(kind: int, count: int, payload: bytes, nulls: bytes | None = None) -> list[Any]:
    values = _decode_payload(kind, count, payload)
    if len(values) != count:
        raise FrameError(f"a frame announced {count} values and carries {len(values)}")
    if nulls is not None:
        for index in range(count):
            if nulls[index >> 3] >> (index & 7) & 1:
                values[index] = None
    if kind == PayloadKind.PICKLES_PREFIXED:
        return [None if value is None else pickle.loads(value) for value in values]
    return values


def _decode_payload(kind: int, count: int, payload: bytes) -> list[Any]:
    if kind == PayloadKind.VALUES_PICKLED:
        return plain_values.load(payload)
    if kind == PayloadKind.TEXT_JOINED:
        return payload.decode("utf-8", "replace").split("\0") if count else []
    if kind == PayloadKind.TEXT_PREFIXED:
        return [str(value, "utf-8", "replace") for value in _slices(count, payload)]
    if kind in (PayloadKind.BYTES_PREFIXED, PayloadKind.PICKLES_PREFIXED):
        return _slices(count, payload)
    raise FrameError(f"unknown payload kind {kind}")


def _slices(count: int, payload: bytes) -> list[Any]:
    values: list[Any] = []
    append = values.append
    unpack = _U32.unpack_from
    offset = 0
    try:
        for _ in range(count):
            start = offset + 4
            offset = start + unpack(payload, offset)[0]
            append(payload[start:offset])
    except struct.error as error:
        raise FrameError("a length prefix is missing") from error
    if offset != len(payload):
        raise FrameError(f"the values end at byte {offset} of a payload of {len(payload)}")
    return values


def decode_input_index(flags: int, count: int, body: bytes) -> list[int] | None:
    """Returns the input index of a RESULT, or None if output `i` comes from input `i`."""
    if not flags & HAS_INPUT_INDEX:
        return None
    offset = ((count + 7) // 8 if flags & HAS_NULLS else 0) + (8 * count if flags & HAS_TIMESTAMPS else 0)
    return list(_u32s(body[offset : offset + 4 * count]))


# ---- encoding


@dataclass(frozen=True, slots=True)
class ResultColumns:
    """The columns of a RESULT. A column that is not sent is None."""

    input_index: Sequence[int] | None = None
    timestamps: Sequence[float] | None = None
    keys: list[bytes] | None = None
    max_timestamp: float | None = None
    next_timer: int | None = None
    #: The index of each record of the bundle that a schema cannot read, and the reason.
    poisoned: list[tuple[int, str]] | None = None


NO_COLUMNS = ResultColumns()


def encode(
    payload_type: str,
    values: list[Any],
    columns: ResultColumns = NO_COLUMNS,
    type_info: TypeInformation | None = None,
) -> Encoded:
    """Returns the body of a RESULT or BUNDLE. Raises `UnencodableValue` for a value that `payload_type` cannot
    represent. `type_info` is the type of plain values, if it is known."""
    if payload_type == "text":
        kind, nulls, payload = _encode_text(values)
    elif payload_type == "bytes":
        kind, nulls, payload = _encode_bytes(values)
    elif payload_type == "pickle":
        kind, nulls, payload = PayloadKind.PICKLES_PREFIXED, None, _prefixed(_pickled(values))
    elif payload_type == "object":
        kind, nulls, payload = PayloadKind.VALUES_PICKLED, None, _plain(values, type_info)
    else:
        raise FrameError(f"unknown payload type {payload_type!r}")
    flags, head = _encode_columns(columns)
    if nulls is not None:
        flags |= HAS_NULLS
        head = nulls + head
    return Encoded(kind, flags, len(values), head + payload if head else payload)


def _encode_columns(columns: ResultColumns) -> tuple[int, bytes]:
    if columns is NO_COLUMNS:
        return 0, b""
    flags = 0
    parts: list[bytes] = []
    if columns.timestamps is not None:
        flags |= HAS_TIMESTAMPS
        parts.append(_little_endian(array("d", columns.timestamps)).tobytes())
    if columns.input_index is not None:
        flags |= HAS_INPUT_INDEX
        parts.append(_u32s(columns.input_index).tobytes())
    if columns.keys is not None:
        flags |= HAS_KEYS
        parts.append(_u32s(list(map(len, columns.keys))).tobytes())
        parts += columns.keys
    if columns.max_timestamp is not None:
        flags |= HAS_MAX_TIMESTAMP
        parts.append(_F64.pack(columns.max_timestamp))
    if columns.next_timer is not None:
        flags |= HAS_NEXT_TIMER
        parts.append(next_timer_body(columns.next_timer))
    if columns.poisoned:
        flags |= HAS_POISONED
        listed = json.dumps(columns.poisoned).encode()
        parts += (_U32.pack(len(listed)), listed)
    return flags, b"".join(parts)


def next_timer_body(timestamp: int) -> bytes:
    return _F64.pack(timestamp)


def decode_time(body: bytes) -> float:
    """Returns the time in the body of a WATERMARK or PROCESSING_TIME frame."""
    if len(body) != _F64.size:
        raise FrameError(f"a time of {len(body)} bytes")
    return float(_F64.unpack(body)[0])


def _encode_text(values: list[Any]) -> tuple[int, bytes | None, bytes]:
    nulls = None
    try:
        joined = "\0".join(values)
    except TypeError:
        for position, value in enumerate(values):
            if value is not None and not isinstance(value, str):
                raise UnencodableValue(position, _wrong_type("a str", "Types.STRING()", value)) from None
        nulls = _bitmap(values)
        values = ["" if value is None else value for value in values]
        joined = "\0".join(values)
    if values and joined.count("\0") != len(values) - 1:
        return PayloadKind.TEXT_PREFIXED, nulls, _prefixed([utf8(value) for value in values])
    return PayloadKind.TEXT_JOINED, nulls, utf8(joined)


def utf8(text: str) -> bytes:
    """Returns UTF-8 as Java encodes it: a lone surrogate becomes a question mark."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        paired = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        return paired.encode("utf-8", "replace")


def _encode_bytes(values: list[Any]) -> tuple[int, bytes | None, bytes]:
    nulls = None
    for position, value in enumerate(values):
        if value is None:
            nulls = nulls or _bitmap(values)
        elif not isinstance(value, (bytes, bytearray, memoryview)):
            raise UnencodableValue(position, _wrong_type("bytes", "Types.PRIMITIVE_ARRAY(Types.BYTE())", value))
    return PayloadKind.BYTES_PREFIXED, nulls, _prefixed([b"" if value is None else bytes(value) for value in values])


def _plain(values: list[Any], type_info: TypeInformation | None) -> bytes:
    try:
        return plain_values.dump(values, type_info)
    except Exception:
        convert = None if type_info is None else plain_values.plain_converter(type_info)
        plain: list[Any] = []
        for position, value in enumerate(values):
            try:
                plain.append(value if convert is None else convert(value))
            except Exception as error:
                raise UnencodableValue(position, error) from error
        if (failure := plain_values.position_of_failure(plain)) is not None:
            raise UnencodableValue(*failure) from failure[1]
        raise


def _pickled(values: list[Any]) -> list[bytes]:
    pickles: list[bytes] = []
    append = pickles.append
    dumps = pickle.dumps
    for value in values:
        try:
            append(dumps(value, 5))
        except Exception:  # noqa: BLE001 - hosts do not have classes of the script's `__main__`
            try:
                append(cloudpickle.dumps(value, 5))
            except Exception as error:
                raise UnencodableValue(len(pickles), error) from error
    return pickles


def _prefixed(values: list[bytes]) -> bytes:
    parts: list[bytes] = [b""] * (2 * len(values))
    parts[0::2] = map(_U32.pack, map(len, values))
    parts[1::2] = values
    return b"".join(parts)


def _bitmap(values: list[Any]) -> bytes:
    bitmap = bytearray((len(values) + 7) // 8)
    for index, value in enumerate(values):
        if value is None:
            bitmap[index >> 3] |= 1 << (index & 7)
    return bytes(bitmap)


def _u32s(values: Sequence[int] | bytes) -> array[int]:
    if isinstance(values, bytes):
        return _column("I", values)
    return _little_endian(array("I", values))


def _column(typecode: Any, column: bytes) -> array[Any]:
    numbers = array(typecode)
    numbers.frombytes(column)
    return _little_endian(numbers)


def _little_endian(numbers: array[Any]) -> array[Any]:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _wrong_type(expected: str, declared: str, value: object) -> TypeError:
    return TypeError(f"the declared type {declared} needs {expected}, and got {type(value).__name__}: {value!r:.200}")
