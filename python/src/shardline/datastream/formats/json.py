"""JSON objects as rows."""

from __future__ import annotations

from typing import Any

from shardline._absent import module_getattr
from shardline.common.serialization import DeserializationSchema, SerializationSchema
from shardline.common.typeinfo import RowTypeInfo, TypeInformation
from shardline.datastream.formats._json_schema import row_type_of

__all__ = ["JsonRowDeserializationSchema", "JsonRowSerializationSchema"]


class JsonRowDeserializationSchema(DeserializationSchema):
    """Rows from JSON objects. Made by `builder()`. Fields that the type does not name are ignored. Values are converted
    as on Flink: `"5"` and `5.9` are 5 for an INT, and an object is its JSON text for a STRING."""

    def __init__(self, j_deserialization_schema: Any) -> None:
        self._built: dict[str, Any] = _checked(j_deserialization_schema, "JsonRowDeserializationSchema.builder()")
        self._type: RowTypeInfo = self._built["type_info"]

    @staticmethod
    def builder() -> JsonRowDeserializationSchema.Builder:
        return JsonRowDeserializationSchema.Builder()

    def _spec(self) -> dict[str, Any]:
        return {
            "type": "json-row",
            "typeInfo": self._type._spec(),
            "failOnMissingField": self._built["fail_on_missing_field"],
            "ignoreParseErrors": self._built["ignore_parse_errors"],
        }

    def _type_info(self) -> TypeInformation:
        return self._type

    class Builder:
        def __init__(self) -> None:
            self._type_info: TypeInformation | None = None
            self._fail_on_missing_field = False
            self._ignore_parse_errors = False

        def type_info(self, type_info: TypeInformation) -> JsonRowDeserializationSchema.Builder:
            """Sets a ROW with the names of the fields to read."""
            self._type_info = _row_type(type_info, "type_info()")
            return self

        def json_schema(self, json_schema: str) -> JsonRowDeserializationSchema.Builder:
            """Sets the type by a JSON Schema."""
            if json_schema is None:
                raise TypeError("The json_schema must not be None.")
            self._type_info = row_type_of(json_schema)
            return self

        def fail_on_missing_field(self) -> JsonRowDeserializationSchema.Builder:
            """A missing field fails the job. By default it is None."""
            self._fail_on_missing_field = True
            return self

        def ignore_parse_errors(self) -> JsonRowDeserializationSchema.Builder:
            """A field that cannot be read is None, and a record that is not JSON is skipped."""
            self._ignore_parse_errors = True
            return self

        def build(self) -> JsonRowDeserializationSchema:
            if self._type_info is None:
                raise TypeError("JsonRowDeserializationSchema: say what to read with type_info() or json_schema().")
            if self._fail_on_missing_field and self._ignore_parse_errors:
                raise ValueError(
                    "JSON format doesn't support failOnMissingField and ignoreParseErrors are both enabled."
                )
            return JsonRowDeserializationSchema(
                {
                    "type_info": self._type_info,
                    "fail_on_missing_field": self._fail_on_missing_field,
                    "ignore_parse_errors": self._ignore_parse_errors,
                }
            )


class JsonRowSerializationSchema(SerializationSchema):
    """Rows as JSON objects. Made by `builder()`. A field that is None is written as null."""

    def __init__(self, j_serialization_schema: Any) -> None:
        built: dict[str, Any] = _checked(j_serialization_schema, "JsonRowSerializationSchema.builder()")
        self._type: RowTypeInfo = built["type_info"]

    @staticmethod
    def builder() -> JsonRowSerializationSchema.Builder:
        return JsonRowSerializationSchema.Builder()

    def _spec(self) -> dict[str, Any]:
        return {
            "type": "json-row",
            "typeInfo": self._type._spec(),
            "failOnMissingField": False,
            "ignoreParseErrors": False,
        }

    def _type_info(self) -> TypeInformation:
        return self._type

    class Builder:
        def __init__(self) -> None:
            self._type_info: TypeInformation | None = None

        def with_type_info(self, type_info: TypeInformation) -> JsonRowSerializationSchema.Builder:
            """Sets a ROW with the names of the fields to write, in this order."""
            self._type_info = _row_type(type_info, "with_type_info()")
            return self

        def build(self) -> JsonRowSerializationSchema:
            if self._type_info is None:
                raise TypeError("Typeinfo should be set.")
            return JsonRowSerializationSchema({"type_info": self._type_info})


def _row_type(type_info: TypeInformation, setter: str) -> RowTypeInfo:
    if not isinstance(type_info, RowTypeInfo):
        raise TypeError(f"{setter} takes a row type such as Types.ROW_NAMED([...], [...]), not {type_info!r}")
    type_info._spec()
    return type_info


def _checked(built: Any, builder: str) -> dict[str, Any]:
    if not isinstance(built, dict):
        raise TypeError(f"there are no Java objects here: make it with {builder}")
    return built


__getattr__ = module_getattr(__name__)
