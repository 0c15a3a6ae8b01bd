"""Whether checkpoints are kept when a job ends."""

from enum import Enum

__all__ = ["ExternalizedCheckpointRetention"]


class ExternalizedCheckpointRetention(Enum):
    """By default, Shardline keeps checkpoints when a job is cancelled or fails. Flink deletes them when a job is
    cancelled."""

    DELETE_ON_CANCELLATION = 0
    RETAIN_ON_CANCELLATION = 1
    NO_EXTERNALIZED_CHECKPOINTS = 2
