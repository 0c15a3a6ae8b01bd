"""Schemas: records' bytes to values and back. Those that the engine knows itself never cross into Python."""

from __future__ import annotations

import codecs

from shardline._absent import module_getattr
from shardline.common.typeinfo import TypeInformation, Types

__all__ = ["ByteArraySchema", "DeserializationSchema", "SerializationSchema", "SimpleStringSchema"]


class SerializationSchema:
    """Turns a value into a record's bytes. Subclasses written in Python do not work, on Flink neither."""

    def _spec(self) -> dict[str, str]:
        """This schema in a job graph."""
        raise TypeError(_NOT_KNOWN.format(type(self).__name__))

    def _type_info(self) -> TypeInformation:
        """The type of the values that this schema takes and gives."""
        raise TypeError(_NOT_KNOWN.format(type(self).__name__))


class DeserializationSchema:
    """Turns a record's bytes into a value. Subclasses written in Python do not work, on Flink neither."""

    def _spec(self) -> dict[str, str]:
        """This schema in a job graph."""
        raise TypeError(_NOT_KNOWN.format(type(self).__name__))

    def _type_info(self) -> TypeInformation:
        """The type of the values that this schema takes and gives."""
        raise TypeError(_NOT_KNOWN.format(type(self).__name__))


_NOT_KNOWN = (
    "{} is not a schema that the engine knows. Schemas written in Python work neither here nor on Flink: "
    "use SimpleStringSchema or ByteArraySchema and convert the values with map()"
)


class SimpleStringSchema(SerializationSchema, DeserializationSchema):
    """Strings. Bytes that are not in `charset` become U+FFFD when reading; nothing is ever raised."""

    def __init__(self, charset: str = "UTF-8") -> None:
        try:
            codecs.lookup(charset)
        except LookupError:
            raise ValueError(f"SimpleStringSchema: unknown charset {charset!r}") from None
        self._charset = charset

    def _spec(self) -> dict[str, str]:
        return {"type": "simple-string", "charset": self._charset}

    def _type_info(self) -> TypeInformation:
        return Types.STRING()


class ByteArraySchema(SerializationSchema, DeserializationSchema):
    """The record's bytes as they are."""

    def __init__(self) -> None:
        pass

    def _spec(self) -> dict[str, str]:
        return {"type": "byte-array"}

    def _type_info(self) -> TypeInformation:
        return Types.PRIMITIVE_ARRAY(Types.BYTE())


__getattr__ = module_getattr(__name__)
