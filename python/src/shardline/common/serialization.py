"""Schemas, which convert between the bytes of records and values. The engine does the conversion, not Python."""

from __future__ import annotations

import codecs
from typing import Any, NamedTuple

from shardline._absent import module_getattr
from shardline.common.typeinfo import PickledBytesTypeInfo, RowTypeInfo, TypeInformation, Types

__all__ = [
    "ByteArraySchema",
    "DeserializationSchema",
    "SerializationSchema",
    "SimpleStringSchema",
    "TypeInformationSerializationSchema",
]


class _Step(NamedTuple):
    """The function in Python that completes a schema: it converts the values of the engine before any operator gets
    them."""

    #: `map` or `flat_map`.
    operation: str
    name: str
    function: Any


class SerializationSchema:
    """Converts a value to the bytes of a record. As on Flink, a subclass written in Python does not work."""

    def _spec(self) -> dict[str, Any]:
        """Returns this schema as a job graph has it."""
        raise TypeError(_NOT_KNOWN.format(type(self).__name__))

    def _type_info(self) -> TypeInformation:
        """Returns the type of the values that this schema reads or writes."""
        raise TypeError(_NOT_KNOWN.format(type(self).__name__))

    #: The representation of the values in the engine: `text`, `bytes` or `object`.
    _payload = "object"

    def _check_input(self, type_info: TypeInformation) -> None:
        """Raises TypeError if a stream of this type cannot be written."""
        needed = self._type_info()
        if type_info == needed or _same_shape(type_info, needed):
            return
        raise TypeError(
            f"{type(self).__name__} writes values of type {_in_words(needed)}, and this stream's type is "
            f"{type_info!r}: declare it where the values are made, for example map(f, output_type={_in_words(needed)})."
            " Flink fails here too, when the job runs (ClassCastException)"
        )


class DeserializationSchema:
    """Converts the bytes of a record to a value. As on Flink, a subclass written in Python does not work; a subclass of
    `KinesisDeserializationSchema` does."""

    def _spec(self) -> dict[str, Any]:
        """Returns this schema as a job graph has it."""
        raise TypeError(_NOT_KNOWN.format(type(self).__name__))

    def _type_info(self) -> TypeInformation:
        """Returns the type of the values that this schema reads or writes."""
        raise TypeError(_NOT_KNOWN.format(type(self).__name__))

    #: The representation of the values in the engine: `text`, `bytes` or `object`.
    _payload = "object"
    #: Whether PyFlink has this schema, so that a script with it may run on Flink.
    _of_pyflink = True

    def _engine_type(self) -> TypeInformation:
        """Returns the type of the values from the engine, which a step converts to that of `_type_info()`."""
        return self._type_info()

    def _step(self) -> _Step | None:
        """Returns the step that completes this schema in Python, or None if the engine does all of it."""
        return None


_NOT_KNOWN = (
    "{} is not a schema that the engine knows, and works neither here nor on Flink: use SimpleStringSchema or "
    "ByteArraySchema and convert the values with map(). To read with a schema of your own, make it a "
    "KinesisDeserializationSchema (from shardline.datastream.connectors.kinesis)"
)


def _checked_schema(schema: Any, kind: type[SerializationSchema | DeserializationSchema], setter: str) -> None:
    """Raises TypeError unless `schema` is a schema of the kind that the setter takes, and one that the engine knows."""
    if not isinstance(schema, kind):
        raise TypeError(f"{setter} takes a {kind.__name__} such as SimpleStringSchema(), not {_what(schema)}")
    schema._spec()


def _what(schema: Any) -> str:
    if isinstance(schema, type):
        return f"the class {schema.__name__}: make one of it"
    if isinstance(schema, SerializationSchema):
        return f"a {type(schema).__name__}, which is for sinks"
    if isinstance(schema, DeserializationSchema):
        return f"a {type(schema).__name__}, which is for sources"
    if callable(getattr(schema, "build", None)):
        return f"a {type(schema).__qualname__}: call its build()"
    return f"{schema!r:.200}"


def _same_shape(given: TypeInformation, needed: TypeInformation) -> bool:
    """Returns whether two types of rows have the same types of fields. Rows are written by position, not by name."""
    return (
        isinstance(given, RowTypeInfo)
        and isinstance(needed, RowTypeInfo)
        and given.get_field_types() == needed.get_field_types()
    )


def _in_words(type_info: TypeInformation) -> str:
    if type_info == Types.STRING():
        return "Types.STRING()"
    if type_info == Types.PRIMITIVE_ARRAY(Types.BYTE()):
        return "Types.PRIMITIVE_ARRAY(Types.BYTE())"
    return repr(type_info)


class SimpleStringSchema(SerializationSchema, DeserializationSchema):
    """Strings. Bytes that are not valid in `charset` are read as U+FFFD, and characters that `charset` lacks are
    written as `?`, as in Java. Neither is an error."""

    _payload = "text"

    def __init__(self, charset: str = "UTF-8") -> None:
        try:
            codecs.lookup(charset)
        except LookupError:
            raise ValueError(f"SimpleStringSchema: unknown charset {charset!r}") from None
        self._charset = charset

    def _spec(self) -> dict[str, Any]:
        return {"type": "simple-string", "charset": self._charset}

    def _type_info(self) -> TypeInformation:
        return Types.STRING()


class ByteArraySchema(SerializationSchema, DeserializationSchema):
    """The bytes of the record, unchanged."""

    _payload = "bytes"

    def __init__(self) -> None:
        pass

    def _spec(self) -> dict[str, Any]:
        return {"type": "byte-array"}

    def _type_info(self) -> TypeInformation:
        return Types.PRIMITIVE_ARRAY(Types.BYTE())


class TypeInformationSerializationSchema(SerializationSchema, DeserializationSchema):
    """Flink's binary format of a type, byte for byte. (Of Shardline: Flink has this schema in Java only.)"""

    _of_pyflink = False

    def __init__(self, type_info: TypeInformation) -> None:
        if not isinstance(type_info, TypeInformation):
            raise TypeError(f"a type such as Types.STRING() is needed, not {type_info!r:.200}")
        type_info._spec()
        self._type = type_info

    def _spec(self) -> dict[str, Any]:
        return {"type": "type-information", "typeInfo": self._type._spec()}

    def _type_info(self) -> TypeInformation:
        return self._type


def _check_any(schema: object, type_info: TypeInformation, needed: TypeInformation) -> None:
    """Checks the type of a stream for a schema that writes dicts, objects and rows. Refuses streams of single
    values."""
    if isinstance(type_info, (PickledBytesTypeInfo, RowTypeInfo)) or type_info == needed:
        return
    raise TypeError(
        f"{type(schema).__name__} writes records (dicts, data classes, rows), and this stream's type is {type_info!r}"
    )


_MOVED = {
    "JsonRowDeserializationSchema": "json",
    "JsonRowSerializationSchema": "json",
    "AvroRowDeserializationSchema": "avro",
    "AvroRowSerializationSchema": "avro",
    "CsvRowDeserializationSchema": "csv",
    "CsvRowSerializationSchema": "csv",
}
_absent = module_getattr(__name__)


def __getattr__(name: str) -> Any:
    # The places of these classes before Flink 1.16.
    if name in _MOVED:
        from importlib import import_module

        return getattr(import_module(f"shardline.datastream.formats.{_MOVED[name]}"), name)
    return _absent(name)
