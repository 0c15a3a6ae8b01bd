"""The base class of all types."""

from __future__ import annotations

from typing import Any

from shardline._absent import AbsentMethods
from shardline._publishing import published_in


@published_in("shardline.common.typeinfo")
class TypeInformation(AbsentMethods):
    """Base class of all types. Two types are equal if they describe the same values."""

    def need_conversion(self) -> bool:
        """Whether the internal form differs from the value itself."""
        return False

    def to_internal_type(self, obj: Any) -> Any:
        return obj

    def from_internal_type(self, obj: Any) -> Any:
        return obj

    def _spec(self) -> dict[str, Any]:
        """Returns this type as a job graph has it."""
        raise TypeError(f"values of type {self!r} stay in Python: the engine's schemas have no such type")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def checked_type(type_info: TypeInformation) -> TypeInformation:
    if not isinstance(type_info, TypeInformation):
        raise TypeError(f"a type is needed, such as Types.STRING(), not {type_info!r}")
    return type_info
