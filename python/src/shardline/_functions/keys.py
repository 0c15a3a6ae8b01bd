"""Keys as canonical bytes, which decide in every language which keys are equal. The table of tags is in
`schemas/contracts/key-codec.ts` of the source tree, and both sides are tested with `schemas/vectors/keys.json`."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable
from typing import Any

import cloudpickle

from shardline.common.time import Instant
from shardline.common.types import Row, RowKind

_NONE, _FALSE, _TRUE, _INTEGER, _LARGE, _NUMBER, _TEXT, _BYTES, _TUPLE, _ROW, _NAMED_ROW, _INSTANT, _PICKLE = range(13)
_U32 = struct.Struct("<I")
_I64 = struct.Struct("<q")
_F64 = struct.Struct("<d")
_TAGGED_I64 = struct.Struct("<Bq")
_TAGGED_F64 = struct.Struct("<Bd")
_TAGGED_U32 = struct.Struct("<BI")
_NAN = bytes([_NUMBER]) + bytes.fromhex("000000000000f87f")


def encode(key: Any) -> bytes:
    """Returns the bytes of a key. An object of a class that the table lacks is pickled, so equal objects must have
    equal pickles."""
    encoder = _ENCODERS.get(type(key))
    return _other(key) if encoder is None else encoder(key)


def _text(key: str) -> bytes:
    encoded = key.encode("utf-8", "surrogatepass")
    return _TAGGED_U32.pack(_TEXT, len(encoded)) + encoded


def _integer(key: int) -> bytes:
    try:
        return _TAGGED_I64.pack(_INTEGER, key)
    except struct.error:
        length = ((key if key >= 0 else ~key).bit_length() // 8) + 1
        return _TAGGED_U32.pack(_LARGE, length) + key.to_bytes(length, "little", signed=True)


def _number(key: float) -> bytes:
    if key != key:
        return _NAN
    return _TAGGED_F64.pack(_NUMBER, key or 0.0)


def _tuple(key: tuple[Any, ...]) -> bytes:
    return _TAGGED_U32.pack(_TUPLE, len(key)) + b"".join(map(encode, key))


def _row(key: Row) -> bytes:
    kind = key.get_row_kind().value
    names = getattr(key, "_fields", None)
    if not names:
        return bytes([_ROW, kind]) + _U32.pack(len(key)) + b"".join(map(encode, key))
    fields = (_text(name)[1:] + encode(value) for name, value in zip(names, key, strict=True))
    return bytes([_NAMED_ROW, kind]) + _U32.pack(len(key)) + b"".join(fields)


def _instant(key: Instant) -> bytes:
    if key.nanos % 1_000_000:
        return _other(key)  # with a finer resolution than that of a Date in JavaScript
    return _TAGGED_F64.pack(_INSTANT, key.to_epoch_milli())


def _other(key: Any) -> bytes:
    if isinstance(key, (bytearray, memoryview)):
        return encode(bytes(key))
    try:
        pickled = pickle.dumps(key, 5)
    except Exception:  # noqa: BLE001 - hosts do not have classes of the script's `__main__`
        pickled = cloudpickle.dumps(key, 5)
    return _TAGGED_U32.pack(_PICKLE, len(pickled)) + pickled


_ENCODERS: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda key: b"\0",
    bool: lambda key: b"\2" if key else b"\1",
    int: _integer,
    float: _number,
    str: _text,
    bytes: lambda key: _TAGGED_U32.pack(_BYTES, len(key)) + key,
    tuple: _tuple,
    Row: _row,
    Instant: _instant,
}


def decode(encoded: bytes) -> Any:
    """Returns the key of the bytes."""
    return _decode(encoded, 0)[0]


def _decode(data: bytes, at: int) -> tuple[Any, int]:
    tag = data[at]
    at += 1
    if tag in (_TEXT, _BYTES, _LARGE, _PICKLE):
        at, end = at + 4, at + 4 + _U32.unpack_from(data, at)[0]
        taken = data[at:end]
        if tag == _TEXT:
            return taken.decode("utf-8", "surrogatepass"), end
        if tag == _BYTES:
            return taken, end
        return (int.from_bytes(taken, "little", signed=True) if tag == _LARGE else pickle.loads(taken)), end
    if tag == _INTEGER:
        return _I64.unpack_from(data, at)[0], at + 8
    if tag == _NUMBER:
        return _F64.unpack_from(data, at)[0], at + 8
    if tag == _INSTANT:
        return Instant.of_epoch_milli(int(_F64.unpack_from(data, at)[0])), at + 8
    if tag == _NONE:
        return None, at
    if tag in (_FALSE, _TRUE):
        return tag == _TRUE, at
    if tag == _TUPLE:
        items, at = _items(data, at)
        return tuple(items), at
    if tag == _ROW:
        items, end = _items(data, at + 1)
        return _of_kind(Row(*items), data[at]), end
    if tag == _NAMED_ROW:
        return _named_row(data, at)
    raise ValueError(f"no key begins with the byte {tag}")


def _items(data: bytes, at: int) -> tuple[list[Any], int]:
    count = _U32.unpack_from(data, at)[0]
    at += 4
    items = []
    for _ in range(count):
        item, at = _decode(data, at)
        items.append(item)
    return items, at


def _named_row(data: bytes, at: int) -> tuple[Row, int]:
    kind, count = data[at], _U32.unpack_from(data, at + 1)[0]
    at += 5
    names, values = [], []
    for _ in range(count):
        at, end = at + 4, at + 4 + _U32.unpack_from(data, at)[0]
        names.append(data[at:end].decode())
        value, at = _decode(data, end)
        values.append(value)
    row = Row(*values)
    row.set_field_names(names)
    return _of_kind(row, kind), at


def _of_kind(row: Row, kind: int) -> Row:
    row.set_row_kind(RowKind(kind))
    return row
