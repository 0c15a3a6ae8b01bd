"""Types: what a stream's values are, as far as the program declared it.

A type decides how values travel. Without one they are pickled and come out as they went in; `Types.STRING()` is UTF-8,
which is what `SimpleStringSchema` takes. `to_internal_type` and `from_internal_type` convert between what a program
uses and a plain form (a date is its day number, a row is a tuple).
"""

from __future__ import annotations

import datetime
from enum import Enum
from typing import Any

from shardline._absent import AbsentMethods
from shardline.common.time import Instant
from shardline.common.types import Row

__all__ = [
    "BasicArrayTypeInfo",
    "BasicType",
    "BasicTypeInfo",
    "DateTypeInfo",
    "ExternalTypeInfo",
    "InstantTypeInfo",
    "ListTypeInfo",
    "LocalTimeTypeInfo",
    "MapTypeInfo",
    "ObjectArrayTypeInfo",
    "PickledBytesTypeInfo",
    "PrimitiveArrayTypeInfo",
    "RowTypeInfo",
    "SqlTimeTypeInfo",
    "TimeTypeInfo",
    "TimestampTypeInfo",
    "TupleTypeInfo",
    "TypeInformation",
    "Types",
]


class TypeInformation(AbsentMethods):
    """Base class of all types. Two types are equal if they describe the same values."""

    def need_conversion(self) -> bool:
        """Whether the internal form differs from the value itself."""
        return False

    def to_internal_type(self, obj: Any) -> Any:
        return obj

    def from_internal_type(self, obj: Any) -> Any:
        return obj

    def _spec(self) -> dict[str, Any]:
        """This type in a job graph."""
        raise TypeError(f"values of type {self!r} stay in Python: the engine's schemas do not know it")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


# ---- single values


class BasicType(Enum):
    STRING = "String"
    BYTE = "Byte"
    BOOLEAN = "Boolean"
    SHORT = "Short"
    INT = "Integer"
    LONG = "Long"
    FLOAT = "Float"
    DOUBLE = "Double"
    CHAR = "Char"
    BIG_INT = "BigInteger"
    BIG_DEC = "BigDecimal"
    INSTANT = "Instant"


class BasicTypeInfo(TypeInformation):
    def __init__(self, basic_type: BasicType) -> None:
        self._basic_type = basic_type

    def __repr__(self) -> str:
        return self._basic_type.value

    def _spec(self) -> dict[str, Any]:
        return {"type": self._basic_type.name}

    @staticmethod
    def STRING_TYPE_INFO() -> BasicTypeInfo:
        return BasicTypeInfo(BasicType.STRING)

    @staticmethod
    def BOOLEAN_TYPE_INFO() -> BasicTypeInfo:
        return BasicTypeInfo(BasicType.BOOLEAN)

    @staticmethod
    def BYTE_TYPE_INFO() -> BasicTypeInfo:
        return BasicTypeInfo(BasicType.BYTE)

    @staticmethod
    def SHORT_TYPE_INFO() -> BasicTypeInfo:
        return BasicTypeInfo(BasicType.SHORT)

    @staticmethod
    def INT_TYPE_INFO() -> BasicTypeInfo:
        return BasicTypeInfo(BasicType.INT)

    @staticmethod
    def LONG_TYPE_INFO() -> BasicTypeInfo:
        return BasicTypeInfo(BasicType.LONG)

    @staticmethod
    def FLOAT_TYPE_INFO() -> BasicTypeInfo:
        return BasicTypeInfo(BasicType.FLOAT)

    @staticmethod
    def DOUBLE_TYPE_INFO() -> BasicTypeInfo:
        return BasicTypeInfo(BasicType.DOUBLE)

    @staticmethod
    def CHAR_TYPE_INFO() -> BasicTypeInfo:
        return BasicTypeInfo(BasicType.CHAR)

    @staticmethod
    def BIG_INT_TYPE_INFO() -> BasicTypeInfo:
        return BasicTypeInfo(BasicType.BIG_INT)

    @staticmethod
    def BIG_DEC_TYPE_INFO() -> BasicTypeInfo:
        return BasicTypeInfo(BasicType.BIG_DEC)

    @staticmethod
    def INSTANT_TYPE_INFO() -> BasicTypeInfo:
        return InstantTypeInfo(BasicType.INSTANT)


class InstantTypeInfo(BasicTypeInfo):
    """Internally: epoch milliseconds."""

    def __init__(self, basic_type: BasicType) -> None:
        super().__init__(basic_type)

    def need_conversion(self) -> bool:
        return True

    def to_internal_type(self, obj: Instant) -> int:
        return obj.to_epoch_milli()

    def from_internal_type(self, obj: int) -> Instant:
        return Instant.of_epoch_milli(obj)


class PickledBytesTypeInfo(TypeInformation):
    """Any Python object that can be pickled: the type of every stream that was given none."""

    def __repr__(self) -> str:
        return "PickledByteArrayTypeInfo"


class VoidTypeInfo(TypeInformation):
    """Nothing but None."""

    def _spec(self) -> dict[str, Any]:
        return {"type": "VOID"}


# ---- dates and times


class SqlTimeTypeInfo(TypeInformation):
    @staticmethod
    def DATE() -> DateTypeInfo:
        return DateTypeInfo()

    @staticmethod
    def TIME() -> TimeTypeInfo:
        return TimeTypeInfo()

    @staticmethod
    def TIMESTAMP() -> TimestampTypeInfo:
        return TimestampTypeInfo()


class DateTypeInfo(TypeInformation):
    """`datetime.date`. Internally: days since 1970-01-01."""

    EPOCH_ORDINAL = datetime.date(1970, 1, 1).toordinal()

    def __init__(self) -> None:
        pass

    def _spec(self) -> dict[str, Any]:
        return {"type": "SQL_DATE"}

    def need_conversion(self) -> bool:
        return True

    def to_internal_type(self, d: datetime.date | None) -> int | None:
        return None if d is None else d.toordinal() - self.EPOCH_ORDINAL

    def from_internal_type(self, v: int | None) -> datetime.date | None:
        return None if v is None else datetime.date.fromordinal(v + self.EPOCH_ORDINAL)


class TimeTypeInfo(TypeInformation):
    """`datetime.time`. Internally: microseconds of the day, in UTC where the time has a zone."""

    def _spec(self) -> dict[str, Any]:
        return {"type": "SQL_TIME"}

    def need_conversion(self) -> bool:
        return True

    def to_internal_type(self, t: datetime.time | None) -> int | None:
        if t is None:
            return None
        offset = t.utcoffset() or datetime.timedelta()
        since_midnight = datetime.timedelta(
            hours=t.hour, minutes=t.minute, seconds=t.second, microseconds=t.microsecond
        )
        return (since_midnight - offset) // datetime.timedelta(microseconds=1)

    def from_internal_type(self, t: int | None) -> datetime.time | None:
        if t is None:
            return None
        return (datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=t)).time()


class TimestampTypeInfo(TypeInformation):
    """`datetime.datetime`. Internally: epoch microseconds; one without a zone is local time."""

    def _spec(self) -> dict[str, Any]:
        return {"type": "SQL_TIMESTAMP"}

    def need_conversion(self) -> bool:
        return True

    def to_internal_type(self, dt: datetime.datetime | None) -> int | None:
        if dt is None:
            return None
        return int(dt.replace(microsecond=0).timestamp()) * 1_000_000 + dt.microsecond

    def from_internal_type(self, ts: int | None) -> datetime.datetime | None:
        if ts is None:
            return None
        seconds, micros = divmod(ts, 1_000_000)
        return datetime.datetime.fromtimestamp(seconds).replace(microsecond=micros)


class LocalTimeTypeInfo(TypeInformation):
    class TimeType(Enum):
        LOCAL_DATE = 0
        LOCAL_TIME = 1
        LOCAL_DATE_TIME = 2

    def __init__(self, time_type: TimeType) -> None:
        self._time_type = time_type

    def __repr__(self) -> str:
        return f"LocalTimeTypeInfo({self._time_type.name})"

    def _spec(self) -> dict[str, Any]:
        return {"type": self._time_type.name}


# ---- several values


class _ElementTypeInfo(TypeInformation):
    _name = ""
    _kind = ""

    def __init__(self, element_type: TypeInformation) -> None:
        self._element_type = _checked(element_type)

    def __repr__(self) -> str:
        return f"{self._name}<{self._element_type!r}>"

    def _spec(self) -> dict[str, Any]:
        return {"type": self._kind, "element": self._element_type._spec()}


class PrimitiveArrayTypeInfo(_ElementTypeInfo):
    """Numbers that cannot be null. Of bytes: `bytes`."""

    _name = "PrimitiveArrayTypeInfo"
    _kind = "PRIMITIVE_ARRAY"


class BasicArrayTypeInfo(_ElementTypeInfo):
    _name = "BasicArrayTypeInfo"
    _kind = "BASIC_ARRAY"


class ObjectArrayTypeInfo(_ElementTypeInfo):
    _name = "ObjectArrayTypeInfo"
    _kind = "OBJECT_ARRAY"


class ListTypeInfo(_ElementTypeInfo):
    _name = "ListTypeInfo"
    _kind = "LIST"


class MapTypeInfo(TypeInformation):
    def __init__(self, key_type_info: TypeInformation, value_type_info: TypeInformation) -> None:
        self._key_type_info = _checked(key_type_info)
        self._value_type_info = _checked(value_type_info)

    def __repr__(self) -> str:
        return f"MapTypeInfo<{self._key_type_info!r}, {self._value_type_info!r}>"

    def _spec(self) -> dict[str, Any]:
        return {"type": "MAP", "key": self._key_type_info._spec(), "value": self._value_type_info._spec()}


class RowTypeInfo(TypeInformation):
    """Rows. Without names the fields are called f0, f1, and so on."""

    def __init__(self, field_types: list[TypeInformation], field_names: list[str] | None = None) -> None:
        self._field_types = [_checked(field_type) for field_type in field_types]
        names = [f"f{index}" for index in range(len(field_types))] if field_names is None else list(field_names)
        if len(names) != len(self._field_types):
            raise ValueError(f"a ROW needs a name for each type: {len(names)} names, {len(self._field_types)} types")
        if len(set(names)) != len(names):
            raise ValueError(f"a ROW's names must differ: {names}")
        self._field_names = names

    def get_field_names(self) -> list[str]:
        return list(self._field_names)

    def get_field_index(self, field_name: str) -> int:
        """-1 if there is no such field."""
        return self._field_names.index(field_name) if field_name in self._field_names else -1

    def get_field_types(self) -> list[TypeInformation]:
        return list(self._field_types)

    def __repr__(self) -> str:
        fields = zip(self._field_names, self._field_types, strict=True)
        return "RowTypeInfo({})".format(", ".join(f"{name}: {field_type!r}" for name, field_type in fields))

    def _spec(self) -> dict[str, Any]:
        return {"type": "ROW", "names": self._field_names, "types": [t._spec() for t in self._field_types]}

    def need_conversion(self) -> bool:
        return True

    def to_internal_type(self, obj: Any) -> tuple[Any, ...] | None:
        """A tuple in the order of the fields, from a Row, dict, tuple, list or an object with attributes."""
        if obj is None:
            return None
        if isinstance(obj, Row):
            values = obj.get_fields_by_names(self._field_names)
        elif isinstance(obj, dict):
            values = [obj.get(name) for name in self._field_names]
        elif isinstance(obj, (tuple, list)):
            values = list(obj)
        elif hasattr(obj, "__dict__"):
            values = [obj.__dict__.get(name) for name in self._field_names]
        else:
            raise ValueError(f"Unexpected tuple {obj!r} with RowTypeInfo")
        if len(values) != len(self._field_types):
            raise ValueError(f"a row of {len(self._field_types)} fields cannot take {len(values)} values: {obj!r}")
        return tuple(map(_to_internal, self._field_types, values))

    def from_internal_type(self, obj: Any) -> Row | None:
        if obj is None:
            return None
        row = Row(*map(_from_internal, self._field_types, obj))
        row.set_field_names(self._field_names)
        return row


class RenamedRowTypeInfo(RowTypeInfo):
    """Rows of one type that a schema sees as those of another, with as many fields: by their places."""

    def __init__(self, rows: RowTypeInfo, seen: RowTypeInfo) -> None:
        super().__init__(rows.get_field_types(), rows.get_field_names())
        self._seen = seen

    def _spec(self) -> dict[str, Any]:
        return self._seen._spec()


class TupleTypeInfo(TypeInformation):
    def __init__(self, field_types: list[TypeInformation]) -> None:
        self._field_types = [_checked(field_type) for field_type in field_types]

    def get_field_types(self) -> list[TypeInformation]:
        return list(self._field_types)

    def __repr__(self) -> str:
        return "TupleTypeInfo({})".format(", ".join(map(repr, self._field_types)))

    def _spec(self) -> dict[str, Any]:
        return {"type": "TUPLE", "types": [t._spec() for t in self._field_types]}

    def need_conversion(self) -> bool:
        return True

    def to_internal_type(self, obj: Any) -> tuple[Any, ...] | None:
        if obj is None:
            return None
        if not isinstance(obj, (tuple, list, Row)):
            raise ValueError(f"Unexpected tuple {obj!r} with TupleTypeInfo")
        if len(obj) != len(self._field_types):
            raise ValueError(f"a tuple of {len(self._field_types)} fields cannot take {len(obj)} values: {obj!r}")
        return tuple(map(_to_internal, self._field_types, obj))

    def from_internal_type(self, obj: Any) -> tuple[Any, ...] | None:
        return None if obj is None else tuple(map(_from_internal, self._field_types, obj))


class ExternalTypeInfo(TypeInformation):
    """A type as it is outside of tables; the same values as the type inside."""

    def __init__(self, type_info: TypeInformation) -> None:
        self._type_info = _checked(type_info)

    def __repr__(self) -> str:
        return f"ExternalTypeInfo<{self._type_info!r}>"

    def _spec(self) -> dict[str, Any]:
        return self._type_info._spec()


def _to_internal(type_info: TypeInformation, value: Any) -> Any:
    return None if value is None else type_info.to_internal_type(value)


def _from_internal(type_info: TypeInformation, value: Any) -> Any:
    return None if value is None else type_info.from_internal_type(value)


def _checked(type_info: TypeInformation) -> TypeInformation:
    if not isinstance(type_info, TypeInformation):
        raise TypeError(f"a type is needed, such as Types.STRING(), not {type_info!r}")
    return type_info


class Types:
    """All types, by the names that programs use."""

    @staticmethod
    def STRING() -> TypeInformation:
        return BasicTypeInfo.STRING_TYPE_INFO()

    @staticmethod
    def BYTE() -> TypeInformation:
        """8 bits, signed."""
        return BasicTypeInfo.BYTE_TYPE_INFO()

    @staticmethod
    def BOOLEAN() -> TypeInformation:
        return BasicTypeInfo.BOOLEAN_TYPE_INFO()

    @staticmethod
    def SHORT() -> TypeInformation:
        """16 bits, signed."""
        return BasicTypeInfo.SHORT_TYPE_INFO()

    @staticmethod
    def INT() -> TypeInformation:
        """32 bits, signed."""
        return BasicTypeInfo.INT_TYPE_INFO()

    @staticmethod
    def LONG() -> TypeInformation:
        """64 bits, signed."""
        return BasicTypeInfo.LONG_TYPE_INFO()

    @staticmethod
    def FLOAT() -> TypeInformation:
        """32 bits: values are rounded."""
        return BasicTypeInfo.FLOAT_TYPE_INFO()

    @staticmethod
    def DOUBLE() -> TypeInformation:
        return BasicTypeInfo.DOUBLE_TYPE_INFO()

    @staticmethod
    def CHAR() -> TypeInformation:
        return BasicTypeInfo.CHAR_TYPE_INFO()

    @staticmethod
    def BIG_INT() -> TypeInformation:
        return BasicTypeInfo.BIG_INT_TYPE_INFO()

    @staticmethod
    def BIG_DEC() -> TypeInformation:
        """`decimal.Decimal`."""
        return BasicTypeInfo.BIG_DEC_TYPE_INFO()

    @staticmethod
    def INSTANT() -> TypeInformation:
        return BasicTypeInfo.INSTANT_TYPE_INFO()

    @staticmethod
    def SQL_DATE() -> TypeInformation:
        """`datetime.date`."""
        return SqlTimeTypeInfo.DATE()

    @staticmethod
    def SQL_TIME() -> TypeInformation:
        """`datetime.time`."""
        return SqlTimeTypeInfo.TIME()

    @staticmethod
    def SQL_TIMESTAMP() -> TypeInformation:
        """`datetime.datetime`, local."""
        return SqlTimeTypeInfo.TIMESTAMP()

    @staticmethod
    def PICKLED_BYTE_ARRAY() -> TypeInformation:
        """Any object: the same as giving no type."""
        return PickledBytesTypeInfo()

    @staticmethod
    def ROW(field_types: list[TypeInformation]) -> RowTypeInfo:
        return RowTypeInfo(field_types)

    @staticmethod
    def ROW_NAMED(field_names: list[str], field_types: list[TypeInformation]) -> RowTypeInfo:
        return RowTypeInfo(field_types, field_names)

    @staticmethod
    def TUPLE(field_types: list[TypeInformation]) -> TupleTypeInfo:
        return TupleTypeInfo(field_types)

    @staticmethod
    def PRIMITIVE_ARRAY(element_type: TypeInformation) -> TypeInformation:
        """Of `Types.BYTE()`: `bytes`, which is what `ByteArraySchema` takes."""
        if not isinstance(element_type, BasicTypeInfo) or element_type._basic_type not in _PRIMITIVES:
            raise TypeError(f"Invalid element type for a primitive array: {element_type!r}")
        return PrimitiveArrayTypeInfo(element_type)

    @staticmethod
    def BASIC_ARRAY(element_type: TypeInformation) -> TypeInformation:
        if not isinstance(element_type, BasicTypeInfo):
            raise TypeError(f"Invalid element type for a boxed primitive array: {element_type!r}")
        return BasicArrayTypeInfo(element_type)

    @staticmethod
    def OBJECT_ARRAY(element_type: TypeInformation) -> TypeInformation:
        return ObjectArrayTypeInfo(element_type)

    @staticmethod
    def MAP(key_type_info: TypeInformation, value_type_info: TypeInformation) -> TypeInformation:
        return MapTypeInfo(key_type_info, value_type_info)

    @staticmethod
    def LIST(element_type_info: TypeInformation) -> TypeInformation:
        return ListTypeInfo(element_type_info)


_PRIMITIVES = {
    BasicType.BOOLEAN,
    BasicType.BYTE,
    BasicType.SHORT,
    BasicType.INT,
    BasicType.LONG,
    BasicType.FLOAT,
    BasicType.DOUBLE,
    BasicType.CHAR,
}
