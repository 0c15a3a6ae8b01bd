"""The end of a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shardline._publishing import published_in
from shardline.datastream._operator_settings import OperatorSettings

if TYPE_CHECKING:
    from typing_extensions import Self


@published_in("shardline.datastream.data_stream")
class DataStreamSink(OperatorSettings):
    """What `sink_to()` and `print()` return. Setters return the same object."""

    def set_parallelism(self, parallelism: int) -> Self:
        """Also sets the parallelism of the operator that gives the records their partition keys."""
        super().set_parallelism(parallelism)
        for edge in self._transformation.inputs:
            if edge.source.kind == "key_by" and edge.source.inputs[0].partitioning == "hash":
                edge.source.parallelism = parallelism
        return self
