"""The type of the values of an Avro schema, as `schemas/avro/avro-type-spec.ts` has it for the engine."""

from __future__ import annotations

import json
from typing import Any

from shardline.common.typeinfo import RowTypeInfo, TypeInformation, Types

_PRIMITIVES = {
    "null": "VOID",
    "boolean": "BOOLEAN",
    "int": "INT",
    "long": "LONG",
    "float": "FLOAT",
    "double": "DOUBLE",
    "string": "STRING",
    "enum": "STRING",
}
_BYTES = {"type": "PRIMITIVE_ARRAY", "element": {"type": "BYTE"}}
_WANTED: dict[type, str] = {str: "a text", list: "a list"}
#: How much of a wrong schema an error message shows.
_MAX_SHOWN = 80
#: Logical types by their underlying type.
_LOGICAL = {
    ("int", "date"): "LOCAL_DATE",
    ("int", "time-millis"): "LOCAL_TIME",
    ("long", "time-micros"): "LOCAL_TIME",
    ("long", "timestamp-millis"): "TIMESTAMP_UTC",
    ("long", "timestamp-micros"): "TIMESTAMP_UTC",
    ("long", "local-timestamp-millis"): "LOCAL_DATE_TIME",
    ("long", "local-timestamp-micros"): "LOCAL_DATE_TIME",
    ("string", "uuid"): "UUID",
}


def _member(schema: Any, key: str, kind: type = object) -> Any:
    """Returns an attribute that a schema, or a field of it, must have."""
    value = schema.get(key) if isinstance(schema, dict) else None
    if value is None or not isinstance(value, kind):
        shown = json.dumps(schema)
        part = shown if len(shown) <= _MAX_SHOWN else f"{shown[:_MAX_SHOWN]}..."
        wanted = _WANTED.get(kind)
        missing = f"has no {key!r}" if value is None or wanted is None else f"has a {key!r} that is not {wanted}"
        raise ValueError(f"the Avro schema cannot be used: {part} {missing}")
    return value


class _Names:
    """Schemas by their full names, and the names that are being resolved."""

    def __init__(self) -> None:
        self.known: dict[str, tuple[Any, str]] = {}
        self.within: list[int] = []

    def resolve(self, schema: Any, namespace: str) -> tuple[Any, str]:
        """Returns the schema of a name, and the namespace in it. Remembers the names that it finds."""
        if isinstance(schema, str) and schema not in _PRIMITIVES and schema != "bytes":
            full = schema if "." in schema or not namespace else f"{namespace}.{schema}"
            for name in (full, schema):
                if name in self.known:
                    return self.known[name]
            raise ValueError(f"the Avro schema names {schema!r}, which it does not define")
        if isinstance(schema, dict) and schema.get("type") in ("record", "error", "enum", "fixed"):
            name = _member(schema, "name", str)
            own = name.rpartition(".")[0] if "." in name else schema.get("namespace", namespace)
            full = name if "." in name or not own else f"{own}.{name}"
            self.known[full] = (schema, own)
            return schema, own
        return schema, namespace


def record_type_spec(schema: Any) -> dict[str, Any]:
    """Returns the type of dicts as a job graph has it."""
    return _spec(schema, "", _Names())


def _spec(schema: Any, namespace: str, names: _Names) -> dict[str, Any]:
    schema, namespace = names.resolve(schema, namespace)
    if isinstance(schema, list):
        return _union_spec(schema, namespace, names)
    kind = schema if isinstance(schema, str) else _member(schema, "type")
    if not isinstance(kind, str):
        return _spec(kind, namespace, names)
    logical = "" if isinstance(schema, str) else str(schema.get("logicalType"))
    if logical == "decimal" and kind in ("bytes", "fixed"):
        return {"type": "BIG_DEC"}
    if (kind, logical) in _LOGICAL:
        return {"type": _LOGICAL[kind, logical]}
    if kind in ("bytes", "fixed"):
        return _BYTES
    if kind in _PRIMITIVES:
        return {"type": _PRIMITIVES[kind]}
    if kind == "array":
        return {"type": "LIST", "element": _spec(_member(schema, "items"), namespace, names)}
    if kind == "map":
        return {"type": "MAP", "key": {"type": "STRING"}, "value": _spec(_member(schema, "values"), namespace, names)}
    if kind in ("record", "error"):
        if id(schema) in names.within:
            return {"type": "ANY"}
        names.within.append(id(schema))
        fields = _member(schema, "fields", list)
        types = [_spec(_member(field, "type"), namespace, names) for field in fields]
        names.within.pop()
        return {"type": "RECORD", "names": [_member(field, "name", str) for field in fields], "types": types}
    return _spec(kind, namespace, names)


def _union_spec(branches: list[Any], namespace: str, names: _Names) -> dict[str, Any]:
    specs = [_spec(branch, namespace, names) for branch in branches]
    concrete = [spec for spec in specs if spec["type"] != "VOID"]
    if len(concrete) == 1:
        return concrete[0]
    return {"type": "UNION", "types": concrete}


# ---- rows, by the rules of Flink's AvroSchemaConverter

_ROW_PRIMITIVES = {
    "boolean": Types.BOOLEAN,
    "int": Types.INT,
    "long": Types.LONG,
    "float": Types.FLOAT,
    "double": Types.DOUBLE,
    "string": Types.STRING,
    "enum": Types.STRING,
}
_ROW_LOGICAL = {
    ("int", "date"): Types.SQL_DATE,
    ("int", "time-millis"): Types.SQL_TIME,
    ("long", "time-micros"): Types.SQL_TIME,
    ("long", "timestamp-millis"): Types.SQL_TIMESTAMP,
    ("long", "timestamp-micros"): Types.SQL_TIMESTAMP,
}


def row_type_of(schema: Any) -> RowTypeInfo:
    """Returns the type of the rows of a record schema. Raises ValueError for any other schema."""
    converted = _row_type(schema, "", _Names())
    if not isinstance(converted, RowTypeInfo):
        raise ValueError("Flink's Avro rows need the schema of a record")
    return converted


def _row_type(schema: Any, namespace: str, names: _Names) -> TypeInformation:
    schema, namespace = names.resolve(schema, namespace)
    if isinstance(schema, list):
        concrete = [branch for branch in schema if branch != "null"]
        return _row_type(concrete[0], namespace, names) if len(concrete) == 1 else Types.PICKLED_BYTE_ARRAY()
    kind = schema if isinstance(schema, str) else _member(schema, "type")
    if not isinstance(kind, str):
        return _row_type(kind, namespace, names)
    logical = "" if isinstance(schema, str) else str(schema.get("logicalType"))
    if logical == "decimal" and kind in ("bytes", "fixed"):
        return Types.BIG_DEC()
    if (kind, logical) in _ROW_LOGICAL:
        return _ROW_LOGICAL[kind, logical]()
    if kind in ("bytes", "fixed"):
        return Types.PRIMITIVE_ARRAY(Types.BYTE())
    if kind in _ROW_PRIMITIVES:
        return _ROW_PRIMITIVES[kind]()
    if kind == "array":
        element = _row_type(_member(schema, "items"), namespace, names)
        return Types.BASIC_ARRAY(element) if element == Types.STRING() else Types.OBJECT_ARRAY(element)
    if kind == "map":
        return Types.MAP(Types.STRING(), _row_type(_member(schema, "values"), namespace, names))
    if kind in ("record", "error"):
        if id(schema) in names.within:
            return Types.PICKLED_BYTE_ARRAY()
        names.within.append(id(schema))
        fields = _member(schema, "fields", list)
        types = [_row_type(_member(field, "type"), namespace, names) for field in fields]
        names.within.pop()
        return RowTypeInfo(types, [_member(field, "name", str) for field in fields])
    return Types.PICKLED_BYTE_ARRAY() if kind == "null" else _row_type(kind, namespace, names)
