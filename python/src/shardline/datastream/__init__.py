"""Streams, functions, checkpoints: what programs are written with."""

from shardline._absent import module_getattr
from shardline.datastream.checkpoint_config import CheckpointConfig
from shardline.datastream.checkpointing_mode import CheckpointingMode
from shardline.datastream.data_stream import DataStream, DataStreamSink
from shardline.datastream.execution_mode import RuntimeExecutionMode
from shardline.datastream.externalized_checkpoint_retention import ExternalizedCheckpointRetention
from shardline.datastream.functions import FilterFunction, FlatMapFunction, Function, MapFunction, RuntimeContext
from shardline.datastream.stream_execution_environment import StreamExecutionEnvironment

__all__ = [
    "CheckpointConfig",
    "CheckpointingMode",
    "DataStream",
    "DataStreamSink",
    "ExternalizedCheckpointRetention",
    "FilterFunction",
    "FlatMapFunction",
    "Function",
    "MapFunction",
    "RuntimeContext",
    "RuntimeExecutionMode",
    "StreamExecutionEnvironment",
]

__getattr__ = module_getattr(__name__)
