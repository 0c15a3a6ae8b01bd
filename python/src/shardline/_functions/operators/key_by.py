"""`key_by`: gives each value its key. It is the last operator of its chain, and the engine routes the values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shardline._functions import keys
from shardline._functions.conversion import converter
from shardline._functions.operators.operator import Operator, OperatorSetup, Values, apply, method_of
from shardline._interfaces.functions import KeySelector


class KeyBy(Operator):
    """The extra of the setup is the declared type of the keys, or None."""

    def __init__(self, setup: OperatorSetup) -> None:
        select = method_of(setup.function, KeySelector, "get_key")
        convert = converter(setup.extra)
        self._key_of: Callable[[Any], Any] = select if convert is None else lambda value: convert(select(value))

    def process(self, values: list[Any], index: list[int] | None) -> Values:
        self.columns.new_keys = apply(keys.encode, apply(self._key_of, values))
        return values, index
