"""Shard assigners determine which subtask of a source reads a shard. The engine asks them when a shard can be read."""

from __future__ import annotations

import base64
import pickle
from collections.abc import Callable
from typing import Any, NamedTuple

from shardline._bridge.requests import answers
from shardline._pickling import dumps
from shardline._publishing import published_in


@published_in("shardline.datastream.connectors.kinesis")
class ShardToAssign(NamedTuple):
    """A shard that can be read. (Of Shardline.)"""

    stream_arn: str
    shard_id: str
    parent_shard_ids: tuple[str, ...]
    #: Both ends of the hash key range, inclusive, from 0 to 2**128 - 1.
    starting_hash_key: int
    ending_hash_key: int


@published_in("shardline.datastream.connectors.kinesis")
class ShardAssignerContext(NamedTuple):
    """The subtasks, and the shards assigned to them. (Of Shardline.)"""

    parallelism: int
    #: The ids of the shards of each subtask.
    assigned: tuple[tuple[str, ...], ...]


@published_in("shardline.datastream.connectors.kinesis")
class KinesisShardAssigner:
    """Determines which subtask of a source reads a shard.

    As an extension of Shardline, a subclass may override `assign`. PyFlink has only the two assigners below.
    """

    _kind = "uniform"

    @staticmethod
    def uniform_shard_assigner() -> KinesisShardAssigner:
        """Assigns by the hash key range of the shard. Subtasks have equal shares, also after resharding."""
        return KinesisShardAssigner()

    @staticmethod
    def default_shard_assigner() -> KinesisShardAssigner:
        """Assigns by a hash of the shard's id. This is the default of FlinkKinesisConsumer."""
        assigner = KinesisShardAssigner()
        assigner._kind = "default"
        return assigner

    def assign(self, shard: ShardToAssign, context: ShardAssignerContext) -> int:
        """Returns the subtask that reads the shard, from 0 to `context.parallelism - 1`. Called in the driver."""
        raise NotImplementedError

    def _spec(self) -> dict[str, str]:
        if type(self).assign is KinesisShardAssigner.assign:
            return {"type": self._kind}
        return {"type": "python", "pickle": base64.b64encode(dumps(self)).decode("ascii")}


class CallableAssigner(KinesisShardAssigner):
    def __init__(self, function: Callable[[ShardToAssign, ShardAssignerContext], int]) -> None:
        self._function = function

    def assign(self, shard: ShardToAssign, context: ShardAssignerContext) -> int:
        return self._function(shard, context)


def checked_assigner(
    assigner: KinesisShardAssigner | Callable[[ShardToAssign, ShardAssignerContext], int], where: str
) -> KinesisShardAssigner:
    if isinstance(assigner, KinesisShardAssigner):
        return assigner
    if not callable(assigner):
        raise TypeError(f"{where} takes a KinesisShardAssigner or a callable, not {assigner!r}")
    return CallableAssigner(assigner)


@answers("driver/assignShards")
def assign_shards(params: dict[str, Any]) -> dict[str, Any]:
    """Asks the pickled assigner for the subtask of each shard. Raises what the assigner raises."""
    assigner: KinesisShardAssigner = pickle.loads(base64.b64decode(params["pickle"]))
    assigned = [list(shards) for shards in params["assigned"]]
    subtasks = []
    for shard in params["shards"]:
        to_assign = ShardToAssign(
            shard["streamArn"],
            shard["shardId"],
            tuple(shard["parentShardIds"]),
            int(shard["startingHashKey"]),
            int(shard["endingHashKey"]),
        )
        context = ShardAssignerContext(params["parallelism"], tuple(map(tuple, assigned)))
        subtask = assigner.assign(to_assign, context)
        if isinstance(subtask, bool) or not isinstance(subtask, int) or not 0 <= subtask < params["parallelism"]:
            raise ValueError(
                f"assign() answered {subtask!r} for {to_assign.shard_id}; it must be an int from 0 to "
                f"{params['parallelism'] - 1}"
            )
        assigned[subtask].append(to_assign.shard_id)
        subtasks.append(subtask)
    return {"subtasks": subtasks}
