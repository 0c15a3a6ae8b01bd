"""Avro's binary format. Rows are as in PyFlink; dicts and data classes are extensions of Shardline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shardline._absent import module_getattr
from shardline.common.serialization import DeserializationSchema, SerializationSchema, _check_any, _Step
from shardline.common.typeinfo import RowTypeInfo, TypeInformation, Types
from shardline.datastream.formats._avro_types import record_type_spec, row_type_of
from shardline.datastream.formats._data_classes import check_fields, maker_of, schema_of

__all__ = [
    "AvroDeserializationSchema",
    "AvroRowDeserializationSchema",
    "AvroRowSerializationSchema",
    "AvroSchema",
    "AvroSerializationSchema",
    "GenericRecordAvroTypeInfo",
]


class AvroSchema:
    """An Avro schema. Made by `parse_string` or `parse_file`."""

    def __init__(self, j_schema: Any) -> None:
        if not isinstance(j_schema, str):
            raise TypeError(f"an Avro schema is given as JSON text (json.dumps(...)), not as {type(j_schema).__name__}")
        try:
            self._parsed = json.loads(j_schema)
        except ValueError as error:
            raise ValueError(f"an Avro schema is JSON, and this is not: {error}") from None
        record_type_spec(self._parsed)  # a wrong schema fails here
        self._text = j_schema

    def __str__(self) -> str:
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AvroSchema) and self._parsed == other._parsed

    def __hash__(self) -> int:
        return hash(json.dumps(self._parsed, sort_keys=True))

    @staticmethod
    def parse_string(json_schema: str) -> AvroSchema:
        return AvroSchema(json_schema)

    @staticmethod
    def parse_file(file_path: str) -> AvroSchema:
        return AvroSchema(Path(file_path).read_text(encoding="utf-8"))


class GenericRecordAvroTypeInfo(TypeInformation):
    """Records of a schema, as dicts by the names of their fields."""

    def __init__(self, schema: AvroSchema) -> None:
        self._schema = _parsed(schema)

    def _spec(self) -> dict[str, Any]:
        return record_type_spec(self._schema._parsed)

    def __repr__(self) -> str:
        parsed = self._schema._parsed
        named = parsed.get("name") if isinstance(parsed, dict) else parsed
        return f"GenericRecordAvroTypeInfo({named}: {_in_words(self._spec())})"


class AvroRowDeserializationSchema(DeserializationSchema):
    """Rows of Flink's types, by Flink's rules. `record_class` of Java is not available."""

    def __init__(self, record_class: str | None = None, avro_schema_string: str | None = None) -> None:
        self._schema = _row_schema(record_class, avro_schema_string)
        self._type = row_type_of(self._schema._parsed)

    def _spec(self) -> dict[str, Any]:
        return {"type": "avro", "schema": str(self._schema), "values": "row", "convert": None}

    def _type_info(self) -> TypeInformation:
        return self._type


class AvroRowSerializationSchema(SerializationSchema):
    """Rows of Flink's types, by Flink's rules. `record_class` of Java is not available."""

    def __init__(self, record_class: str | None = None, avro_schema_string: str | None = None) -> None:
        self._schema = _row_schema(record_class, avro_schema_string)
        self._type = row_type_of(self._schema._parsed)

    def _spec(self) -> dict[str, Any]:
        return {"type": "avro", "schema": str(self._schema), "values": "row", "convert": None}

    def _type_info(self) -> TypeInformation:
        return self._type

    def _check_input(self, type_info: TypeInformation) -> None:
        """Checks that the stream has rows. The engine checks the types of their fields, because several types fit one
        of Avro's."""
        if isinstance(type_info, RowTypeInfo) and len(type_info.get_field_names()) == len(self._type.get_field_names()):
            return
        super()._check_input(type_info)


class AvroDeserializationSchema(DeserializationSchema):
    """Records as dicts, or as objects of a data class. (Of Shardline: Flink has this schema in Java only.)"""

    _of_pyflink = False

    def __init__(self, schema: AvroSchema, data_class: type | None = None) -> None:
        self._schema = schema
        self._data_class = data_class

    @staticmethod
    def for_generic(schema: AvroSchema | str) -> AvroDeserializationSchema:
        """Returns a schema that makes dicts. All records must be written with this schema, because a record does not
        name its schema."""
        return AvroDeserializationSchema(_parsed(schema))

    @staticmethod
    def for_specific(data_class: type, schema: AvroSchema | str | None = None) -> AvroDeserializationSchema:
        """Returns a schema that makes objects of a data class. The default schema is the `AVRO_SCHEMA` of the class, or
        one of its fields."""
        return AvroDeserializationSchema(schema_to_read(data_class, schema), data_class)

    def _spec(self) -> dict[str, Any]:
        return {"type": "avro", "schema": str(self._schema), "values": "generic", "convert": None}

    def _type_info(self) -> TypeInformation:
        return produced_type(self._schema, self._data_class)

    def _engine_type(self) -> TypeInformation:
        return GenericRecordAvroTypeInfo(self._schema)

    def _step(self) -> _Step | None:
        return class_step(self._data_class)


class AvroSerializationSchema(SerializationSchema):
    """Dicts, rows or objects of a data class as records. (Of Shardline: Flink has this schema in Java only.)"""

    def __init__(self, schema: AvroSchema) -> None:
        self._schema = schema

    @staticmethod
    def for_generic(schema: AvroSchema | str) -> AvroSerializationSchema:
        return AvroSerializationSchema(_parsed(schema))

    @staticmethod
    def for_specific(data_class: type, schema: AvroSchema | str | None = None) -> AvroSerializationSchema:
        """Returns a schema that writes objects of a data class. The default schema is the `AVRO_SCHEMA` of the class,
        or one of its fields."""
        return AvroSerializationSchema(schema_of_class(data_class, schema))

    def _spec(self) -> dict[str, Any]:
        return {"type": "avro", "schema": str(self._schema), "values": "generic", "convert": None}

    def _type_info(self) -> TypeInformation:
        return GenericRecordAvroTypeInfo(self._schema)

    def _check_input(self, type_info: TypeInformation) -> None:
        _check_any(self, type_info, self._type_info())


def _in_words(spec: dict[str, Any]) -> str:
    """Returns a text that differs for two types with the same record name."""
    kind: str = spec["type"]
    if kind == "RECORD":
        fields = zip(spec["names"], spec["types"], strict=True)
        return "{" + ", ".join(f"{name}: {_in_words(of)}" for name, of in fields) + "}"
    if kind == "UNION":
        return " | ".join(_in_words(of) for of in spec["types"])
    within = [_in_words(spec[part]) for part in ("element", "value") if part in spec]
    return f"{kind}<{within[0]}>" if within else kind


def _parsed(schema: AvroSchema | str) -> AvroSchema:
    if isinstance(schema, AvroSchema):
        return schema
    if isinstance(schema, str):
        return AvroSchema.parse_string(schema)
    # Shows no more of it, because it may be a configuration with secrets.
    raise TypeError(f"an AvroSchema, or its JSON as text, is needed, not {type(schema).__name__}")


def schema_of_class(data_class: type, schema: AvroSchema | str | None) -> AvroSchema:
    if schema is not None:
        maker_of(data_class)
        return _parsed(schema)
    return AvroSchema.parse_string(schema_of(data_class))


def schema_to_read(data_class: type, schema: AvroSchema | str | None) -> AvroSchema:
    """Raises TypeError if records of the schema cannot become objects of the class."""
    parsed = schema_of_class(data_class, schema)
    if isinstance(parsed._parsed, dict) and parsed._parsed.get("type") == "record":
        check_fields(data_class, [field["name"] for field in parsed._parsed["fields"]])
    return parsed


def produced_type(schema: AvroSchema, data_class: type | None) -> TypeInformation:
    return GenericRecordAvroTypeInfo(schema) if data_class is None else Types.PICKLED_BYTE_ARRAY()


def class_step(data_class: type | None) -> _Step | None:
    return None if data_class is None else _Step("map", f"To {data_class.__name__}", maker_of(data_class))


def _row_schema(record_class: str | None, avro_schema_string: str | None) -> AvroSchema:
    if avro_schema_string is not None:
        return AvroSchema.parse_string(avro_schema_string)
    if record_class is not None:
        raise TypeError(f"the Java class {record_class!r} cannot be loaded without a JVM: give avro_schema_string")
    raise TypeError("record_class or avro_schema_string must be specified.")


__getattr__ = module_getattr(__name__)
