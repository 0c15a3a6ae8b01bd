"""Schemas: records' bytes to values and back. The engine does the work; nothing of it is called in Python."""

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
    """What Python does with the values that the engine gives, before anybody else gets them."""

    #: `map` or `flat_map`.
    operation: str
    name: str
    function: Any


class SerializationSchema:
    """Turns a value into a record's bytes. Subclasses written in Python do not work, on Flink neither."""

    def _spec(self) -> dict[str, Any]:
        """This schema in a job graph."""
        raise TypeError(_NOT_KNOWN.format(type(self).__name__))

    def _type_info(self) -> TypeInformation:
        """The type of the values that this schema takes and gives."""
        raise TypeError(_NOT_KNOWN.format(type(self).__name__))

    #: How the engine holds the values: `text`, `bytes` or `object`.
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
    """Turns a record's bytes into a value. Subclasses written in Python do not work, on Flink neither; a
    `KinesisDeserializationSchema` does."""

    def _spec(self) -> dict[str, Any]:
        """This schema in a job graph."""
        raise TypeError(_NOT_KNOWN.format(type(self).__name__))

    def _type_info(self) -> TypeInformation:
        """The type of the values that this schema takes and gives."""
        raise TypeError(_NOT_KNOWN.format(type(self).__name__))

    #: How the engine holds the values: `text`, `bytes` or `object`.
    _payload = "object"
    #: Whether PyFlink has it, and a script with it may go on to Flink.
    _of_pyflink = True

    def _engine_type(self) -> TypeInformation:
        """Of the values that the engine gives: where there is a step, not yet those of `_type_info()`."""
        return self._type_info()

    def _step(self) -> _Step | None:
        """What makes of the engine's values those of `_type_info()`; None: they are."""
        return None


_NOT_KNOWN = (
    "{} is not a schema that the engine knows, and works neither here nor on Flink: use SimpleStringSchema or "
    "ByteArraySchema and convert the values with map(). To read with a schema of your own, make it a "
    "KinesisDeserializationSchema (from shardline.datastream.connectors.kinesis)"
)


def _checked_schema(schema: Any, kind: type[SerializationSchema | DeserializationSchema], setter: str) -> None:
    """Raises TypeError unless it is a schema of the kind that the setter takes, which the engine knows."""
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
    """Rows are written by the place of their fields, whatever the names."""
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
    """Strings. Reading replaces what is not in `charset` by U+FFFD, writing by `?`, as Java does; nothing is ever
    raised."""

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
    """The record's bytes as they are."""

    _payload = "bytes"

    def __init__(self) -> None:
        pass

    def _spec(self) -> dict[str, Any]:
        return {"type": "byte-array"}

    def _type_info(self) -> TypeInformation:
        return Types.PRIMITIVE_ARRAY(Types.BYTE())


class TypeInformationSerializationSchema(SerializationSchema, DeserializationSchema):
    """Flink's own binary format, byte for byte, for values of a type. (Of Shardline: Flink has it in Java alone.)"""

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
    """For schemas that take dicts, objects and rows alike: streams of one plain value are refused."""
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
    # Where Flink had them before 1.16.
    if name in _MOVED:
        from importlib import import_module

        return getattr(import_module(f"shardline.datastream.formats.{_MOVED[name]}"), name)
    return _absent(name)
