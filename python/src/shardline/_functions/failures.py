"""Failures of user functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class FunctionFailure(Exception):
    """A user function raised `cause`.

    `operator` is the operator's entry in the OPEN frame. `index` is the index in the bundle of the value that failed,
    or None when the failure belongs to no bundle. `value` is that value as an error message shows it, or None.
    """

    def __init__(
        self, cause: BaseException, operator: Mapping[str, Any], index: int | None, value: str | None = None
    ) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.operator = operator
        self.index = index
        self.value = value


class ValueFailure(Exception):
    """A function raised `cause` for the value at `position` of the list that its operator received. The chain turns
    it into a FunctionFailure, which names the operator and the value of the bundle."""

    def __init__(self, cause: BaseException, position: int) -> None:
        super().__init__()
        self.cause = cause
        self.position = position
