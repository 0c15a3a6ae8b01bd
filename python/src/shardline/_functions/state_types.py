"""Types as text, such as `MAP<STRING, ROW<id: LONG, tags: LIST<STRING>>>`. A checkpoint has the type of a state in this
form.

Two types with the same text store the same values. As in PyFlink's coders, a list, a basic array and an object array
are the same, and rows are the same only if their names and types are. The engine writes the same texts for its own
functions (`schemas/contracts/type-text.ts`).
"""

from __future__ import annotations

import json
import re

from shardline.common.typeinfo import (
    BasicArrayTypeInfo,
    BasicTypeInfo,
    DateTypeInfo,
    ExternalTypeInfo,
    ListTypeInfo,
    LocalTimeTypeInfo,
    MapTypeInfo,
    ObjectArrayTypeInfo,
    PickledBytesTypeInfo,
    PrimitiveArrayTypeInfo,
    RowTypeInfo,
    TimestampTypeInfo,
    TimeTypeInfo,
    TupleTypeInfo,
    TypeInformation,
    VoidTypeInfo,
)

_PLAIN: dict[type[TypeInformation], str] = {
    PickledBytesTypeInfo: "PICKLED_BYTE_ARRAY",
    VoidTypeInfo: "VOID",
    DateTypeInfo: "SQL_DATE",
    TimeTypeInfo: "SQL_TIME",
    TimestampTypeInfo: "SQL_TIMESTAMP",
}


def type_text(type_info: TypeInformation) -> str:
    if isinstance(type_info, ExternalTypeInfo):
        return type_text(type_info._type_info)
    if isinstance(type_info, BasicTypeInfo):
        return type_info._basic_type.name
    if isinstance(type_info, LocalTimeTypeInfo):
        return type_info._time_type.name
    if isinstance(type_info, (ListTypeInfo, BasicArrayTypeInfo, ObjectArrayTypeInfo)):
        return f"LIST<{type_text(type_info._element_type)}>"
    if isinstance(type_info, PrimitiveArrayTypeInfo):
        return f"PRIMITIVE_ARRAY<{type_text(type_info._element_type)}>"
    if isinstance(type_info, MapTypeInfo):
        return f"MAP<{type_text(type_info._key_type_info)}, {type_text(type_info._value_type_info)}>"
    if isinstance(type_info, RowTypeInfo):
        fields = zip(type_info.get_field_names(), type_info.get_field_types(), strict=True)
        return f"ROW<{', '.join(f'{_name(name)}: {type_text(field)}' for name, field in fields)}>"
    if isinstance(type_info, TupleTypeInfo):
        return f"TUPLE<{', '.join(map(type_text, type_info.get_field_types()))}>"
    return _PLAIN.get(type(type_info)) or repr(type_info)


def _name(name: str) -> str:
    return name if re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name) else json.dumps(name, ensure_ascii=False)
