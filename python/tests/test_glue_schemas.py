"""Schemas of the Glue Schema Registry."""

from __future__ import annotations

import dataclasses
import pickle
import warnings

import pytest

from shardline import _options
from shardline.common import SimpleStringSchema
from shardline.datastream.formats.avro import (
    AvroDeserializationSchema,
)
from shardline.datastream.formats.glue import (
    AWSSchemaRegistryConstants,
    GlueSchemaRegistryAvroDeserializationSchema,
    GlueSchemaRegistryAvroSerializationSchema,
    GlueSchemaRegistryJsonDeserializationSchema,
    GlueSchemaRegistryJsonSerializationSchema,
    JsonDataWithSchema,
)
from shardline.errors import ConfigurationError


@dataclasses.dataclass
class Leg:
    minutes: float


def test_glue_schemas_are_described_and_their_configuration_is_checked():
    configs = {"registry.name": "r", "tags": {"a": "b"}, "secondaryDeserializer": SimpleStringSchema()}
    assert GlueSchemaRegistryAvroDeserializationSchema.for_generic('"string"', configs)._spec() == {
        "type": "glue-avro",
        "schema": '"string"',
        "transportName": None,
        "configs": {"registry.name": "r", "tags": {"a": "b"}},
        "secondary": {"type": "simple-string", "charset": "UTF-8"},
        "convert": None,
    }
    with pytest.raises(TypeError, match="secondaryDeserializer is a schema"):
        GlueSchemaRegistryAvroDeserializationSchema.for_generic('"string"', {"secondaryDeserializer": "a.Class"})
    of_class = AvroDeserializationSchema.for_specific(Leg)
    with pytest.raises(TypeError, match="must be a schema that runs in the engine"):
        GlueSchemaRegistryAvroDeserializationSchema.for_generic('"string"', {"secondaryDeserializer": of_class})
    with pytest.raises(TypeError, match="transport_name is the stream's name"):
        GlueSchemaRegistryAvroSerializationSchema.for_generic('"string"', "", {})
    with pytest.raises(TypeError, match="configs is a dict"):
        GlueSchemaRegistryJsonSerializationSchema("s", "registry")


def test_a_configuration_in_a_wrong_place_is_not_shown_with_its_secrets():
    configs = {"aws.credentials.provider.basic.secretkey": "hush"}
    for call in (
        lambda: GlueSchemaRegistryAvroDeserializationSchema.for_generic(configs, '"string"'),
        lambda: GlueSchemaRegistryAvroDeserializationSchema.for_generic('"string"', [configs]),
        lambda: GlueSchemaRegistryAvroSerializationSchema.for_generic('"string"', configs, "flights"),
        lambda: GlueSchemaRegistryAvroDeserializationSchema.for_specific(configs, Leg),
        lambda: GlueSchemaRegistryJsonDeserializationSchema(configs, "flights", JsonDataWithSchema),
        lambda: GlueSchemaRegistryJsonSerializationSchema(configs, "flights"),
    ):
        with pytest.raises(TypeError, match=r"is needed, not dict|is the stream's name, not dict|not list") as raised:
            call()
        assert "hush" not in str(raised.value)


def test_what_the_secondary_deserializer_gives_is_not_made_an_object_of():
    plain, secondary = {"region": "r"}, {"region": "r", "secondaryDeserializer": SimpleStringSchema()}
    for schema_with, own, made in [
        (lambda c: GlueSchemaRegistryAvroDeserializationSchema.for_specific(Leg, c), {"minutes": 1.5}, Leg(1.5)),
        (lambda c: GlueSchemaRegistryJsonDeserializationSchema(Leg, "s", c), {"minutes": 1}, Leg(1.0)),
        (
            lambda c: GlueSchemaRegistryJsonDeserializationSchema(JsonDataWithSchema, "s", c),
            {"schema": "{}", "payload": "1"},
            JsonDataWithSchema("{}", "1"),
        ),
    ]:
        step = pickle.loads(pickle.dumps(schema_with(secondary)._step()))
        assert (step.function(own), step.function("old")) == (made, "old")
        with pytest.raises((TypeError, AttributeError)):
            schema_with(plain)._step().function("old")


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("compression", "GZIP", "one of NONE, ZLIB"),
        ("schemaAutoRegistrationEnabled", "yes", "'true' or 'false'"),
        ("cacheSize", 0, "a whole number from 1 to"),
        ("aws.credentials.provider", "MAGIC", "one of AUTO, BASIC"),
    ],
)
def test_a_wrong_value_of_glues_fails_at_the_call(key, value, expected):
    with pytest.raises(ConfigurationError) as raised:
        GlueSchemaRegistryJsonDeserializationSchema(JsonDataWithSchema, "s", {key: value})
    assert str(raised.value).startswith(f"{key}: '{value}' is not {expected}")


def test_a_key_that_glue_does_not_know_is_warned_about():
    right = {
        "schemaAutoRegistrationEnabled": True,
        "cacheSize": 5,
        "aws.region": "r",
        "tags": {"a": "b"},
        "schemaName": None,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        GlueSchemaRegistryAvroDeserializationSchema.for_generic('"string"', right)
    with pytest.warns(UserWarning, match=r"'registryName' is not known .* Did you mean 'registry\.name'"):
        GlueSchemaRegistryAvroDeserializationSchema.for_generic('"string"', {"registryName": "r"})
    with pytest.warns(UserWarning, match=r"'source\.stop-at' is not known"):
        GlueSchemaRegistryAvroDeserializationSchema.for_generic('"string"', {"source.stop-at": "latest"})


def test_the_constants_of_glue_are_those_of_the_engines_table():
    expected = {o["constant"]: o["key"] for o in _options.glue_table().options if o["group"] == "Glue Schema Registry"}
    del expected[None]
    ours = {f"AWSSchemaRegistryConstants.{k}": v for k, v in vars(AWSSchemaRegistryConstants).items() if k[0] != "_"}
    assert ours == expected
