"""Plain values, which the schemas of the engine read and write. A bundle of them is one pickle of `(type, [value,
...])`.

Values are pickled unchanged, in C, except for rows and data classes. A `Row` is pickled as a tuple of its fields, and
the JSON of the type names them. An object of a data class is pickled as a dict of its fields.
"""

from __future__ import annotations

import dataclasses
import datetime
import io
import json
import pickle
import uuid
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from typing import Any

from shardline.common._typeinfo.collections import ElementTypeInfo
from shardline.common.time import Instant
from shardline.common.typeinfo import (
    ListTypeInfo,
    MapTypeInfo,
    PickledBytesTypeInfo,
    RowTypeInfo,
    TupleTypeInfo,
    TypeInformation,
)
from shardline.common.types import Row, RowKind

_Convert = Callable[[Any], Any]
_PROTOCOL = 4
_new_row = Row.__new__


# ---- from the engine


def load(payload: bytes) -> list[Any]:
    """Returns the values of a bundle."""
    described, values = pickle.loads(payload)
    if described is None:
        return values  # type: ignore[no-any-return]
    convert = _converter(described)
    return values if convert is None else list(map(convert, values))


_converters: dict[str, _Convert | None] = {}


def _converter(described: str) -> _Convert | None:
    if described not in _converters:
        _converters[described] = _of_spec(json.loads(described))
    return _converters[described]


def _of_spec(spec: dict[str, Any]) -> _Convert | None:
    """Returns the function that makes rows of tuples in values of this type, or None if the values have no rows."""
    kind = spec["type"]
    if kind == "ROW":
        return _row(spec["names"], [_of_spec(field) for field in spec["types"]])
    if kind == "RECORD":
        named = {
            name: convert
            for name, field in zip(spec["names"], spec["types"], strict=True)
            if (convert := _of_spec(field)) is not None
        }
        return _or_none(lambda value: {**value, **{n: c(value[n]) for n, c in named.items()}}) if named else None
    if kind in ("LIST", "BASIC_ARRAY", "OBJECT_ARRAY", "PRIMITIVE_ARRAY"):
        return _each_item(_of_spec(spec["element"]))
    if kind == "MAP":
        return _each_value(_of_spec(spec["value"]))
    if kind == "TUPLE":
        return _each_field([_of_spec(field) for field in spec["types"]])
    return None


def _row(names: list[str], fields: list[_Convert | None]) -> _Convert:
    insert = RowKind.INSERT
    converted = [(position, convert) for position, convert in enumerate(fields) if convert is not None]

    def convert_row(values: tuple[Any, ...] | None) -> Row | None:
        if values is None:
            return None
        # Written into its dictionary, because calling the constructor for each row takes twice as long.
        row = _new_row(Row)
        own = row.__dict__
        own["_values"] = listed = list(values)
        own["_fields"] = names
        own["_row_kind"] = insert
        for position, convert in converted:
            listed[position] = convert(listed[position])
        return row

    return convert_row


def _or_none(convert: _Convert) -> _Convert:
    return lambda value: None if value is None else convert(value)


def _each_item(convert: _Convert | None) -> _Convert | None:
    return None if convert is None else _or_none(lambda value: list(map(convert, value)))


def _each_value(convert: _Convert | None) -> _Convert | None:
    return None if convert is None else _or_none(lambda value: {key: convert(item) for key, item in value.items()})


def _each_field(converters: list[_Convert | None]) -> _Convert | None:
    if not any(converters):
        return None
    return _or_none(lambda value: tuple(v if c is None else c(v) for c, v in zip(converters, value, strict=True)))


# ---- to the engine


def dump(values: list[Any], type_info: TypeInformation | None) -> bytes:
    """Returns the pickle. Raises what pickling raises; `position_of_failure` then finds the value that failed."""
    plain = None if type_info is None else plain_converter(type_info)
    if plain is not None:
        values = list(map(plain, values))
    return _dumps((_described(type_info), values))


def _described(type_info: TypeInformation | None) -> str | None:
    if type_info is None or isinstance(type_info, PickledBytesTypeInfo):
        return None
    return json.dumps(type_info._spec())


def position_of_failure(values: list[Any]) -> tuple[int, BaseException] | None:
    """Returns the position of the first value that cannot be pickled, and the error."""
    for position, value in enumerate(values):
        try:
            _dumps(value)
        except Exception as error:  # noqa: BLE001 - a value's own code may raise anything
            return position, error
    return None


def _dumps(value: Any) -> bytes:
    out = io.BytesIO()
    _Pickler(out, _PROTOCOL).dump(value)
    return out.getvalue()


class _Pickler(pickle.Pickler):
    """Pickles objects of data classes as their fields, members of enumerations as their names, objects of subclasses of
    Python's own types as these, and points in time in UTC."""

    def reducer_override(self, obj: Any) -> Any:
        kind = type(obj)
        if kind in _AS_THEY_ARE:
            return NotImplemented
        if dataclasses.is_dataclass(obj) and not isinstance(obj, type):
            return _plain, ({field.name: getattr(obj, field.name) for field in dataclasses.fields(obj)},)
        if isinstance(obj, datetime.datetime):
            if obj.tzinfo in (None, datetime.timezone.utc):
                return NotImplemented
            return obj.astimezone(datetime.timezone.utc).__reduce_ex__(_PROTOCOL)
        if isinstance(obj, Enum):
            return (_plain, (obj.name,)) if obj.name is not None else NotImplemented
        for base, plain in _PLAIN.items():
            if isinstance(obj, base):
                return _plain, (plain(obj),)
        return NotImplemented


_AS_THEY_ARE = frozenset({Decimal, datetime.date, datetime.time, uuid.UUID, Row, RowKind, Instant})

#: Makes a value of exactly this type, even if its class overrides the usual conversions.
_PLAIN: dict[type, _Convert] = {
    str: str.__str__,
    int: int.__int__,
    float: float.__float__,
    bytes: lambda value: bytes(memoryview(value)),
    tuple: tuple,
    list: list,
    dict: lambda value: dict(value.items()),
}


def _plain(value: Any) -> Any:
    return value


def plain_converter(type_info: TypeInformation) -> _Convert | None:
    """Returns the function that makes tuples of rows in values of this type, or None if the values have no rows."""
    if isinstance(type_info, RowTypeInfo):
        names = type_info.get_field_names()
        fields = [plain_converter(field) for field in type_info.get_field_types()]
        return _row_to_tuple(names, fields)
    if isinstance(type_info, TupleTypeInfo):
        return _each_field([plain_converter(field) for field in type_info.get_field_types()])
    if isinstance(type_info, MapTypeInfo):
        return _each_value(plain_converter(type_info._value_type_info))
    if isinstance(type_info, (ListTypeInfo, ElementTypeInfo)):
        return _each_item(plain_converter(type_info._element_type))
    return None


def _row_to_tuple(names: list[str], fields: list[_Convert | None]) -> _Convert:
    count = len(names)
    converted = [(position, convert) for position, convert in enumerate(fields) if convert is not None]

    def convert_row(row: Row | None) -> Any:
        if row is None:
            return None
        if not isinstance(row, Row):
            raise TypeError(f"the declared type ROW needs a Row, and got {type(row).__name__}: {row!r:.200}")
        values = row.get_fields_by_names(names)
        if len(values) != count:
            raise ValueError(f"{count} fields are declared, and the row has {len(values)}: {row!r:.200}")
        for position, convert in converted:
            values[position] = convert(values[position])
        return values

    return convert_row
