"""Records with schemas in the AWS Glue Schema Registry, in the format of Amazon's library. (Of Shardline: Flink has
these schemas in Java only. The names and the configuration keys are those of Java.)

A configuration is a dict with the keys of Amazon's library, such as `registry.name`, `schemaAutoRegistrationEnabled`,
`compression` and `compatibility`. Credentials and region are `aws.*` keys of the same dict. `docs/reference/options.md`
has a table of all keys.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shardline import _options
from shardline.common.serialization import DeserializationSchema, SerializationSchema, _check_any, _Step
from shardline.common.typeinfo import RowTypeInfo, TypeInformation, Types
from shardline.datastream.formats._data_classes import maker_of
from shardline.datastream.formats.avro import (
    AvroSchema,
    GenericRecordAvroTypeInfo,
    _parsed,
    class_step,
    produced_type,
    schema_of_class,
    schema_to_read,
)

__all__ = [
    "AWSSchemaRegistryConstants",
    "GlueSchemaRegistryAvroDeserializationSchema",
    "GlueSchemaRegistryAvroSerializationSchema",
    "GlueSchemaRegistryJsonDeserializationSchema",
    "GlueSchemaRegistryJsonSerializationSchema",
    "JsonDataWithSchema",
]

Configs = Mapping[str, Any]


class AWSSchemaRegistryConstants:
    """Keys of the configuration, under the names in Amazon's library."""

    AWS_REGION = "region"
    AWS_ENDPOINT = "endpoint"
    PROXY_URL = "proxyUrl"
    REGISTRY_NAME = "registry.name"
    SCHEMA_NAME = "schemaName"
    SCHEMA_NAMING_GENERATION_CLASS = "schemaNameGenerationClass"
    DATA_FORMAT = "dataFormat"
    AVRO_RECORD_TYPE = "avroRecordType"
    PROTOBUF_MESSAGE_TYPE = "protobufMessageType"
    COMPRESSION_TYPE = "compression"
    SCHEMA_AUTO_REGISTRATION_SETTING = "schemaAutoRegistrationEnabled"
    COMPATIBILITY_SETTING = "compatibility"
    DESCRIPTION = "description"
    TAGS = "tags"
    METADATA = "metadata"
    CACHE_SIZE = "cacheSize"
    CACHE_TIME_TO_LIVE_MILLIS = "timeToLiveMillis"
    SECONDARY_DESERIALIZER = "secondaryDeserializer"
    JACKSON_SERIALIZATION_FEATURES = "jacksonSerializationFeatures"
    JACKSON_DESERIALIZATION_FEATURES = "jacksonDeserializationFeatures"
    USER_AGENT_APP = "userAgentApp"
    ASSUME_ROLE_ARN = "assumeRoleArn"
    ASSUME_ROLE_SESSION_NAME = "assumeRoleSessionName"


@dataclass(frozen=True)
class JsonDataWithSchema:
    """A JSON Schema and a JSON value of it, both as text."""

    schema: str
    payload: str


class GlueSchemaRegistryAvroDeserializationSchema(DeserializationSchema):
    """Records of one schema, written with any compatible version of it."""

    _of_pyflink = False

    def __init__(self, schema: AvroSchema, configs: Configs, data_class: type | None = None) -> None:
        self._schema = schema
        self._data_class = data_class
        self._configs, self._secondary = _split(configs)

    @staticmethod
    def for_generic(schema: AvroSchema | str, configs: Configs) -> GlueSchemaRegistryAvroDeserializationSchema:
        """Returns a schema that makes dicts by the names of the fields."""
        return GlueSchemaRegistryAvroDeserializationSchema(_parsed(schema), configs)

    @staticmethod
    def for_specific(
        data_class: type, configs: Configs, schema: AvroSchema | str | None = None
    ) -> GlueSchemaRegistryAvroDeserializationSchema:
        """Returns a schema that makes objects of a data class. The default schema is the `AVRO_SCHEMA` of the class, or
        one of its fields."""
        return GlueSchemaRegistryAvroDeserializationSchema(schema_to_read(data_class, schema), configs, data_class)

    def _spec(self) -> dict[str, Any]:
        return _avro(self._schema, None, self._configs, self._secondary)

    def _type_info(self) -> TypeInformation:
        return produced_type(self._schema, self._data_class)

    def _engine_type(self) -> TypeInformation:
        return GenericRecordAvroTypeInfo(self._schema)

    def _step(self) -> _Step | None:
        return _beside(self._secondary, class_step(self._data_class))


class GlueSchemaRegistryAvroSerializationSchema(SerializationSchema):
    """Dicts, rows or objects of a data class as records of a schema, which is registered if the configuration allows
    it."""

    def __init__(self, schema: AvroSchema, transport_name: str, configs: Configs) -> None:
        self._schema = schema
        self._transport_name = _named(transport_name)
        self._configs, _ = _split(configs)

    @staticmethod
    def for_generic(
        schema: AvroSchema | str, transport_name: str, configs: Configs
    ) -> GlueSchemaRegistryAvroSerializationSchema:
        """`transport_name` is the name of the stream, and the default of `schemaName`."""
        return GlueSchemaRegistryAvroSerializationSchema(_parsed(schema), transport_name, configs)

    @staticmethod
    def for_specific(
        data_class: type, transport_name: str, configs: Configs, schema: AvroSchema | str | None = None
    ) -> GlueSchemaRegistryAvroSerializationSchema:
        """Returns a schema that writes objects of a data class. The default schema is the `AVRO_SCHEMA` of the class,
        or one of its fields."""
        return GlueSchemaRegistryAvroSerializationSchema(schema_of_class(data_class, schema), transport_name, configs)

    def _spec(self) -> dict[str, Any]:
        return _avro(self._schema, self._transport_name, self._configs, None)

    def _type_info(self) -> TypeInformation:
        return GenericRecordAvroTypeInfo(self._schema)

    def _check_input(self, type_info: TypeInformation) -> None:
        _check_any(self, type_info, self._type_info())


class GlueSchemaRegistryJsonDeserializationSchema(DeserializationSchema):
    """`JsonDataWithSchema`, or objects of a data class. As in Java, values are not validated when they are read."""

    _of_pyflink = False

    def __init__(self, data_class: type, transport_name: str, configs: Configs) -> None:
        """`data_class` is `JsonDataWithSchema` or a data class. `transport_name` is the name of the stream."""
        self._data_class = data_class
        if data_class is not JsonDataWithSchema:
            maker_of(data_class)
        self._transport_name = _named(transport_name)
        self._configs, self._secondary = _split(configs)

    def _spec(self) -> dict[str, Any]:
        return {
            "type": "glue-json",
            "values": "carrier" if self._data_class is JsonDataWithSchema else "value",
            "schema": None,
            "transportName": self._transport_name,
            "configs": self._configs,
            "secondary": self._secondary,
            "convert": None,
        }

    def _type_info(self) -> TypeInformation:
        return Types.PICKLED_BYTE_ARRAY()

    def _step(self) -> _Step | None:
        if self._data_class is JsonDataWithSchema:
            return _beside(self._secondary, _Step("map", "To JsonDataWithSchema", _carrier))
        step = _Step("map", f"To {self._data_class.__name__}", maker_of(self._data_class, of_json=True))
        return _beside(self._secondary, step)


class GlueSchemaRegistryJsonSerializationSchema(SerializationSchema):
    """`JsonDataWithSchema` as records; with a JSON Schema also dicts, rows and objects of data classes. Values are
    validated before they are written."""

    def __init__(
        self, transport_name: str, configs: Configs, json_schema: str | Mapping[str, Any] | None = None
    ) -> None:
        """`transport_name` is the name of the stream, and the default of `schemaName`."""
        self._transport_name = _named(transport_name)
        self._configs, _ = _split(configs)
        self._schema = (
            json_schema if json_schema is None or isinstance(json_schema, str) else json.dumps(dict(json_schema))
        )

    def _spec(self) -> dict[str, Any]:
        return {
            "type": "glue-json",
            "values": "carrier",
            "schema": self._schema,
            "transportName": self._transport_name,
            "configs": self._configs,
            "secondary": None,
            "convert": None,
        }

    def _type_info(self) -> TypeInformation:
        return Types.PICKLED_BYTE_ARRAY()

    def _check_input(self, type_info: TypeInformation) -> None:
        if self._schema is None and isinstance(type_info, RowTypeInfo):
            raise TypeError(
                "GlueSchemaRegistryJsonSerializationSchema writes JsonDataWithSchema unless it is given a json_schema, "
                f"and this stream's type is {type_info!r}"
            )
        _check_any(self, type_info, self._type_info())


def _beside(secondary: dict[str, Any] | None, step: _Step | None) -> _Step | None:
    """Returns a step that leaves the values of the secondary deserializer unchanged."""
    return step if secondary is None or step is None else step._replace(function=_DictsOnly(step.function))


class _DictsOnly:
    def __init__(self, make: Callable[[Any], Any]) -> None:
        self._make = make

    def __call__(self, value: Any) -> Any:
        return self._make(value) if isinstance(value, dict) else value


def _carrier(value: Any) -> Any:
    return None if value is None else JsonDataWithSchema(value["schema"], value["payload"])


def _avro(schema: AvroSchema, transport_name: str | None, configs: Configs, secondary: Any) -> dict[str, Any]:
    return {
        "type": "glue-avro",
        "schema": str(schema),
        "transportName": transport_name,
        "configs": configs,
        "secondary": secondary,
        "convert": None,
    }


def _split(configs: Configs) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Returns the configuration as JSON has it, and the schema that reads records without a header of Glue."""
    if not isinstance(configs, Mapping):
        raise TypeError(f"configs is a dict with keys such as 'registry.name', not {type(configs).__name__}")
    plain = {str(key): value for key, value in configs.items() if key != "secondaryDeserializer"}
    try:
        plain = json.loads(json.dumps(plain))
    except TypeError as error:
        raise TypeError(f"configs holds a value that is no str, number, bool, list or dict: {error}") from None
    _options.check_glue({key: value for key, value in plain.items() if value is not None})
    secondary = configs.get("secondaryDeserializer")
    if secondary is None:
        return plain, None
    if not isinstance(secondary, DeserializationSchema):
        raise TypeError(
            "secondaryDeserializer is a schema such as SimpleStringSchema(), which reads records that have no header "
            f"of Glue's, not {secondary!r}"
        )
    if secondary._step() is not None:
        raise TypeError(
            "secondaryDeserializer must be a schema that runs in the engine, and this one makes objects in Python: "
            "give one that gives text, bytes, rows or dicts, and make them with map()"
        )
    return plain, secondary._spec()


def _named(transport_name: str) -> str:
    if not isinstance(transport_name, str) or not transport_name:
        what = "nothing" if transport_name == "" else type(transport_name).__name__
        raise TypeError(f"transport_name is the stream's name, not {what}")
    return transport_name
