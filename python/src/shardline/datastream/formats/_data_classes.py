"""Data classes of the program as Avro records: the schema of a class, and objects of it from records."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import inspect
import json
import re
import types
import typing
import uuid
from collections.abc import Callable, Iterable
from decimal import Decimal
from enum import Enum
from typing import Any

from shardline._functions.values import _each_item, _each_value

_SIMPLE: dict[Any, Any] = {
    str: "string",
    int: "long",
    float: "double",
    bool: "boolean",
    bytes: "bytes",
    type(None): "null",
    datetime.date: {"type": "int", "logicalType": "date"},
    datetime.time: {"type": "long", "logicalType": "time-micros"},
    datetime.datetime: {"type": "long", "logicalType": "timestamp-micros"},
    uuid.UUID: {"type": "string", "logicalType": "uuid"},
}

_MISSING = object()


def schema_of(data_class: type) -> str:
    """Returns the `AVRO_SCHEMA` of the class, or a schema of its fields: int is long, float is double, datetime is a
    timestamp in microseconds, `X | None` is a union with null. Raises TypeError for a field without a type in Avro,
    such as a Decimal, whose scale is not known."""
    _checked(data_class)
    own = getattr(data_class, "AVRO_SCHEMA", None)
    if own is not None:
        return own if isinstance(own, str) else json.dumps(own)
    return json.dumps(_record(data_class, set()))


def maker_of(data_class: type, *, of_json: bool = False) -> Callable[[Any], Any]:
    """Returns a function from a dict to an object, with objects of other data classes in it. With `of_json`, it makes
    values that JSON does not have from the text or the number that represents them."""
    _checked(data_class)
    _hints(data_class)
    return _Maker(data_class, of_json)


def check_fields(data_class: type, names: Iterable[str]) -> None:
    """Raises TypeError if records with these fields cannot become objects of the class."""
    parameters = inspect.signature(data_class).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return
    given = list(names)
    for name in given:
        if name not in parameters:
            raise TypeError(
                f"{data_class.__name__} takes no field {name!r}, which the schema has: give the class one, or a schema "
                "without it"
            )
    for name, parameter in parameters.items():
        if (
            name not in given
            and parameter.default is parameter.empty
            and parameter.kind is not parameter.VAR_POSITIONAL
        ):
            raise TypeError(f"{data_class.__name__} needs {name!r}, which the schema does not have: give it a default")


class _Maker:
    """Makes objects of a class. It can be pickled, and examines the fields once."""

    def __init__(self, data_class: type, of_json: bool) -> None:
        self._class = data_class
        self._of_json = of_json
        self._inner: dict[str, Callable[[Any], Any]] | None = None

    def __call__(self, record: Any) -> Any:
        if record is None:
            return None
        if self._inner is None:
            hints = _hints(self._class)
            names = [field.name for field in dataclasses.fields(self._class)]
            made = {name: _converter(hints[name], self._of_json) for name in names}
            self._inner = {name: convert for name, convert in made.items() if convert is not None}
        if self._inner:
            record = {name: self._inner[name](v) if name in self._inner else v for name, v in record.items()}
        return self._class(**record)

    def __reduce__(self) -> tuple[Any, ...]:
        return _Maker, (self._class, self._of_json)


def _converter(hint: Any, of_json: bool) -> Callable[[Any], Any] | None:
    """Returns the function that makes the object of a field's type, or None if the value stays as it is."""
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _Maker(hint, of_json)
    if of_json and hint in _OF_JSON:
        kinds, made_of = _OF_JSON[hint]
        return lambda value: made_of(value) if isinstance(value, kinds) and not isinstance(value, bool) else value
    if isinstance(hint, type) and issubclass(hint, Enum):
        return lambda value: None if value is None else hint[value]
    arguments = typing.get_args(hint)
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        concrete = [a for a in arguments if a is not type(None)]
        return _converter(concrete[0], of_json) if len(concrete) == 1 else None
    if origin is list:
        return _each_item(_converter(arguments[0], of_json))
    if origin is dict:
        return _each_value(_converter(arguments[1], of_json))
    return None


def _datetime(text: str) -> datetime.datetime:
    """Returns an ISO 8601 time, also in the forms that Python 3.10 does not parse: with a Z, and with any number of
    digits of a second."""
    text = re.sub(r"(\.\d{1,6})\d*", lambda found: found[1].ljust(7, "0"), text)
    return datetime.datetime.fromisoformat(f"{text[:-1]}+00:00" if text.endswith(("Z", "z")) else text)


def _time(text: str) -> datetime.time:
    return datetime.time.fromisoformat(re.sub(r"(\.\d{1,6})\d*", lambda found: found[1].ljust(7, "0"), text))


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


#: The JSON form of values of these classes, and the function that makes values from it.
_OF_JSON: dict[Any, tuple[Any, Callable[[Any], Any]]] = {
    float: (int, float),
    Decimal: ((int, float, str), lambda value: Decimal(str(value))),
    datetime.date: (str, datetime.date.fromisoformat),
    datetime.time: (str, _time),
    datetime.datetime: (str, _datetime),
    uuid.UUID: (str, uuid.UUID),
    bytes: (str, _bytes),
}


def _record(data_class: type, named: set[type]) -> Any:
    if data_class in named:
        return data_class.__name__
    named.add(data_class)
    hints = _hints(data_class)
    fields = []
    for field in dataclasses.fields(data_class):
        avro_type = _type(hints[field.name], data_class, field.name, named)
        described: dict[str, Any] = {"name": field.name, "type": avro_type}
        default = _default(field)
        if default is not _MISSING:
            if isinstance(avro_type, list):
                # By the specification of Avro, a default belongs to the first branch of its union.
                own = _SIMPLE.get(type(default))
                described["type"] = sorted(avro_type, key=lambda branch: (branch != own, branch == "null"))
            described["default"] = default
        fields.append(described)
    return {"type": "record", "name": data_class.__name__, "fields": fields}


def _default(field: dataclasses.Field[Any]) -> Any:
    """Returns the default of a field as JSON, so that a reader can use it."""
    if isinstance(field.default, Enum):
        return field.default.name
    if field.default is None or isinstance(field.default, (bool, int, float, str)):
        return field.default
    if field.default_factory in (list, dict):
        return field.default_factory()
    return _MISSING


def _type(hint: Any, owner: type, field: str, named: set[type]) -> Any:
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _record(hint, named)
    if isinstance(hint, type) and issubclass(hint, Enum):
        if hint in named:
            return hint.__name__
        named.add(hint)
        return {"type": "enum", "name": hint.__name__, "symbols": [member.name for member in hint]}
    arguments = typing.get_args(hint)
    origin = typing.get_origin(hint)
    if origin is list:
        return {"type": "array", "items": _type(arguments[0], owner, field, named)}
    if origin is dict and arguments[0] is str:
        return {"type": "map", "values": _type(arguments[1], owner, field, named)}
    if origin in (typing.Union, types.UnionType):
        branches = [_type(argument, owner, field, named) for argument in arguments]
        return sorted(branches, key=lambda branch: branch != "null")
    raise TypeError(
        f"{owner.__name__}.{field}: {hint!r} has no type in Avro; give the schema yourself, as the class's AVRO_SCHEMA "
        "or as an argument"
    )


def _hints(data_class: type) -> dict[str, Any]:
    try:
        return typing.get_type_hints(data_class)
    except NameError as error:
        raise TypeError(
            f"the types of {data_class.__name__}'s fields cannot be looked up: {error}. Types that are given as "
            "text, as all are with `from __future__ import annotations`, must be names of the module, not of a function"
        ) from None


def _checked(data_class: type) -> None:
    what = data_class.__name__ if isinstance(data_class, type) else type(data_class).__name__
    if not (isinstance(data_class, type) and dataclasses.is_dataclass(data_class)):
        raise TypeError(f"a data class (@dataclass) is needed, not {what}")
