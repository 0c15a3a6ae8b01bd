"""Types of single values: numbers, text, any picklable object."""

from __future__ import annotations

from enum import Enum
from typing import Any

from shardline._publishing import published_in
from shardline.common._typeinfo.type_information import TypeInformation
from shardline.common.time import Instant


@published_in("shardline.common.typeinfo")
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


@published_in("shardline.common.typeinfo")
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


@published_in("shardline.common.typeinfo")
class InstantTypeInfo(BasicTypeInfo):
    """The internal form is epoch milliseconds."""

    def __init__(self, basic_type: BasicType) -> None:
        super().__init__(basic_type)

    def need_conversion(self) -> bool:
        return True

    def to_internal_type(self, obj: Instant) -> int:
        return obj.to_epoch_milli()

    def from_internal_type(self, obj: int) -> Instant:
        return Instant.of_epoch_milli(obj)


@published_in("shardline.common.typeinfo")
class PickledBytesTypeInfo(TypeInformation):
    """Any Python object that can be pickled: the type of every stream without a declared type."""

    def __repr__(self) -> str:
        return "PickledByteArrayTypeInfo"


@published_in("shardline.common.typeinfo")
class VoidTypeInfo(TypeInformation):
    """The only value is None."""

    def _spec(self) -> dict[str, Any]:
        return {"type": "VOID"}
