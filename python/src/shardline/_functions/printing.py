"""The text that `print()` writes, in PyFlink's format. Pickled values are printed as Python's `str`, rows as
`+I[a,1,None]`, and values of a declared type as Java prints them (`true`, `1.0E10`, `(a,1)`, `{a=1}`)."""

from __future__ import annotations

import datetime
import math
import struct
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from shardline.common.time import Instant
from shardline.common.typeinfo import BasicType, BasicTypeInfo, PickledBytesTypeInfo, RowTypeInfo, TypeInformation
from shardline.common.types import Row

_FLOAT = struct.Struct("<f")


def prefix(identifier: str | None, parallelism: int, subtask: int) -> str:
    """Returns `id:2> `, `2> `, `id> ` or an empty text. The number of the subtask is shown if there are several."""
    parts = [] if not identifier else [identifier]
    if parallelism > 1:
        parts.append(str(subtask + 1))
    return ":".join(parts) + "> " if parts else ""


def formatter(type_info: TypeInformation | None) -> Callable[[Any], str]:
    if type_info is None or isinstance(type_info, PickledBytesTypeInfo):
        return str
    if isinstance(type_info, RowTypeInfo):
        return _row
    if isinstance(type_info, BasicTypeInfo) and type_info._basic_type is BasicType.STRING:
        return _text
    if isinstance(type_info, BasicTypeInfo) and type_info._basic_type is BasicType.FLOAT:
        return lambda value: "null" if value is None else _java_float(value, 32)
    return java_string


def _row(value: Any) -> str:
    if not isinstance(value, Row):
        return java_string(value)
    return "{}[{}]".format(value.get_row_kind(), ",".join(map(str, value)))


def _text(value: Any) -> str:
    return "null" if value is None else str(value)


def java_string(value: Any) -> str:
    """Returns what `String.valueOf` returns for the Java object of a typed value on Flink."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _java_float(value, 64)
    if isinstance(value, (str, int, Decimal)):
        return str(value)
    if isinstance(value, Row):
        return "{}[{}]".format(value.get_row_kind(), ",".join(map(java_string, value)))
    if isinstance(value, tuple):
        return "({})".format(",".join(map(java_string, value)))
    if isinstance(value, (list, bytes, bytearray)):
        return "[{}]".format(", ".join(map(java_string, value)))
    if isinstance(value, dict):
        return "{{{}}}".format(", ".join(f"{java_string(key)}={java_string(item)}" for key, item in value.items()))
    if isinstance(value, datetime.datetime):
        fraction = f"{value.microsecond:06d}".rstrip("0") or "0"
        return f"{value:%Y-%m-%d %H:%M:%S}.{fraction}"
    if isinstance(value, datetime.time):
        return f"{value:%H:%M:%S}"
    if isinstance(value, Instant):
        return _iso_instant(value)
    return str(value)


def _java_float(value: float, bits: int) -> str:
    """Returns what `Double.toString` returns: the shortest digits that are read back as the same number, in Java's
    notation."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    text = repr(value) if bits == 64 else _shortest_float32(value)
    sign, digits, exponent = Decimal(text).as_tuple()
    assert isinstance(exponent, int)
    number = "".join(map(str, digits)).rstrip("0")
    minus = "-" if sign else ""
    if not number:
        return minus + "0.0"
    point = len(digits) + exponent  # the value is 0.number * 10^point
    if 1e-3 <= abs(value) < 1e7:
        if point <= 0:
            return f"{minus}0.{'0' * -point}{number}"
        number = number.ljust(point, "0")
        return f"{minus}{number[:point]}.{number[point:] or '0'}"
    return f"{minus}{number[0]}.{number[1:] or '0'}E{point - 1}"


def _shortest_float32(value: float) -> str:
    for precision in range(1, 10):
        text = f"{value:.{precision}g}"
        if _FLOAT.unpack(_FLOAT.pack(float(text)))[0] == value:
            return text
    return repr(value)


def _iso_instant(value: Instant) -> str:
    moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=value.seconds)
    fraction = f"{value.nanos:09d}"
    while fraction and fraction.endswith("000"):
        fraction = fraction[:-3]
    return f"{moment:%Y-%m-%dT%H:%M:%S}" + (f".{fraction}" if fraction else "") + "Z"
