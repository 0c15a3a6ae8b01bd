"""Schemas that need no format."""

from __future__ import annotations

import pytest

from shardline.common import (
    ByteArraySchema,
    DeserializationSchema,
    SimpleStringSchema,
)


def test_schemas_describe_themselves():
    assert SimpleStringSchema()._spec() == {"type": "simple-string", "charset": "UTF-8"}
    assert SimpleStringSchema("ISO-8859-1")._spec()["charset"] == "ISO-8859-1"
    assert ByteArraySchema()._spec() == {"type": "byte-array"}


def test_an_unknown_charset_fails_at_once():
    with pytest.raises(ValueError, match="unknown charset 'UTF-9'"):
        SimpleStringSchema("UTF-9")


def test_a_schema_written_in_python_is_refused():
    class Mine(DeserializationSchema):
        pass

    with pytest.raises(TypeError, match=r"Mine is not a schema that the engine knows.*KinesisDeserializationSchema"):
        Mine()._spec()
