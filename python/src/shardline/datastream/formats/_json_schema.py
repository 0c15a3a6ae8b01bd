"""JSON Schema to the type of rows, by Flink's rules."""

from __future__ import annotations

import json
from typing import Any

from shardline.common.typeinfo import RowTypeInfo, TypeInformation, Types

_FORMATS = {"date": Types.SQL_DATE, "time": Types.SQL_TIME, "date-time": Types.SQL_TIMESTAMP}


def row_type_of(json_schema: str) -> RowTypeInfo:
    """Raises ValueError for what is no JSON Schema of an object, or says what Flink's converter does not know."""
    try:
        root = json.loads(json_schema)
    except ValueError as error:
        raise ValueError(f"Invalid JSON schema: {error}") from None
    converted = _convert("<root>", root, root)
    if not isinstance(converted, RowTypeInfo):
        raise ValueError("a JSON schema of rows says the type object, with properties")
    return converted


def _convert(location: str, node: Any, root: Any) -> TypeInformation:
    if not isinstance(node, dict):
        raise ValueError(f"Invalid JSON schema at {location}: an object is needed, not {json.dumps(node)[:80]}")
    if "$ref" in node:
        node = _resolve(location, node["$ref"], root)
    types = node.get("type")
    if types is not None:
        names = [types] if isinstance(types, str) else list(types)
        converted = [_of_type(location, name, node, root) for name in names if name != "null"]
        if not converted:
            raise ValueError(f"The type null at {location} of the JSON schema has no values that Python could get")
        if len(converted) > 1:
            raise ValueError(f"Union types are not supported at {location}: {names}")
        return converted[0]
    if "oneOf" in node:
        branches = [b for b in node["oneOf"] if not (isinstance(b, dict) and b.get("type") == "null")]
        if len(branches) == 1:
            return _convert(f"{location}/oneOf", branches[0], root)
    raise ValueError(f"Could not find a type at {location} of the JSON schema, or one that Flink knows")


def _of_type(location: str, name: str, node: dict[str, Any], root: Any) -> TypeInformation:
    if name == "object":
        properties = node.get("properties", {})
        fields = [_convert(f"{location}/{key}", value, root) for key, value in properties.items()]
        return RowTypeInfo(fields, list(properties))
    if name == "array":
        items = node.get("items")
        if isinstance(items, list):
            return Types.ROW([_convert(f"{location}/items[{i}]", item, root) for i, item in enumerate(items)])
        return Types.OBJECT_ARRAY(_convert(f"{location}/items", items, root))
    if name == "string":
        if node.get("format") in _FORMATS:
            return _FORMATS[node["format"]]()
        if node.get("contentEncoding") == "base64":
            return Types.PRIMITIVE_ARRAY(Types.BYTE())
        return Types.STRING()
    if name in ("number", "integer"):
        return Types.BIG_DEC() if name == "number" else Types.BIG_INT()
    if name == "boolean":
        return Types.BOOLEAN()
    raise ValueError(f"Unsupported type {name!r} at {location} of the JSON schema")


def _resolve(location: str, reference: str, root: Any) -> Any:
    if not reference.startswith("#"):
        raise ValueError(f"{location} of the JSON schema refers to {reference!r}: only what is within it is followed")
    node = root
    for part in reference.lstrip("#").strip("/").split("/"):
        if part:
            node = node[part.replace("~1", "/").replace("~0", "~")]
    return node
