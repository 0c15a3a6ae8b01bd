"""FlinkKinesisProducer, the Kinesis sink of Flink 1.x."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shardline import _alias
from shardline._publishing import published_in
from shardline.common.configuration import Configuration
from shardline.common.serialization import ByteArraySchema, SerializationSchema, SimpleStringSchema
from shardline.datastream.connectors._builder_lines import BuilderLines
from shardline.errors import UnsupportedError


@published_in("shardline.datastream.connectors.kinesis")
class FlinkKinesisProducer:
    """The Kinesis sink of Flink 1.x, which KinesisStreamsSink replaces. The constructor raises an `UnsupportedError`
    with the lines that make the same sink. It takes the arguments of the Java class, a schema and properties, in any
    order."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        given = [*args, *kwargs.values()]
        properties: dict[str, Any] = {}
        for argument in given:
            if isinstance(argument, (Mapping, Configuration)):
                properties.update(argument.to_dict() if isinstance(argument, Configuration) else argument)
        schema = next((s for s in given if isinstance(s, SerializationSchema)), None)
        known = type(schema).__name__ if isinstance(schema, (SimpleStringSchema, ByteArraySchema)) else None
        stream = next((s for s in given if isinstance(s, str) and s), None)
        package = _alias.ALIAS if _alias.is_installed() else _alias.REAL
        lines = BuilderLines(properties).text(package, stream, known or "SimpleStringSchema")
        raise UnsupportedError(
            "FlinkKinesisProducer was removed from Flink, and was never part of PyFlink. The same sink as a "
            f"KinesisStreamsSink (see docs/how-to/migrate-from-flink.md):\n\n{lines}\n\n"
            "Then call stream.sink_to(sink), not add_sink()."
        )
