"""Streams: what is said about values between a source and a sink."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from shardline import _operator_pickle as operators
from shardline._absent import AbsentMethods, module_getattr
from shardline._functions.collecting import Collector
from shardline._functions.conversion import payload_type
from shardline.common.execution_config import ExecutionConfig, max_parallelism_in_range, positive
from shardline.common.serialization import _Step
from shardline.common.typeinfo import RenamedRowTypeInfo, RowTypeInfo, TypeInformation, Types
from shardline.common.watermark_strategy import WatermarkStrategy
from shardline.datastream import _graph
from shardline.datastream._graph import Edge, Transformation
from shardline.datastream.connectors.base import Sink
from shardline.datastream.functions import (
    FilterFunction,
    FlatMapFunction,
    KeyedProcessFunction,
    KeySelector,
    MapFunction,
    ProcessFunction,
    ReduceFunction,
)

if TYPE_CHECKING:
    from shardline._bridge.jobs import Job
    from shardline.datastream.stream_execution_environment import StreamExecutionEnvironment

__all__ = ["CloseableIterator", "DataStream", "DataStreamSink", "KeyedStream"]


class DataStream(AbsentMethods):
    """A stream of values. Every method that transforms returns a new stream; setters return the same one."""

    def __init__(
        self,
        env: StreamExecutionEnvironment,
        transformation: Transformation,
        type_info: TypeInformation,
        partitioning: str | None = None,
    ) -> None:
        self._env = env
        self._transformation = transformation
        self._type = type_info
        self._partitioning = partitioning

    # ---- this operator

    def get_name(self) -> str:
        return self._transformation.name

    def name(self, name: str) -> DataStream:
        self._transformation.name = name
        return self

    def uid(self, uid: str) -> DataStream:
        """The name under which checkpoints keep this operator's state."""
        self._env._set_uid(self._transformation, uid)
        return self

    def set_uid_hash(self, uid_hash: str) -> DataStream:
        """Accepted, and without effect: it finds state that another Flink version wrote."""
        return self

    def set_parallelism(self, parallelism: int) -> DataStream:
        self._transformation.parallelism = positive(parallelism, "parallelism")
        return self

    def set_max_parallelism(self, max_parallelism: int) -> DataStream:
        self._transformation.max_parallelism = max_parallelism_in_range(max_parallelism)
        return self

    def force_non_parallel(self) -> DataStream:
        self._transformation.parallelism = 1
        self._transformation.max_parallelism = 1
        return self

    def set_buffer_timeout(self, timeout_millis: int) -> DataStream:
        """Accepted, and without effect: no value waits for company here."""
        return self

    def start_new_chain(self) -> DataStream:
        """Accepted, and without effect: chaining is the engine's business."""
        return self

    def disable_chaining(self) -> DataStream:
        """Accepted, and without effect: chaining is the engine's business."""
        return self

    def slot_sharing_group(self, slot_sharing_group: Any) -> DataStream:
        """Accepted, and without effect: there are no slots."""
        return self

    def set_description(self, description: str) -> DataStream:
        """Accepted; shown nowhere yet."""
        return self

    def get_type(self) -> TypeInformation:
        return self._type

    def get_execution_environment(self) -> StreamExecutionEnvironment:
        return self._env

    def get_execution_config(self) -> ExecutionConfig:
        return self._env.get_config()

    # ---- transformations

    def map(self, func: Callable[[Any], Any] | MapFunction, output_type: TypeInformation | None = None) -> DataStream:
        """One value for each. Without `output_type` the results are pickled, whatever they are."""
        if not isinstance(func, MapFunction) and not callable(func):
            raise TypeError("The input must be a MapFunction or a callable function")
        return self._function("map", "Map", func, _declared(output_type))

    def flat_map(
        self, func: Callable[[Any], Any] | FlatMapFunction, output_type: TypeInformation | None = None
    ) -> DataStream:
        """Any number of values for each: the function returns an iterable or is a generator."""
        if not isinstance(func, FlatMapFunction) and not callable(func):
            raise TypeError("The input must be a FlatMapFunction or a callable function")
        return self._function("flat_map", "Flat Map", func, _declared(output_type))

    def filter(self, func: Callable[[Any], bool] | FilterFunction) -> DataStream:
        """Keeps the values for which the function returns something true, and their type."""
        if not isinstance(func, FilterFunction) and not callable(func):
            raise TypeError("The input must be a FilterFunction or a callable function")
        return self._function("filter", "Filter", func, self._type)

    def key_by(
        self, key_selector: Callable[[Any], Any] | KeySelector, key_type: TypeInformation | None = None
    ) -> KeyedStream:
        """Groups the values: those of one key go to the same instance, in their order. What follows has state and
        timers for each key.

        A key is None, a bool, int, float, str, bytes, Instant, or a tuple or Row of these; keys of other classes are
        the same if they pickle to the same bytes. `1`, `1.0` and `True` are three keys. `key_type` is enforced.
        """
        if not isinstance(key_selector, KeySelector) and not callable(key_selector):
            raise TypeError("Parameter key_selector should be type of KeySelector or a callable function.")
        pickle = operators.dump(key_selector, self._type, key_type)
        body = _graph.function("key_by", pickle, payload_type(self._type))
        return KeyedStream(self, self._env._add("function", "Key By", body, self._edges()))

    def process(self, func: ProcessFunction, output_type: TypeInformation | None = None) -> DataStream:
        """Any number of values for each, by a function that also sees its time and the watermark."""
        if isinstance(func, KeyedProcessFunction):
            raise TypeError("a KeyedProcessFunction needs a keyed stream: call key_by() before process()")
        if not isinstance(func, ProcessFunction):
            raise TypeError(f"process() takes a ProcessFunction, not {type(func).__name__}")
        return self._function("process", "PROCESS", func, _declared(output_type))

    def assign_timestamps_and_watermarks(self, watermark_strategy: WatermarkStrategy) -> DataStream:
        """Gives the values their event time, and what follows its watermarks; those of the source end here."""
        if not isinstance(watermark_strategy, WatermarkStrategy):
            raise TypeError(
                f"assign_timestamps_and_watermarks() takes a WatermarkStrategy, not {type(watermark_strategy).__name__}"
            )
        body = _graph.watermarks(watermark_strategy._spec(self._type), self._payload)
        added = self._env._add("watermarks", "Timestamps/Watermarks", body, self._edges())
        return DataStream(self._env, added, self._type)

    def union(self, *streams: DataStream) -> DataStream:
        """The values of these streams as well, in no order between them. All must have the same type."""
        if not streams:
            raise TypeError("union() takes at least one stream")
        for stream in streams:
            if not isinstance(stream, DataStream) or isinstance(stream, KeyedStream):
                raise TypeError(f"union() takes streams that are not keyed, not {type(stream).__name__}")
            if stream._type != self._type:
                raise TypeError(
                    f"union(): this stream's type is {self._type!r}, and one of the others' {stream._type!r}"
                )
        return Union(self._env, [self, *streams])

    def rebalance(self) -> DataStream:
        """Values go to the next operator's instances in turn."""
        return DataStream(self._env, self._transformation, self._type, "rebalance")

    def forward(self) -> DataStream:
        """Values stay with the instance of the same number."""
        return DataStream(self._env, self._transformation, self._type, "forward")

    # ---- ends

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
        """The edge of a sink whose schema takes plain values: pickles are taken apart on this side of it, and rows get
        the names that the schema has for their fields. The keys of a record pass by."""
        source = edge.source
        if source.body["output"] != "pickle" and self._type_for(needed) is self._type:
            return edge
        if source.body.get("operation") == "key_by" and edge.partitioning != "hash":
            # Nothing may come between a sink and the function that gives its keys: that one does it.
            source.body["output"] = "object"
            return edge
        body = _graph.function("map", operators.dump(_same, self._type_for(needed)), "object")
        return Edge(self._env._add("function", "Plain Values", body, [edge]))

    def _type_for(self, needed: TypeInformation) -> TypeInformation:
        """This stream's type, as a schema for values of type `needed` is to see it."""
        if isinstance(needed, RowTypeInfo) and isinstance(self._type, RowTypeInfo) and self._type != needed:
            return RenamedRowTypeInfo(self._type, needed)
        return self._type

    def _keyed(self, edge: Edge, key_function: Callable[[Any], Any], type_info: TypeInformation) -> Edge:
        """The edge of a sink that has its records' keys from a function: asked on this side of it, where a Python
        function before it is asked in the same call; behind an edge by key, which is there for one key only."""
        body = _graph.function("key_by", operators.dump(key_function, type_info), payload_type(type_info))
        before = edge.partitioning if edge.partitioning == "hash" else None
        key_by = self._env._add("function", "Partition Key", body, [Edge(edge.source, before)])
        return Edge(key_by, None if before else edge.partitioning)

    def print(self, sink_identifier: str | None = None) -> DataStreamSink:
        """Writes each value to the script's `sys.stdout`, with the number of the subtask where there are several."""
        body = _graph.function("print", operators.dump(sink_identifier, self._type), "pickle", in_driver=True)
        transformation = self._env._add("function", "Print to Std. Out", body, self._edges())
        return DataStreamSink(self._env, transformation)

    def execute_and_collect(
        self, job_execution_name: str | None = None, limit: int | None = None
    ) -> CloseableIterator | list[Any]:
        """Runs the job and hands its values to the program: an iterator, or with `limit` a list of at most that many.

        Closing the iterator early cancels the job. If the job restarts, values since its last checkpoint come again.
        """
        if limit is not None:
            positive(limit, "limit")
        collector = Collector()
        body = _graph.function("collect", operators.dump(collector.id, self._type), "pickle", in_driver=True)
        self._env._add("function", "Data stream collect sink", body, self._edges())
        iterator = CloseableIterator(self._env._submit(job_execution_name), collector)
        if limit is None:
            return iterator
        with iterator:
            return [value for _, value in zip(range(limit), iterator, strict=False)]

    @property
    def _payload(self) -> str:
        """How the engine holds the values."""
        return str(self._transformation.body["output"])

    def _edges(self) -> list[Edge]:
        return [Edge(self._transformation, self._partitioning)]

    def _function(
        self, operation: str, name: str, func: Any, type_info: TypeInformation, extra: Any = None
    ) -> DataStream:
        body = _graph.function(operation, operators.dump(func, type_info, extra), payload_type(type_info))
        return DataStream(self._env, self._env._add("function", name, body, self._edges()), type_info)

    def _deserialized(self, step: _Step, type_info: TypeInformation) -> DataStream:
        """Of a source: what Python makes of its values, as part of their schema."""
        operation, name, func = step
        body = _graph.function(
            operation,
            operators.dump(func, type_info),
            payload_type(type_info),
            deserializes_for=self._transformation.id,
        )
        return DataStream(self._env, self._env._add("function", name, body, self._edges()), type_info)

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"cannot pickle {type(self).__name__!r} object: a function must not use the stream it is part of"
        )


class Union(DataStream):
    """Several streams as one. Setters are for the operators before it, which keep their own names and uids."""

    def __init__(self, env: StreamExecutionEnvironment, members: list[DataStream]) -> None:
        super().__init__(env, members[0]._transformation, members[0]._type)
        self._members = members

    def name(self, name: str) -> DataStream:
        """No effect: a union is no operator."""
        return self

    def uid(self, uid: str) -> DataStream:
        """No effect: a union has no state."""
        return self

    def set_parallelism(self, parallelism: int) -> DataStream:
        raise ValueError("a union has no parallelism: set that of its streams")

    def set_max_parallelism(self, max_parallelism: int) -> DataStream:
        raise ValueError("a union has no parallelism: set that of its streams")

    def rebalance(self) -> DataStream:
        return Union(self._env, [member.rebalance() for member in self._members])

    def forward(self) -> DataStream:
        return Union(self._env, [member.forward() for member in self._members])

    def _edges(self) -> list[Edge]:
        return [edge for member in self._members for edge in member._edges()]


class SourceGroup(Union):
    """The sources of one consumer of several streams: what is set is set for each, with its name in the uid."""

    def __init__(self, env: StreamExecutionEnvironment, members: list[DataStream], streams: list[str]) -> None:
        super().__init__(env, members)
        self._streams = streams

    def name(self, name: str) -> DataStream:
        for member, stream in zip(self._members, self._streams, strict=True):
            member.name(f"{name} ({stream})")
        return self

    def uid(self, uid: str) -> DataStream:
        for member, stream in zip(self._members, self._streams, strict=True):
            member.uid(f"{uid}-{stream}")
        return self

    def set_parallelism(self, parallelism: int) -> DataStream:
        for member in self._members:
            member.set_parallelism(parallelism)
        return self

    def set_max_parallelism(self, max_parallelism: int) -> DataStream:
        for member in self._members:
            member.set_max_parallelism(max_parallelism)
        return self


def _same(value: Any) -> Any:
    return value


def _declared(output_type: TypeInformation | list[TypeInformation] | None) -> TypeInformation:
    if output_type is None:
        return Types.PICKLED_BYTE_ARRAY()
    if isinstance(output_type, list):
        return RowTypeInfo(output_type)
    if not isinstance(output_type, TypeInformation):
        raise TypeError(f"output_type must be a type such as Types.STRING(), not {output_type!r}")
    return output_type


class KeyedStream(DataStream):
    """A stream whose values are grouped by a key. Setters are for the operators before and behind it."""

    def __init__(self, origin: DataStream, key_by: Transformation) -> None:
        super().__init__(origin._env, key_by, origin._type, "hash")
        self._origin = origin

    def process(  # type: ignore[override]
        self, func: KeyedProcessFunction, output_type: TypeInformation | None = None
    ) -> DataStream:
        """Any number of values for each, by a function with state and timers for each key."""
        if not isinstance(func, KeyedProcessFunction):
            raise TypeError("KeyedProcessFunction is required for KeyedStream.")
        return self._function("process", "KEYED PROCESS", func, _declared(output_type))

    def map(self, func: Callable[[Any], Any] | MapFunction, output_type: TypeInformation | None = None) -> DataStream:
        """As on any stream; `open()` of a MapFunction gets state by key."""
        if not isinstance(func, MapFunction) and not callable(func):
            raise TypeError("The input must be a MapFunction or a callable function")
        return self._function("process", "Map", func, _declared(output_type), "map")

    def flat_map(
        self, func: Callable[[Any], Any] | FlatMapFunction, output_type: TypeInformation | None = None
    ) -> DataStream:
        """As on any stream; `open()` of a FlatMapFunction gets state by key."""
        if not isinstance(func, FlatMapFunction) and not callable(func):
            raise TypeError("The input must be a FlatMapFunction or a callable function")
        return self._function("process", "FlatMap", func, _declared(output_type), "flat_map")

    def filter(self, func: Callable[[Any], bool] | FilterFunction) -> DataStream:
        """As on any stream; `open()` of a FilterFunction gets state by key."""
        if not isinstance(func, FilterFunction) and not callable(func):
            raise TypeError("The input must be a FilterFunction or a callable function")
        return self._function("process", "Filter", func, self._type, "filter")

    def reduce(self, func: Callable[[Any, Any], Any] | ReduceFunction) -> DataStream:
        """Combines each value with what came before under its key: one result for each value, of the same type."""
        if not isinstance(func, ReduceFunction) and not callable(func):
            raise TypeError("The input must be a ReduceFunction or a callable function")
        return self._function("process", "Reduce", func, self._type, "reduce")

    def key_by(
        self, key_selector: Callable[[Any], Any] | KeySelector, key_type: TypeInformation | None = None
    ) -> KeyedStream:
        """Groups the values by another key instead."""
        return self._origin.key_by(key_selector, key_type)

    def rebalance(self) -> NoReturn:
        raise _fixed_partitioning()

    def forward(self) -> NoReturn:
        raise _fixed_partitioning()

    def get_name(self) -> NoReturn:
        raise _unsettable("Get name")

    def name(self, name: str) -> NoReturn:
        raise _unsettable("Set name")

    def uid(self, uid: str) -> NoReturn:
        raise _unsettable("Set uid")

    def set_uid_hash(self, uid_hash: str) -> NoReturn:
        raise _unsettable("Set uid hash")

    def set_parallelism(self, parallelism: int) -> NoReturn:
        raise _unsettable("Set parallelism")

    def set_max_parallelism(self, max_parallelism: int) -> NoReturn:
        raise _unsettable("Set max parallelism")

    def force_non_parallel(self) -> NoReturn:
        raise _unsettable("Set force non-parallel")

    def set_buffer_timeout(self, timeout_millis: int) -> NoReturn:
        raise _unsettable("Set buffer timeout")

    def start_new_chain(self) -> NoReturn:
        raise _unsettable("Start new chain")

    def disable_chaining(self) -> NoReturn:
        raise _unsettable("Disable chaining")

    def slot_sharing_group(self, slot_sharing_group: Any) -> NoReturn:
        raise _unsettable("Setting slot sharing group")


def _unsettable(what: str) -> Exception:
    return TypeError(f"{what} for KeyedStream is not supported.")


def _fixed_partitioning() -> Exception:
    return TypeError("Cannot override partitioning for KeyedStream.")


class DataStreamSink(AbsentMethods):
    """The end of a stream. Setters return the same object."""

    def __init__(self, env: StreamExecutionEnvironment, transformation: Transformation) -> None:
        self._env = env
        self._transformation = transformation

    def name(self, name: str) -> DataStreamSink:
        self._transformation.name = name
        return self

    def uid(self, uid: str) -> DataStreamSink:
        """The name under which checkpoints keep this sink's state."""
        self._env._set_uid(self._transformation, uid)
        return self

    def set_uid_hash(self, uid_hash: str) -> DataStreamSink:
        """Accepted, and without effect."""
        return self

    def set_parallelism(self, parallelism: int) -> DataStreamSink:
        self._transformation.parallelism = positive(parallelism, "parallelism")
        for edge in self._transformation.inputs:
            if edge.source.body.get("operation") == "key_by" and edge.source.inputs[0].partitioning == "hash":
                edge.source.parallelism = parallelism
        return self

    def set_description(self, description: str) -> DataStreamSink:
        """Accepted; shown nowhere yet."""
        return self

    def disable_chaining(self) -> DataStreamSink:
        """Accepted, and without effect."""
        return self

    def slot_sharing_group(self, slot_sharing_group: Any) -> DataStreamSink:
        """Accepted, and without effect."""
        return self


class CloseableIterator:
    """The values of a running job. Use it in a `with` statement: leaving it ends the job."""

    def __init__(self, job: Job, collector: Collector) -> None:
        self._job = job
        self._collector = collector
        job.outcome.add_done_callback(lambda outcome: collector.end(outcome.exception()))

    def __iter__(self) -> CloseableIterator:
        return self

    def __next__(self) -> Any:
        return self._collector.take()

    def next(self) -> Any:
        return self.__next__()

    def close(self) -> None:
        """Cancels the job if it still runs, and waits for its end. Idempotent."""
        self._collector.close()
        if not self._job.outcome.done():
            self._job.cancel("now")
            self._job.outcome.exception()

    def __enter__(self) -> CloseableIterator:
        return self

    def __exit__(self, exc_type: object, exc_val: object, exc_tb: object) -> None:
        self.close()


__getattr__ = module_getattr(__name__)
