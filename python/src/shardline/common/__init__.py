"""Types, schemas, configuration and time, for all programs."""

from shardline._absent import module_getattr
from shardline.common.completable_future import CompletableFuture
from shardline.common.config_options import ConfigOption, ConfigOptions
from shardline.common.configuration import Configuration
from shardline.common.execution_config import ExecutionConfig
from shardline.common.input_dependency_constraint import InputDependencyConstraint
from shardline.common.job_client import JobClient
from shardline.common.job_execution_result import JobExecutionResult
from shardline.common.job_id import JobID
from shardline.common.job_status import JobStatus
from shardline.common.restart_strategy import RestartStrategies, RestartStrategyConfiguration
from shardline.common.serialization import (
    ByteArraySchema,
    DeserializationSchema,
    SerializationSchema,
    SimpleStringSchema,
)
from shardline.common.serializer import TypeSerializer
from shardline.common.time import Duration, Instant, Time
from shardline.common.typeinfo import TypeInformation, Types
from shardline.common.types import Row, RowKind
from shardline.common.watermark_strategy import WatermarkStrategy

__all__ = [
    "ByteArraySchema",
    "CompletableFuture",
    "ConfigOption",
    "ConfigOptions",
    "Configuration",
    "DeserializationSchema",
    "Duration",
    "ExecutionConfig",
    "InputDependencyConstraint",
    "Instant",
    "JobClient",
    "JobExecutionResult",
    "JobID",
    "JobStatus",
    "RestartStrategies",
    "RestartStrategyConfiguration",
    "Row",
    "RowKind",
    "SerializationSchema",
    "SimpleStringSchema",
    "Time",
    "TypeInformation",
    "TypeSerializer",
    "Types",
    "WatermarkStrategy",
]

__getattr__ = module_getattr(__name__)
