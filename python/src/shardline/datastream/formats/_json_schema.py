"""The type of rows of a JSON Schema, by the rules of Flink's converter. `schemas/flink/json-schema-to-type.ts` does the
same for the engine, and the same vectors test both. Unlike Flink, it does not read comments and single quotes."""

from __future__ import annotations

import json
from typing import Any

from shardline.common.typeinfo import RowTypeInfo, TypeInformation, Types, VoidTypeInfo

_FORMATS = {"date": Types.SQL_DATE, "time": Types.SQL_TIME, "date-time": Types.SQL_TIMESTAMP}
_REFUSED = ("allOf", "anyOf", "not", "extends", "disallow")
#: A schema that refers to itself within an object has no finite type.
_MAX_DEPTH = 200
_ABSENT = object()


def row_type_of(json_schema: str) -> RowTypeInfo:
    """Returns the type of rows. Raises ValueError if the text is no JSON Schema of an object, or has a keyword that
    Flink's converter does not know."""
    try:
        root = json.loads(json_schema)
    except ValueError as error:
        raise ValueError(f"Invalid JSON schema. {error}") from None
    converted = _Converter(root).type("<root>", root, 0)
    if not isinstance(converted, RowTypeInfo):
        raise ValueError(f"The JSON schema must describe an object, but it describes {converted!r}.")
    return converted


class _Converter:
    def __init__(self, root: Any) -> None:
        self._root = root

    def type(self, location: str, node: Any, depth: int) -> TypeInformation:
        if depth > _MAX_DEPTH:
            raise ValueError(f"Cyclic references are not supported, as in node: {location}")
        reference = _member(node, "$ref")
        target = self._resolve(reference, node) if isinstance(reference, str) else _ABSENT
        types: list[TypeInformation] = []
        own = _member(node, "type")
        if own is not _ABSENT:
            types += self._named(location, own, node, depth)
        elif _member(target, "type") is not _ABSENT:
            types.append(self.type(reference, target, depth + 1))
        one_of, target_one_of = _member(node, "oneOf"), _member(target, "oneOf")
        if isinstance(one_of, list):
            types += self._types(f"{location}/oneOf", one_of, depth)
        elif isinstance(target_one_of, list):
            types += self._types(f"{reference}/oneOf", target_one_of, depth)
        if any(_member(node, keyword) is not _ABSENT for keyword in _REFUSED):
            raise ValueError("Union types are such as 'allOf', 'anyOf' etc. and extending are not supported yet.")
        return _single(location, types)

    def _named(self, location: str, own: Any, node: Any, depth: int) -> list[TypeInformation]:
        """Returns the type that the keyword `type` declares: a name or a list of names."""
        names = own if isinstance(own, list) else [own] if isinstance(own, str) else []
        return [self._of_name(location, name, node, depth) for name in names]

    def _of_name(self, location: str, name: Any, node: Any, depth: int) -> TypeInformation:
        if name == "null":
            return VoidTypeInfo()
        if name == "boolean":
            return Types.BOOLEAN()
        if name == "string":
            return _string(location, node)
        if name in ("number", "integer"):
            return Types.BIG_DEC()
        if name == "object":
            return self._object(location, node, depth)
        if name == "array":
            return self._array(location, node, depth)
        raise ValueError(f"Unsupported type '{name}' in node: {location}")

    def _object(self, location: str, node: Any, depth: int) -> TypeInformation:
        properties = _member(node, "properties")
        named = properties if isinstance(properties, dict) else {}
        types = [self.type(f"{location}/{name}", value, depth + 1) for name, value in named.items()]
        if properties is not _ABSENT and _member(node, "additionalProperties") is True:
            raise ValueError(f"An object must not allow additional properties in node: {location}")
        return RowTypeInfo(types, list(named))

    def _array(self, location: str, node: Any, depth: int) -> TypeInformation:
        items = _member(node, "items")
        if items is _ABSENT:
            raise ValueError(f"Arrays must specify an 'items' property in node: {location}")
        if isinstance(items, dict):
            element = self.type(f"{location}/items", items, depth + 1)
            return Types.BASIC_ARRAY(element) if element == Types.STRING() else Types.OBJECT_ARRAY(element)
        if not isinstance(items, list):
            raise ValueError(f"Invalid type for 'items' property in node: {location}")
        types = self._types(f"{location}/items", items, depth)
        if _member(node, "additionalItems") is True:
            raise ValueError(f"An array tuple must not allow additional items in node: {location}")
        return Types.ROW(types)

    def _types(self, location: str, nodes: list[Any], depth: int) -> list[TypeInformation]:
        return [self.type(f"{location}[{i}]", node, depth + 1) for i, node in enumerate(nodes)]

    def _resolve(self, reference: str, origin: Any) -> Any:
        if not reference.startswith("#"):
            raise ValueError(
                "Only JSON schemes with simple references (one indirection in the same document) are supported yet. "
                f"But was: {reference}"
            )
        found = _at(self._root, reference[1:])
        if found is _ABSENT:
            raise ValueError(f"Could not find reference: {reference}")
        if found is origin:
            raise ValueError(f"Cyclic references are not supported:{reference}")
        return found


def _string(location: str, node: Any) -> TypeInformation:
    written = _member(node, "format")
    if written is not _ABSENT:
        if not isinstance(written, str):
            raise ValueError(f"Invalid 'format' property in node: {location}")
        return _FORMATS.get(written, Types.STRING)()
    encoding = _member(node, "contentEncoding")
    if encoding is _ABSENT:
        return Types.STRING()
    if not isinstance(encoding, str):
        raise ValueError(f"Invalid 'contentEncoding' property in node: {location}")
    if encoding != "base64":
        raise ValueError(f"Invalid encoding '{encoding}' in node: {location}")
    return Types.PRIMITIVE_ARRAY(Types.BYTE())


def _single(location: str, types: list[TypeInformation]) -> TypeInformation:
    """Returns the only type of the list. The list may also have null."""
    different: list[TypeInformation] = []
    for one in types:
        if one not in different:
            different.append(one)
    values = [one for one in different if not isinstance(one, VoidTypeInfo)]
    if not different:
        raise ValueError(f"No type could be found in node:{location}")
    if len(values) > 1:
        raise ValueError("Union types with more than just a null type are not supported yet.")
    return values[0] if values else VoidTypeInfo()


def _member(node: Any, name: str) -> Any:
    return node.get(name, _ABSENT) if isinstance(node, dict) else _ABSENT


def _at(root: Any, pointer: str) -> Any:
    """Returns the value at a JSON pointer (RFC 6901)."""
    if not pointer:
        return root
    if not pointer.startswith("/"):
        raise ValueError(f"Invalid input: JSON Pointer expression must start with '/': \"{pointer}\"")
    node = root
    for part in pointer[1:].split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(node, list):
            node = node[int(name)] if name.isdecimal() and int(name) < len(node) else _ABSENT
        else:
            node = _member(node, name)
    return node
