"""Streams, functions, state and checkpoints: the DataStream API."""

from shardline._absent import module_getattr
from shardline.datastream.checkpoint_config import CheckpointConfig
from shardline.datastream.checkpointing_mode import CheckpointingMode
from shardline.datastream.data_stream import DataStream, DataStreamSink, KeyedStream
from shardline.datastream.execution_mode import RuntimeExecutionMode
from shardline.datastream.externalized_checkpoint_retention import ExternalizedCheckpointRetention
from shardline.datastream.functions import (
    AggregateFunction,
    FilterFunction,
    FlatMapFunction,
    Function,
    KeyedProcessFunction,
    KeySelector,
    MapFunction,
    ProcessFunction,
    ReduceFunction,
    RuntimeContext,
)
from shardline.datastream.stream_execution_environment import StreamExecutionEnvironment
from shardline.datastream.time_domain import TimeDomain
from shardline.datastream.timerservice import TimerService

__all__ = [
    "AggregateFunction",
    "CheckpointConfig",
    "CheckpointingMode",
    "DataStream",
    "DataStreamSink",
    "ExternalizedCheckpointRetention",
    "FilterFunction",
    "FlatMapFunction",
    "Function",
    "KeySelector",
    "KeyedProcessFunction",
    "KeyedStream",
    "MapFunction",
    "ProcessFunction",
    "ReduceFunction",
    "RuntimeContext",
    "RuntimeExecutionMode",
    "StreamExecutionEnvironment",
    "TimeDomain",
    "TimerService",
]

__getattr__ = module_getattr(__name__)
