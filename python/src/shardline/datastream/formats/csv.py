"""Lines of CSV as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shardline._absent import module_getattr
from shardline.common.serialization import DeserializationSchema, SerializationSchema
from shardline.common.typeinfo import RowTypeInfo, TypeInformation

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["CsvRowDeserializationSchema", "CsvRowSerializationSchema"]


class _CsvRowBuilder:
    """The settings that reading and writing have in common."""

    def __init__(self, type_info: TypeInformation) -> None:
        if not isinstance(type_info, RowTypeInfo):
            raise TypeError(f"a row type such as Types.ROW_NAMED([...], [...]) is needed, not {type_info!r}")
        self._type_info = type_info
        self._settings: dict[str, Any] = {
            "type": "csv-row",
            "typeInfo": type_info._spec(),
            "fieldDelimiter": ",",
            "lineDelimiter": "\n",
            "arrayElementDelimiter": ";",
            "quoteCharacter": '"',
            "escapeCharacter": None,
            "nullLiteral": None,
            "allowComments": False,
            "ignoreParseErrors": False,
        }

    def _set(self, key: str, value: Any) -> Self:
        self._settings[key] = value
        return self

    def _set_character(self, key: str, character: str) -> Self:
        if not isinstance(character, str) or len(character) != 1:
            raise ValueError(f"one character is needed, not {character!r}")
        return self._set(key, character)


class CsvRowDeserializationSchema(DeserializationSchema):
    """Rows from lines of CSV. Made by a `Builder`."""

    def __init__(self, j_deserialization_schema: Any) -> None:
        self._builder = _checked(j_deserialization_schema, "CsvRowDeserializationSchema.Builder(type_info)")

    def _spec(self) -> dict[str, Any]:
        return dict(self._builder._settings)

    def _type_info(self) -> TypeInformation:
        return self._builder._type_info

    class Builder(_CsvRowBuilder):
        def __init__(self, type_info: TypeInformation) -> None:
            super().__init__(type_info)

        def set_field_delimiter(self, delimiter: str) -> Self:
            """The default is `,`."""
            return self._set_character("fieldDelimiter", delimiter)

        def set_allow_comments(self, allow_comments: bool) -> Self:
            """Sets whether lines that begin with `#` are comments. The default is False."""
            return self._set("allowComments", bool(allow_comments))

        def set_array_element_delimiter(self, delimiter: str) -> Self:
            """The default is `;`."""
            return self._set("arrayElementDelimiter", delimiter)

        def set_quote_character(self, c: str) -> Self:
            """The default is `"`."""
            return self._set_character("quoteCharacter", c)

        def set_escape_character(self, c: str) -> Self:
            """By default there is no escape character."""
            return self._set_character("escapeCharacter", c)

        def set_null_literal(self, null_literal: str) -> Self:
            """Sets the text that represents None."""
            return self._set("nullLiteral", null_literal)

        def set_ignore_parse_errors(self, ignore_parse_errors: bool) -> Self:
            """Sets whether a field that cannot be read is None, and a line that cannot be read is skipped. The default
            is False."""
            return self._set("ignoreParseErrors", bool(ignore_parse_errors))

        def build(self) -> CsvRowDeserializationSchema:
            return CsvRowDeserializationSchema(self)


class CsvRowSerializationSchema(SerializationSchema):
    """Rows as lines of CSV. Made by a `Builder`."""

    def __init__(self, j_csv_row_serialization_schema: Any) -> None:
        self._builder = _checked(j_csv_row_serialization_schema, "CsvRowSerializationSchema.Builder(type_info)")

    def _spec(self) -> dict[str, Any]:
        return dict(self._builder._settings)

    def _type_info(self) -> TypeInformation:
        return self._builder._type_info

    class Builder(_CsvRowBuilder):
        def __init__(self, type_info: TypeInformation) -> None:
            super().__init__(type_info)

        def set_field_delimiter(self, c: str) -> Self:
            """The default is `,`."""
            return self._set_character("fieldDelimiter", c)

        def set_line_delimiter(self, delimiter: str) -> Self:
            """Sets the end of a record: `\n` (the default), `\r\n`, `\r`, or an empty text."""
            if delimiter not in ("\n", "\r\n", "\r", ""):
                raise ValueError(f"the line delimiter is one of \\n, \\r, \\r\\n or empty, not {delimiter!r}")
            return self._set("lineDelimiter", delimiter)

        def set_array_element_delimiter(self, delimiter: str) -> Self:
            """The default is `;`."""
            return self._set("arrayElementDelimiter", delimiter)

        def disable_quote_character(self) -> Self:
            return self._set("quoteCharacter", None)

        def set_quote_character(self, c: str) -> Self:
            """The default is `"`."""
            return self._set_character("quoteCharacter", c)

        def set_escape_character(self, c: str) -> Self:
            """By default there is no escape character."""
            return self._set_character("escapeCharacter", c)

        def set_null_literal(self, s: str) -> Self:
            """Sets the text that represents None. The default is an empty field."""
            return self._set("nullLiteral", s)

        def build(self) -> CsvRowSerializationSchema:
            return CsvRowSerializationSchema(self)


def _checked(builder: Any, wanted: str) -> _CsvRowBuilder:
    if not isinstance(builder, _CsvRowBuilder):
        raise TypeError(f"there are no Java objects here: make it with {wanted}")
    return builder


__getattr__ = module_getattr(__name__)
