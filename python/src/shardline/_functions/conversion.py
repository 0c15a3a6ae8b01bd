"""Conversion of values to their declared type, where they leave their chain. A reader gets the value that it would get
after serialization by the type. As on Flink, a number out of range fails; only in `from_collection` does it wrap
around."""

from __future__ import annotations

import datetime
import struct
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from operator import index
from typing import Any

from shardline.common.time import Instant
from shardline.common.typeinfo import (
    BasicArrayTypeInfo,
    BasicType,
    BasicTypeInfo,
    DateTypeInfo,
    ExternalTypeInfo,
    ListTypeInfo,
    MapTypeInfo,
    ObjectArrayTypeInfo,
    PrimitiveArrayTypeInfo,
    RowTypeInfo,
    TimestampTypeInfo,
    TimeTypeInfo,
    TupleTypeInfo,
    TypeInformation,
    Types,
)
from shardline.common.types import Row, RowKind

Converter = Callable[[Any], Any]

_FLOAT = struct.Struct("<f")
_BITS = {BasicType.BYTE: 8, BasicType.SHORT: 16, BasicType.INT: 32, BasicType.LONG: 64}
_WRAPPING = (BasicType.SHORT, BasicType.INT)
_BYTES = Types.PRIMITIVE_ARRAY(Types.BYTE())
#: The errors of a value that is not of the type.
_MISFITS = (KeyError, OverflowError, TypeError, ValueError)


def payload_type(type_info: TypeInformation | None) -> str:
    """Returns how the values of a stream of this type are carried: `text`, `bytes` or `pickle`."""
    if isinstance(type_info, BasicTypeInfo) and type_info._basic_type is BasicType.STRING:
        return "text"
    return "bytes" if type_info == _BYTES else "pickle"


def converter(type_info: TypeInformation | None, *, wrap: bool = False) -> Converter | None:
    """Returns a function from a value to the value that a reader of this type gets, or None if they are always equal.

    With `wrap`, integers of 16 and 32 bits wrap around, and rows may be dicts, tuples or objects, as in
    `from_collection`.
    """
    convert = _converter(type_info, wrap)
    if convert is None:
        return None
    return lambda value: None if value is None else convert(value)


def _converter(type_info: TypeInformation | None, wrap: bool) -> Converter | None:
    if isinstance(type_info, BasicTypeInfo):
        return _basic(type_info._basic_type, wrap)
    if isinstance(type_info, DateTypeInfo):
        return _date
    if isinstance(type_info, TimeTypeInfo):
        return _instance_of(datetime.time, "Types.SQL_TIME()")
    if isinstance(type_info, TimestampTypeInfo):
        return _timestamp
    if isinstance(type_info, RowTypeInfo):
        return _row(type_info, wrap)
    if isinstance(type_info, TupleTypeInfo):
        return _tuple(type_info, wrap)
    if type_info == _BYTES:
        return _bytes
    if isinstance(type_info, (ListTypeInfo, BasicArrayTypeInfo, ObjectArrayTypeInfo, PrimitiveArrayTypeInfo)):
        return _list(type_info._element_type, wrap)
    if isinstance(type_info, MapTypeInfo):
        return _map(type_info, wrap)
    if isinstance(type_info, ExternalTypeInfo):
        return _converter(type_info._type_info, wrap)
    return None


def _basic(basic_type: BasicType, wrap: bool) -> Converter:
    name = f"Types.{basic_type.name}()"
    if basic_type in _BITS:
        return _integer(_BITS[basic_type], name, wrap and basic_type in _WRAPPING)
    if basic_type is BasicType.FLOAT:
        return lambda value: _FLOAT.unpack(_FLOAT.pack(_number(value, name)))[0]
    if basic_type is BasicType.DOUBLE:
        return lambda value: float(_number(value, name))
    if basic_type is BasicType.BOOLEAN:
        return bool
    if basic_type is BasicType.CHAR:
        return _char
    if basic_type is BasicType.BIG_INT:
        return lambda value: _index(value, name)
    if basic_type is BasicType.BIG_DEC:
        return _instance_of(Decimal, name)
    if basic_type is BasicType.INSTANT:
        return _instance_of(Instant, name)
    return _instance_of(str, name)


def _integer(bits: int, name: str, wrap: bool) -> Converter:
    span = 1 << bits
    half = span >> 1

    def convert(value: Any) -> int:
        number = _index(value, name)
        if -half <= number < half:
            return number
        if wrap:
            return (number + half) % span - half
        raise OverflowError(f"{number} does not fit into the declared type {name} ({bits} bits)")

    return convert


def _index(value: Any, name: str) -> int:
    try:
        return index(value)
    except TypeError:
        raise TypeError(f"the declared type {name} needs int, and got {type(value).__name__}: {value!r:.200}") from None


def _number(value: Any, name: str) -> Any:
    if not isinstance(value, (int, float)):
        raise TypeError(f"the declared type {name} needs a number, and got {type(value).__name__}: {value!r:.200}")
    return value


def _instance_of(expected: type, name: str) -> Converter:
    def convert(value: Any) -> Any:
        if not isinstance(value, expected):
            raise TypeError(
                f"the declared type {name} needs {expected.__name__}, and got {type(value).__name__}: {value!r:.200}"
            )
        return value

    return convert


_any_date = _instance_of(datetime.date, "Types.SQL_DATE()")


def _date(value: Any) -> Any:
    """Returns the day of a datetime, as PyFlink does."""
    return value.date() if isinstance(value, datetime.datetime) else _any_date(value)


_any_timestamp = _instance_of(datetime.datetime, "Types.SQL_TIMESTAMP()")


def _timestamp(value: Any) -> Any:
    """Returns the local time of a datetime with a zone, as PyFlink does."""
    moment = _any_timestamp(value)
    return moment if moment.tzinfo is None else moment.replace(tzinfo=None)


def _char(value: Any) -> str:
    if not isinstance(value, str) or len(value) != 1:
        raise TypeError(f"the declared type Types.CHAR() needs a str of length 1, and got {value!r:.200}")
    return value


def _bytes(value: Any) -> bytes:
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise TypeError(
            "the declared type Types.PRIMITIVE_ARRAY(Types.BYTE()) needs bytes, "
            f"and got {type(value).__name__}: {value!r:.200}"
        )
    return bytes(value)


def _row(type_info: RowTypeInfo, wrap: bool) -> Converter:
    names = type_info.get_field_names()
    convert_fields = _fields(names, type_info.get_field_types(), wrap)

    def convert(value: Any) -> Row:
        kind = RowKind.INSERT
        if isinstance(value, Row):
            kind = value.get_row_kind()
            fields = value.get_fields_by_names(names)
        elif not wrap:
            raise TypeError(f"the declared type ROW needs a Row, and got {type(value).__name__}: {value!r:.200}")
        elif isinstance(value, dict):
            fields = [value.get(name) for name in names]
        elif isinstance(value, (tuple, list)):
            fields = list(value)
        elif hasattr(value, "__dict__"):
            fields = [value.__dict__.get(name) for name in names]
        else:
            raise ValueError(f"Unexpected tuple {value!r} with RowTypeInfo")
        row = Row(*convert_fields(fields))
        row.set_field_names(names)
        row.set_row_kind(kind)
        return row

    return convert


def _tuple(type_info: TupleTypeInfo, wrap: bool) -> Converter:
    types = type_info.get_field_types()
    convert_fields = _fields([f"f{position}" for position in range(len(types))], types, wrap)

    def convert(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, (tuple, list, Row)):
            if wrap:
                raise ValueError(f"Unexpected tuple {value!r} with TupleTypeInfo")
            raise TypeError(f"the declared type TUPLE needs a tuple, and got {type(value).__name__}: {value!r:.200}")
        if any(field is None for field in value):
            raise TypeError(f"a declared TUPLE cannot hold None: {value!r:.200}")
        return tuple(convert_fields(list(value)))

    return convert


def _fields(names: list[str], types: list[TypeInformation], wrap: bool) -> Callable[[list[Any]], list[Any]]:
    converters = [converter(field_type, wrap=wrap) for field_type in types]

    def convert(values: list[Any]) -> list[Any]:
        if len(values) != len(converters):
            raise ValueError(f"{len(converters)} fields are declared, and the value has {len(values)}")
        converted: list[Any] = []
        try:
            for convert, value in zip(converters, values, strict=True):
                converted.append(value if convert is None else convert(value))
        except _MISFITS as error:
            _say_where(error, names[len(converted)])
            raise
        return converted

    return convert


def _list(element_type: TypeInformation, wrap: bool) -> Converter:
    convert = converter(element_type, wrap=wrap)

    def convert_list(values: Any) -> list[Any]:
        _check_iterable(values)
        try:
            return list(values) if convert is None else list(map(convert, values))
        except _MISFITS as error:
            _say_where(error, "[]")
            raise

    return convert_list


def _check_iterable(values: Any) -> None:
    if not isinstance(values, Iterable):
        raise TypeError(f"the declared type needs a list, and got {type(values).__name__}: {values!r:.200}")


def _map(type_info: MapTypeInfo, wrap: bool) -> Converter:
    keys = converter(type_info._key_type_info, wrap=wrap) or (lambda key: key)
    values = converter(type_info._value_type_info, wrap=wrap) or (lambda value: value)

    def convert(mapping: Any) -> dict[Any, Any]:
        if not isinstance(mapping, Mapping):
            raise TypeError(f"the declared type MAP needs a dict, and got {type(mapping).__name__}: {mapping!r:.200}")
        try:
            return {keys(key): values(value) for key, value in mapping.items()}
        except _MISFITS as error:
            _say_where(error, "{}")
            raise

    return convert


def _say_where(error: Exception, step: str) -> None:
    """Adds the path in the value to the error, as the engine does: `order.items[].price`."""
    inner, said = getattr(error, "_misfit", ("", error.args[0] if error.args else ""))
    path = step + inner if inner[:1] in ("", "[", "{") else f"{step}.{inner}"
    error._misfit = (path, said)  # type: ignore[attr-defined]
    error.args = (f"field '{path}': {said}",)
