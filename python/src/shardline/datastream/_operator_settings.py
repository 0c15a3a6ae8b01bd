"""The settings of an operator that its stream or sink offers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from shardline._absent import AbsentMethods
from shardline.common.execution_config import positive
from shardline.datastream._graph import Transformation

if TYPE_CHECKING:
    from typing_extensions import Self


class _Uids(Protocol):
    """The part of the environment that knows which uids are taken."""

    def _set_uid(self, transformation: Transformation, uid: str) -> None: ...


class OperatorSettings(AbsentMethods):
    """Setters return the same object."""

    def __init__(self, uids: _Uids, transformation: Transformation) -> None:
        self._uids = uids
        self._transformation = transformation

    def name(self, name: str) -> Self:
        self._transformation.name = name
        return self

    def uid(self, uid: str) -> Self:
        """Sets the name under which checkpoints keep the state of this operator."""
        self._uids._set_uid(self._transformation, uid)
        return self

    def set_uid_hash(self, uid_hash: str) -> Self:
        """Accepted without effect: on Flink it finds state that another version of Flink wrote."""
        return self

    def set_parallelism(self, parallelism: int) -> Self:
        self._transformation.parallelism = positive(parallelism, "parallelism")
        return self

    def set_description(self, description: str) -> Self:
        """Accepted without effect: descriptions are not shown."""
        return self

    def disable_chaining(self) -> Self:
        """Accepted without effect: the engine decides which operators it chains."""
        return self

    def slot_sharing_group(self, slot_sharing_group: Any) -> Self:
        """Accepted without effect: there are no slots."""
        return self
