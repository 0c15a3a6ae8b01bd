"""Shard assigners: which subtask of a source reads a shard. The engine asks for it when a shard may be read."""

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
    """A shard that may be read now. (Of Shardline.)"""

    stream_arn: str
    shard_id: str
    parent_shard_ids: tuple[str, ...]
    #: Both ends of the range of hash keys, inclusive, 0 to 2**128 - 1.
    starting_hash_key: int
    ending_hash_key: int


@published_in("shardline.datastream.connectors.kinesis")
class ShardAssignerContext(NamedTuple):
    """What is known when a shard is assigned. (Of Shardline.)"""

    parallelism: int
    #: By subtask: ids of the shards that it reads.
    assigned: tuple[tuple[str, ...], ...]


@published_in("shardline.datastream.connectors.kinesis")
class KinesisShardAssigner:
    """Which parallel instance of a source reads a shard.

    As an extension of Shardline, a subclass may say so itself, by overriding `assign`; PyFlink has only the two below.
    """

    _kind = "uniform"

    @staticmethod
    def uniform_shard_assigner() -> KinesisShardAssigner:
        """By the shard's place in the space of hash keys: equal shares, also after resharding."""
        return KinesisShardAssigner()

    @staticmethod
    def default_shard_assigner() -> KinesisShardAssigner:
        """By a number made of the shard's id: the default of FlinkKinesisConsumer."""
        assigner = KinesisShardAssigner()
        assigner._kind = "default"
        return assigner

    def assign(self, shard: ShardToAssign, context: ShardAssignerContext) -> int:
        """The subtask, from 0 to `context.parallelism - 1`, that reads the shard. Called in the driver."""
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
