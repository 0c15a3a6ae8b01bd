"""Several streams as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shardline.datastream._data_stream import DataStream
from shardline.datastream._graph import Edge

if TYPE_CHECKING:
    from typing_extensions import Self


class Union(DataStream):
    """Several streams as one. A union is no operator: names and uids belong to the operators of its streams."""

    def __init__(self, members: list[DataStream]) -> None:
        super().__init__(members[0]._env, members[0]._transformation, members[0]._type)
        self._members = members

    def name(self, name: str) -> Self:
        """Without effect: a union is no operator."""
        return self

    def uid(self, uid: str) -> Self:
        """Without effect: a union has no state."""
        return self

    def set_parallelism(self, parallelism: int) -> Self:
        raise ValueError("a union has no parallelism: set that of its streams")

    def set_max_parallelism(self, max_parallelism: int) -> Self:
        raise ValueError("a union has no parallelism: set that of its streams")

    def rebalance(self) -> DataStream:
        return Union([member.rebalance() for member in self._members])

    def forward(self) -> DataStream:
        return Union([member.forward() for member in self._members])

    def _edges(self) -> list[Edge]:
        return [edge for member in self._members for edge in member._edges()]


class SourceGroup(Union):
    """The sources of one consumer of several Kinesis streams. A setting applies to each of them; names and uids get
    the name of the Kinesis stream."""

    def __init__(self, members: list[DataStream], streams: list[str]) -> None:
        super().__init__(members)
        self._streams = streams

    def name(self, name: str) -> Self:
        for member, stream in zip(self._members, self._streams, strict=True):
            member.name(f"{name} ({stream})")
        return self

    def uid(self, uid: str) -> Self:
        for member, stream in zip(self._members, self._streams, strict=True):
            member.uid(f"{uid}-{stream}")
        return self

    def set_parallelism(self, parallelism: int) -> Self:
        for member in self._members:
            member.set_parallelism(parallelism)
        return self

    def set_max_parallelism(self, max_parallelism: int) -> Self:
        for member in self._members:
            member.set_max_parallelism(max_parallelism)
        return self
