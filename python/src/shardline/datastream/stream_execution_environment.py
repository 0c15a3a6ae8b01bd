"""The environment: it makes the streams of a program and runs its job."""

from __future__ import annotations

import base64
import os
import pickle
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NoReturn
from weakref import WeakSet

from shardline import _options, _overrides
from shardline._absent import AbsentMethods, module_getattr
from shardline._bridge import session
from shardline._bridge.jobs import Job
from shardline._compatibility import warn_once
from shardline._functions.conversion import converter, payload_type
from shardline._functions.payloads import utf8
from shardline.common.configuration import Configuration
from shardline.common.execution_config import ExecutionConfig, milliseconds
from shardline.common.job_client import JobClient
from shardline.common.job_execution_result import JobExecutionResult
from shardline.common.job_id import JobID
from shardline.common.serialization import DeserializationSchema
from shardline.common.typeinfo import RowTypeInfo, TypeInformation, Types
from shardline.common.watermark_strategy import TimestampAssigner, WatermarkStrategy
from shardline.datastream import _graph
from shardline.datastream._data_stream import DataStream
from shardline.datastream._graph import Edge, Transformation
from shardline.datastream._keyed_stream import KeyedStream
from shardline.datastream._union import SourceGroup, Union
from shardline.datastream.checkpoint_config import CheckpointConfig
from shardline.datastream.checkpointing_mode import CheckpointingMode
from shardline.datastream.connectors.base import Source
from shardline.datastream.connectors.kinesis import FlinkKinesisConsumer
from shardline.datastream.execution_mode import RuntimeExecutionMode

__all__ = ["StreamExecutionEnvironment"]

DEFAULT_JOB_NAME = "Flink Streaming Job"
SUBMITTED_AT_KEY = "shardline.job.submitted-at"


_environments: WeakSet[StreamExecutionEnvironment] = WeakSet()


def never_executed() -> list[str]:
    """Returns the names of operators that this process has built and has not run in a job."""
    return [t.name for environment in list(_environments) for t in environment._transformations]


class StreamExecutionEnvironment(AbsentMethods):
    """Made by `get_execution_environment()`. Setters return the same object."""

    _default_local_parallelism: int | None = None

    def __init__(self, configuration: Configuration | None = None) -> None:
        self._configuration = Configuration(configuration)
        self._job_parameters: dict[str, str] = {}
        self._transformations: list[Transformation] = []
        self._next_id = 1
        _environments.add(self)

    @staticmethod
    def get_execution_environment(configuration: Configuration | None = None) -> StreamExecutionEnvironment:
        """Returns an environment, and starts the engine in the background."""
        session.current().start()
        return StreamExecutionEnvironment(configuration)

    # ---- settings

    def get_config(self) -> ExecutionConfig:
        return ExecutionConfig(self._configuration, self._job_parameters)

    def get_checkpoint_config(self) -> CheckpointConfig:
        return CheckpointConfig(self._configuration)

    def configure(self, configuration: Configuration) -> None:
        """Adds the options of `configuration` to those of the environment, and replaces those that are set."""
        self._configuration.add_all(configuration)

    def set_parallelism(self, parallelism: int) -> StreamExecutionEnvironment:
        self.get_config().set_parallelism(parallelism)
        return self

    def get_parallelism(self) -> int:
        parallelism = self.get_config().get_parallelism()
        return self.get_default_local_parallelism() if parallelism == -1 else parallelism

    def set_max_parallelism(self, max_parallelism: int) -> StreamExecutionEnvironment:
        self.get_config().set_max_parallelism(max_parallelism)
        return self

    def get_max_parallelism(self) -> int:
        return self.get_config().get_max_parallelism()

    def get_default_local_parallelism(self) -> int:
        """Returns the number of cores, unless another default is set."""
        return StreamExecutionEnvironment._default_local_parallelism or os.cpu_count() or 1

    def set_default_local_parallelism(self, parallelism: int) -> None:
        StreamExecutionEnvironment._default_local_parallelism = parallelism

    def set_runtime_mode(self, execution_mode: RuntimeExecutionMode) -> StreamExecutionEnvironment:
        self._configuration.set_string("execution.runtime-mode", execution_mode.name)
        return self

    def set_buffer_timeout(self, timeout_millis: int) -> StreamExecutionEnvironment:
        """Accepted without effect: no buffer delays a value."""
        self._configuration.set_string("execution.buffer-timeout.interval", f"{timeout_millis} ms")
        return self

    def get_buffer_timeout(self) -> int:
        return milliseconds(self._configuration, "execution.buffer-timeout.interval", 100)

    def disable_operator_chaining(self) -> StreamExecutionEnvironment:
        """Accepted without effect: the engine decides which operators it chains."""
        self._configuration.set_boolean("pipeline.operator-chaining.enabled", False)
        return self

    def is_chaining_enabled(self) -> bool:
        return self._configuration.get_boolean("pipeline.operator-chaining.enabled", True)

    def is_chaining_of_operators_with_different_max_parallelism_enabled(self) -> bool:
        key = "pipeline.operator-chaining.chain-operators-with-different-max-parallelism"
        return self._configuration.get_boolean(key, True)

    def enable_checkpointing(self, interval: int, mode: CheckpointingMode | None = None) -> StreamExecutionEnvironment:
        """Makes a checkpoint every `interval` milliseconds, with exactly-once guarantees unless `mode` is another."""
        config = self.get_checkpoint_config().set_checkpoint_interval(interval)
        config.set_checkpointing_mode(mode or CheckpointingMode.EXACTLY_ONCE)
        return self

    def get_checkpoint_interval(self) -> int:
        return self.get_checkpoint_config().get_checkpoint_interval()

    def get_checkpointing_mode(self) -> CheckpointingMode:
        return self.get_checkpoint_config().get_checkpointing_mode()

    def get_checkpointing_consistency_mode(self) -> CheckpointingMode:
        return self.get_checkpointing_mode()

    def is_unaligned_checkpoints_enabled(self) -> bool:
        return self.get_checkpoint_config().is_unaligned_checkpoints_enabled()

    def is_force_unaligned_checkpoints(self) -> bool:
        return self.get_checkpoint_config().is_force_unaligned_checkpoints()

    # ---- dependencies of the script, for a cluster

    def add_jars(self, *jars_path: str) -> None:
        """Accepted without effect: there is no JVM to load them."""
        self._append("pipeline.jars", ";", jars_path)

    def add_classpaths(self, *classpaths: str) -> None:
        """Accepted without effect: there is no JVM to load them."""
        self._append("pipeline.classpaths", ";", classpaths)

    def add_python_file(self, file_path: str) -> None:
        """Adds a folder, an archive or a module that functions import to `sys.path`."""
        self._append("python.files", ",", [file_path])
        _import_from(file_path)

    def set_python_requirements(self, requirements_file_path: str, requirements_cache_dir: str | None = None) -> None:
        """Accepted without effect: functions run with the packages of this interpreter."""
        cached = f"#{requirements_cache_dir}" if requirements_cache_dir else ""
        self._configuration.set_string("python.requirements", requirements_file_path + cached)

    def add_python_archive(self, archive_path: str, target_dir: str | None = None) -> None:
        """Accepted without effect: archives are not unpacked."""
        self._append("python.archives", ",", [archive_path + (f"#{target_dir}" if target_dir else "")])

    def set_python_executable(self, python_exec: str) -> None:
        """Sets the interpreter of function hosts in `process` mode. The default is this interpreter."""
        self._configuration.set_string("python.executable", python_exec)

    def _append(self, key: str, separator: str, values: Iterable[str]) -> None:
        listed = self._configuration.get_string(key, "")
        self._configuration.set_string(key, separator.join([*([listed] if listed else []), *values]))

    # ---- sources

    def from_source(
        self,
        source: Source,
        watermark_strategy: WatermarkStrategy,
        source_name: str,
        type_info: TypeInformation | None = None,
    ) -> DataStream:
        """Returns the stream of a source. Flink needs `type_info`; here the default is the type of the source's
        schema."""
        if not isinstance(source, Source):
            raise TypeError(f"from_source() takes a Source such as KinesisStreamsSource, not {type(source).__name__}")
        if not isinstance(watermark_strategy, WatermarkStrategy):
            raise TypeError(
                f"from_source() takes a WatermarkStrategy such as WatermarkStrategy.no_watermarks(), "
                f"not {watermark_strategy!r}"
            )
        schema = source._schema_of_values()
        produced = schema._type_info()
        if type_info is None and schema._of_pyflink:
            warn_once(
                f"from_source() without type_info: {produced!r} is assumed, and Flink fails (InvalidTypesException)"
            )
        if type_info is not None and type_info != produced:
            hint = ": get_produced_type() must return the same type" if hasattr(schema, "get_produced_type") else ""
            raise TypeError(
                f"from_source(): the source's schema makes {produced!r}, and type_info says {type_info!r}{hint}"
            )
        if watermark_strategy._timestamp_assigner is not None:
            warn_once(
                "from_source(): the timestamp assigner is honoured here, and PyFlink (up to 2.3) ignores it; call "
                "assign_timestamps_and_watermarks() on the stream instead"
            )
        return self._source(source, schema, watermark_strategy, source_name)

    def add_source(
        self,
        source_func: FlinkKinesisConsumer,
        source_name: str = "Custom Source",
        type_info: TypeInformation | None = None,
    ) -> DataStream:
        """Returns the stream of a FlinkKinesisConsumer: one stream with the values of all its Kinesis streams."""
        if not isinstance(source_func, FlinkKinesisConsumer):
            raise TypeError(
                f"add_source() takes a FlinkKinesisConsumer, not {type(source_func).__name__}; "
                "every other source goes to from_source()"
            )
        schema = source_func._schema_of_values()
        produced = schema._type_info()
        if type_info is not None and type_info != produced:
            raise TypeError(f"add_source(): the source's schema makes {produced!r}, and type_info says {type_info!r}")
        strategy = WatermarkStrategy.no_watermarks()
        members = [self._source(source, schema, strategy, source_name) for source in source_func._sources()]
        return members[0] if len(members) == 1 else SourceGroup(members, source_func._streams).name(source_name)

    def _source(
        self, source: Source, schema: DeserializationSchema, strategy: WatermarkStrategy, name: str
    ) -> DataStream:
        of_engine, step = schema._engine_type(), schema._step()
        late = None
        if step is not None and strategy._timestamp_assigner is not None:
            if step.operation == "map":
                strategy = strategy._with(timestamp_assigner=_OfMade(step.function, strategy._timestamp_assigner))
            else:  # a record may have several values, each with a timestamp of its own
                late, strategy = strategy, WatermarkStrategy.no_watermarks()
        body = _graph.source(source._spec(), schema._payload, strategy._spec(of_engine))
        stream = DataStream(self, self._add("source", name, body, []), of_engine)
        if step is not None:
            stream = stream._deserialized(step, schema._type_info())
        return stream if late is None else stream.assign_timestamps_and_watermarks(late)

    def from_collection(self, collection: list[Any], type_info: TypeInformation | None = None) -> DataStream:
        """Returns a bounded stream of these values, with parallelism 1. Without `type_info` they are pickled."""
        if isinstance(type_info, list):
            type_info = RowTypeInfo(type_info)
        declared = type_info or Types.PICKLED_BYTE_ARRAY()
        values = list(collection)
        if any(value is None for value in values):
            raise TypeError("from_collection() cannot carry None")
        convert = converter(declared, wrap=True)
        payload = payload_type(declared)
        body = _graph.source(
            {"type": "collection", "values": [_carried(v if convert is None else convert(v), payload) for v in values]},
            payload,
            WatermarkStrategy.no_watermarks()._spec(),
        )
        transformation = self._add("source", "Collection Source", body, [])
        transformation.parallelism = 1
        return DataStream(self, transformation, declared)

    # ---- execution

    def execute(self, job_name: str | None = None) -> JobExecutionResult:
        """Runs the job and waits for its end. Raises `shardline.errors.JobExecutionException` if it fails."""
        outcome = self._submit(job_name).wait()
        return JobExecutionResult(JobID(outcome.job_id), outcome.net_runtime_ms)

    def execute_async(self, job_name: str = DEFAULT_JOB_NAME) -> JobClient:
        """Returns when the job is running. The job ends with this process."""
        job = self._submit(job_name)
        job.job_id()
        return JobClient(job)

    def close(self) -> None:
        """Has no effect: the engine serves all environments, and ends with the process."""

    def _submit(self, job_name: str | None) -> Job:
        configuration = Configuration(self._configuration).add_all(Configuration.from_dict(_overrides.overrides()))
        if not configuration.contains_key(SUBMITTED_AT_KEY):
            # For LATEST: an engine that replaces a dead one starts at the position of the dead one.
            configuration.set_string(SUBMITTED_AT_KEY, str(time.time_ns() // 1_000_000))
        try:
            _options.check(configuration.to_dict(), _options.JOB, _options.KINESIS_SOURCE, _options.AWS)
            graph = _graph.build(
                job_name or configuration.get_string("pipeline.name", DEFAULT_JOB_NAME),
                self._transformations,
                configuration.to_dict(),
                configuration.get_integer("parallelism.default", 0) or self._default_local_parallelism,
                configuration.get_integer("pipeline.max-parallelism", 0) or None,
            )
        finally:
            self._transformations = []
        for path in _python_path(configuration):
            _import_from(path)
        current = session.current()
        current.job_parameters.clear()
        current.job_parameters.update(self._job_parameters)
        job = Job(current, graph, checkpointing=CheckpointConfig(configuration).is_checkpointing_enabled())
        job.start()
        return job

    # ---- for streams of this environment

    def _add(self, kind: str, name: str, body: dict[str, Any], inputs: list[Edge]) -> Transformation:
        transformation = Transformation(self._next_id, kind, name, body, inputs)
        self._next_id += 1
        self._transformations.append(transformation)
        return transformation

    def _keyed_stream(self, origin: DataStream, key_by: Transformation) -> KeyedStream:
        return KeyedStream(origin, key_by)

    def _union(self, members: list[DataStream]) -> DataStream:
        return Union(members)

    def _set_uid(self, transformation: Transformation, uid: str) -> None:
        taken = next((t for t in self._transformations if t.uid == uid and t is not transformation), None)
        if taken is not None:
            raise ValueError(f"the uid {uid!r} is already that of operator {taken.name!r}")
        transformation.uid = uid

    def __reduce__(self) -> NoReturn:
        raise TypeError("cannot pickle 'StreamExecutionEnvironment' object: a function must not use the environment")


class _OfMade(TimestampAssigner):
    """Extracts the timestamp from the object that a schema makes of a value."""

    def __init__(self, make: Callable[[Any], Any], assigner: TimestampAssigner) -> None:
        self._make = make
        self._assigner = assigner

    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        try:
            made = self._make(value)
        except Exception:  # noqa: BLE001 - the schema raises it again when it makes the value
            return record_timestamp
        return self._assigner.extract_timestamp(made, record_timestamp)


def _carried(value: Any, payload: str) -> str:
    """Returns a value as a job graph has it: text as it is, other values in base64."""
    if payload == "text":
        return utf8(value).decode()
    return base64.b64encode(value if payload == "bytes" else pickle.dumps(value, 5)).decode("ascii")


def _python_path(configuration: Configuration) -> list[str]:
    """Returns the paths from which functions import. As on Flink, commas separate files, and folders are as in
    PYTHONPATH."""
    files = configuration.get_string("python.files", "").split(",")
    folders = configuration.get_string("python.pythonpath", "").split(os.pathsep)
    return [path.strip() for path in (*files, *folders) if path.strip()]


def _import_from(file_path: str) -> None:
    path = Path(file_path.removeprefix("file://")).resolve()
    folder = str(path.parent if path.suffix == ".py" else path)
    if folder not in sys.path:
        sys.path.append(folder)


__getattr__ = module_getattr(__name__)
