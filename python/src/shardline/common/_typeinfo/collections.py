"""Types of arrays, lists and maps."""

from __future__ import annotations

from typing import Any

from shardline._publishing import published_in
from shardline.common._typeinfo.type_information import TypeInformation, checked_type


class ElementTypeInfo(TypeInformation):
    _name = ""
    _kind = ""

    def __init__(self, element_type: TypeInformation) -> None:
        self._element_type = checked_type(element_type)

    def __repr__(self) -> str:
        return f"{self._name}<{self._element_type!r}>"

    def _spec(self) -> dict[str, Any]:
        return {"type": self._kind, "element": self._element_type._spec()}


@published_in("shardline.common.typeinfo")
class PrimitiveArrayTypeInfo(ElementTypeInfo):
    """An array of numbers that cannot be null. An array of bytes is `bytes`."""

    _name = "PrimitiveArrayTypeInfo"
    _kind = "PRIMITIVE_ARRAY"


@published_in("shardline.common.typeinfo")
class BasicArrayTypeInfo(ElementTypeInfo):
    _name = "BasicArrayTypeInfo"
    _kind = "BASIC_ARRAY"


@published_in("shardline.common.typeinfo")
class ObjectArrayTypeInfo(ElementTypeInfo):
    _name = "ObjectArrayTypeInfo"
    _kind = "OBJECT_ARRAY"


@published_in("shardline.common.typeinfo")
class ListTypeInfo(ElementTypeInfo):
    _name = "ListTypeInfo"
    _kind = "LIST"


@published_in("shardline.common.typeinfo")
class MapTypeInfo(TypeInformation):
    def __init__(self, key_type_info: TypeInformation, value_type_info: TypeInformation) -> None:
        self._key_type_info = checked_type(key_type_info)
        self._value_type_info = checked_type(value_type_info)

    def __repr__(self) -> str:
        return f"MapTypeInfo<{self._key_type_info!r}, {self._value_type_info!r}>"

    def _spec(self) -> dict[str, Any]:
        return {"type": "MAP", "key": self._key_type_info._spec(), "value": self._value_type_info._spec()}
