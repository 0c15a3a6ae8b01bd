"""A stream of values, and the operators that transform it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from shardline import _operator_pickle as operators
from shardline._functions.collecting import Collector
from shardline._functions.conversion import payload_type
from shardline._interfaces.functions import (
    FilterFunction,
    FlatMapFunction,
    KeyedProcessFunction,
    KeySelector,
    MapFunction,
    ProcessFunction,
)
from shardline._publishing import published_in
from shardline.common.execution_config import ExecutionConfig, max_parallelism_in_range, positive
from shardline.common.serialization import _Step
from shardline.common.typeinfo import RenamedRowTypeInfo, RowTypeInfo, TypeInformation, Types
from shardline.common.watermark_strategy import WatermarkStrategy
from shardline.datastream import _graph
from shardline.datastream._closeable_iterator import CloseableIterator
from shardline.datastream._data_stream_sink import DataStreamSink
from shardline.datastream._graph import Edge, Transformation
from shardline.datastream._operator_settings import OperatorSettings
from shardline.datastream.connectors.base import Sink

if TYPE_CHECKING:
    from typing_extensions import Self

    from shardline.datastream._keyed_stream import KeyedStream
    from shardline.datastream.stream_execution_environment import StreamExecutionEnvironment


@published_in("shardline.datastream.data_stream")
class DataStream(OperatorSettings):
    """A stream of values. Transformations return a new stream, setters return the same one."""

    def __init__(
        self,
        env: StreamExecutionEnvironment,
        transformation: Transformation,
        type_info: TypeInformation,
        partitioning: str | None = None,
    ) -> None:
        super().__init__(env, transformation)
        self._env = env
        self._type = type_info
        self._partitioning = partitioning

    # ---- settings of the operator

    def get_name(self) -> str:
        return self._transformation.name

    def set_max_parallelism(self, max_parallelism: int) -> Self:
        self._transformation.max_parallelism = max_parallelism_in_range(max_parallelism)
        return self

    def force_non_parallel(self) -> Self:
        self._transformation.parallelism = 1
        self._transformation.max_parallelism = 1
        return self

    def set_buffer_timeout(self, timeout_millis: int) -> Self:
        """Accepted without effect: no buffer delays a value."""
        return self

    def start_new_chain(self) -> Self:
        """Accepted without effect: the engine decides which operators it chains."""
        return self

    def get_type(self) -> TypeInformation:
        return self._type

    def get_execution_environment(self) -> StreamExecutionEnvironment:
        return self._env

    def get_execution_config(self) -> ExecutionConfig:
        return self._env.get_config()

    # ---- transformations

    def map(self, func: Callable[[Any], Any] | MapFunction, output_type: TypeInformation | None = None) -> DataStream:
        """Makes one value of each value. Without `output_type` the results are pickled."""
        if not isinstance(func, MapFunction) and not callable(func):
            raise TypeError("The input must be a MapFunction or a callable function")
        return self._function("map", "Map", func, declared_type(output_type), deserializesFor=None)

    def flat_map(
        self, func: Callable[[Any], Any] | FlatMapFunction, output_type: TypeInformation | None = None
    ) -> DataStream:
        """Makes any number of values of each value: the function returns an iterable, or is a generator."""
        if not isinstance(func, FlatMapFunction) and not callable(func):
            raise TypeError("The input must be a FlatMapFunction or a callable function")
        return self._function("flat_map", "Flat Map", func, declared_type(output_type), deserializesFor=None)

    def filter(self, func: Callable[[Any], bool] | FilterFunction) -> DataStream:
        """Keeps the values for which the function returns something true. The type of the stream stays the same."""
        if not isinstance(func, FilterFunction) and not callable(func):
            raise TypeError("The input must be a FilterFunction or a callable function")
        return self._function("filter", "Filter", func, self._type)

    def key_by(
        self, key_selector: Callable[[Any], Any] | KeySelector, key_type: TypeInformation | None = None
    ) -> KeyedStream:
        """Groups the values by key. All values of a key go to the same subtask, in their order, and the next operator
        has state and timers for each key.

        A key is None, a bool, int, float, str, bytes, Instant, or a tuple or Row of these. Keys of other classes are
        equal if they pickle to the same bytes. `1`, `1.0` and `True` are three keys. Keys are converted to `key_type`.
        """
        if not isinstance(key_selector, KeySelector) and not callable(key_selector):
            raise TypeError("Parameter key_selector should be type of KeySelector or a callable function.")
        pickle = operators.dump(key_selector, self._type, key_type)
        body = _graph.function(pickle, payload_type(self._type))
        return self._env._keyed_stream(self, self._env._add("key_by", "Key By", body, self._edges()))

    def process(self, func: ProcessFunction, output_type: TypeInformation | None = None) -> DataStream:
        """Makes any number of values of each value. The function also sees the timestamp and the watermark."""
        if isinstance(func, KeyedProcessFunction):
            raise TypeError("a KeyedProcessFunction needs a keyed stream: call key_by() before process()")
        if not isinstance(func, ProcessFunction):
            raise TypeError(f"process() takes a ProcessFunction, not {type(func).__name__}")
        return self._function("process", "PROCESS", func, declared_type(output_type), sideOutputs={})

    def assign_timestamps_and_watermarks(self, watermark_strategy: WatermarkStrategy) -> DataStream:
        """Assigns timestamps to the values, and generates watermarks from them. Watermarks of the source end here."""
        if not isinstance(watermark_strategy, WatermarkStrategy):
            raise TypeError(
                f"assign_timestamps_and_watermarks() takes a WatermarkStrategy, not {type(watermark_strategy).__name__}"
            )
        body = _graph.watermarks(watermark_strategy._spec(self._type), self._payload)
        added = self._env._add("watermarks", "Timestamps/Watermarks", body, self._edges())
        return DataStream(self._env, added, self._type)

    def union(self, *streams: DataStream) -> DataStream:
        """Merges this stream with others of the same type. There is no order between values of different streams."""
        if not streams:
            raise TypeError("union() takes at least one stream")
        for stream in streams:
            if not isinstance(stream, DataStream) or stream._partitioning == "hash":
                raise TypeError(f"union() takes streams that are not keyed, not {type(stream).__name__}")
            if stream._type != self._type:
                raise TypeError(
                    f"union(): this stream's type is {self._type!r}, and one of the others' {stream._type!r}"
                )
        return self._env._union([self, *streams])

    def rebalance(self) -> DataStream:
        """Distributes the values to the subtasks of the next operator in turn."""
        return DataStream(self._env, self._transformation, self._type, "rebalance")

    def forward(self) -> DataStream:
        """Sends each value to the subtask of the next operator that has the same index."""
        return DataStream(self._env, self._transformation, self._type, "forward")

    # ---- sinks

    def sink_to(self, sink: Sink) -> DataStreamSink:
        if not isinstance(sink, Sink):
            raise TypeError(f"sink_to() takes a Sink such as KinesisStreamsSink, not {type(sink).__name__}")
        schema = sink._input_schema()
        if schema is not None:
            schema._check_input(self._type)
        edges = self._edges()
        key_function = sink._key_function()
        if key_function is not None:
            taken = self._type if schema is None else self._type_for(schema._type_info())
            edges = [self._keyed(edge, key_function, taken) for edge in edges]
        if schema is not None and schema._payload == "object":
            edges = [self._plain(edge, schema._type_info()) for edge in edges]
        transformation = self._env._add("sink", "Sink", _graph.sink(sink._spec()), edges)
        return DataStreamSink(self._env, transformation)

    def _plain(self, edge: Edge, needed: TypeInformation) -> Edge:
        """Returns the edge to a sink whose schema takes plain values. An operator before the sink unpickles the values
        and gives the fields of rows the names that the schema has. Partition keys stay as they are."""
        source = edge.source
        if source.body["output"] != "pickle" and self._type_for(needed) is self._type:
            return edge
        if source.kind == "key_by" and edge.partitioning != "hash":
            # No operator may come between a sink and the function of its partition keys, so that operator converts.
            source.body["output"] = "object"
            return edge
        body = _graph.function(operators.dump(_same, self._type_for(needed)), "object", deserializesFor=None)
        return Edge(self._env._add("map", "Plain Values", body, [edge]))

    def _type_for(self, needed: TypeInformation) -> TypeInformation:
        """Returns the type of this stream as a schema for values of type `needed` reads it."""
        if isinstance(needed, RowTypeInfo) and isinstance(self._type, RowTypeInfo) and self._type != needed:
            return RenamedRowTypeInfo(self._type, needed)
        return self._type

    def _keyed(self, edge: Edge, key_function: Callable[[Any], Any], type_info: TypeInformation) -> Edge:
        """Returns the edge to a sink whose partition keys come from a function. The function runs in an operator before
        the sink, which is chained to Python functions before it. An edge by key stays before that operator."""
        body = _graph.function(operators.dump(key_function, type_info), payload_type(type_info))
        before = edge.partitioning if edge.partitioning == "hash" else None
        key_by = self._env._add("key_by", "Partition Key", body, [Edge(edge.source, before)])
        return Edge(key_by, None if before else edge.partitioning)

    def print(self, sink_identifier: str | None = None) -> DataStreamSink:
        """Writes each value to `sys.stdout` of the script, with the number of the subtask if there are several."""
        body = _graph.function(operators.dump(sink_identifier, self._type), "pickle", in_driver=True)
        transformation = self._env._add("print", "Print to Std. Out", body, self._edges())
        return DataStreamSink(self._env, transformation)

    def execute_and_collect(
        self, job_execution_name: str | None = None, limit: int | None = None
    ) -> CloseableIterator | list[Any]:
        """Runs the job and returns its values: as an iterator, or with `limit` as a list of at most that many.

        Closing the iterator early cancels the job. A restart of the job repeats the values since the last checkpoint.
        """
        if limit is not None:
            positive(limit, "limit")
        collector = Collector()
        body = _graph.function(operators.dump(collector.id, self._type), "pickle", in_driver=True)
        self._env._add("collect", "Data stream collect sink", body, self._edges())
        iterator = CloseableIterator(self._env._submit(job_execution_name), collector)
        if limit is None:
            return iterator
        with iterator:
            return [value for _, value in zip(range(limit), iterator, strict=False)]

    @property
    def _payload(self) -> str:
        """The representation of the values in the engine."""
        return str(self._transformation.body["output"])

    def _edges(self) -> list[Edge]:
        return [Edge(self._transformation, self._partitioning)]

    def _function(
        self, kind: str, name: str, func: Any, type_info: TypeInformation, extra: Any = None, **fields: Any
    ) -> DataStream:
        """Adds an operator with a function. `fields`: those of its kind, beside the function and the output."""
        body = _graph.function(operators.dump(func, type_info, extra), payload_type(type_info), **fields)
        return DataStream(self._env, self._env._add(kind, name, body, self._edges()), type_info)

    def _deserialized(self, step: _Step, type_info: TypeInformation) -> DataStream:
        """Adds the operator that completes the schema of this source in Python."""
        kind, name, func = step
        return self._function(kind, name, func, type_info, deserializesFor=self._transformation.id)

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"cannot pickle {type(self).__name__!r} object: a function must not use the stream it is part of"
        )


def _same(value: Any) -> Any:
    return value


def declared_type(output_type: TypeInformation | list[TypeInformation] | None) -> TypeInformation:
    if output_type is None:
        return Types.PICKLED_BYTE_ARRAY()
    if isinstance(output_type, list):
        return RowTypeInfo(output_type)
    if not isinstance(output_type, TypeInformation):
        raise TypeError(f"output_type must be a type such as Types.STRING(), not {output_type!r}")
    return output_type
