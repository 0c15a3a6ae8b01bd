"""What the engine asks of the driver, beside function calls."""

from __future__ import annotations

import base64
import pickle
from typing import Any

from shardline._bridge.rpc import UnknownMethodError


def answer(method: str, params: dict[str, Any]) -> Any:
    """The result. Raises whatever the program's own code raises, and `UnknownMethodError`."""
    if method == "driver/assignShards":
        return {"subtasks": _assign_shards(params)}
    if method == "driver/deadLetters":
        from shardline.datastream.connectors._dead_letters import handle

        handle(params["pickle"], params["letters"])
        return {}
    if method == "driver/credentials":
        from shardline.datastream.connectors._credentials import provide

        return provide(params["name"], params["configuration"])
    raise UnknownMethodError(method)


def _assign_shards(params: dict[str, Any]) -> list[int]:
    # Late: the public modules know the bridge.
    from shardline.datastream.connectors.kinesis import KinesisShardAssigner, ShardAssignerContext, ShardToAssign

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
    return subtasks
