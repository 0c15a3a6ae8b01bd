"""PyFlink's names that this version does not have: using one says so, and what it waits for.

`python/surface.toml` in the source tree lists every name of PyFlink's surface; a test compares it with this table
and with what is really there.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

STATE = "time to live of state, and state back ends"
AGGREGATIONS = "aggregations of keyed streams: use reduce() or process()"
WINDOWS = "windows"
EVENT_TIME = "event time in functions"
SIDE_OUTPUTS = "side outputs"
CONNECT = "connected and broadcast streams"
ASYNC = "asynchronous functions"
LEGACY_KINESIS = "the FlinkKinesisConsumer of Flink 1.x"
FILES = "file sources and sinks"
SAVEPOINTS = "savepoints"
METRICS = "metrics of user functions"
PARTITIONING = "other partitionings than rebalance and forward"
PLAN = "execution plans"
TABLE = "the Table API and SQL"
JVM = "Java objects, which need a JVM"
OTHER_CONNECTORS = "connectors other than Kinesis"

#: Whole modules.
MODULES: dict[str, str] = {
    "common.io": JVM,
    "common.utils": JVM,
    "datastream.async_data_stream": ASYNC,
    "datastream.async_retry_predicates": ASYNC,
    "datastream.async_retry_strategies": ASYNC,
    "datastream.checkpoint_storage": "checkpoint storage objects: set `execution.checkpointing.dir` instead",
    "datastream.connectors.elasticsearch": OTHER_CONNECTORS,
    "datastream.connectors.file_system": FILES,
    "datastream.connectors.jdbc": OTHER_CONNECTORS,
    "datastream.connectors.kafka": OTHER_CONNECTORS,
    "datastream.connectors.number_seq": OTHER_CONNECTORS,
    "datastream.formats.orc": FILES,
    "datastream.formats.parquet": FILES,
    "datastream.output_tag": SIDE_OUTPUTS,
    "datastream.slot_sharing_group": "slot sharing groups",
    "datastream.state_backend": STATE,
    "datastream.utils": JVM,
    "datastream.window": WINDOWS,
    "metrics": METRICS,
    "testing": "PyFlink's own test helpers",
}

#: Names in modules, and methods of classes (`module.Class.method`).
NAMES: dict[str, str] = {}


def _names(module: str, feature: str, names: str) -> None:
    for name in names.split():
        NAMES[f"{module}.{name}"] = feature


for _module in ("common", "common.serialization"):
    _names(_module, FILES, "Encoder")
_names("common.serialization", FILES, "BulkWriterFactory RowDataBulkWriterFactory")
_names("common.serialization", JVM, "RowFieldExtractorSchema")
for _module in ("common", "common.watermark_strategy"):
    _names(_module, LEGACY_KINESIS, "AssignerWithPeriodicWatermarksWrapper")
_names("common.job_client.JobClient", SAVEPOINTS, "stop_with_savepoint trigger_savepoint")
_names("common.typeinfo.TypeInformation", JVM, "get_java_type_info")
_names(
    "common.execution_config.ExecutionConfig",
    "settings of Java's serializers and closures",
    "enable_closure_cleaner disable_closure_cleaner is_closure_cleaner_enabled enable_force_kryo disable_force_kryo "
    "is_force_kryo_enabled enable_generic_types disable_generic_types has_generic_types_disabled enable_force_avro "
    "disable_force_avro is_force_avro_enabled get_default_kryo_serializer_classes get_registered_kryo_types "
    "get_registered_pojo_types",
)
_names(
    "common.execution_config.ExecutionConfig",
    "settings of a cluster's tasks",
    "set_latency_tracking_interval get_latency_tracking_interval get_task_cancellation_interval "
    "set_task_cancellation_interval get_task_cancellation_timeout set_task_cancellation_timeout "
    "enable_auto_generated_uids disable_auto_generated_uids has_auto_generated_uids_enabled "
    "is_use_snapshot_compression set_use_snapshot_compression",
)

_names("datastream.data_stream.KeyedStream", AGGREGATIONS, "sum min max min_by max_by AccumulateType")
_names("datastream.data_stream.KeyedStream", WINDOWS, "window count_window")
_names("datastream.data_stream.DataStream", WINDOWS, "window_all")
_names("datastream.data_stream.DataStream", CONNECT, "connect")
_names("datastream.data_stream.DataStream", PARTITIONING, "shuffle rescale broadcast partition_custom")
_names("datastream.data_stream.DataStream", SIDE_OUTPUTS, "get_side_output")
_names("datastream.data_stream.DataStream", LEGACY_KINESIS, "add_sink")
_names("datastream.data_stream.DataStream", "typed projections", "project")
_names("datastream.data_stream.DataStream", "cached streams", "cache")
for _module in ("datastream", "datastream.data_stream"):
    _names(_module, WINDOWS, "WindowedStream")
    _names(_module, CONNECT, "ConnectedStreams BroadcastStream BroadcastConnectedStream")
_names("datastream.data_stream", WINDOWS, "AllWindowedStream")
_names("datastream.data_stream", "cached streams", "CachedDataStream")

_ENVIRONMENT = "datastream.stream_execution_environment.StreamExecutionEnvironment"
_names(_ENVIRONMENT, FILES, "create_input read_text_file register_cached_file")
_names(_ENVIRONMENT, PLAN, "get_execution_plan")
_names(_ENVIRONMENT, SAVEPOINTS, "set_default_savepoint_directory get_default_savepoint_directory")
_names(_ENVIRONMENT, "slot sharing groups", "register_slot_sharing_group")
_names(_ENVIRONMENT, STATE, "enable_changelog_state_backend is_changelog_state_backend_enabled")
_names(_ENVIRONMENT, "state back ends as objects: set `state.backend.type`", "set_state_backend get_state_backend")
_names(
    _ENVIRONMENT,
    "restart strategies as objects: set `restart-strategy.type` in the Configuration",
    "set_restart_strategy get_restart_strategy",
)
_names(_ENVIRONMENT, EVENT_TIME, "set_stream_time_characteristic get_stream_time_characteristic")

_WINDOW_FUNCTIONS = "WindowFunction ProcessWindowFunction"
_CO_FUNCTIONS = "CoMapFunction CoFlatMapFunction BroadcastProcessFunction KeyedBroadcastProcessFunction"
for _module in ("datastream", "datastream.functions"):
    _names(_module, CONNECT, "CoProcessFunction KeyedCoProcessFunction")
    _names(_module, WINDOWS, _WINDOW_FUNCTIONS)
    _names(_module, CONNECT, _CO_FUNCTIONS)
    _names(_module, ASYNC, "AsyncFunction AsyncRetryPredicate AsyncRetryStrategy")
    _names(_module, PARTITIONING, "Partitioner")
    _names(_module, JVM, "SourceFunction SinkFunction")
_names("datastream.functions", WINDOWS, "NullByteKeySelector")
_names("datastream.functions", WINDOWS, "AllWindowFunction ProcessAllWindowFunction PassThroughWindowFunction")
_names("datastream.functions", WINDOWS, "PassThroughAllWindowFunction")
_names("datastream.functions", CONNECT, "BaseBroadcastProcessFunction")
_names("datastream.functions", ASYNC, "AsyncFunctionDescriptor")
_names("datastream.functions", JVM, "JavaFunctionWrapper")
_names("datastream", ASYNC, "AsyncDataStream")
_names("datastream", STATE, "StateBackend HashMapStateBackend EmbeddedRocksDBStateBackend")
_names(
    "datastream", STATE, "CustomStateBackend PredefinedOptions FsStateBackend MemoryStateBackend RocksDBStateBackend"
)
_names("datastream", MODULES["datastream.checkpoint_storage"], "CheckpointStorage JobManagerCheckpointStorage")
_names("datastream", MODULES["datastream.checkpoint_storage"], "FileSystemCheckpointStorage CustomCheckpointStorage")
_names("datastream", SIDE_OUTPUTS, "OutputTag")
_names("datastream", "slot sharing groups", "SlotSharingGroup MemorySize")
_names("datastream", WINDOWS, "Window TimeWindow CountWindow GlobalWindow WindowAssigner MergingWindowAssigner")
_names("datastream", WINDOWS, "Trigger TriggerResult")
_names("datastream", EVENT_TIME, "TimeCharacteristic")

_names("datastream.state", STATE, "StateTtlConfig")
_names("datastream.state", CONNECT, "OperatorStateStore BroadcastState ReadOnlyBroadcastState")
_names("datastream.state.StateDescriptor", STATE, "enable_time_to_live")

_names("datastream.connectors.base", OTHER_CONNECTORS, "StreamTransformer SupportsPreprocessing")
_names(
    "datastream.connectors",
    OTHER_CONNECTORS,
    "NumberSequenceSource JdbcSink JdbcConnectionOptions JdbcExecutionOptions KafkaSource FlinkKafkaConsumer "
    "FlinkKafkaProducer",
)
_names("datastream.connectors", FILES, "FileSink FileSource StreamingFileSink")
_KINESIS = "datastream.connectors.kinesis"
_names(_KINESIS, LEGACY_KINESIS, "WatermarkTracker")
_names("datastream.formats.avro", FILES, "AvroInputFormat AvroBulkWriters")
_names("datastream.formats.csv", FILES, "CsvSchema CsvSchemaBuilder CsvReaderFormat CsvBulkWriters")


def explain(name: str) -> str | None:
    """Why `name` (without the leading package) is not here; None if it is not a name of PyFlink's."""
    feature = MODULES.get(name) or NAMES.get(name) or (TABLE if name.startswith("table.") else None)
    if feature is None:
        return None
    shown = f"pyflink.{name}" if name in MODULES else name.rsplit(".", 1)[-1]
    return f"{shown} is not in this version of Shardline ({feature})"


def is_explained(error: BaseException) -> bool:
    """Whether it is one of ours that says why a name is not here."""
    return isinstance(error, (ImportError, AttributeError)) and " is not in this version of Shardline" in str(error)


def module_getattr(module: str) -> Callable[[str], Any]:
    """The `__getattr__` of a module: `from module import Name` of an absent name fails with its reason."""
    prefix = module.partition(".")[2]

    def __getattr__(name: str) -> Any:  # noqa: N807 - it becomes a module's
        reason = explain(f"{prefix}.{name}") if prefix else None
        if reason is not None:
            raise ImportError(reason, name=module)
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return __getattr__


class AbsentMethods:
    """Base of classes some of whose methods are not here yet: asking for one fails with its reason."""

    def __getattr__(self, name: str) -> Any:
        for owner in type(self).__mro__:
            prefix = owner.__module__.partition(".")[2]
            reason = explain(f"{prefix}.{owner.__name__}.{name}")
            if reason is not None:
                raise AttributeError(f"{owner.__name__}.{reason}")
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


class _AbsentModules:
    """A meta path finder. It comes last, and sees only modules that nobody else found.

    No base class: importlib.abc alone costs 20 ms of every host's start."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, _, name = fullname.partition(".")
        if package == __package__ and (reason := explain(name)) is not None:
            raise ModuleNotFoundError(reason, name=fullname)
        return None


def install() -> None:
    sys.meta_path.append(_AbsentModules())
